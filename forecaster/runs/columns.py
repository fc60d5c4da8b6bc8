"""Columns: which header stands for which standard column, and its cells as numbers or words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import QuantityError, RunsError, clipped, listed
from forecaster.inputs import FLOP_PER_PARAMETER_TOKEN, INPUTS
from forecaster.notes import Note
from forecaster.quantity import parse_quantity

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

NUMBERS = (*INPUTS, "loss", "loss_se")

STANDARD = (*NUMBERS, "family", "date")

# Headers are compared in lower case, letters and digits only. A training loss is not taken for the
# response unasked: beside a validation loss it is the wrong one, and alone it deserves to be named.
ALIASES = {
    "N": "n params param parameters parameter nparams nparam nparameters numparams numparameters "
    "paramcount parametercount modelsize modelparams modelparameters totalparams",
    "D": "d tokens ntokens numtokens traintokens trainingtokens tokensseen tokenstrained totaltokens",
    "C": "c flops flop compute trainflops trainflop trainingflops trainingflop trainingcompute "
    "traincompute computeflops computeflop totalflops totalcompute",
    "U": "u uniquetokens nuniquetokens numuniquetokens",
    "loss": "loss valloss validationloss evalloss testloss heldoutloss finalloss finalvalloss "
    "nll negativeloglikelihood crossentropy crossentropyloss xent",
    "loss_se": "lossse lossstderr lossstandarderror vallossse vallossstderr stderrloss seloss",
    "family": "family modelfamily",
    "date": "date releasedate publicationdate",
}

_MEANT = {alias: standard for standard, aliases in ALIASES.items() for alias in aliases.split()}

# Of these, `float` and `parse_quantity` read the same numbers, the former ten times faster.
_DIGITS = re.compile(r"[0-9.eE+-]*")

_FRACTION = re.compile(r"[.eE]")

MOST_WHOLE_DIGITS = 15


def assign_columns(headers: list[str], columns: Mapping[str, str] | str | None, *, name: str) -> dict[str, str]:
    """Which header stands for each standard column: as asked, else exactly named, else the only alias.

    Args:
        headers: those of the table.
        columns: what the caller asked for, {"N": "params"} or "N=params,loss=val_loss".
        name: the table's, for errors.

    Raises:
        RunsError: two headers could be one column, no response or no input is there, or `columns` is wrong.
    """
    asked = _asked(columns, headers, name=name)
    taken = set(asked.values())
    free = {header: _MEANT.get(_plain(header)) for header in headers if header not in taken}
    likely = {header: meant for header, meant in free.items() if meant}
    chosen: dict[str, str] = {}
    for standard in STANDARD:
        alike = [header for header, meant in likely.items() if meant == standard]
        if standard in asked or standard in free:
            chosen[standard] = asked.get(standard, standard)
        elif len(alike) > 1:
            both, cure = " and ".join(alike), f"`columns` {standard}={alike[0]}"
            raise RunsError(f"columns {both} could each be {standard}; say {cure}", where=name, named=("columns",))
        elif alike:
            chosen[standard] = alike[0]
    own = {name: header for name, header in asked.items() if name not in STANDARD}
    for needed, cure in ((("loss",), "loss=HEADER"), (("N", "D", "C"), "N=HEADER,D=HEADER, or x=HEADER for another")):
        stands_in = needed != ("loss",) and (own or "date" in chosen)
        if not stands_in and not any(standard in chosen for standard in needed):
            raise RunsError(
                f"there is no column {', '.join(needed)}; columns: {listed(headers)}; say `columns` {cure}",
                where=name,
                named=("columns",),
            )
    return chosen | own


def _asked(columns: Mapping[str, str] | str | None, headers: list[str], *, name: str) -> dict[str, str]:
    if isinstance(columns, str):
        parts = [part.partition("=") for part in columns.split(",")]
        if not all(sign and left.strip() and right.strip() for left, sign, right in parts):
            raise RunsError(f'"{clipped(columns)}" is not of the form N=params,loss=val_loss', parameter="columns")
        pairs = [(left.strip(), right.strip()) for left, _, right in parts]
    else:
        pairs = list((columns or {}).items())
    for side, what in ((0, "standard column"), (1, "header")):
        names = [pair[side] for pair in pairs]
        twice = next((one for one in names if names.count(one) > 1), None)
        if twice is not None:
            raise RunsError(f"the {what} {clipped(twice)} is named twice", parameter="columns")
    for _, header in pairs:
        if header not in headers:
            raise RunsError(f"there is no column {clipped(header)}; columns: {listed(headers)}", where=name)
    return dict(pairs)


def standard_columns(frame: pd.DataFrame, chosen: Mapping[str, str]) -> tuple[pd.DataFrame, list[Note]]:
    """The standard columns, computed where they follow from others, then the rest; bad cells become NaN.

    Args:
        frame: raw cells, as `load_table` gives them.
        chosen: the header of each standard column.

    Returns:
        The table, and what must be said of it.
    """
    import pandas as pd

    found: dict[str, Any] = {}
    for standard in (standard for standard in STANDARD if standard in chosen):
        cells = frame[chosen[standard]]
        found[standard] = _numbers(cells) if standard in NUMBERS else [_word(cell) for cell in cells]
    found |= {name: _numbers(frame[header]) for name, header in chosen.items() if name not in STANDARD}
    notes = []
    renamed = [f"{standard} from {header}" for standard, header in chosen.items() if standard != header]
    if renamed:
        notes.append(Note("columns-read", f"read {', '.join(renamed)}"))
    # Multiplied as float64: the integers of an ordinary run (N=1e12, D=1e13) overflow 64 bits without a word.
    with np.errstate(all="ignore"):
        if "C" not in found and {"N", "D"} <= found.keys():
            found["C"] = FLOP_PER_PARAMETER_TOKEN * found["N"] * found["D"]
            notes.append(Note("C-computed", "the table has no compute column: C is 6*N*D FLOP"))
        for absent, other in (("D", "N"), ("N", "D")):
            if absent not in found and {"C", other} <= found.keys():
                found[absent] = found["C"] / (FLOP_PER_PARAMETER_TOKEN * found[other])
                text = f"the table has no {absent}: it is C/(6*{other})"
                notes.append(Note(f"{absent}-computed", text))
    table = pd.DataFrame({name: found[name] for name in dict.fromkeys((*STANDARD, *found)) if name in found})
    taken = set(chosen.values())
    rest = [header for header in frame.columns if header not in taken]
    others = frame[rest].rename(columns={header: f"{header} (in file)" for header in rest if header in found})
    if frame.attrs.get("text"):
        others = inferred(others)
    return pd.concat([table, others], axis=1), notes


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


def _numbers(cells: pd.Series[Any]) -> NDArray[np.float64]:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_complex_dtype(cells.dtype):
        return np.array(cells.to_numpy(dtype=float, na_value=np.nan))
    return np.array([_number(cell) for cell in cells.tolist()], dtype=float)


def _number(cell: Any) -> float:
    try:
        if not isinstance(cell, str):
            return float(cell)
        value = float(cell) if _DIGITS.fullmatch(cell) else parse_quantity(cell)
        return value if math.isfinite(value) else math.nan
    except (QuantityError, TypeError, ValueError, OverflowError):
        return math.nan


def _word(cell: Any) -> str:
    if is_blank(cell):
        return ""
    return str(cell)[:10] if hasattr(cell, "isoformat") else str(cell).strip()


def is_blank(cell: Any) -> bool:
    """Whether a cell is empty, or one of the usual words for a missing number."""
    return cell is None or str(cell).strip() in ("", "nan", "NaN", "<NA>", "NaT")


def _plain(header: str) -> str:
    return re.sub(r"[\W_]", "", header.lower())
