"""The forecast card as Markdown that also reads well as it stands."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from forecaster.report import evidence, prose, rows
from forecaster.report.answers import Answer, answers
from forecaster.report.page import provenance_rows, title
from forecaster.report.table import escaped, shown, spread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.answer import PointForecast
    from forecaster.forecast import Forecast
    from forecaster.report import Report

MARK = "<!-- forecaster: forecast card -->"
"""The first line, by which a card may be replaced by a newer one."""


def card_markdown(report: Report) -> str:
    """The card without its figures; the same numbers and sentences as the page."""
    forecast = report.forecast
    said = answers(forecast)
    several = len(said) > 1
    parts = [MARK, f"# {escaped(title(forecast))}", f"Forecast card, {report.made}"]
    parts += [f"> **{escaped(stamp)}**" for stamp in prose.stamps(forecast)]
    record = _record_parts(forecast)
    for point, answer in zip(forecast.points, said, strict=True):
        if several:
            parts.append(f"## {escaped(prose.question(forecast, point))}")
        parts += _point_parts(forecast, point, answer, "###" if several else "##", [] if several else record)
    parts += record if several else []
    parts += ["## The laws", rows.formula_table(forecast).markdown]
    parts += ["## Assumptions", _list(prose.assumptions(forecast, said))]
    parts += ["## Checks", _paragraph(prose.checks_line(forecast)), rows.checks_table(forecast).markdown]
    if notes := prose.check_notes(forecast):
        parts.append(_list(notes))
    if remarks := prose.note_lines(forecast):
        lines = [f"{'Warning' if warning else 'Note'}, {code}: {text}" for code, text, warning in remarks]
        parts += ["## Notes", _list(lines)]
    facts = [(name, value) for name, value, _ in provenance_rows(report) if name != "Command"]
    parts += ["## Provenance", "\n".join(f"- {escaped(name)}: {escaped(value)}" for name, value in facts)]
    if report.command:
        # Indented, since a command may itself hold the marks that would close a fence.
        parts += ["Command:", f"    {shown(report.command, 2000)}"]
    parts.append("## Annex: the laws' parameters before and after the data")
    for fit in forecast.fits:
        table = rows.parameter_table(fit)
        parts += [f"### {escaped(table.caption)}", table.markdown]
    return "\n\n".join(parts) + "\n"


def _record_parts(forecast: Forecast) -> list[str]:
    table = evidence.record_table(forecast)
    return [
        "## Track record",
        _paragraph(evidence.record_sentence(forecast)),
        *([] if table is None else [table.markdown]),
        *map(_paragraph, evidence.record_notes(forecast)),
    ]


def _point_parts(forecast: Forecast, point: PointForecast, answer: Answer, mark: str, record: list[str]) -> list[str]:
    unit = prose.after(prose.unit(forecast.runs))
    said = [f"**{answer.median}{unit}, 90% range {spread(answer.interval['90'])}**"]
    said += [f"**{escaped(sentence.rstrip('.'))}**" for sentence in prose.target_sentences(answer)]
    shares = rows.share_table(answer)
    beyond, reason = evidence.beyond_tested(forecast, point), evidence.weights_reason(forecast)
    return [
        *said,
        _paragraph(evidence.evidence_line(forecast, point)),
        f"{mark} Ranges for a new run",
        rows.range_table(answer).markdown,
        *map(_paragraph, prose.other_ranges(forecast, answer)),
        f"{mark} Distance from what was measured",
        _paragraph(prose.distance_text(forecast, point, answer)),
        *([_paragraph(beyond)] if beyond else []),
        _paragraph(f"The point: {answer.point}."),
        f"{mark} Where the uncertainty comes from",
        *([shares.markdown] if shares.rows else []),
        _paragraph(prose.noise_sentence(forecast, answer)),
        *record,
        f"{mark} Forecast under each law",
        rows.law_table(answer).markdown,
        *([_paragraph(reason)] if reason else []),
        f"{mark} Evidence grade",
        _paragraph(f"{evidence.grade_sentence(forecast, point)} {evidence.GRADE_MEANS}"),
        evidence.grade_table(forecast, point).markdown,
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
