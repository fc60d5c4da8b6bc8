"""The tables of a batch: where they come from, what each is called, and a hash of all that it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import InputError, RunsError, clipped, listed
from forecaster.runs.read import read_runs, runs_of
from forecaster.runs.readers import READERS, File, is_table, load_file, load_table
from forecaster.runs.readers.frame import Cells
from forecaster.runs.readers.opening import refuse_link
from forecaster.runs.table import Runs, with_codes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Table:
    """One table of a batch.

    Args:
        name: what its rows are filed under, its own in the batch.
        source: a file still to be opened, one held in memory, raw cells, or runs.
    """

    name: str
    source: Path | File | Cells | Runs

    @property
    def loaded(self) -> Table:
        """The table as another machine can read it.

        Raises:
            RunsError: its file cannot be opened.
        """
        return replace(self, source=load_file(self.source)) if isinstance(self.source, Path) else self

    def runs(
        self,
        *,
        columns: Mapping[str, str] | str | None,
        where: str | None,
        group: str,
        response: str | None = None,
        checkpoints: str = "",
    ) -> Runs:
        """The table read, with its families counted where a column names them.

        Raises:
            RunsError: it cannot be read as runs.
        """
        source = self.source
        if isinstance(source, Runs):
            runs = source
        elif isinstance(source, tuple):
            runs = runs_of(source, columns=columns, where=where, response=response, checkpoints=checkpoints)
        else:
            runs = read_runs(source, columns=columns, where=where, response=response, checkpoints=checkpoints)
        return with_codes(runs, group) if group else runs

    @property
    def sha256(self) -> str:
        """A hash of all that the table holds, its name in errors included; more than the runs' own hash covers.

        Raises:
            RunsError: its file cannot be opened.
        """
        source = self.loaded.source
        digest = hashlib.sha256()
        if isinstance(source, File):
            digest.update(json.dumps([source.name, source.kind]).encode())
            digest.update(source.data)
        else:
            assert not isinstance(source, Path)
            frame, *facts = source if isinstance(source, tuple) else _facts(source)
            digest.update(repr([*facts, frame.attrs]).encode())
            for name, column in frame.items():
                digest.update(repr([name, column.tolist()]).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def _facts(runs: Runs) -> tuple[pd.DataFrame, Any, Any, Any, Any]:
    return runs.table, runs.places, runs.name, runs.response, [asdict(note) for note in runs.notes]


def tables_of(given: Any, *, split_by: str = "", output: Path | None = None) -> tuple[Table, ...]:
    """Every table that was given, each under a name of its own.

    Args:
        given: a file, a folder of files, a pattern such as `runs/*.csv`, a DataFrame or Runs; several of them; or a
            mapping of names to single ones.
        split_by: a column by whose values every table is split into several.
        output: of the batch, which is not one of its tables.

    Raises:
        InputError: there is no such file, or no table in a folder.
        RunsError: a table that is to be split cannot be read, or lacks the column in a row.
    """
    if isinstance(given, Mapping):
        found = [Table(str(name), _source(source)) for name, source in given.items()]
    else:
        several = [given] if isinstance(given, str | Path | Runs) or _is_frame(given) else list(given)
        found = [table for each in several for table in _found(each, output)]
    if split_by:
        alone = len(found) == 1
        found = [part for table in found for part in _split(table, split_by, alone=alone)]
    if not found:
        raise InputError("no table was given; give files, a folder, or a pattern such as runs/*.csv")
    return tuple(_named_apart(found))


def _is_frame(given: object) -> bool:
    import pandas as pd

    return isinstance(given, pd.DataFrame)


def _source(given: Any) -> Path | Cells | Runs:
    if isinstance(given, Runs):
        return given
    return load_table(given) if _is_frame(given) else Path(given)


def _found(given: Any, output: Path | None) -> Iterator[Table]:
    if isinstance(given, Runs):
        yield Table(given.name, given)
    elif _is_frame(given):
        yield Table("table", load_table(given))
    else:
        for path in _paths(Path(given)):
            if output is None or path.resolve() != output.resolve():
                yield Table(str(path), path)


def _paths(given: Path) -> Iterator[Path]:
    """The files that a path or a pattern stands for, in alphabetical order.

    Raises:
        InputError: there are none.
        RunsError: a link.
    """
    refuse_link(given)
    if given.is_dir():
        inside = (path for path in given.iterdir() if path.is_file() and not path.name.startswith("."))
        paths = sorted(filter(is_table, inside))
        if not paths:
            raise InputError(f"holds no table of runs ({' '.join(READERS)})", where=clipped(str(given), 200))
    elif given.exists():
        paths = [given]
    else:
        top = Path(given.anchor)
        paths = sorted(path for path in top.glob(str(given.relative_to(top))) if path.is_file())
        if not paths:
            reason = "no file is called so" if has_magic(str(given)) else "there is no such file or folder"
            raise InputError(reason, where=clipped(str(given), 200))
    yield from paths


def _split(table: Table, by: str, *, alone: bool) -> Iterator[Table]:
    """A table for each value of a column, in the order in which they come.

    Args:
        table: the whole.
        by: the column's header in the file.
        alone: whether the values alone name the parts.
    """
    source = table.loaded.source
    if isinstance(source, File):
        source = load_table(source)
    assert not isinstance(source, Path | File)
    frame, name = (source.table, source.name) if isinstance(source, Runs) else (source.frame, source.name)
    if by not in frame:
        raise RunsError(f"there is no column {clipped(by)} to split by; columns: {listed(frame)}", where=name)
    values = frame[by].map(lambda cell: "" if cell is None or cell != cell else str(cell).strip())
    for value, rows in values.groupby(values, sort=False).indices.items():
        if not value:
            where = source.place(int(rows[0])) if isinstance(source, Runs) else source.places[int(rows[0])]
            raise RunsError(f"column {clipped(by)} is blank; every row needs one to split by", where=f"{name} {where}")
        yield Table(str(value) if alone else f"{table.name}: {value}", _part(source, np.sort(rows), str(value)))


def _part(source: Cells | Runs, rows: np.ndarray, value: str) -> Cells | Runs:
    called = clipped(value)
    if isinstance(source, Runs):
        mask = np.zeros(len(source), dtype=bool)
        mask[rows] = True
        return replace(source.select(mask), name=f"{source.name}, {called}")
    part = source.frame.iloc[rows].reset_index(drop=True)
    part.attrs = dict(source.frame.attrs)
    return Cells(part, [source.places[row] for row in rows], f"{source.name}, {called}", source.shapes)


def _named_apart(tables: Iterable[Table]) -> Iterator[Table]:
    """The same tables, a second one of a name numbered."""
    seen: dict[str, int] = {}
    for table in tables:
        seen[table.name] = count = seen.get(table.name, 0) + 1
        yield table if count == 1 else replace(table, name=f"{table.name} ({count})")
