"""Cells that no run can have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import RunsError, clipped
from forecaster.inputs import DATE
from forecaster.notes import Note
from forecaster.quantity import is_period
from forecaster.runs.columns.cells import is_blank, is_missing
from forecaster.runs.columns.headers import NUMBERS, STANDARD
from forecaster.runs.table import Runs

if TYPE_CHECKING:
    import pandas as pd


def refuse_bad_cells(
    table: pd.DataFrame, frame: pd.DataFrame, chosen: Mapping[str, str], *, places: list[str], name: str, scale: str
) -> None:
    """Refuse numbers that are not finite, and those not above zero but for the loss; a standard error may be zero.

    Looked at are the standard columns and the one that orders the runs, `scale`.

    Raises:
        RunsError: with the first such cell, its place in the file and how many more there are.
    """
    own = () if scale in STANDARD else (scale,)
    present = [column for column in (*NUMBERS, *own) if column in table.columns]
    if not len(table):
        raise RunsError("the table has a header but no runs", where=name)
    values = table[present].to_numpy(dtype=float)
    least = {"loss": np.nextafter(-math.inf, 0.0), "loss_se": 0.0}
    lowest = np.array([least.get(column, np.nextafter(0.0, 1.0)) for column in present])
    cells = list(zip(*np.nonzero(~((values >= lowest) & (values < math.inf))), strict=True))
    if not cells:
        return
    # A computed cell is bad because a given one is; it is named only where it is so on its own.
    cells = [cell for cell in cells if present[cell[1]] in chosen] or cells
    row, column = cells[0][0], present[cells[0][1]]
    header = chosen.get(column)
    label = column if header in (column, None) else f"{column} (column {header})"
    raw = table[column][row] if header is None else frame[header][row]
    more = f" ({len(cells) - 1} more such cell{'s' if len(cells) > 2 else ''})" if len(cells) > 1 else ""
    fault = f"{label} {_fault(column, raw, float(values[cells[0]]))}{more}"
    raise RunsError(fault, where=f"{name} {places[row]}", named=("where",))


def scale_notes(runs: Runs) -> list[Note]:
    """What must be said where runs are ordered by their date.

    Raises:
        RunsError: a cell that is no date, with its place.
    """
    if runs.scale != DATE.name:
        return []
    runs.column(DATE.name)
    said = "the table has no N, D or C, so runs are ordered by date"
    periods = sum(is_period(str(cell)) for cell in runs.table[DATE.name])
    if periods:
        said += f"; {periods} of {len(runs)} dates give a month or a year, and stand at its middle"
    return [Note("scale-date", said)]


def _fault(column: str, raw: Any, value: float) -> str:
    rule = f"{column} >= 0" if column == "loss_se" else f"{column} > 0"
    if is_blank(raw):
        return f'is blank; fill it in, or leave such rows out with `where` "{rule}"'
    shown = clipped(str(raw))
    if math.isnan(value) and is_missing(raw):
        return f'is "{shown}"; fill it in, or leave such rows out with `where` "{rule}"'
    if math.isnan(value) and isinstance(raw, str):
        return f'is "{shown}"; a run needs a finite number there, such as 1.4T or 6e23'
    if not math.isfinite(value):
        return f"is {shown}; a run needs a finite number there"
    return f"is {shown}; a run needs {rule}"
