"""The verb backtest."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import LawChoice, RunsChoice, Sampling


def backtest(
    *,
    holdout: Annotated[float, typer.Option(help="Share of the runs to hide, or the largest value to show.")] = 0.2,
    by: Annotated[str, typer.Option(help="Hide the largest by this column: C, N, D, date or any other.")] = "",
    rolling: Annotated[bool, typer.Option("--rolling", help="Cut at 40, 55, 70 and 85% of the log range.")] = False,
    weights: Annotated[str, typer.Option(help="Of the mixture: extrapolation (earned in each fold) or equal.")] = (
        "extrapolation"
    ),
    cluster: Annotated[str, typer.Option(help="Rows with equal values of this column count as one run.")] = "",
    laws: LawChoice,
    runs: RunsChoice,
    sampling: Sampling,
    console: Console,
) -> None:
    """Hide the largest runs, forecast them from the rest, and score every law, the mixture and naive baselines.

    Example: `forecaster backtest runs.csv --holdout 0.2`
    """
    from forecaster.backtests.backtest import backtest as run_backtest
    from forecaster.backtests.folds import holdout as hold_out, rolling_origins
    from forecaster.cli.source import asked_laws, read_table

    table, chosen = asked_laws(laws, read_table(runs, group=laws.group, say=console.say))
    folds = rolling_origins(table) if rolling else [hold_out(table, by=by, holdout=holdout)]
    with console.progress() as say:
        found = run_backtest(
            table,
            chosen,
            folds,
            basis=weights,
            cluster=cluster,
            seed=sampling.seed,
            cache=not sampling.no_cache,
            say=say,
        )
    console.result(found.text, found.as_dict())
