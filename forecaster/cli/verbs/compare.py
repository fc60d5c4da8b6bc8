"""The verb compare."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import Comparing, LawChoice, RunsChoice
from forecaster.runs.points import scenario


def compare(
    *,
    at: Annotated[
        list[str] | None, typer.Option(help="Also forecast at a point, such as N=70B,D=1.4T; repeatable.")
    ] = None,
    laws: LawChoice,
    runs: RunsChoice,
    how: Comparing,
    console: Console,
) -> None:
    """Put laws side by side: leave-one-out, weights earned by extrapolation, and what each forecasts.

    Example: `forecaster compare runs.csv --law chinchilla,coupled,kaplan --at N=70B,D=1.4T`
    """
    from forecaster.cli.source import compare_source, read_source

    asked = scenario(at) if at else ()
    found = compare_source(
        read_source(runs, laws, asked=asked.points if asked else (), say=console.say), asked, how, console=console
    )
    console.result(found.text, found.as_dict())
