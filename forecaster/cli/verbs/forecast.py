"""The verb forecast."""

from __future__ import annotations

from forecaster.cli.console import Console, said_command
from forecaster.cli.options import Asked, Forecasting, LawChoice, RunsChoice


def forecast(asked: Asked, laws: LawChoice, runs: RunsChoice, how: Forecasting, console: Console) -> None:
    """Give ranges at scales nobody has trained, and the chance of meeting a target.

    Example: `forecaster forecast runs.csv --at N=70B,D=1.4T --target 1.95`
    """
    from forecaster.cli.source import forecast_source, read_source

    points = asked.scenario()
    answer = forecast_source(
        read_source(runs, laws, asked=points.points, say=console.say), points, how, console=console
    )
    if not console.as_json:
        console.result(answer.text, {})
        return
    from forecaster.reports.provenance import forecast_dict

    console.result("", forecast_dict(answer, command=said_command()))
