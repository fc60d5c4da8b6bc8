"""The standard columns of a table, computed where they follow from others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.inputs import FLOP_PER_PARAMETER_TOKEN
from forecaster.notes import Note
from forecaster.quantity import format_quantity
from forecaster.runs.columns.assign import Assignment
from forecaster.runs.columns.cells import holds_numbers, inferred, numbers, word
from forecaster.runs.columns.commas import point_for_comma, with_decimal_commas
from forecaster.runs.columns.headers import NUMBERS, STANDARD
from forecaster.runs.columns.response import looks_like_loss

if TYPE_CHECKING:
    import pandas as pd


def standard_columns(
    frame: pd.DataFrame, assigned: Assignment, *, places: list[str], name: str
) -> tuple[pd.DataFrame, list[Note]]:
    """The standard columns, computed where they follow from others, then the rest; bad cells become NaN.

    Args:
        frame: raw cells, as `load_table` gives them.
        assigned: the header of each column.
        places: of each row, for errors.
        name: the table's, for errors.

    Returns:
        The table, and what must be said of it.

    Raises:
        RunsError: commas stand before decimals in some cells and between thousands in others, or no cell tells.
    """
    import pandas as pd

    chosen = assigned.headers
    frame, notes = _with_points(frame, assigned, places=places, name=name)
    found: dict[str, Any] = {}
    for said, header in chosen.items():
        unit, cells = assigned.units.get(said), frame[header]
        if said in NUMBERS or (said not in STANDARD and holds_numbers(cells, every=True)):
            found[said] = numbers(cells, scale=unit.scale if unit else 1.0)
        else:
            found[said] = [word(cell) for cell in cells] if said in STANDARD else cells.to_numpy()
    notes = [*assigned.notes, *_reading_notes(assigned), *notes]
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
    names = [standard for standard in STANDARD if standard in found] + [said for said in found if said not in STANDARD]
    table = pd.DataFrame({said: found[said] for said in names})
    taken = set(chosen.values())
    rest = [header for header in frame.columns if header not in taken]
    others = frame[rest].rename(columns={header: f"{header} (in file)" for header in rest if header in found})
    if frame.attrs.get("text"):
        others = inferred(others)
    return pd.concat([table, others], axis=1), notes


def _reading_notes(assigned: Assignment) -> list[Note]:
    notes = []
    renamed = [f"{said} from {header}" for said, header in assigned.headers.items() if said != header]
    if renamed:
        notes.append(Note("columns-read", f"read {', '.join(renamed)}"))
    scaled = [
        f"{said} by {format_quantity(unit.scale)} ({unit.text})"
        for said, unit in assigned.units.items()
        if unit.scale != 1
    ]
    if scaled:
        notes.append(Note("unit-in-header", f"multiplied as the header says: {', '.join(scaled)}"))
    return notes


def _with_points(
    frame: pd.DataFrame, assigned: Assignment, *, places: list[str], name: str
) -> tuple[pd.DataFrame, list[Note]]:
    """The raw cells with points before decimals, and the note that says so where these were commas."""
    labels = {
        header: said if said == header else f"{said} (column {header})"
        for said, header in assigned.headers.items()
        if said in NUMBERS
    }
    if not any(_has_comma(frame[header]) for header in labels):
        return frame, []
    response = assigned.headers["loss"]
    if not with_decimal_commas(
        {label: frame[header].tolist() for header, label in labels.items()},
        (frame[header].tolist() for header in frame.columns if header not in labels),
        loss=labels[response] if looks_like_loss(response) else "",
        places=places,
        name=name,
    ):
        return frame, []
    changed = frame.copy()
    for header in (header for header in frame.columns if header in labels or _has_comma(frame[header])):
        pointed = frame[header].map(point_for_comma)
        if header in labels or holds_numbers(pointed, every=True):
            changed[header] = pointed
    text = "commas stand before decimals, as in 3,628 for 3.628, and were read so throughout the table"
    return changed, [Note("decimal-comma", text)]


def _has_comma(cells: pd.Series[Any]) -> bool:
    import pandas as pd

    text = not pd.api.types.is_numeric_dtype(cells.dtype)
    return text and any("," in cell for cell in cells.tolist() if isinstance(cell, str))
