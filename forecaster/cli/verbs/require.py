"""The verb require."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import Figure, Forecasting, LawChoice, PriceWords, RunsChoice
from forecaster.runs.points import scenario


def require(
    *,
    loss: Annotated[list[str], typer.Option(help="The response to be met; repeatable.")],
    at: Annotated[str, typer.Option(help="Hold N or D, such as N=70B; and what the laws read besides.")] = "",
    price: PriceWords = "",
    output: Figure = None,
    laws: LawChoice,
    runs: RunsChoice,
    how: Forecasting,
    console: Console,
) -> None:
    """Give the compute that a target takes, as a range and as a chance over compute.

    Example: `forecaster require runs.csv --loss 1.90 --price default`
    """
    from forecaster.cli.source import forecast_source, read_source
    from forecaster.decide.figure_file import refuse_figure
    from forecaster.decide.price import price as read_price
    from forecaster.decide.requirement.require import held_inputs, requirement_of, stand_in
    from forecaster.inputs import CODE
    from forecaster.quantity import parse_quantity

    held = held_inputs(at)
    rate = read_price(price) if price else None
    targets = [parse_quantity(each) for each in loss]
    if output is not None:
        refuse_figure(output)
    source = read_source(runs, laws, say=console.say)
    asked = scenario(stand_in(source.runs, held), targets=targets)
    answer = forecast_source(source, asked, how, console=console)
    at_point = answer.points[0].at
    held |= {CODE: at_point[CODE]} if CODE in at_point else {}
    found = requirement_of(answer, targets, at=held, price=rate, allow_failed_checks=how.allow_failed_checks)
    console.decision(found, output)
