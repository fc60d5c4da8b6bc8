"""A document as Markdown that also reads well as it stands."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from forecaster.show.document import Bullets, Document, Headline, Part, Section, Sentence, Stamp, Verbatim
from forecaster.show.figure import Exhibit
from forecaster.show.table import Table, escaped

WIDTH = 100


def as_markdown(document: Document) -> str:
    """The document, its annex included; of a figure its sentence and the numbers behind it.

    Args:
        document: what is said.
    """
    said = [block for section in document.sections for block in _blocks(section, "##")]
    return "\n\n".join([f"# {escaped(document.title)}", *said]) + "\n"


def _blocks(section: Section, mark: str) -> Iterator[str]:
    if section.title:
        yield f"{mark} {escaped(section.title)}"
    for part in section.parts:
        yield from _said(part)
    for inner in section.sections:
        yield from _blocks(inner, f"{mark}#" if section.title else mark)


def _said(part: Part) -> Iterator[str]:
    match part:
        case Headline(text):
            yield f"**{escaped(text)}**"
        case Stamp(text):
            yield f"> **{escaped(text)}**"
        case Sentence(text):
            yield _filled(text)
        case Bullets(items):
            yield "\n".join(_filled(item, first="- ", indent="  ") for item in items)
        case Verbatim(text):
            # Indented, since a command may itself hold the marks that would close a fence.
            yield textwrap.indent(text, "    ")
        case Table():
            yield part.markdown
        case Exhibit():
            yield _filled(part.sentence)
            yield part.table.markdown


def _filled(text: str, *, first: str = "", indent: str = "") -> str:
    return textwrap.fill(
        escaped(text), WIDTH, initial_indent=first, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
