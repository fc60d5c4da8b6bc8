"""The verb allocate."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import Figure, Forecasting, LawChoice, PriceWords, RunsChoice


def allocate(
    *,
    compute: Annotated[list[str], typer.Option(help="A budget, such as 6e23 FLOP; repeatable.")],
    inference_tokens: Annotated[
        str,
        typer.Option(help="Tokens the model will serve: 5T, or 1T..20T as a 90% range; gives the lifetime optimum."),
    ] = "",
    params: Annotated[str, typer.Option(help="Mark this many parameters on the overhead curve, such as 70B.")] = "",
    price: PriceWords = "",
    at: Annotated[str, typer.Option(help="What the laws read besides N and D, such as U=300B.")] = "",
    output: Figure = None,
    laws: LawChoice,
    runs: RunsChoice,
    how: Forecasting,
    console: Console,
) -> None:
    """Give the compute-optimal parameters and tokens of a budget, as ranges, and the loss there.

    Example: `forecaster allocate runs.csv --compute 6e23 --inference-tokens 1T..20T --params 70B`
    """
    from forecaster.cli.source import forecast_source, read_source
    from forecaster.decide.allocation.allocate import allocation_of, budget_points, refuse_unsplittable
    from forecaster.decide.amount import amount
    from forecaster.decide.figure_file import refuse_figure
    from forecaster.decide.price import price as read_price

    points = budget_points(compute, at)
    # What a person typed wrong is said before anything is sampled.
    if inference_tokens:
        amount(inference_tokens, parameter="inference_tokens")
    rate = read_price(price) if price else None
    if output is not None:
        refuse_figure(output)
    source = read_source(runs, laws, say=console.say)
    if source.fits is None:
        refuse_unsplittable(source.laws)
    answer = forecast_source(source, points, how, console=console)
    found = allocation_of(
        answer,
        inference_tokens=inference_tokens or None,
        params=params or None,
        price=rate,
        speaking=[fit.law.name for fit in answer.fits] if laws.law else None,
        allow_failed_checks=how.allow_failed_checks,
    )
    console.decision(found, output)
