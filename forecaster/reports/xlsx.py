"""The forecast card as a workbook: the printed numbers, each as a number, in six sheets."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecaster.backtests import baselines as backtests_baselines
from forecaster.fits import text as fits_text
from forecaster.forecasts import evidence as forecasts_evidence
from forecaster.forecasts import tables as forecasts_tables
from forecaster.forecasts import text as forecasts_text
from forecaster.forecasts.grade import grade
from forecaster.forecasts.tables import Answer, Tested, answers, record_said
from forecaster.inputs import CODE, INPUTS
from forecaster.reports import caveats as reports_caveats
from forecaster.reports.card import CHANGES, HANGS, OMITS, hanging, title
from forecaster.reports.provenance import provenance_rows
from forecaster.reports.sheet import Sheet, Text
from forecaster.runs import text as runs_text
from forecaster.runs.columns import NUMBERS, STANDARD
from forecaster.show.probability import chance, words_sentence
from forecaster.show.table import MISSING, MIXED, percent, shown

if TYPE_CHECKING:
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast
    from forecaster.reports.result import Report

CREATOR = "forecaster"
"""The author in the file's properties, by which a workbook may be replaced by a newer one."""

SHEETS = ("Forecast", "Laws", "Track record", "Runs", "Checks", "Provenance")

MOST_RUNS = 20_000
"""Runs that are listed, the largest first."""


def card_workbook(report: Report) -> bytes:
    """The card as an .xlsx file; the same content gives the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    forecast, said = report.forecast, answers(report.forecast)
    sheets = {name: Sheet(book.create_sheet(name)) for name in SHEETS}
    book.remove(book.worksheets[0])
    _fill_forecast(sheets["Forecast"], report, said)
    _fill_laws(sheets["Laws"], forecast, said)
    _fill_record(sheets["Track record"], forecast)
    _fill_runs(sheets["Runs"], forecast)
    _fill_checks(sheets["Checks"], report)
    facts = [(name, value if name == "Seed" else Text(value)) for name, value, _ in provenance_rows(report)]
    sheets["Provenance"].table(("What", "Value"), facts)
    for sheet in sheets.values():
        sheet.finish()
    made = datetime.fromisoformat(report.made)
    about = book.properties
    about.creator, about.title, about.created, about.lastModifiedBy = (
        CREATOR,
        shown(title(forecast), 200),
        made,
        CREATOR,
    )
    target = io.BytesIO()
    book.save(target)
    return _without_clock(target.getvalue(), made)


def is_workbook(content: bytes) -> bool:
    """Whether a file is a card as a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return f"<dc:creator>{CREATOR}</dc:creator>".encode() in book.read("docProps/core.xml")
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
        return False


def _fill_forecast(sheet: Sheet, report: Report, said: Sequence[Answer]) -> None:
    forecast = report.forecast
    sheet.line(title(forecast), bold=True)
    sheet.line(f"Forecast card, {report.made}")
    sheet.sentences(forecasts_text.stamps(forecast))
    sheet.row += 1
    for index, (point, answer) in enumerate(zip(forecast.points, said, strict=True)):
        caption = forecasts_text.question(forecast, point) if len(said) > 1 else ""
        columns = ("What", "Value", "From", "To", "In words")
        sheet.table(columns, _point_lines(report, point, answer), caption)
        sheet.printed(forecasts_tables.share_table(answer))
        sheet.printed(forecasts_evidence.grade_table(forecast, point))
        _fill_hanging(sheet, report, index)
    chances = [probability for answer in said for _, probability in answer.targets]
    sheet.sentences(filter(None, [words_sentence(chances, report.words), forecasts_evidence.GRADE_MEANS]))


def _fill_hanging(sheet: Sheet, report: Report, index: int) -> None:
    found = hanging(report, index)
    sheet.line(HANGS, bold=True)
    sheet.line(found.sentence)
    if found.table is not None:
        sheet.printed(found.table)
    sheet.sentences(found.left_out)
    for heading, said in ((CHANGES, found.changes), (OMITS, found.omissions)):
        sheet.line(heading, bold=True)
        sheet.sentences(said)
    sheet.row += 1


