"""The verb require."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import Figure, Forecasting, LawChoice, PriceWords, RunsChoice


def require(
    *,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help='What is to be met: "<=1.90", ">=0.9", or a number, in the direction in which the response improves; '
            "repeatable."
        ),
    ] = None,
    loss: Annotated[list[str] | None, typer.Option(help="The same as --target.")] = None,
    at: Annotated[str, typer.Option(help="Hold N or D, such as N=70B; and what the laws read besides.")] = "",
    solve_for: Annotated[
        str, typer.Option("--for", help="Solve for this input, such as D with --at N=70B. [default: the table's scale]")
    ] = "",
    price: PriceWords = "",
    output: Figure = None,
    laws: LawChoice,
    runs: RunsChoice,
    how: Forecasting,
    console: Console,
) -> None:
    """Give what a target takes, as a range and as a chance: compute, or the D, epochs or date that orders the table.

    Example: `forecaster require runs.csv --target 1.90 --price default`
    """
    from forecaster.cli.source import forecast_source, read_source
    from forecaster.decide.figure_file import refuse_figure
    from forecaster.decide.requirement.require import asked_for, held_inputs, price_for, requirement_of
    from forecaster.errors import UsageError
    from forecaster.inputs import CODE, DATE
    from forecaster.runs.points import Point, parse_target

    targets = [parse_target(each) for each in (*(target or ()), *(loss or ()))]
    if not targets:
        raise UsageError("a requirement needs a target, such as --target 1.90", where="--target")
    if output is not None:
        refuse_figure(output)
    dated = (Point({DATE.name: 1.0}),) if solve_for == DATE.name else ()
    source = read_source(runs, laws, asked=dated, say=console.say)
    rate = price_for(price, source.runs) if price else None
    asked = asked_for(targets, source.laws, source.runs, at=at, solve_for=solve_for)
    answer = forecast_source(source, asked, how, console=console)
    held, at_point = held_inputs(at), answer.points[0].at
    held |= {CODE: at_point[CODE]} if CODE in at_point else {}
    found = requirement_of(
        answer,
        targets,
        at=held,
        solve_for=solve_for,
        price=rate,
        allow_failed_checks=how.allow_failed_checks,
    )
    console.decision(found, output)
