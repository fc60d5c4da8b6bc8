"""Cells as numbers or words."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import QuantityError
from forecaster.quantity import parse_quantity
from forecaster.runs.columns.commas import point_for_comma
from forecaster.runs.columns.vocabulary import word_set

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

# Of these, `float` and `parse_quantity` read the same numbers, the former ten times faster.
_DIGITS = re.compile(r"[0-9.eE+-]*")

_FRACTION = re.compile(r"[.eE]")

_OWN_SUFFIX = re.compile(r"[0-9.]\s*[KMBT](?![A-Za-z])", flags=re.IGNORECASE)

MOST_WHOLE_DIGITS = 15

LOOKED_AT = 50
"""Rows that tell whether a column holds numbers."""

# What spreadsheets, trackers and people leave where there is no number.
_MISSING = word_set(
    "- -- \N{EN DASH} \N{EM DASH} . ? na n/a nan none null nil nat missing <na> #n/a #na #div/0! #num! #value! #ref! "
    "#null! inf +inf -inf infinity +infinity -infinity undefined"
)


def inferred(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of text as numbers or truth values, each where every cell of it that is not blank is one."""
    import pandas as pd

    cells = frame.to_numpy(dtype=object)
    # Tens of thousands of columns become numbers at once: one by one, pandas takes a millisecond for each.
    plain = np.array([bool(len(cells)) and _are_plain(cells[:, i].tolist()) for i in range(cells.shape[1])], dtype=bool)
    text = cells[:, plain]
    said = np.where(text == "", np.nan, text).ravel()
    numbers = np.asarray(pd.to_numeric(said, errors="coerce"), dtype=float).reshape(text.shape)
    read = ((text == "") | ~np.isnan(numbers)).all(axis=0)
    whole = np.array([not _FRACTION.search("".join(column)) for column in text.T.tolist()], dtype=bool)
    whole &= ~np.isnan(numbers).any(axis=0)
    position = np.flatnonzero(plain)
    parts = [
        pd.DataFrame(numbers[:, read & ~whole], columns=position[read & ~whole]),
        pd.DataFrame(numbers[:, read & whole].astype(np.int64), columns=position[read & whole]),
        pd.DataFrame({i: _inferred(cells[:, i].tolist()) for i in np.delete(np.arange(len(plain)), position[read])}),
    ]
    found = pd.concat([part for part in parts if part.shape[1]] or parts[:1], axis=1).sort_index(axis=1)
    return found.set_axis(frame.columns, axis=1)


def _inferred(cells: list[Any]) -> pd.Series[Any]:
    import pandas as pd

    filled = [math.nan if is_blank(cell) else cell for cell in cells]
    said = [str(cell).lower() for cell in filled]
    if set(said) <= {"true", "false"}:
        return pd.Series([word == "true" for word in said], dtype=bool)
    column = pd.Series(filled, dtype=object)
    try:
        return pd.to_numeric(column)
    except (ValueError, TypeError, OverflowError):
        return column.astype("str")


def _are_plain(cells: list[Any]) -> bool:
    """Whether cells hold digits and a number's signs, or nothing, and no whole number that a float would round."""
    try:
        if not _DIGITS.fullmatch("".join(cells)):
            return False
        longest = max(map(len, cells))
        return longest <= MOST_WHOLE_DIGITS or all(len(cell) <= MOST_WHOLE_DIGITS or "." in cell for cell in cells)
    except TypeError:  # a cell that is no text
        return False


def numbers(cells: pd.Series[Any], *, scale: float = 1.0) -> NDArray[np.float64]:
    """Cells as numbers, shape (runs,); what is none, or is not finite, as NaN.

    Args:
        cells: raw ones.
        scale: by which they are multiplied, unless they carry a suffix of their own ("70B").
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_complex_dtype(cells.dtype):
        values = np.array(cells.to_numpy(dtype=float, na_value=np.nan))
        values[~np.isfinite(values)] = np.nan
        return values if scale == 1 else values * scale
    raw = cells.tolist()
    values = np.array([_number(cell) for cell in raw], dtype=float)
    if scale == 1:
        return values
    own = np.array([isinstance(cell, str) and bool(_OWN_SUFFIX.search(cell)) for cell in raw], dtype=bool)
    return np.where(own, values, values * scale)


def holds_numbers(cells: pd.Series[Any], *, every: bool = False) -> bool:
    """Whether any of the first cells that say something is a number, with point or comma; or every cell, with point."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(cells.dtype):
        return False
    said = [cell for cell in (cells if every else cells.head(LOOKED_AT)).tolist() if not is_missing(cell)]
    found = (not isinstance(cell, bool) and not math.isnan(_number(cell)) for cell in said)
    if every:
        return bool(said) and all(found)
    return any(found) or any(not math.isnan(_number(point_for_comma(cell))) for cell in said)


def _number(cell: Any) -> float:
    try:
        if not isinstance(cell, str):
            value = float(cell)
            return value if math.isfinite(value) else math.nan
        value = float(cell) if _DIGITS.fullmatch(cell) else parse_quantity(cell)
        return value if math.isfinite(value) else math.nan
    except (QuantityError, TypeError, ValueError, OverflowError):
        return math.nan


def word(cell: Any) -> str:
    """A cell as a word, a time as its date."""
    if is_blank(cell):
        return ""
    return str(cell)[:10] if hasattr(cell, "isoformat") else str(cell).strip()


def is_blank(cell: Any) -> bool:
    """Whether a cell is empty, or one of the usual words for a missing number."""
    return cell is None or str(cell).strip() in ("", "nan", "NaN", "<NA>", "NaT")


def is_missing(cell: Any) -> bool:
    """Whether a cell is blank, or one of the usual signs for a number that is not there or is not finite."""
    return is_blank(cell) or str(cell).strip().lower() in _MISSING
