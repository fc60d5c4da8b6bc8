"""Workbooks (.xlsx): the first sheet that holds a table."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from forecaster.errors import RunsError, clipped
from forecaster.runs.readers import opening
from forecaster.runs.readers.frame import Cells, named
from forecaster.runs.readers.shape import Shape

if TYPE_CHECKING:
    from openpyxl import Workbook

type Rows = list[tuple[int, tuple[Any, ...]]]
"""The rows that are not blank, each with its number on the sheet."""


def read_workbook(data: bytes, *, name: str) -> Cells:
    """The cells of the first sheet that has a header and a row below it.

    Raises:
        RunsError: it is damaged, too large, or no sheet holds a table; or openpyxl is not there.
    """
    import pandas as pd

    _refuse_large(data, name)
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise RunsError(
            "a workbook needs openpyxl: install forecaster[excel], or save it as .csv", where=name
        ) from None
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        title, rows = _first_table(book)
        number = len(book.sheetnames)
    except Exception as error:  # what a damaged file raises depends on where the damage lies
        reason = clipped(str(error).split("\n")[0], 80)
        raise RunsError(f"cannot be read as a workbook: {reason}", where=name) from None
    if not rows:
        raise RunsError("no sheet has a header and a row for each run below it", where=name)
    (at, header), *below = rows
    longest = max(len(row) for _, row in rows)
    used = [i for i in range(longest) if any(len(row) > i and _said(row[i]) for _, row in rows)]
    cells = [[row[i] if len(row) > i else None for i in used] for _, row in below]
    headers = [header[i] if len(header) > i and header[i] is not None else "" for i in used]
    frame = pd.DataFrame(cells, columns=headers, dtype=object).infer_objects()
    of = f", one of {number} sheets" if number > 1 else ""
    text = f'the sheet "{clipped(title)}"{of}, with its header in row {at}'
    cure = "move the sheet that is meant to the front, or save it as .csv" if number > 1 else ""
    places = [f"row {row}" for row, _ in below]
    return named(frame, name=name, places=places)._replace(shapes=(Shape(text, cure, sparse=False),))


def _refuse_large(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise RunsError(f"cannot be read as a workbook: {clipped(str(error), 80)}", where=name) from None
    if size > opening.LARGEST:
        raise RunsError(f"unpacks to more than {opening.LARGEST / 1e9:.3g} GB; save it as .csv", where=name)


def _first_table(book: Workbook) -> tuple[str, Rows]:
    """The first sheet with a header of words and a row below it, and its rows from the header on."""
    for sheet in book.worksheets:
        rows = [(at, row) for at, row in enumerate(sheet.iter_rows(values_only=True), 1) if any(map(_said, row))]
        # Titles and remarks above a table stand alone in their rows.
        while rows and sum(map(_said, rows[0][1])) < 2:
            rows.pop(0)
        if len(rows) > 1 and all(isinstance(cell, str) for cell in rows[0][1] if _said(cell)):
            return str(sheet.title), rows
    return "", []


def _said(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""
