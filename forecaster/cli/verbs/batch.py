"""The verb batch."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import (
    AllowFailedChecks,
    Asked,
    Checkpoints,
    Columns,
    Family,
    Fast,
    LawChoice,
    Response,
    Sampling,
    Weights,
    Where,
    joined,
    output_option,
)
from forecaster.errors import NoneAnswered, UsageError


def batch(
    *,
    tables: Annotated[
        list[str],
        typer.Argument(metavar="TABLES", help="Files, folders of files, or patterns such as 'runs/*.csv'."),
    ],
    asked: Asked,
    output: Annotated[
        Path, output_option("Where the rows go: .parquet, .csv or .jsonl; written once all is done.")
    ] = Path("batch.parquet"),
    split_by: Annotated[str, typer.Option(help="A column by whose values a long table is split into several.")] = "",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes, each on one core. [default: as many as there are cores]")
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help="Of a Dask cluster that does the work instead, such as tcp://10.0.0.1:8786.")
    ] = "",
    laws: LawChoice,
    columns: Columns = None,
    where: Where = "",
    checkpoints: Checkpoints = "",
    response: Response = "",
    weights: Weights = "",
    fast: Fast = False,
    family: Family = "",
    allow_failed_checks: AllowFailedChecks = False,
    sampling: Sampling,
    console: Console,
) -> None:
    """Forecast many tables, each as `forecast` would: a row for each table and point.

    An interrupted batch goes on where it ended when it is started again. The status is 0 if a table was answered.

    Example: `forecaster batch runs/ --at N=70B,D=1.4T --target 1.95 -o forecasts.parquet`
    """
    from forecaster.batches.batch import batch as forecast_all
    from forecaster.batches.runner import connected
    from forecaster.cli.source import choice_of, weights_said

    if scheduler and workers is not None:
        raise UsageError("a cluster has workers of its own; give either", where="--workers")
    chosen, points = choice_of(laws), asked.scenario()
    with connected(scheduler) if scheduler else nullcontext() as client, console.progress() as say:
        made = forecast_all(
            tables, points, laws=chosen.laws, priors=chosen.priors, prior_from=laws.prior_from, noise=chosen.noise,
            group=chosen.group, own_exponents=chosen.own_exponents, columns=joined(columns), where=where or None,
            checkpoints=checkpoints, response=response or None, split_by=split_by,
            weights=weights_said(weights, fast=fast) or "extrapolation", family=family, seed=sampling.seed,
            allow_failed_checks=allow_failed_checks, cache=not sampling.no_cache, output=output, workers=workers,
            client=client, say=say,
        )  # fmt: skip
    if not made.answered:
        reasons = [f"{name}: {message}" for name, message in made.refused.items()]
        more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        raise NoneAnswered(f"no table was answered, so nothing is written: {'; '.join(reasons[:3])}{more}")
    console.result(f"{made.text}\n\nwrote {output}", made.as_dict() | {"paths": [str(output)]})
