"""The table of training runs, and the refusal of what no run can be."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.columns import (
    INPUTS,
    NUMBERS,
    STANDARD,
    assign_columns,
    is_blank,
    looks_like_loss,
    standard_columns,
)
from forecaster.errors import RunsError, clipped, listed
from forecaster.note import Note
from forecaster.quantity import format_quantity
from forecaster.reading import load_table
from forecaster.upstairs import upstairs
from forecaster.where import kept_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray
    from pandera.pandas import DataFrameSchema


@dataclass(frozen=True, eq=False)
class Runs:
    """What was measured: one row per training run.

    Args:
        table: standard columns first (those of N, D, C, U, loss, loss_se, family, date that exist; the
            numbers as float64), then the file's other columns as they were; index 0..n-1.
        name: the file's name as a person would say it.
        response: the header that the `loss` column had in the file.
        notes: what must be said aloud about the reading, such as `C-computed`.
        places: where each row stands in the file, "line 7" or "row 3"; counted rows where empty.
    """

    table: pd.DataFrame
    name: str
    response: str = "loss"
    notes: tuple[Note, ...] = ()
    places: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.table)

    def has(self, name: str) -> bool:
        """Whether the table has a column of this name."""
        return name in self.table.columns

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of numbers, shape (runs,), float64.

        Raises:
            RunsError: there is no such column, or it does not hold numbers.
        """
        if not self.has(name):
            raise RunsError(f"there is no column {name}; columns: {listed(self.table.columns)}", where=self.name)
        try:
            return np.array(self.table[name].to_numpy(dtype=float, na_value=np.nan))
        except (TypeError, ValueError):
            raise RunsError(f"column {name} does not hold numbers", where=self.name) from None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Those of N, D, C and U that the table has."""
        return tuple(name for name in INPUTS if self.has(name))

    @property
    def scale(self) -> str:
        """The input that orders runs by size: C where it exists, else the only one of N and D."""
        return next((name for name in ("C", "N", "D") if self.has(name)), "C")

    @property
    def is_language_loss(self) -> bool:
        """Whether the response's header looks like a language model's loss; its values are not looked at."""
        return looks_like_loss(self.response)

    @property
    def is_positive(self) -> bool:
        """Whether every response is above zero, so that its logarithm exists."""
        return bool((self.column("loss") > 0).all())

    @property
    def flop_per_parameter_token(self) -> float:
        """How the table counts compute: the median of C/(N D); 6 where it lacks one of the three."""
        if not {"N", "D", "C"} <= set(self.inputs):
            return 6.0
        return float(np.median(self.column("C") / (self.column("N") * self.column("D"))))

    def place(self, row: int) -> str:
        """Where a row (counted from 0) stands in the file: "line 7", or "row 3" counted from 1."""
        return self.places[row] if self.places else f"row {row + 1}"

    def select(self, mask: ArrayLike) -> Runs:
        """The runs where `mask` (booleans, shape (runs,)) is true, in the same order.

        Raises:
            RunsError: the mask has another length, or is not of booleans.
        """
        kept = np.asarray(mask)
        if kept.shape != (len(self),) or kept.dtype != bool:
            raise RunsError(f"a mask of {len(self)} booleans is needed, got {kept.dtype} {kept.shape}")
        places = tuple(place for place, keep in zip(self.places, kept, strict=True) if keep) if self.places else ()
        return replace(self, table=self.table[kept].reset_index(drop=True), places=places)

    def before(self, compute: float) -> Runs:
        """The runs whose scale lies below `compute`, in the scale's own unit."""
        return self.select(self.column(self.scale) < compute)

    @property
    def sha256(self) -> str:
        """A hash of the content: the same for the same runs in another format, file or order of columns.

        It covers the response's header and, for each standard column present, its name and its values in
        row order: numbers as little-endian float64, text as UTF-8. Other columns do not enter.
        """
        digest = hashlib.sha256(json.dumps(self.response).encode())
        for name in (name for name in STANDARD if self.has(name)):
            digest.update(f"\n{name}\n".encode())
            if name in NUMBERS:
                digest.update(self.column(name).astype("<f8").tobytes())
            else:
                digest.update(json.dumps([str(cell) for cell in self.table[name]]).encode())
        return digest.hexdigest()

    @property
    def text(self) -> str:
        """One line: how many runs, over what, and of which response."""
        if not len(self):
            return f"{self.name}: no runs"
        parts = [f"{self.name}: {len(self)} run{'s' if len(self) != 1 else ''}"]
        for name in self.inputs:
            values = self.column(name)
            parts.append(f"{name} {format_quantity(values.min())} to {format_quantity(values.max())}")
        loss = self.column("loss")
        return ", ".join([*parts, f"{self.response} {loss.min():.4g} to {loss.max():.4g}"])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        shown: dict[str, str] = upstairs("report.notebook.runs_bundle", self)
        return shown

    def __str__(self) -> str:
        return self.text


