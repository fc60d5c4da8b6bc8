"""The card as one HTML page that needs nothing else: no network, no library."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from forecaster.laws.formula.javascript import in_script
from forecaster.reports.interactive.page import explorer, explorer_absent, script_hashes
from forecaster.reports.template import rendered, templates
from forecaster.show.document import Document, Part, Section
from forecaster.show.figure import Exhibit, pictures

if TYPE_CHECKING:
    from forecaster.reports.result import Report

GENERATOR = "forecaster"


def card_html(report: Report) -> bytes:
    """The card on one page, and an annex with all that stands behind it.

    Args:
        report: whose forecast is shown.

    Returns:
        A whole HTML document; every name from a file or a law page stands in it as text.

    Raises:
        UsageError: the report's own templates cannot be filled.
    """
    from markupsafe import Markup

    forecast = report.forecast
    shelf, css = templates(report.template)
    why = explorer_absent(forecast)
    level = 3 if len(forecast.points) > 1 else 2
    explored = "" if why else explorer(forecast, level=level, words=report.words, shelf=shelf)
    page = rendered(
        shelf,
        {
            "title": report.card.title,
            "generator": GENERATOR,
            "css": Markup(css),
            "policy": policy(explored),
            "explorer": explored,
            "no_explorer": why,
            "embedded": Markup(in_script(json.loads(report.json))),
            **_Pictured().sections(report.card),
        },
    )
    return page.encode()


def is_page(content: bytes) -> bool:
    """Whether a file is a card as a page."""
    return f'name="generator" content="{GENERATOR}"' in content.decode("utf-8")[:2000]


def policy(scripted: str) -> str:
    """The page's content security policy: nothing from anywhere, and of scripts only those that it came with.

    Args:
        scripted: the part of the page that holds scripts.
    """
    hashes = [f"'{each}'" for each in script_hashes(scripted)]
    scripts = f"; script-src {' '.join(hashes)}" if hashes else ""
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:{scripts}"


class _Pictured:
    """What a template sees of a document, each figure drawn once."""

    def __init__(self) -> None:
        self.drawn: set[int] = set()

    def sections(self, document: Document) -> dict[str, Any]:
        """The sections of the front, and the folds of the annex by the section that they belong to."""
        front = [self.section(each.in_brief) for each in document.sections if not each.annex]
        folds = [(each.title if each.name == "point" else "", self.folds([each])) for each in document.sections]
        return {"front": front, "annex": [(title, list(found)) for title, found in folds]}

    def folds(self, sections: Iterable[Section]) -> Iterator[dict[str, Any]]:
        for each in sections:
            if each.annex or each.brief:
                yield self.section(each)
            yield from self.folds(each.sections)

    def section(self, section: Section) -> dict[str, Any]:
        return {
            "title": section.title,
            "name": section.name,
            "parts": [self.part(part) for part in section.parts],
            "sections": [self.section(each) for each in section.sections],
        }

    def part(self, part: Part) -> dict[str, Any]:
        if not isinstance(part, Exhibit):
            return {"kind": type(part).__name__.lower(), "of": part}
        if id(part) in self.drawn:
            return {"kind": "table", "of": part.table}
        self.drawn.add(id(part))
        return {"kind": "exhibit", "of": pictures(part, f"{part.name}-{len(self.drawn)}-")}
