"""A document as plain text that can be read aloud."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from forecaster.show.document import Bullets, Document, Headline, Part, Section, Sentence, Stamp, Verbatim
from forecaster.show.figure import Exhibit
from forecaster.show.table import Table

WIDTH = 80


def as_text(document: Document) -> str:
    """The document in blocks with a free line between them, sentences in lines of eighty; figures by their sentence.

    Args:
        document: what is said.
    """
    blocks = [wrapped(document.title)] if document.title else []
    return "\n\n".join([*blocks, *(block for section in document.sections for block in _blocks(section))])


def wrapped(text: str, *, indent: str = "", first: str | None = None) -> str:
    """A text in lines of eighty.

    Args:
        text: what is said.
        indent: before every line.
        first: before the first line in its place.
    """
    opening = indent if first is None else first
    return textwrap.fill(
        text, WIDTH, initial_indent=opening, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _blocks(section: Section) -> Iterator[str]:
    indent = "  " if section.title else ""
    lines = [wrapped(section.title)] if section.title else []
    lines += [_said(part, indent) for part in section.parts]
    if lines:
        yield "\n".join(lines)
    for inner in section.sections:
        yield from _blocks(inner)


def _said(part: Part, indent: str) -> str:
    match part:
        case Headline(text):
            return wrapped(text, indent="  ")
        case Sentence(text) | Stamp(text):
            return wrapped(text, indent=indent)
        case Bullets(items):
            return "\n".join(wrapped(item, indent=f"{indent}  ", first=f"{indent}- ") for item in items)
        case Verbatim(text):
            return textwrap.indent(text, indent)
        case Table():
            return textwrap.indent(part.text, "  ")
        case Exhibit():
            return wrapped(part.sentence, indent=indent)
