"""A document as a notebook shows it: a compact box without scripts, in the notebook's own colours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from html import escape

from forecaster.show.document import Bullets, Document, Headline, Part, Section, Sentence, Stamp, Verbatim
from forecaster.show.figure import Exhibit, svg
from forecaster.show.table import Table, printable, shown

Bundle = dict[str, str]
"""What is shown by its media type: plain text and HTML."""

STYLE = """
.forecaster { max-width: 54rem; line-height: 1.45; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
 --ink: currentColor; --muted: currentColor; --accent: currentColor; --axis: currentColor; --paper: transparent;
 --grid: color-mix(in srgb, currentColor 18%, transparent); --shade: color-mix(in srgb, currentColor 6%, transparent);
 --band50: color-mix(in srgb, currentColor 34%, transparent);
 --band80: color-mix(in srgb, currentColor 18%, transparent);
 --band90: color-mix(in srgb, currentColor 12%, transparent); }
.forecaster p { margin: .35em 0; }
.forecaster .scroll { overflow-x: auto; }
.forecaster table { border-collapse: collapse; margin: .5em 0; border: 0; font-size: .92em; color: inherit; }
.forecaster caption { text-align: left; font-style: italic; padding: 0 0 .2em; color: inherit; }
.forecaster tr, .forecaster thead { background: none; border: 0; }
.forecaster th, .forecaster td { padding: .18em 1em .18em 0; border: 0; text-align: right; vertical-align: top;
 border-bottom: 1px solid color-mix(in srgb, currentColor 22%, transparent); background: none; color: inherit; }
.forecaster th { font-weight: 600; }
.forecaster tbody th, .forecaster td:not(.words) { white-space: nowrap; }
.forecaster th, .forecaster td { overflow-wrap: normal; }
.forecaster .words { text-align: left; }
.forecaster pre { white-space: pre-wrap; margin: .35em 0; padding: 0; background: none; color: inherit; }
.forecaster ul { margin: .35em 0; padding-left: 1.4em; }
.forecaster .headline { font-size: 1.25em; font-weight: 600; }
.forecaster .stamp { border: 2px solid currentColor; padding: .4em .6em; font-weight: 600; }
.forecaster svg { width: 100%; max-width: 42rem; height: auto; }
.forecaster svg text { font-family: inherit !important; }
"""


def html_bundle(text: str, *parts: str) -> Bundle:
    return {"text/plain": text, "text/html": f'<div class="forecaster"><style>{STYLE}</style>{"".join(parts)}</div>'}


def html_text(text: str, longest: int = 60) -> str:
    return escape(shown(text, longest))


def html_paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


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
    return f'<div class="forecaster"><style>{STYLE}</style>{title}{said}</div>'


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
