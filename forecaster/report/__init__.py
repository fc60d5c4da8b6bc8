"""A report: a forecast said to a person, as one page that a decision can rest on."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import UsageError

if TYPE_CHECKING:
    from forecaster.forecast import Forecast

KINDS = ("md", "json")
"""What can be written beside the page."""

PAGES = (".html", ".htm")


@dataclass(frozen=True, eq=False)
class Report:
    """A forecast with where it comes from, ready to be read or filed.

    Args:
        forecast: what is said.
        command: the exact command that asked for it; empty where there was none.
        made: the day, such as 2026-01-31.
        paths: the files written, the page first; empty before that.
    """

    forecast: Forecast
    command: str = ""
    made: str = field(default_factory=lambda: date.today().isoformat())
    paths: tuple[Path, ...] = ()

    @cached_property
    def provenance(self) -> Mapping[str, Any]:
        """Hashes, seed, versions and command; see `forecaster.report.provenance`."""
        from forecaster.report.provenance import provenance

        return provenance(self.forecast, self.command) | {"made": self.made}

    @property
    def text(self) -> str:
        """The answer as plain text."""
        from forecaster.report.prose import forecast_text

        return forecast_text(self.forecast)

    @property
    def html(self) -> str:
        """The card as one HTML page."""
        from forecaster.report.page import card_html

        return card_html(self)

    @property
    def markdown(self) -> str:
        """The card as Markdown."""
        from forecaster.report.markdown import card_markdown

        return card_markdown(self)

    @property
    def json(self) -> str:
        """The forecast's numbers with their provenance, as one JSON object."""
        data = forecast_dict(self.forecast, command=self.command)
        data["provenance"]["made"] = self.made
        return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def forecast_dict(forecast: Forecast, *, command: str = "") -> dict[str, Any]:
    """JSON-ready: a forecast with the evidence grade of each point, a list under `grade`, and its provenance.

    Args:
        forecast: what was answered.
        command: the exact command that asked for it; empty where there was none.
    """
    from forecaster.grade import grade
    from forecaster.report.provenance import provenance

    grades = [grade(forecast, point).as_dict() for point in forecast.points]
    return forecast.as_dict() | {"grade": grades, "provenance": provenance(forecast, command)}


def report(
    forecast: Forecast,
    *,
    output: str | Path,
    also: Iterable[str] | str = (),
    command: str = "",
    made: str | date | None = None,
) -> Report:
    """Write the forecast card: all of its files, or none.

    Args:
        forecast: what to say.
        output: the page, ending in .html.
        also: further kinds under the same name: md, json; or as one text, "md,json".
        command: the exact command that asked for it.
        made: the day to put on it; today where not given.

    Raises:
        UsageError: an unknown kind, or a place that cannot or must not be written.
    """
    targets = refuse_unwritable(output, also=also)
    day = date.today() if made is None else made
    said = Report(forecast, command, day if isinstance(day, str) else day.isoformat(), tuple(targets.values()))
    makers = {"html": lambda: said.html, "md": lambda: said.markdown, "json": lambda: said.json}
    _write_all({path: makers[kind]().encode() for kind, path in targets.items()})
    return said


def refuse_unwritable(output: str | Path, *, also: Iterable[str] | str = ()) -> dict[str, Path]:
    """Where a report would go, refused before any work is done if it cannot go there.

    A file that stands there already is replaced only if it is an earlier report.

    Args:
        output: the page.
        also: further kinds.

    Returns:
        The path of each kind: html first, then those asked for.

    Raises:
        UsageError: an unknown kind, a page that does not end in .html, no such folder, or a file of something else.
    """
    page = Path(output)
    kinds = [kind.strip() for kind in (also.split(",") if isinstance(also, str) else also)]
    for kind in filter(None, kinds):
        if kind not in KINDS:
            raise UsageError(f"there is no kind {kind[:40]} of report; known are {', '.join(KINDS)}", where="--also")
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
    return targets


def _is_report(path: Path, kind: str) -> bool:
    from forecaster.report.markdown import MARK
    from forecaster.report.page import GENERATOR

    if not path.is_file():
        return False
    try:
        text = path.read_text("utf-8")
        if not text.strip():
            return True
        if kind == "json":
            data = json.loads(text)
            return isinstance(data, dict) and {"forecast", "provenance"} <= data.keys()
        return text.startswith(MARK) if kind == "md" else f'name="generator" content="{GENERATOR}"' in text[:2000]
    except (OSError, ValueError, RecursionError):
        return False


def _write_all(contents: Mapping[Path, bytes]) -> None:
    """Every file under a temporary name first, so that what can fail fails before anything is replaced."""
    waiting: dict[Path, Path] = {}
    earlier: dict[Path, bytes | None] = {}
    try:
        for path, content in contents.items():
            handle, name = tempfile.mkstemp(prefix=f".{path.name[:60]}.", suffix=".part", dir=path.parent)
            waiting[path] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            waiting[path].chmod(0o644)
        for path, part in waiting.items():
            earlier[path] = path.read_bytes() if path.exists() else None
            part.replace(path)
    except BaseException as error:
        for path, before in earlier.items():
            with contextlib.suppress(OSError):
                if before is not None:
                    path.write_bytes(before)
                elif not waiting[path].exists():
                    path.unlink()
        for part in waiting.values():
            with contextlib.suppress(OSError):
                part.unlink()
        if isinstance(error, OSError):
            first = next(iter(contents))
            raise UsageError(f"cannot be written ({error.strerror or error})", where=str(first)) from None
        raise
