"""The verb demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from forecaster.cli.console import Console, said_command
from forecaster.cli.options import Fast, Forecasting, Sampling, output_option
from forecaster.cli.verbs.report import FAST, report_data, sensitivities
from forecaster.runs.points import scenario

DEMO_POINT = "N=70B,D=1.4T"

DEMO_TARGET = 1.4


def demo(
    *,
    output: Annotated[Path, output_option("Where the card goes.")] = Path("card.html"),
    fast: Fast = False,
    sampling: Sampling,
    console: Console,
) -> None:
    """Do the main job on a bundled table: forecast a model ten times larger, and write its card.

    Example: `forecaster demo -o card.html`
    """
    from forecaster.cli.source import Source, forecast_source
    from forecaster.laws.shelf import default_laws
    from forecaster.reports.files import refuse_unwritable
    from forecaster.reports.report import report as write_report
    from forecaster.runs.examples import read_example

    refuse_unwritable(output)
    runs = read_example()
    how = Forecasting(seed=sampling.seed, no_cache=sampling.no_cache, fast=fast)
    asked = scenario(DEMO_POINT, targets=[DEMO_TARGET])
    answer = forecast_source(Source(runs, default_laws(runs)), asked, how, console=console)
    found = () if fast else sensitivities(answer, console=console, cache=not sampling.no_cache)
    made = write_report(answer, output=output, sensitivities=found, no_sensitivity=FAST, command=said_command())
    console.result(f"{made.text}\n\nCard: {made.paths[0]}", {"demo": report_data(made)})
