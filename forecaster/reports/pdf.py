"""The card on paper: a PDF of two pages for one point, typeset from the card's sections without their annex."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.show.document import Bullets, Headline, Part, Section, Sentence, Stamp, Verbatim
from forecaster.show.figure import Exhibit, svg
from forecaster.show.style import fonts
from forecaster.show.table import Table, shown

if TYPE_CHECKING:
    from forecaster.reports.result import Report

CREATOR = "forecaster"

KIND = "forecast card"

MARKS = (f"/Author({CREATOR})".encode(), f"/Keywords({KIND})".encode())
"""What stands in the file's properties, by which it may be replaced by a newer one."""

LAYOUT = Path(__file__).with_name("templates") / "card.typ"

MOST_ROWS = 17
"""Rows of a figure's table, those with the largest effects first."""

FIGURE = (7.6, 3.9)
"""Inches of a fan."""

BESIDE = {"uncertainty": "ranges", "omissions": "changes"}
"""Sections that stand to the right of another, which waits for them."""


def card_pdf(report: Report) -> bytes:
    """The card as a PDF; the same content gives the same bytes where the fonts are the same."""
    import typst

    data = json.dumps(_data(report), ensure_ascii=True, allow_nan=False)
    typeset: Any = typst.compile
    made: bytes = typeset(
        LAYOUT.read_bytes(), font_paths=[str(fonts())], sys_inputs={"data": data}, pdf_standards="ua-1"
    )
    return made


def is_pdf(content: bytes) -> bool:
    """Whether a file is a card as a PDF."""
    return content.startswith(b"%PDF-") and all(mark in content for mark in MARKS)


def _data(report: Report) -> dict[str, Any]:
    runs, made = report.forecast.runs, date.fromisoformat(report.made)
    opening, *sections = report.card.sections
    return {
        "title": report.card.title,
        "creator": CREATOR,
        "kind": KIND,
        "made": [made.year, made.month, made.day],
        "footer": f"{shown(runs.name)}, SHA-256 {runs.sha256[:12]}",
        "opening": [_part(part) for part in opening.parts],
        "rows": list(_rows(sections, level=2)),
    }


def _rows(sections: Iterable[Section], *, level: int) -> Iterator[list[Any]]:
    """Sections one below the other, each alone or with the one that it stands beside."""
    waiting: dict[str, Any] = {}
    for section in sections:
        for each in (section, *(section.sections if section.name != "point" else ())):
            if each.annex and each.name != "formulas":
                continue
            made = _section(each, level)
            if each.name in BESIDE.values():
                waiting[each.name] = made
            else:
                yield [waiting.pop(BESIDE[each.name]), made] if each.name in BESIDE else [made]
        if section.name == "point":
            yield from _rows(section.sections, level=level + 1)


def _section(section: Section, level: int) -> dict[str, Any]:
    fan = section.name == "fan"
    parts = [_figure(part) if fan and isinstance(part, Exhibit) else _part(part) for part in section.parts]
    return {"title": "" if fan else section.title, "name": section.name, "level": level, "parts": parts}


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Table():
            return {"kind": "table"} | _table(part)
        case Exhibit():
            table, said = part.table, part.sentence
            if (more := len(table.rows) - MOST_ROWS) > 0:
                table = replace(table, rows=table.rows[:MOST_ROWS])
                said = f"{said} {more} with smaller effects are left out here."
            return {"kind": "exhibit", "text": said, "table": _table(table)}
        case Bullets(items):
            return {"kind": "bullets", "items": items}
        case Headline(text, number):
            return {"kind": "headline", "text": text, "number": number}
        case Sentence(text) | Stamp(text) | Verbatim(text):
            return {"kind": type(part).__name__.lower(), "text": text}


def _figure(exhibit: Exhibit) -> dict[str, Any]:
    drawn = replace(exhibit, size=FIGURE).figure()
    return {"kind": "figure", "svg": svg(drawn, name=exhibit.name), "text": exhibit.sentence, "alt": exhibit.alt}


def _table(table: Table) -> dict[str, Any]:
    """A table as the layout takes it; the last column of several of words takes what room is left."""
    left = [table.flush_left(i) for i in range(len(table.columns))]
    return {"columns": table.columns, "rows": table.rows, "left": left}
