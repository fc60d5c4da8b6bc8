"""The files of a report: where they may go, and all of them or none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from forecaster.errors import UsageError
from forecaster.show.probability import Words, read_words

KINDS = ("md", "json", "xlsx", "pdf")
"""What can be written beside the page."""

EXTRAS = {"xlsx": ("openpyxl", "excel"), "pdf": ("typst", "pdf")}
"""What a kind needs beyond the package, and the extra that brings it."""

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
        if kind not in KINDS:
            raise UsageError(f"there is no kind {kind[:40]} of report; known are {', '.join(KINDS)}", parameter="also")
        refuse_missing(kind)
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


def refuse_missing(kind: str) -> None:
    """Refuse a kind whose extra is not installed.

    Raises:
        UsageError: with the extra to install.
    """
    module, extra = EXTRAS.get(kind, ("", ""))
    if module and find_spec(module) is None:
        raise UsageError(f"{kind} needs {module}: install forecaster[{extra}]", parameter="also")


def _is_report(path: Path, kind: str) -> bool:
    """Whether a file is an earlier report of that kind, or empty."""
    if not path.is_file():
        return False
    try:
        content = path.read_bytes()
        return not content.strip() or _says_so(content, kind)
    except (OSError, ValueError, RecursionError):
        return False


def _says_so(content: bytes, kind: str) -> bool:
    from forecaster.reports.html import GENERATOR
    from forecaster.reports.markdown import MARK
    from forecaster.reports.pdf import is_pdf
    from forecaster.reports.xlsx import is_workbook

    if kind == "xlsx":
        return is_workbook(content)
    if kind == "pdf":
        return is_pdf(content)
    text = content.decode("utf-8")
    if kind == "json":
        data = json.loads(text)
        return isinstance(data, dict) and {"forecast", "provenance"} <= data.keys()
    return text.startswith(MARK) if kind == "md" else f'name="generator" content="{GENERATOR}"' in text[:2000]
