"""The card: what a report says, section by section, once for every format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from forecaster.fits.power_scaling import THRESHOLD
from forecaster.fits.text import parameter_table
from forecaster.forecasts import text as forecasts_text
from forecaster.forecasts.evidence.text import grade_section, record_section
from forecaster.forecasts.tables import answers, runs_table
from forecaster.reports.caveats import assumptions, changes, omissions
from forecaster.reports.provenance import provenance_section
from forecaster.show.document import Document, Section, Sentence, bullets

if TYPE_CHECKING:
    from forecaster.reports.result import Report
    from forecaster.show.figure import Exhibit

MOST_FIGURES = 3
"""Points that get figures; more would make a page too heavy to send. Those of the annex go with the first alone."""

POWER_MEANS = (
    f"How far each distribution moves where the priors or the likelihood are made a little stronger or weaker; "
    f"{THRESHOLD:g} and more counts as moved."
)


def card(report: Report) -> Document:
    """Every section of the card in the order in which it is read, the annex last.

    Args:
        report: whose forecast is said.
    """
    forecast = report.forecast
    record = record_section(forecast)
    several = len(forecast.points) > 1
    points = [_point(report, index, *(() if several else (record,))) for index in range(len(forecast.points))]
    return Document(
        forecasts_text.title(forecast),
        (
            Section("", (Sentence(f"Forecast card, {report.made}"),), "made"),
            forecasts_text.stamp_section(forecast),
            *(forecasts_text.points_sections(forecast, points) if several else points[0]),
            *((record,) if several else ()),
            Section("Assumptions", bullets(assumptions(report)), "assumptions"),
            forecasts_text.checks_section(forecast),
            forecasts_text.formula_section(forecast),
            provenance_section(report.provenance, runs=len(forecast.runs)),
            *_annex(report),
        ),
    )


def _point(report: Report, index: int, *record: Section) -> tuple[Section, ...]:
    """The sections of one point, the track record among them where it is the only one."""
    from forecaster.reports.figures.exhibits import front_exhibits

    forecast = report.forecast
    point, answer = forecast.points[index], answers(forecast)[index]
    fans, by_law = front_exhibits(forecast, point=index) if index < MOST_FIGURES else ((), ())
    found = report.sensitivities[index] if index < len(report.sensitivities) else None
    return (
        forecasts_text.headline_section(forecast, index, report.words),
        _fan(*fans),
        forecasts_text.distance_section(forecast, index),
        forecasts_text.uncertainty_section(forecast, index),
        grade_section(forecast, point),
        forecasts_text.laws_section(forecast, index, *by_law),
        *record,
        *_hangs(report, index),
        Section("What would change our mind", bullets(changes(forecast, point, answer, found)), "changes"),
        Section("Not in the range", bullets(omissions(forecast, point)), "omissions"),
        *(_figures(report) if index == 0 else ()),
    )


def _fan(*scales: Exhibit) -> Section:
    if not scales:
        return Section("", (Sentence(f"Figures are drawn for the first {MOST_FIGURES} points."),), "fan")
    return Section(scales[0].title, scales[:1], "fan", brief=scales)


def _hangs(report: Report, index: int) -> Iterator[Section]:
    """The forecast with one choice made otherwise, or why that is not known."""
    from forecaster.assess.sensitivity.plot import TITLE, tornado
    from forecaster.assess.sensitivity.text import left_out_sentences, power_table

    if index >= len(report.sensitivities):
        yield Section(TITLE, (Sentence(report.no_sensitivity),), "sensitivity")
        return
    found = report.sensitivities[index]
    figure, power = tornado(found), power_table(found)
    left_out = bullets(left_out_sentences(found))
    yield Section(TITLE, (figure, *left_out), "sensitivity", brief=(figure,))
    if power.rows:
        yield Section(power.caption, (power, Sentence(POWER_MEANS)), "power", annex=True)


def _figures(report: Report) -> Iterator[Section]:
    from forecaster.reports.figures.exhibits import exhibits

    found = exhibits(report.forecast)
    for figure in found.shown:
        yield Section(figure.title, (figure,), figure.name, annex=True)
    for title, why in found.absent.items():
        yield Section(title, (Sentence(why),), annex=True)


def _annex(report: Report) -> Iterator[Section]:
    for fit in report.forecast.fits:
        table = parameter_table(fit)
        yield Section(f"{table.caption}, before and after the data", (table,), "parameters", annex=True)
    runs = runs_table(report.forecast)
    yield Section(runs.caption, (runs,), "runs", annex=True)
