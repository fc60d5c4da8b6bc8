"""A document as a notebook shows it: a compact box without scripts, in the notebook's own colours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path

from forecaster.show.document import Bullets, Document, Headline, Part, Section, Sentence, Stamp, Verbatim
from forecaster.show.figure import Exhibit, svg
from forecaster.show.table import Table, printable

STYLE = Path(__file__).with_name("box.css")


def html_table(table: Table, *, caption: bool = True) -> str:
    """A table with its headers as such.

    Args:
        table: its cells.
        caption: whether it is said above the table.
    """

    def cells(line: Iterable[str], tag: str) -> str:
        said = []
        for index, cell in enumerate(line):
            kind = ' class="words"' if table.flush_left(index) else ""
            head = tag == "th" or index == 0
            scope = f' scope="{"col" if tag == "th" else "row"}"' if head else ""
            said.append(f"<{'th' if head else 'td'}{scope}{kind}>{_safe(cell)}</{'th' if head else 'td'}>")
        return f"<tr>{''.join(said)}</tr>"

    body = "".join(cells(line, "td") for line in table.rows)
    return (
        f'<div class="scroll"><table>{f"<caption>{_safe(table.caption)}</caption>" if caption else ""}'
        f"<thead>{cells(table.columns, 'th')}</thead><tbody>{body}</tbody></table></div>"
    )


def as_box(document: Document) -> str:
    """The document as a compact box for a notebook: no scripts, the notebook's own colours.

    Args:
        document: what is said; sections of its annex are left out.
    """
    title = _paragraph(f"<b>{_safe(document.title)}</b>") if document.title else ""
    said = "".join(_section(section) for section in document.sections if not section.annex)
    return f'<div class="forecaster"><style>\n{STYLE.read_text("utf-8")}</style>{title}{said}</div>'


def _section(section: Section) -> str:
    title = _paragraph(f"<i>{_safe(section.title)}</i>") if section.title else ""
    parts = "".join(_part(part, section.title) for part in section.parts)
    return title + parts + "".join(_section(inner) for inner in section.sections if not inner.annex)


def _part(part: Part, title: str) -> str:
    match part:
        case Headline(text):
            return _paragraph(_safe(text), "headline")
        case Stamp(text):
            return _paragraph(_safe(text), "stamp")
        case Sentence(text):
            return _paragraph(_safe(text))
        case Bullets(items):
            return f"<ul>{''.join(f'<li>{_safe(item)}</li>' for item in items)}</ul>"
        case Verbatim(text):
            lines = "\n".join(map(_safe, text.split("\n")))
            return f"<pre>{lines}</pre>"
        case Table():
            return html_table(part, caption=part.caption != title)
        case Exhibit():
            # A notebook may hold many figures, and each picture's ids must be its own.
            name = f"{part.name}-{hashlib.sha256(part.alt.encode()).hexdigest()[:8]}"
            drawn = svg(part.figure(), title=part.title, description=part.alt, name=name, themed=True)
            return drawn + _paragraph(_safe(part.sentence))


def _paragraph(said: str, kind: str = "") -> str:
    return f'<p class="{kind}">{said}</p>' if kind else f"<p>{said}</p>"


def _safe(text: str) -> str:
    return escape(printable(text))
