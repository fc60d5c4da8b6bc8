"""The verb prior."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import (
    AsJson,
    Columns,
    Group,
    Laws,
    NoiseWords,
    OwnExponents,
    Priors,
    Quiet,
    RunsArgument,
    Seed,
    Where,
)
from forecaster.cli.source import LawChoice, laws_named, runs_from


def prior(
    runs: RunsArgument,
    law: Laws,
    at: Annotated[list[str], typer.Option(help="A point such as N=70B,D=1.4T; repeatable.")],
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    columns: Columns = "",
    where: Where = "",
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show what the priors alone say at a point, before any fit.

    Example: `forecaster prior runs.csv --law chinchilla --at N=70B,D=1.4T`
    """
    from forecaster.forecasts.prior_predictive import prior_predictive

    console = Console(as_json, quiet)
    table = runs_from(runs, columns=columns, where=where, group=group)
    chosen = laws_named(LawChoice(law, tuple(priors or ()), noise, group, own_exponents), table)
    found = {each.name: prior_predictive(each, table, at, seed=seed) for each in chosen}
    text = "\n\n".join(each.text for each in found.values())
    console.result(text, {"prior": {name: each.as_dict() for name, each in found.items()}})
