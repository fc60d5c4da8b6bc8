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
from forecaster.runs.readers.mlflow import experiment_runs
from forecaster.runs.readers.opening import STDIN, kind_of, kind_of_name, refuse_link, stdin_bytes, unpacked
from forecaster.runs.readers.parquet import read_parquet
from forecaster.runs.readers.tensorboard import EVENTS, downloaded_scalar, event_files, read_event_folder, read_events
from forecaster.runs.readers.trainer_log import trainer_log
from forecaster.runs.readers.wandb import chart, history, project_runs
from forecaster.runs.readers.workbook import read_workbook

if TYPE_CHECKING:
    import pandas as pd

READERS: dict[str, Callable[..., Cells]] = {
    ".csv": partial(read_delimited, delimiter=","),
    ".tsv": partial(read_delimited, delimiter="\t"),
    ".parquet": read_parquet,
    ".json": read_json,
    ".jsonl": partial(read_json, by_line=True),
    ".xlsx": read_workbook,
    EVENTS: read_events,
}
"""What reads the files of each suffix, given their bytes and the name to say in errors."""

SHAPES: tuple[Callable[[Cells], Cells | None], ...] = (
    chart, project_runs, history, experiment_runs, downloaded_scalar, trainer_log,
)  # fmt: skip
"""What recognises a tracker's table by its headers, whatever file it stands in; None for any other table."""


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
        cells = named(source, name="the table")
    elif not isinstance(source, File) and _is_event_folder(source):
        cells = read_event_folder(Path(source), name=clipped(Path(source).resolve().name))
    else:
        file = source if isinstance(source, File) else load_file(source)
        cells = READERS[file.kind](file.data, name=file.name)
    if any(shape.sparse for shape in cells.shapes):
        return cells
    return next(filter(None, (shape(cells) for shape in SHAPES)), cells)


def _is_event_folder(source: str | Path) -> bool:
    refuse_link(source)
    try:
        return Path(source).is_dir() and bool(event_files(Path(source)))
    except (OSError, ValueError):
        return False


def load_file(source: str | Path) -> File:
    """The bytes of a file of a kind that can be read; what gzip packed is unpacked, "-" is what is piped in.

    Raises:
        RunsError: a link, an unknown kind, a file that is not there or cannot be read, or an empty one.
    """
    refuse_link(source)
    piped, path = source == STDIN, Path(source)
    name = "stdin" if piped else clipped(path.name or str(source))
    kind = "" if piped else kind_of_name(path)
    if kind and kind not in READERS:
        raise RunsError(f"{kind} is not known; expected {known_kinds()}", where=name)
    try:
        data = stdin_bytes() if piped else path.read_bytes()
    except FileNotFoundError:
        raise RunsError(f"there is no such file; expected {known_kinds()}", where=name) from None
    except (OSError, ValueError) as error:
        reason = "it is a folder" if path.is_dir() else getattr(error, "strerror", None) or str(error)
        raise RunsError(f"cannot be read: {reason}", where=name) from None
    data = unpacked(data, name=name)
    if not data.strip():
        raise RunsError("the file is empty; a header and one row for each run are needed", where=name)
    return File(name, kind or kind_of(data), data)


def known_kinds() -> str:
    """The kinds of files that can be read, in words."""
    return f"{' '.join(READERS)}, each of them with .gz, too; or {STDIN} for what is piped in"


def is_table(path: Path) -> bool:
    """Whether a file is called as one that can be read."""
    return kind_of_name(path) in READERS
