"""CSV and TSV: cells as text, each row with its line."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from forecaster.errors import RunsError
from forecaster.notes import Note
from forecaster.runs.readers.frame import Cells, encoding_of, named, text_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS_AT_ONCE = 20_000

SIGNS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
"""What may stand between columns."""


def read_delimited(data: bytes, *, delimiter: str, name: str) -> Cells:
    """The cells of a table with one sign between them.

    Raises:
        RunsError: a row of another length than the header, or quotes that do not close, with the line.
    """
    import pandas as pd

    text_of(data, name=name)
    found = _sign_found(data, delimiter)
    header, cells, lines = _rows(data, found, name)
    frame = pd.DataFrame(cells, columns=header, dtype=object)
    frame.attrs["text"] = True  # column types are inferred later, from cells that can still be quoted
    if found != delimiter:
        text = f"the columns are separated by {SIGNS[found]} and not by {SIGNS[delimiter]}, and were read so"
        frame.attrs["notes"] = (Note("separator", text),)
    return named(frame, name=name, places=[f"line {line}" for line in lines])


def _rows(data: bytes, delimiter: str, name: str) -> tuple[list[str], NDArray[np.object_], list[int]]:
    """The header, the cells, shape (row, column), and the line of each row; rows that are blank throughout left out."""
    import numpy as np

    # Lines are decoded as they are read: a text held whole for that purpose takes four bytes a character.
    reader = csv.reader(
        io.TextIOWrapper(io.BytesIO(data), encoding_of(data), newline=""), delimiter=delimiter, strict=True
    )
    header: list[str] | None = None
    odd: tuple[int, int] | None = None
    lines: list[int] = []
    rows: list[list[str]] = []
    parts: list[NDArray[np.object_]] = []
    start = 1
    try:
        for cells in reader:
            if "".join(cells).strip():
                if header is None:
                    header = [cell.strip() for cell in cells]
                elif len(cells) == len(header):
                    lines.append(start)
                    rows.append(cells)
                else:
                    odd = odd or (start, len(cells))
            if len(rows) == ROWS_AT_ONCE:
                parts.append(np.array(rows, dtype=object))
                rows = []
            start = reader.line_num + 1  # a record may run over several lines, inside quotes
    except csv.Error as error:
        raise RunsError(f"cannot be read: {error}", where=f"{name} line {start}") from None
    if header is None:
        raise RunsError("the file is empty; a header and one row for each run are needed", where=name)
    if odd is not None:
        raise RunsError(f"{odd[1]} cells where the header has {len(header)}", where=f"{name} line {odd[0]}")
    parts.append(np.array(rows, dtype=object).reshape(len(rows), len(header)))
    return header, np.concatenate(parts), lines


def _sign_found(data: bytes, delimiter: str) -> str:
    """The sign between columns: the usual one, unless the header has more of another."""
    lines = io.TextIOWrapper(io.BytesIO(data), encoding_of(data), errors="replace")
    header = re.sub(r'"[^"]*"', "", next((line for line in lines if line.strip()), ""))
    return max((delimiter, *(sign for sign in SIGNS if sign != delimiter)), key=header.count)
