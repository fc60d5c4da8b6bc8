"""CSV and TSV: cells as text, each row with its line."""

from __future__ import annotations

import csv
import io

from forecaster.errors import RunsError
from forecaster.runs.readers.frame import Cells, named, text_of


def read_delimited(data: bytes, *, delimiter: str, name: str) -> Cells:
    """The cells of a table with one sign between them.

    Raises:
        RunsError: a row of another length than the header, or quotes that do not close, with the line.
    """
    import pandas as pd

    text = text_of(data, name=name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((start, cells))
            start = reader.line_num + 1  # a record may run over several lines, inside quotes
    except csv.Error as error:
        raise RunsError(f"cannot be read: {error}", where=f"{name} line {start}") from None
    if not records:
        raise RunsError("the file is empty; a header and one row for each run are needed", where=name)
    header = [cell.strip() for cell in records[0][1]]
    other = next((sign for sign in (";", "\t", "|", ",") if len(header) == 1 and sign in header[0]), None)
    if other is not None:
        sign = "a tab" if other == "\t" else f'"{other}"'
        raise RunsError(f"the columns look separated by {sign}; save it with commas (.csv) or tabs (.tsv)", where=name)
    for line, cells in records[1:]:
        if len(cells) != len(header):
            raise RunsError(f"{len(cells)} cells where the header has {len(header)}", where=f"{name} line {line}")
    frame = pd.DataFrame([cells for _, cells in records[1:]], columns=header, dtype=object)
    frame.attrs["text"] = True  # column types are inferred later, from cells that can still be quoted
    return named(frame, name=name, places=[f"line {line}" for line, _ in records[1:]])
