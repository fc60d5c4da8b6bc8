"""The forecast card on paper: a PDF of two pages for one point, typeset from the same rows as the page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.forecasts import evidence as forecasts_evidence
from forecaster.forecasts import tables as forecasts_tables
from forecaster.forecasts import text as forecasts_text
from forecaster.forecasts.tables import Answer, answers
from forecaster.reports import caveats as reports_caveats
from forecaster.reports.card import CHANGES, HANGS, OMITS, hanging, title
from forecaster.reports.provenance import provenance_line
from forecaster.runs import text as runs_text
from forecaster.show.probability import chance, words_sentence
from forecaster.show.table import Table, shown, spread

if TYPE_CHECKING:
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast
    from forecaster.reports.result import Report

CREATOR = "forecaster"

KIND = "forecast card"

MARKS = (f"/Author({CREATOR})".encode(), f"/Keywords({KIND})".encode())
"""What stands in the file's properties, by which it may be replaced by a newer one."""

LAYOUT = Path(__file__).with_name("templates") / "card.typ"

MOST_FIGURES = 6

MOST_BARS = 16
"""Variations that are listed, the largest effects first."""

FIGURE = (7.6, 3.9)
"""Inches of a fan."""


def card_pdf(report: Report) -> bytes:
    """The card as a PDF; the same content gives the same bytes where the fonts are the same."""
    import typst

    data = json.dumps(_data(report), ensure_ascii=True, allow_nan=False)
    typeset: Any = typst.compile
    made: bytes = typeset(
        LAYOUT.read_bytes(), font_paths=_figure_fonts(), sys_inputs={"data": data}, pdf_standards="ua-1"
    )
    return made


def is_pdf(content: bytes) -> bool:
    """Whether a file is a card as a PDF."""
    return content.startswith(b"%PDF-") and all(mark in content for mark in MARKS)


def _figure_fonts() -> list[str]:
    """The fonts that figures are drawn with, which come with Matplotlib."""
    from matplotlib import get_data_path

    return [str(Path(get_data_path()) / "fonts" / "ttf")]


def _data(report: Report) -> dict[str, Any]:
    forecast = report.forecast
    said = answers(forecast)
    made = date.fromisoformat(report.made)
    record = forecasts_evidence.record_table(forecast)
    remarks = forecasts_text.note_lines(forecast)
    return {
        "title": title(forecast),
        "creator": CREATOR,
        "kind": KIND,
        "made": [made.year, made.month, made.day],
        "day": report.made,
        "unit": runs_text.unit(forecast.runs),
        "footer": f"{shown(forecast.runs.name)}, SHA-256 {forecast.runs.sha256[:12]}",
        "stamps": forecasts_text.stamps(forecast),
        "points": [
            _point(report, point, answer, index)
            for index, (point, answer) in enumerate(zip(forecast.points, said, strict=True))
        ],
        "record": {
            "sentence": forecasts_evidence.record_sentence(forecast),
            "table": None if record is None else _rows(record),
            "notes": forecasts_evidence.record_notes(forecast),
        },
        "laws": _rows(forecasts_tables.formula_table(forecast)),
        "assumptions": reports_caveats.assumptions(report),
        "checks": {
            "line": forecasts_text.checks_line(forecast),
            "table": _rows(forecasts_tables.checks_table(forecast)),
            "notes": forecasts_text.check_notes(forecast),
        },
        "notes": [[f"{'Warning' if warning else 'Note'}, {code}", text] for code, text, warning in remarks],
        "provenance": {
            "line": provenance_line(report),
            "sha256": forecast.runs.sha256,
            "command": shown(report.command, 2000),
        },
    }


def _point(report: Report, point: PointForecast, answer: Answer, index: int) -> dict[str, Any]:
    forecast = report.forecast
    chances = [(f"Chance of {target} or less", chance(share, report.words)) for target, share in answer.targets]
    return {
        "question": forecasts_text.question(forecast, point),
        "median": answer.median,
        "range": spread(answer.interval["90"]),
        "chances": chances,
        "words": words_sentence([share for _, share in answer.targets], report.words),
        "evidence": forecasts_evidence.evidence_line(forecast, point),
        "figure": _figure(forecast, answer, index) if index < MOST_FIGURES else None,
        "ranges": _rows(forecasts_tables.range_table(answer)),
        "other_ranges": forecasts_text.other_ranges(forecast, answer),
        "shares": _rows(forecasts_tables.share_table(answer), stretch=2) if answer.shares else None,
        "noise": forecasts_text.noise_sentence(forecast, answer),
        "distance": forecasts_text.distance_text(forecast, point, answer),
        "beyond": forecasts_evidence.beyond_tested(forecast, point),
        "at": f"The point: {answer.point}.",
        "laws": _rows(forecasts_tables.law_table(answer)),
        "weights": forecasts_evidence.weights_reason(forecast),
        "grade": f"{forecasts_evidence.grade_sentence(forecast, point)} {forecasts_evidence.GRADE_MEANS}",
        "grades": _rows(forecasts_evidence.grade_table(forecast, point), stretch=3),
        "hanging": _hanging(report, index),
    }


def _hanging(report: Report, index: int) -> dict[str, Any]:
    found = hanging(report, index)
    table, left_out = found.table, found.left_out
    # The first row is the forecast itself.
    if table is not None and (more := len(table.rows) - 1 - MOST_BARS) > 0:
        table = replace(table, rows=table.rows[: 1 + MOST_BARS])
        left_out = (f"{more} with smaller effects are left out here.", *left_out)
    return {
        "title": HANGS,
        "sentence": found.sentence,
        "table": None if table is None else _rows(table),
        "left_out": left_out,
        "lists": [[CHANGES, found.changes], [OMITS, found.omissions]],
    }


def _figure(forecast: Forecast, answer: Answer, index: int) -> dict[str, str]:
    from matplotlib.figure import Figure

    from forecaster.forecasts.plot import plot_fan
    from forecaster.show.figure import svg
    from forecaster.show.style import style

    with style():
        axes = Figure(figsize=FIGURE).subplots()
    plot_fan(forecast, axes, point=index)
    figure = axes.figure
    assert isinstance(figure, Figure)
    sentence = forecasts_text.figure_sentence(forecast, forecast.points[index])
    alt = (
        f"Fan chart of {runs_text.metric(forecast.runs)}. At {answer.point} the median is {answer.median} and the 90% "
        f"range {spread(answer.interval['90'])}."
    )
    return {"svg": svg(figure, name=f"fan{index}"), "sentence": sentence, "alt": alt}


def _rows(table: Table, *, stretch: int | None = None) -> dict[str, Any]:
    """A table as the layout takes it; one column of words may take what room is left."""
    return {
        "columns": table.columns,
        "rows": table.rows,
        "left": [table.flush_left(i) for i in range(len(table.columns))],
        "stretch": stretch,
    }
