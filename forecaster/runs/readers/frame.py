"""What every reader shares: bytes as text, and a frame with plain headers."""

from __future__ import annotations

import codecs
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from forecaster.errors import RunsError, clipped
from forecaster.runs.readers.shape import Shape

if TYPE_CHECKING:
    import pandas as pd


class Cells(NamedTuple):
    """A table as it stands in a file.

    Args:
        frame: the raw cells.
        places: of each row in the file, such as "line 7".
        name: to say in errors.
        shapes: what was found out about the file and done with its cells.
    """

    frame: pd.DataFrame
    places: list[str]
    name: str
    shapes: tuple[Shape, ...] = ()


def named(frame: pd.DataFrame, *, name: str, places: list[str] | None = None) -> Cells:
    """The frame with plain text headers, each one once, and rows counted from 0.

    Raises:
        RunsError: a header occurs twice.
    """
    plain = frame.reset_index(drop=all(level is None for level in frame.index.names))
    headers = [str(header).strip() or f"column {i}" for i, header in enumerate(plain.columns, 1)]
    counts = Counter(headers)
    twice = next((header for header in headers if counts[header] > 1), None)
    if twice is not None:
        raise RunsError(f"column {clipped(twice)} occurs twice in the header; rename one", where=name)
    plain.columns = headers
    return Cells(plain, places or [f"row {i + 1}" for i in range(len(plain))], name)


def text_of(data: bytes, *, name: str) -> str:
    """A file's text: UTF-8, or UTF-16 where it begins by saying so.

    Raises:
        RunsError: it is not text, with the line.
    """
    try:
        text = data.decode(encoding_of(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RunsError("is not UTF-8 text; save the table as UTF-8", where=f"{name} line {line}") from None
    if "\0" in text:
        raise RunsError("holds zero bytes, so it is not a table of text", where=name)
    return text


def encoding_of(data: bytes) -> str:
    """The name of a file's encoding: UTF-16 where it begins by saying so, else UTF-8."""
    return "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
