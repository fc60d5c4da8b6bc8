"""The forecast card as Markdown that also reads well as it stands."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from forecaster.fits import text as fits_text
from forecaster.forecasts import evidence as forecasts_evidence
from forecaster.forecasts import tables as forecasts_tables
from forecaster.forecasts import text as forecasts_text
from forecaster.forecasts.tables import answers
from forecaster.reports import caveats as reports_caveats
from forecaster.reports.card import CHANGES, HANGS, OMITS, hanging, title
from forecaster.reports.provenance import provenance_rows
from forecaster.runs import text as runs_text
from forecaster.show.probability import chance, words_sentence
from forecaster.show.table import escaped, shown, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forecaster.forecasts.result import Forecast
    from forecaster.reports.result import Report

MARK = "<!-- forecaster: forecast card -->"
"""The first line, by which a card may be replaced by a newer one."""


def card_markdown(report: Report) -> str:
    """The card without its figures; the same numbers and sentences as the page."""
    forecast = report.forecast
    said = answers(forecast)
    several = len(said) > 1
    parts = [MARK, f"# {escaped(title(forecast))}", f"Forecast card, {report.made}"]
    parts += [f"> **{escaped(stamp)}**" for stamp in forecasts_text.stamps(forecast)]
    record = _record_parts(forecast)
    for index, point in enumerate(forecast.points):
        if several:
            parts.append(f"## {escaped(forecasts_text.question(forecast, point))}")
        parts += _point_parts(report, index, "###" if several else "##", [] if several else record)
    parts += record if several else []
    parts += ["## The laws", "\n".join(_law_lines(forecast))]
    parts += ["## Assumptions", _list(reports_caveats.assumptions(report))]
    parts += [
        "## Checks",
        _paragraph(forecasts_text.checks_line(forecast)),
        forecasts_tables.checks_table(forecast).markdown,
    ]
    if notes := forecasts_text.check_notes(forecast):
        parts.append(_list(notes))
    if remarks := forecasts_text.note_lines(forecast):
        lines = [f"{'Warning' if warning else 'Note'}, {code}: {text}" for code, text, warning in remarks]
        parts += ["## Notes", _list(lines)]
    facts = [(name, value) for name, value, _ in provenance_rows(report) if name != "Command"]
    parts += ["## Provenance", "\n".join(f"- {escaped(name)}: {escaped(value)}" for name, value in facts)]
    if report.command:
        # Indented, since a command may itself hold the marks that would close a fence.
        parts += ["Command:", f"    {shown(report.command, 2000)}"]
    parts.append("## Annex: the laws' parameters before and after the data")
    for fit in forecast.fits:
        table = fits_text.parameter_table(fit)
        parts += [f"### {escaped(table.caption)}", table.markdown]
    return "\n\n".join(parts) + "\n"


def _record_parts(forecast: Forecast) -> list[str]:
    table = forecasts_evidence.record_table(forecast)
    return [
        "## Track record",
        _paragraph(forecasts_evidence.record_sentence(forecast)),
        *([] if table is None else [table.markdown]),
        *map(_paragraph, forecasts_evidence.record_notes(forecast)),
    ]


def _point_parts(report: Report, index: int, mark: str, record: list[str]) -> list[str]:
    forecast, words = report.forecast, report.words
    point, answer = forecast.points[index], answers(forecast)[index]
    unit = runs_text.after(runs_text.unit(forecast.runs))
    said = [f"**{answer.median}{unit}, 90% range {spread(answer.interval['90'])}**"]
    for target, probability in answer.targets:
        said.append(f"**{escaped(f'Chance of {target} or less: {chance(probability, words)}')}**")
    if used := words_sentence([probability for _, probability in answer.targets], words):
        said.append(_paragraph(used))
    shares = forecasts_tables.share_table(answer)
    beyond, reason = forecasts_evidence.beyond_tested(forecast, point), forecasts_evidence.weights_reason(forecast)
    return [
        *said,
        _paragraph(forecasts_evidence.evidence_line(forecast, point)),
        f"{mark} Ranges for a new run",
        forecasts_tables.range_table(answer).markdown,
        *map(_paragraph, forecasts_text.other_ranges(forecast, answer)),
        f"{mark} Distance from what was measured",
        _paragraph(forecasts_text.distance_text(forecast, point, answer)),
        *([_paragraph(beyond)] if beyond else []),
        _paragraph(f"The point: {answer.point}."),
        f"{mark} Where the uncertainty comes from",
        *([shares.markdown] if shares.rows else []),
        _paragraph(forecasts_text.noise_sentence(forecast, answer)),
        *record,
        f"{mark} Forecast under each law",
        forecasts_tables.law_table(answer).markdown,
        *([_paragraph(reason)] if reason else []),
        f"{mark} Evidence grade",
        _paragraph(f"{forecasts_evidence.grade_sentence(forecast, point)} {forecasts_evidence.GRADE_MEANS}"),
        forecasts_evidence.grade_table(forecast, point, rules=False).markdown,
        _list(f"{name}: {rule}" for name, _, _, rule in forecasts_evidence.grade_table(forecast, point).rows),
        *_hanging_parts(report, index, mark),
    ]


def _law_lines(forecast: Forecast) -> Iterator[str]:
    """Each law with its formula as code, so that its signs need no escape."""
    for name, formula, what, source in forecasts_tables.formula_table(forecast).rows:
        yield f"- {escaped(name)}: `{formula.replace('`', '?')}`"
        yield textwrap.indent(_paragraph(f"{what}. {source}"), "  ")


def _hanging_parts(report: Report, index: int, mark: str) -> list[str]:
    found = hanging(report, index)
    return [
        f"{mark} {HANGS}",
        _paragraph(found.sentence),
        *([] if found.table is None else [found.table.markdown]),
        *([_list(found.left_out)] if found.left_out else []),
        f"{mark} {CHANGES}",
        _list(found.changes),
        f"{mark} {OMITS}",
        _list(found.omissions),
    ]


def _paragraph(text: str) -> str:
    return textwrap.fill(escaped(text), 100, break_long_words=False, break_on_hyphens=False)


def _list(sentences: Iterable[str]) -> str:
    filled = (
        textwrap.fill(
            escaped(sentence), 100, initial_indent="- ", subsequent_indent="  ",
            break_long_words=False, break_on_hyphens=False,
        )
        for sentence in sentences
    )  # fmt: skip
    return "\n".join(filled)
