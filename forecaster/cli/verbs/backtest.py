"""The verb backtest."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import (
    AsJson,
    Columns,
    Group,
    Laws,
    NoCache,
    NoiseWords,
    OwnExponents,
    Priors,
    Quiet,
    RunsArgument,
    Seed,
    Where,
)
from forecaster.cli.source import LawChoice, laws_named, runs_from


def backtest(
    runs: RunsArgument,
    law: Laws = "",
    holdout: Annotated[float, typer.Option(help="Share of the runs to hide, or the largest value to show.")] = 0.2,
    by: Annotated[str, typer.Option(help="Hide the largest by this column: C, N, D, date or any other.")] = "",
    rolling: Annotated[bool, typer.Option("--rolling", help="Cut at 40, 55, 70 and 85% of the log range.")] = False,
    weights: Annotated[str, typer.Option(help="Of the mixture: extrapolation (earned in each fold) or equal.")] = (
        "extrapolation"
    ),
    cluster: Annotated[str, typer.Option(help="Rows with equal values of this column count as one run.")] = "",
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    columns: Columns = "",
    where: Where = "",
    seed: Seed = 1,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Hide the largest runs, forecast them from the rest, and score every law, the mixture and naive baselines.

    Example: `forecaster backtest runs.csv --holdout 0.2`
    """
    from forecaster.backtests.backtest import backtest as run_backtest
    from forecaster.backtests.folds import holdout as hold_out
    from forecaster.backtests.folds import rolling_origins

    console = Console(as_json, quiet)
    table = runs_from(runs, columns=columns, where=where, group=group)
    folds = rolling_origins(table) if rolling else [hold_out(table, by=by, holdout=holdout)]
    with console.progress() as say:
        found = run_backtest(
            table,
            laws_named(LawChoice(law, tuple(priors or ()), noise, group, own_exponents), table),
            folds,
            basis=weights,
            cluster=cluster,
            seed=seed,
            cache=not no_cache,
            say=say,
        )
    console.result(found.text, found.as_dict())
