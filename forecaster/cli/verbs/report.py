"""The verb report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli.console import Console, said_command
from forecaster.cli.options import Asked, Forecasting, LawChoice, RunsChoice, output_option

if TYPE_CHECKING:
    from forecaster.assess.sensitivity.result import Sensitivity
    from forecaster.forecasts.result import Forecast
    from forecaster.reports.result import Report

FAST = "Not computed: --fast leaves it out."


def report(
    *,
    asked: Asked,
    output: Annotated[Path, output_option("Where the card goes.")] = Path("card.html"),
    also: Annotated[str, typer.Option(help="Further formats beside it: md,json,xlsx,pdf.")] = "",
    figures: Annotated[Path | None, typer.Option(help="Also write every figure into this folder, as PNG.")] = None,
    template: Annotated[
        Path | None, typer.Option(help="A folder whose card.html.j2 and card.css stand in for the package's own.")
    ] = None,
    words: Annotated[str, typer.Option(help="Likelihood words: icd203, ipcc, or a TOML file.")] = "icd203",
    laws: LawChoice,
    runs: RunsChoice,
    how: Forecasting,
    console: Console,
) -> None:
    """Write the forecast card: one offline page that a decision can rest on.

    Example: `forecaster report runs.csv --at N=70B,D=1.4T --target 1.95 -o card.html --also md,json`
    """
    from forecaster.assess.sensitivity.plot import tornado
    from forecaster.cli.source import forecast_source, read_source
    from forecaster.reports.figure_files import refuse_figures, write_figures
    from forecaster.reports.files import refuse_unwritable
    from forecaster.reports.report import report as write_report

    points = asked.scenario()
    refuse_unwritable(output, also=also, template=template, words=words)
    if figures is not None:
        refuse_figures(figures)
    source = read_source(runs, laws, asked=points.points, say=console.say)
    answer = forecast_source(source, points, how, console=console)
    found: tuple[Sensitivity, ...] = ()
    if not how.fast:
        # A saved fit is forecast without sampling.
        found = sensitivities(answer, console=console, cache=not how.no_cache, refit=source.fits is None)
    made = write_report(
        answer,
        output=output,
        also=also,
        template=template,
        words=words,
        sensitivities=found,
        no_sensitivity=FAST,
        command=said_command(),
    )
    paths = list(made.paths)
    if figures is not None:
        paths += write_figures(answer, figures, extra=[tornado(each) for each in found[:1]])
    console.result("\n".join(f"wrote {path}" for path in paths), {"report": report_data(made, paths)})


def sensitivities(
    answer: Forecast, *, console: Console, cache: bool = True, refit: bool = True
) -> tuple[Sensitivity, ...]:
    """What a forecast's first points hang on, as many as get figures.

    Args:
        answer: the forecast.
        console: where progress goes.
        cache: whether fits may come from, and go to, the cache.
        refit: whether laws may be sampled anew.
    """
    from forecaster.assess.sensitivity.sensitivity import sensitivity
    from forecaster.reports.card import MOST_FIGURES

    with console.progress() as say:
        return tuple(
            sensitivity(answer, point=index, refit=refit, cache=cache, say=say)
            for index in range(min(MOST_FIGURES, len(answer.points)))
        )


def report_data(made: Report, paths: Sequence[Path] = ()) -> dict[str, Any]:
    return made.data | {"paths": [str(path) for path in paths or made.paths]}
