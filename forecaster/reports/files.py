"""The files of a report: where they may go, and all of them or none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import UsageError
from forecaster.reports.html import card_html, is_page
from forecaster.reports.markdown import card_markdown, is_markdown
from forecaster.reports.pdf import card_pdf, is_pdf
from forecaster.reports.xlsx import card_workbook, is_workbook
from forecaster.show.probability import Words, read_words

if TYPE_CHECKING:
    from forecaster.reports.result import Report


@dataclass(frozen=True)
class Writer:
    """A format that a card can have.

    Args:
        write: makes the file of a report.
        knows: whether a file is an earlier report of this format, by which it may be replaced.
        needs: the module beyond the package that it is made with, and the extra that brings it; empty where none.
    """

    write: Callable[[Report], bytes]
    knows: Callable[[bytes], bool]
    needs: tuple[str, str] = ("", "")


def _is_data(content: bytes) -> bool:
    data = json.loads(content.decode("utf-8"))
    return isinstance(data, dict) and {"forecast", "provenance"} <= data.keys()


WRITERS: dict[str, Writer] = {
    "html": Writer(card_html, is_page),
    "md": Writer(card_markdown, is_markdown),
    "json": Writer(lambda report: report.json.encode(), _is_data),
    "xlsx": Writer(card_workbook, is_workbook, ("openpyxl", "excel")),
    "pdf": Writer(card_pdf, is_pdf, ("typst", "pdf")),
}
"""Every format by its kind, the page first."""

PAGES = (".html", ".htm")


def refuse_unwritable(
    output: str | Path,
    *,
    also: Iterable[str] | str = (),
    template: str | Path | None = None,
    words: str | Path | Words = "icd203",
) -> dict[str, Path]:
    """Where a report would go, refused before any work is done if it cannot go there or be made.

    A file that stands there already is replaced only if it is an earlier report.

    Args:
        output: the page.
        also: further kinds.
        template: a folder of templates.
        words: a scale of likelihood words.

    Returns:
        The path of each kind: html first, then those asked for.

    Raises:
        UsageError: an unknown kind or one whose extra is missing, a page that does not end in .html, no such folder,
            a file of something else, or a template or scale of words that cannot be used.
    """
    page = Path(output)
    kinds = [kind.strip() for kind in (also.split(",") if isinstance(also, str) else also)]
    for kind in filter(None, kinds):
        writer_of(kind, page=False)
    if page.suffix.lower() not in PAGES:
        raise UsageError("the card is a web page: give a name ending in .html", where=str(output))
    if not page.parent.is_dir():
        raise UsageError(f"there is no folder {page.parent}; make it first", where=str(output))
    targets = {"html": page} | {kind: page.with_suffix(f".{kind}") for kind in dict.fromkeys(filter(None, kinds))}
    for kind, path in targets.items():
        if path.exists() and not _is_report(path, kind):
            raise UsageError("already exists and is something else; choose another name", where=str(path))
    if not os.access(page.parent, os.W_OK):
        raise UsageError("cannot be written: the folder is read-only", where=str(output))
    read_words(words)
    if template is not None:
        from forecaster.reports.template import templates

        templates(template)
    return targets


def writer_of(kind: str, *, page: bool = True) -> Writer:
    """The writer of a kind, refused where it is not known or its extra is not installed.

    Args:
        kind: such as md.
        page: whether it may be the page, or stands beside it.

    Raises:
        UsageError: with the kinds that are known, or with the extra to install.
    """
    known = [each for each in WRITERS if page or each != "html"]
    if kind not in known:
        raise UsageError(f"there is no kind {kind[:40]} of report; known are {', '.join(known)}", parameter="also")
    module, extra = WRITERS[kind].needs
    if module and find_spec(module) is None:
        raise UsageError(f"{kind} needs {module}: install forecaster[{extra}]", parameter="also")
    return WRITERS[kind]


def _is_report(path: Path, kind: str) -> bool:
    """Whether a file is an earlier report of that kind, or empty."""
    if not path.is_file():
        return False
    try:
        content = path.read_bytes()
        return not content.strip() or WRITERS[kind].knows(content)
    except (OSError, ValueError, RecursionError):
        return False