def read_runs(
    source: str | Path | pd.DataFrame,
    *,
    columns: Mapping[str, str] | str | None = None,
    where: str | None = None,
) -> Runs:
    """Read a table of training runs, name its columns, and refuse cells that no run can have.

    C is computed as 6*N*D where the table lacks it, or the missing one of N and D from C; a note says so.
    Rows that `where` leaves out are not checked. A blank cell is refused in every number column, U and
    loss_se included. Rows of a CSV that are blank throughout are skipped.

    Args:
        source: a path ending in .csv, .tsv, .parquet, .json (records or columns) or .jsonl; or a DataFrame.
        columns: which header stands for a standard column, {"N": "params"} or "N=params,loss=val_loss". A
            column so displaced is kept as "N (in file)".
        where: an expression in column names, such as "family == 'a' and C < 1e21". Comparisons, `in`,
            and, or, not and + - * / only; `names in backticks` for headers that are not plain words.

    Raises:
        RunsError: anything unreadable, with the file and, where it has one, the line and column.
    """
    frame, places, name = load_table(source)
    chosen = assign_columns(list(frame.columns), columns, name=name)
    table, notes = standard_columns(frame, chosen)
    if where is not None:
        names = {str(column): table[column] for column in table.columns}
        names |= {header: table[standard] for standard, header in chosen.items() if header not in names}
        mask = kept_rows(where, names, name=name)
        notes.append(Note("rows-left-out", f"{int(mask.sum())} of {len(mask)} rows were kept by: {where}"))
        frame, table = frame[mask].reset_index(drop=True), table[mask].reset_index(drop=True)
        places = [place for place, keep in zip(places, mask, strict=True) if keep]
    _refuse_bad_cells(table, frame, chosen, places=places, name=name)
    return Runs(table=table, name=name, response=chosen["loss"], notes=tuple(notes), places=tuple(places))


def schema(names: Sequence[str]) -> DataFrameSchema:
    """What a clean table of runs satisfies, as a pandera schema: numbers, finite, and above zero but for the loss.

    Args:
        names: the columns of numbers to check, out of N, D, C, U, loss and loss_se.
    """
    # Imported late: pandera costs a third of a second, and only a table that is refused needs it.
    import pandera.pandas as pandera

    def column(name: str) -> Any:
        limits = {"loss": pandera.Check.gt(-math.inf), "loss_se": pandera.Check.ge(0.0)}
        limit = limits.get(name, pandera.Check.gt(0.0))
        return pandera.Column(float, checks=[limit, pandera.Check.lt(math.inf)], nullable=False)

    return pandera.DataFrameSchema({name: column(name) for name in names})


def _refuse_bad_cells(
    table: pd.DataFrame, frame: pd.DataFrame, chosen: Mapping[str, str], *, places: list[str], name: str
) -> None:
    present = [column for column in NUMBERS if column in table.columns]
    if not len(table):
        raise RunsError("the table has a header but no runs", where=name)
    values = table[present].to_numpy(dtype=float)
    least = {"loss": np.nextafter(-math.inf, 0.0), "loss_se": 0.0}
    lowest = np.array([least.get(column, np.nextafter(0.0, 1.0)) for column in present])
    if bool(((values >= lowest) & (values < math.inf)).all()):
        return
    from pandera.errors import SchemaErrors

    try:
        schema(present).validate(table, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        pairs = zip(cases["index"], cases["column"], strict=True)
        cells = sorted({(int(row), present.index(str(column))) for row, column in pairs})
        # A computed cell is bad because a given one is; it is named only where it is so on its own.
        cells = [cell for cell in cells if present[cell[1]] in chosen] or cells
    row, column = cells[0][0], present[cells[0][1]]
    header = chosen.get(column)
    label = column if header in (column, None) else f"{column} (column {header})"
    raw = table[column][row] if header is None else frame[header][row]
    more = f" ({len(cells) - 1} more such cell{'s' if len(cells) > 2 else ''})" if len(cells) > 1 else ""
    raise RunsError(f"{label} {_fault(column, raw, float(values[cells[0]]))}{more}", where=f"{name} {places[row]}")


def _fault(column: str, raw: Any, value: float) -> str:
    rule = f"{column} >= 0" if column == "loss_se" else f"{column} > 0"
    if is_blank(raw):
        return f'is blank; fill it in, or leave such rows out with --where "{rule}"'
    shown = clipped(str(raw))
    if math.isnan(value) and isinstance(raw, str):
        return f'is "{shown}"; a run needs a finite number there, such as 1.4T or 6e23'
    if not math.isfinite(value):
        return f"is {shown}; a run needs a finite number there"
    return f"is {shown}; a run needs {rule}"
