"""The figures of a forecast as PNG files in a folder: all of them, or none."""

from __future__ import annotations

import contextlib
import io
import os
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import UsageError
from forecaster.files import replace_files
from forecaster.show.figure import Exhibit
from forecaster.show.style import MUTED, PAPER, style

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast

SOFTWARE = "forecaster"

DPI = 200

MOST_POINTS = 6
"""Points whose own figures are written."""

OURS = re.compile(r"(fan|fan-linear|by-law|shares|laws|calibration|residuals|predictive|priors|tornado)(-[2-9])?\.png")
"""Names of figures that an earlier forecast may have left."""


def write_figures(forecast: Forecast, folder: str | Path, *, extra: Sequence[Exhibit] = ()) -> list[Path]:
    """Write every figure of a forecast as a PNG with its title and its sentence.

    The folder is made where it does not exist. Figures of an earlier forecast in it are replaced; those that this one
    does not have are removed, so that nobody reads them as its own. The description of each stands in its metadata.

    Args:
        forecast: what is shown.
        folder: where to.
        extra: more exhibits.

    Returns:
        The files, in the order in which they are read.

    Raises:
        UsageError: the folder cannot be made or written, or holds another file under one of the names.
    """
    place = Path(folder)
    refuse_figures(place)
    named = dict(_named(forecast, extra))
    targets = {place / f"{name}.png": exhibit for name, exhibit in named.items()}
    for path in targets:
        if path.exists() and not _is_ours(path):
            raise UsageError("already exists and is something else; choose another folder", where=str(path))
    drawn = {path: png(exhibit) for path, exhibit in targets.items()}
    made = not place.exists()
    try:
        place.mkdir(exist_ok=True)
        replace_files(drawn, remove=[path for path in place.glob("*.png") if path not in drawn and _is_stale(path)])
    except BaseException as error:
        if made:
            with contextlib.suppress(OSError):
                place.rmdir()
        if isinstance(error, OSError):
            raise UsageError(f"cannot be written ({error.strerror or error})", where=str(place)) from None
        raise
    return list(drawn)


def refuse_figures(folder: str | Path) -> None:
    """Refuse a folder that figures cannot go to, before any work is done.

    Raises:
        UsageError: it is a file, stands in no folder, or cannot be written.
    """
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise UsageError("is a file; figures need a folder", where=str(folder))
    if not place.exists() and not place.parent.is_dir():
        raise UsageError(f"there is no folder {place.parent}; make it first", where=str(folder))
    if not os.access(place if place.exists() else place.parent, os.W_OK):
        raise UsageError("cannot be written: the folder is read-only", where=str(folder))


def png(exhibit: Exhibit) -> bytes:
    """An exhibit as a PNG on white, its title above and its sentence below, the same bytes each time.

    Args:
        exhibit: what is drawn.
    """
    target = io.BytesIO()
    with style(), warnings.catch_warnings():
        # A script that the font lacks comes out as boxes, and the words stand in the metadata.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = exhibit.figure()
        box = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        wide = max(4.0, box.width)
        left = box.x0 / width
        figure.text(left, (box.y1 + 0.18) / height, exhibit.title, ha="left", va="bottom", fontweight="bold")
        below = "\n".join(textwrap.wrap(exhibit.sentence, int(15 * wide)))
        figure.text(left, (box.y0 - 0.16) / height, below, ha="left", va="top", color=MUTED, fontsize=9.5)
        figure.savefig(
            target, format="png", dpi=DPI, facecolor=PAPER, bbox_inches="tight", pad_inches=0.15,
            metadata={"Software": SOFTWARE, "Title": exhibit.title, "Description": exhibit.alt},
        )  # fmt: skip
    return target.getvalue()


def _named(forecast: Forecast, extra: Sequence[Exhibit]) -> Iterator[tuple[str, Exhibit]]:
    from forecaster.reports.figures.exhibits import exhibits, front_exhibits, point_exhibits

    first = exhibits(forecast)
    yield from ((each.name, each) for each in (*chain(*front_exhibits(forecast)), *first.shown, *extra))
    for point in range(1, min(len(forecast.points), MOST_POINTS)):
        found = (*chain(*front_exhibits(forecast, point=point)), *point_exhibits(forecast, point=point))
        yield from ((f"{each.name}-{point + 1}", each) for each in found)


def _is_ours(path: Path) -> bool:
    """Whether a file is a figure that this package wrote."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return head.startswith(b"\x89PNG\r\n\x1a\n") and f"tEXtSoftware\0{SOFTWARE}".encode() in head


def _is_stale(path: Path) -> bool:
    return OURS.fullmatch(path.name) is not None and _is_ours(path)
