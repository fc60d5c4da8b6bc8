"""The verb prior."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import Law, LawChoice, RunsChoice, Seed


@dataclass(frozen=True)
class NamedLaws(LawChoice):
    """Laws, of which one must be named."""

    law: Law = field(kw_only=True)


def prior(
    *,
    at: Annotated[list[str], typer.Option(help="A point such as N=70B,D=1.4T; repeatable.")],
    laws: NamedLaws,
    runs: RunsChoice,
    seed: Seed = 1,
    console: Console,
) -> None:
    """Show what the priors alone say at a point, before any fit.

    Example: `forecaster prior runs.csv --law chinchilla --at N=70B,D=1.4T`
    """
    from forecaster.cli.source import asked_laws, read_table
    from forecaster.forecasts.prior_predictive import prior_predictive
    from forecaster.runs.points import scenario
    from forecaster.runs.table import ordered_for

    table, chosen = asked_laws(laws, ordered_for(read_table(runs, group=laws.group), scenario(at).points))
    found = {each.name: prior_predictive(each, table, at, seed=seed) for each in chosen}
    text = "\n\n".join(each.text for each in found.values())
    console.result(text, {"prior": {name: each.as_dict() for name, each in found.items()}})
