"""A document as plain text that can be read aloud."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from forecaster.show.document import Bullets, Document, Headline, Part, Section, Sentence, Stamp, Verbatim
from forecaster.show.figure import Exhibit
from forecaster.show.table import Table, printable

WIDTH = 80

VERBATIM_WIDTH = 98
"""Where a formula or a command goes on in another line."""


def as_text(document: Document) -> str:
    """The document in blocks with a free line between them, sentences in lines of eighty; figures by their sentence.

    A table says its caption where its section has no title.

    Args:
        document: what is said.
    """
    blocks = [wrapped(document.title)] if document.title else []
    blocks += [block for section in document.sections for block in _blocks(section)]
    return "\n".join(printable(line) for line in "\n\n".join(blocks).split("\n"))


def wrapped(text: str, *, indent: str = "", first: str | None = None, width: int = WIDTH) -> str:
    """A text in lines of eighty.

    Args:
        text: what is said.
        indent: before every line.
        first: before the first line in its place.
        width: columns of a line.
    """
    return textwrap.fill(
        text, width, initial_indent=indent if first is None else first, subsequent_indent=indent, break_on_hyphens=False
    )


def _blocks(section: Section) -> Iterator[str]:
    lines = [wrapped(section.title)] if section.title else []
    lines += [_said(part, "  " if section.title else "") for part in section.parts]
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
            # Blanks inside a line may be columns, so a line that is short enough stays as it is.
            lines = (f"  {line}" for line in text.split("\n"))
            return "\n".join(
                line if len(line) <= VERBATIM_WIDTH else wrapped(line, indent="    ", first="", width=VERBATIM_WIDTH)
                for line in lines
            )
        case Table():
            caption = [wrapped(part.caption)] if part.caption and not indent else []
            return "\n".join([*caption, textwrap.indent(part.text, "  ")])
        case Exhibit():
            return wrapped(part.sentence, indent=indent)
