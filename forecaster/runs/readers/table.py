"""Reading: a file of any known kind -> its raw cells, each row with its place in the file."""

from __future__ import annotations

import codecs
import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import RunsError, clipped

if TYPE_CHECKING:
    import pandas as pd

KINDS = (".csv", ".tsv", ".parquet", ".json", ".jsonl")


def load_table(source: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, list[str], str]:
    """The table as it stands (cells of CSV and TSV as text), the place of each row, and the name to say.

    Raises:
        RunsError: anything unreadable, with the file and, where it has one, the line.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return _named(source, name="the table")
    path = Path(source)
    name = clipped(path.name or str(source))
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise RunsError(f"{kind or 'no extension'} is not known; expected {' '.join(KINDS)}", where=name)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RunsError("there is no such file", where=name) from None
    except (OSError, ValueError) as error:
        reason = "it is a folder" if path.is_dir() else getattr(error, "strerror", None) or str(error)
        raise RunsError(f"cannot be read: {reason}", where=name) from None
    if not data.strip():
        raise RunsError("the file is empty; a header and one row for each run are needed", where=name)
    if kind == ".parquet":
        try:
            return _named(pd.read_parquet(io.BytesIO(data)), name=name)
        except RunsError:
            raise
        except Exception as error:  # what a damaged file raises depends on where the damage lies
            reason = clipped(str(error).split("\n")[0], 80)
            raise RunsError(f"cannot be read as Parquet: {reason}", where=name) from None
    try:
        utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RunsError("is not UTF-8 text; save the table as UTF-8", where=f"{name} line {line}") from None
    if "\0" in text:
        raise RunsError("holds zero bytes, so it is not a table of text", where=name)
    if kind in (".csv", ".tsv"):
        return _load_lines(text, delimiter="," if kind == ".csv" else "\t", name=name)
    return _load_json(text, by_line=kind == ".jsonl", name=name)


def _load_lines(text: str, *, delimiter: str, name: str) -> tuple[pd.DataFrame, list[str], str]:
    import pandas as pd

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
    return _named(frame, name=name, places=[f"line {line}" for line, _ in records[1:]])


def _load_json(text: str, *, by_line: bool, name: str) -> tuple[pd.DataFrame, list[str], str]:
    import pandas as pd

    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()] if by_line else [(1, text)]
    values = []
    for number, line in lines:
        try:
            values.append(json.loads(line, object_pairs_hook=_once))
        except json.JSONDecodeError as error:
            place = f"{name} line {number + error.lineno - 1}"
            raise RunsError(f"is not JSON: {error.msg}", where=place) from None
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else clipped(str(error), 80)
            raise RunsError(f"cannot be read: {reason}", where=f"{name} line {number}") from None
    rows = values if by_line else values[0]
    places = [f"line {number}" for number, _ in lines] if by_line else None
    if isinstance(rows, list):
        odd = next((i for i, row in enumerate(rows) if not isinstance(row, dict)), None)
        if odd is not None:
            place = places[odd] if places else f"row {odd + 1}"
            raise RunsError('each run must be an object such as {"N": 1e9, "loss": 2.5}', where=f"{name} {place}")
    try:
        frame = pd.DataFrame(rows)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise RunsError("is neither a list of runs nor columns of one length", where=name) from None
    return _named(frame, name=name, places=places)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return row


def _named(frame: pd.DataFrame, *, name: str, places: list[str] | None = None) -> tuple[pd.DataFrame, list[str], str]:
    """The frame with plain text headers, each one once, and rows counted from 0."""
    plain = frame.reset_index(drop=all(level is None for level in frame.index.names))
    headers = [str(header).strip() or f"column {i}" for i, header in enumerate(plain.columns, 1)]
    twice = next((header for header in headers if headers.count(header) > 1), None)
    if twice is not None:
        raise RunsError(f"column {clipped(twice)} occurs twice in the header; rename one", where=name)
    plain.columns = headers
    return plain, places or [f"row {i + 1}" for i in range(len(plain))], name
