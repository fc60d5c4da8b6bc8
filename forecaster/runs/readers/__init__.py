"""Readers: a file -> its raw cells, each row with its place in the file. A new kind is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import RunsError, clipped
from forecaster.runs.readers.delimited import read_delimited
from forecaster.runs.readers.frame import Cells, named
from forecaster.runs.readers.json import read_json
from forecaster.runs.readers.parquet import read_parquet

if TYPE_CHECKING:
    import pandas as pd

READERS: dict[str, Callable[..., Cells]] = {
    ".csv": partial(read_delimited, delimiter=","),
    ".tsv": partial(read_delimited, delimiter="\t"),
    ".parquet": read_parquet,
    ".json": read_json,
    ".jsonl": partial(read_json, by_line=True),
}
"""What reads the files of each suffix, given their bytes and the name to say in errors."""


@dataclass(frozen=True)
class File:
    """A file of runs as it stands, which another process or machine can read, too.

    Args:
        name: to say in errors.
        kind: its suffix, one of `READERS`.
        data: its bytes.
    """

    name: str
    kind: str
    data: bytes


def load_table(source: str | Path | File | pd.DataFrame) -> Cells:
    """The table as it stands (cells of CSV and TSV as text), the place of each row, and the name to say.

    Raises:
        RunsError: anything unreadable, with the file and, where it has one, the line.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return named(source, name="the table")
    file = source if isinstance(source, File) else load_file(source)
    return READERS[file.kind](file.data, name=file.name)


def load_file(source: str | Path) -> File:
    """The bytes of a file of a kind that can be read.

    Raises:
        RunsError: an unknown kind, a file that is not there or cannot be read, or an empty one.
    """
    path = Path(source)
    name = clipped(path.name or str(source))
    kind = path.suffix.lower()
    if kind not in READERS:
        raise RunsError(f"{kind or 'no extension'} is not known; expected {' '.join(READERS)}", where=name)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RunsError("there is no such file", where=name) from None
    except (OSError, ValueError) as error:
        reason = "it is a folder" if path.is_dir() else getattr(error, "strerror", None) or str(error)
        raise RunsError(f"cannot be read: {reason}", where=name) from None
    if not data.strip():
        raise RunsError("the file is empty; a header and one row for each run are needed", where=name)
    return File(name, kind, data)
