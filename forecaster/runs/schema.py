"""Cells that no run can have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import RunsError, clipped
from forecaster.runs.columns import NUMBERS, is_blank

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema


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


def refuse_bad_cells(
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
    fault = f"{label} {_fault(column, raw, float(values[cells[0]]))}{more}"
    raise RunsError(fault, where=f"{name} {places[row]}", named=("where",))


def _fault(column: str, raw: Any, value: float) -> str:
    rule = f"{column} >= 0" if column == "loss_se" else f"{column} > 0"
    if is_blank(raw):
        return f'is blank; fill it in, or leave such rows out with `where` "{rule}"'
    shown = clipped(str(raw))
    if math.isnan(value) and isinstance(raw, str):
        return f'is "{shown}"; a run needs a finite number there, such as 1.4T or 6e23'
    if not math.isfinite(value):
        return f"is {shown}; a run needs a finite number there"
    return f"is {shown}; a run needs {rule}"