def _point_lines(report: Report, point: PointForecast, answer: Answer) -> list[tuple[Any, ...]]:
    forecast = report.forecast
    lines: list[tuple[Any, ...]] = [("Median", answer.median, "", "", runs_text.unit(forecast.runs))]
    lines += [(f"{mass}% range", "", *ends) for mass, ends in answer.interval.items()]
    for target, probability in answer.targets:
        lines.append((f"Chance of {target} or less", percent(probability), "", "", chance(probability, report.words)))
    lines.append(("90% range without run-to-run noise", "", *answer.curve))
    if answer.beyond:
        lines.append(("90% range without the extrapolation term", "", *answer.raw))
    lines.append(("Width of the 90% range of noise alone", answer.noise_width))
    far = [forecasts_text.distance_text(forecast, point, answer), forecasts_evidence.beyond_tested(forecast, point)]
    lines.append(("Times the largest run", answer.ratio, "", "", " ".join(filter(None, far))))
    for name, value in point.at.items():
        if name != CODE:
            lines.append((shown(name), float(f"{value:.6g}"), "", "", INPUTS[name].unit if name in INPUTS else ""))
    lines.append(
        ("Evidence grade", grade(forecast, point).letter, "", "", forecasts_evidence.evidence_line(forecast, point))
    )
    return lines


def _fill_laws(sheet: Sheet, forecast: Forecast, said: Sequence[Answer]) -> None:
    columns = ("Law", "Median", "50% from", "50% to", "90% from", "90% to", "Weight", "Held larger runs", "CRPS")
    for point, answer in zip(forecast.points, said, strict=True):
        lines = [
            (law.name, law.median, *law.half, law.low, law.high, law.weight, law.tested.held, law.tested.crps)
            for law in answer.laws
        ]
        if len(lines) > 1:
            tested = answer.tested or Tested()
            ranges = (*answer.interval["50"], *answer.interval["90"])
            lines.append((MIXED, answer.median, *ranges, "100%", tested.held, tested.crps))
        kept = len(columns) if answer.tested is not None else len(columns) - 2
        caption = forecasts_text.question(forecast, point) if len(said) > 1 else ""
        sheet.table(columns[:kept], [line[:kept] for line in lines], caption)
    if reason := forecasts_evidence.weights_reason(forecast):
        sheet.line(reason)
        sheet.row += 1
    sheet.printed(forecasts_tables.formula_table(forecast))
    for fit in forecast.fits:
        sheet.printed(fits_text.parameter_table(fit))


def _fill_record(sheet: Sheet, forecast: Forecast) -> None:
    sheet.line(forecasts_evidence.record_sentence(forecast))
    table, said = forecasts_evidence.record_table(forecast), record_said(forecast)
    if table is not None:
        alone = len(forecast.weights) == 1
        names = {name: shown(name) for name in forecast.weights} | ({} if alone else {"mixture": MIXED})
        columns = ("Method", "Held by 90% range", "Held, from", "Held, to", "Mean width", "CRPS", "Hidden runs")
        lines = []
        for method, name in (names | backtests_baselines.BASELINE_NAMES).items():
            tested = said.get(method, Tested())
            low, _, high = tested.between.partition(" to ")
            ends = (f"{low}%", high) if high else (MISSING, MISSING)
            lines.append((name, tested.held, *ends, tested.width, tested.crps, tested.runs))
        sheet.table(columns, lines)
    sheet.sentences(forecasts_evidence.record_notes(forecast))


def _fill_runs(sheet: Sheet, forecast: Forecast) -> None:
    """The runs as they were read, the largest first, at full precision."""
    runs = forecast.runs
    names = [name for name in STANDARD if runs.has(name)]
    order = (-runs.column(runs.scale)).argsort(kind="stable")[:MOST_RUNS]
    numbers = {name: runs.column(name) for name in names if name in NUMBERS}
    words = {name: runs.table[name] for name in names if name not in NUMBERS}
    headers = [shown(runs.response) if name == "loss" else name for name in names]
    lines = []
    for row in map(int, order):
        cells = [float(numbers[name][row]) if name in numbers else Text(words[name][row]) for name in names]
        lines.append((Text(runs.place(row)), *cells))
    sheet.table(("Row", *headers), lines)
    sheet.sheet.freeze_panes = "B2"
    if len(runs) > MOST_RUNS:
        sheet.line(f"The largest {MOST_RUNS:,} of {len(runs):,} runs.")


def _fill_checks(sheet: Sheet, report: Report) -> None:
    forecast = report.forecast
    sheet.line(forecasts_text.checks_line(forecast))
    sheet.printed(forecasts_tables.checks_table(forecast))
    sheet.sentences(forecasts_text.check_notes(forecast))
    remarks = [
        ("Warning" if warning else "Note", code, text) for code, text, warning in forecasts_text.note_lines(forecast)
    ]
    if remarks:
        sheet.table(("Kind", "Code", "What it says"), remarks, "Notes")
    sheet.line("Assumptions", bold=True)
    sheet.sentences(reports_caveats.assumptions(report))


def _without_clock(content: bytes, made: datetime) -> bytes:
    """The same workbook with the day of the report wherever the hour of writing stood."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                stamp = made.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, part)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return target.getvalue()
