"""What a forecast hangs on, what would change it, and what it leaves out: for the outputs besides the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.forecasts import text as forecasts_text
from forecaster.forecasts.tables import answers
from forecaster.reports.caveats import changes, omissions
from forecaster.runs import text as runs_text
from forecaster.show.table import Table, shown

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast
    from forecaster.reports.result import Report

HANGS, CHANGES, OMITS = "What the forecast hangs on", "What would change our mind", "Not in the range"


@dataclass(frozen=True)
class Hanging:
    """The last third of a card, of one point.

    Args:
        sentence: what matters most, or why that is not known.
        table: the forecast with one choice made otherwise; None where that is not known.
        left_out: what could not be varied, and why.
        changes: what would move the forecast or narrow its range.
        omissions: what the range does not cover.
    """

    sentence: str
    table: Table | None
    left_out: tuple[str, ...]
    changes: tuple[str, ...]
    omissions: tuple[str, ...]


def hanging(report: Report, index: int) -> Hanging:
    """What the forecast of one point hangs on.

    Args:
        report: whose forecast is said.
        index: of the point, from 0.
    """
    from forecaster.assess.sensitivity.text import left_out_sentences, tornado_sentence, tornado_table

    forecast, point = report.forecast, report.forecast.points[index]
    found = report.sensitivities[index] if index < len(report.sensitivities) else None
    return Hanging(
        sentence=report.no_sensitivity if found is None else tornado_sentence(found),
        table=None if found is None else tornado_table(found),
        left_out=() if found is None else tuple(left_out_sentences(found)),
        changes=tuple(changes(forecast, point, answers(forecast)[index], found)),
        omissions=tuple(omissions(forecast, point)),
    )


def title(forecast: Forecast) -> str:
    """The question; where several points were asked, what they share."""
    if len(forecast.points) == 1:
        return forecasts_text.question(forecast, forecast.points[0])
    runs = forecast.runs
    return (
        f"What {runs_text.metric(runs)} will {len(forecast.points)} new runs reach, "
        f"judging by the {len(runs)} runs in {shown(runs.name)}?"
    )
