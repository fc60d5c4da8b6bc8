"""A shape that trackers write: what was found, what was done with its cells, and which of its rows are runs."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import RunsError, clipped, listed
from forecaster.notes import Note
from forecaster.runs.columns.cells import is_blank

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from forecaster.runs.readers.frame import Cells

TRAINING_LOSS = "training_loss"
"""What a tracker's `loss` is called where it is that of training."""

CALLED_APART = f"its loss, that of training, is called {TRAINING_LOSS}"

TAKEN = "its loss is that of training, and was asked for"

_HELD_OUT = re.compile(r"(^|[^a-z])(eval|val|valid|validation|test|held_?out)([^a-z].*)?loss$")


@dataclass(frozen=True)
class Shape:
    """What was found out about a file and done with its cells.

    Args:
        text: both, in words without a full stop.
        cure: what to do where no runs can be read from it, in words that may name `columns` and `where`.
        sparse: whether a row without a response is no run and is left out.
        renamed: pairs of a header in the file and what it is called here; one that the user names stays as it is.
        one_of: a column of which the rows that are kept must have one value.
        curves: a column that tells the runs apart where rows are steps of runs whose sizes are not in the file.
    """

    text: str
    cure: str = ""
    sparse: bool = True
    renamed: tuple[tuple[str, str], ...] = ()
    one_of: str = ""
    curves: str = ""

    @property
    def note(self) -> Note:
        """Said aloud."""
        return Note("shape-read", self.text)


def with_named_headers(
    cells: Cells, columns: Mapping[str, str] | str | None, where: str | None
) -> tuple[pd.DataFrame, tuple[Shape, ...]]:
    """The cells and their shapes, each header that the user names as the file has it called so again."""

    def named(header: str) -> bool:
        if isinstance(columns, Mapping):
            return header in columns.values()
        quoted = rf"=\s*[\"']?{re.escape(header)}[\"']?\s*(,|$)"
        return bool(re.search(quoted, columns or "")) or f"`{header}`" in (where or "")

    back = {new: old for shape in cells.shapes for old, new in shape.renamed if named(old)}
    if not back:
        return cells.frame, cells.shapes
    taken = "loss" in back.values()
    shapes = (replace(each, text=each.text.replace(CALLED_APART, TAKEN)) if taken else each for each in cells.shapes)
    return cells.frame.rename(columns=back), tuple(shapes)


def explained(error: RunsError, shapes: Sequence[Shape]) -> RunsError:
    """An error about the headers that says, too, what the table was taken for and what cures it."""
    said = "; ".join(": ".join(filter(None, (shape.text, shape.cure))) for shape in shapes)
    if not said:
        return error
    return RunsError(
        f"{error.message}; it was read as {said}",
        where="" if error.parameter else error.where,
        parameter=error.parameter,
        named=(*error.named, "columns", "where"),
    )


def refuse_several(table: pd.DataFrame, shapes: Sequence[Shape], *, name: str) -> None:
    """Refuse rows that measure different things, and steps of several runs of which only the steps are known.

    Args:
        table: the standard columns and the rest.
        shapes: of the file.
        name: the table's, for errors.

    Raises:
        RunsError: with the values of the column that tells them apart, and the cure.
    """
    for shape in shapes:
        column = shape.one_of or shape.curves
        values = Counter(map(str, table[column].tolist())) if column in table else Counter()
        if len(values) < 2 or (shape.curves and (max(values.values()) == 1 or {"N", "C"} & set(table))):
            continue
        what = "measure different things" if shape.one_of else "are steps of runs whose N is not known"
        cure = f"keep one by `where` \"{column} == '{clipped(next(iter(values)))}'\""
        if shape.curves:
            cure += ", or make a table of each run's last row with its N"
        raise RunsError(
            f"the rows {what}, {len(values)} of them by column {column} ({listed(values, 6)}); {cure}",
            where=name,
            named=("where",),
        )


def measured_rows(response: pd.Series[Any], shapes: Sequence[Shape], *, name: str) -> NDArray[np.bool_]:
    """Which rows have a response, shape (rows,); all of a table that no tracker wrote.

    Raises:
        RunsError: none has one.
    """
    if not any(shape.sparse for shape in shapes):
        return np.ones(len(response), dtype=bool)
    mask = np.array([not _is_missing(cell) for cell in response.tolist()], dtype=bool)
    if not mask.any():
        said = f"none of {len(mask):,} rows has a finite {clipped(str(response.name))}; name another by `columns` loss="
        raise RunsError(f"{said}HEADER", where=name, named=("columns",))
    return mask


def _is_missing(cell: Any) -> bool:
    try:
        return is_blank(cell) or not math.isfinite(float(cell))
    except (TypeError, ValueError, OverflowError):
        return False


def unmeasured(mask: NDArray[np.bool_], header: str) -> Note:
    """What must be said of the rows that have no response."""
    left, rows = int((~mask).sum()), len(mask)
    text = f"left out: {left:,} of {rows:,} rows, whose {clipped(header)} is blank or not finite"
    return Note("rows-unmeasured", text)


def held_out(headers: Sequence[str]) -> list[str]:
    """The headers that are of a loss on held-out data."""
    return [header for header in headers if _HELD_OUT.search(header.lower())]


def apart_from_training(headers: Sequence[str]) -> dict[str, str]:
    """What a plain `loss` is called beside one of held-out data: there it is that of training."""
    return {"loss": TRAINING_LOSS} if "loss" in headers and held_out(headers) and TRAINING_LOSS not in headers else {}


def tracked_runs(
    cells: Cells, frame: pd.DataFrame, *, title: str, state: str | None, done: str, prefixes: Sequence[str]
) -> Cells:
    """A tracker's table of runs: those that ended well, under headers as short as they can be told apart.

    Args:
        cells: the table as it was.
        frame: its cells.
        title: what to call it, such as "an MLflow table of runs".
        state: the header of what became of each run; None where the table does not say.
        done: the state of a run that ended well.
        prefixes: that headers are read without; the first has first choice of a name.

    Raises:
        RunsError: no run ended well.
    """
    headers = [str(header) for header in frame.columns]
    text, places = title, cells.places
    if state is not None:
        mask, said = _finished(frame[state], done, cells.name)
        text += f", {said}"
        frame = frame[mask].reset_index(drop=True)
        places = [place for place, keep in zip(places, mask, strict=True) if keep]
    short = _without_prefixes(headers, prefixes)
    if short:
        text += f"; headers are read without {' and '.join(dict.fromkeys(_prefix(old, prefixes) for old in short))}"
    apart = apart_from_training([short.get(header, header) for header in headers])
    if apart:
        text += f"; {CALLED_APART}"
    called = {header: apart.get(short.get(header, header), short.get(header, header)) for header in headers}
    frame = frame.rename(columns=called)
    frame.attrs = dict(cells.frame.attrs)
    renamed = tuple((old, new) for old, new in called.items() if old != new)
    return cells._replace(frame=frame, places=places, shapes=(*cells.shapes, Shape(text, renamed=renamed)))


def are_states(cells: pd.Series[Any], known: Set[str]) -> bool:
    """Whether every cell that is not blank is one of a tracker's words for what became of a run."""
    words = {str(cell).strip().lower() for cell in cells.tolist() if not is_blank(cell)}
    return bool(words) and words <= known


def _prefix(header: str, prefixes: Sequence[str]) -> str:
    return next(prefix for prefix in prefixes if header.startswith(prefix))


def _without_prefixes(headers: Sequence[str], prefixes: Sequence[str]) -> dict[str, str]:
    taken, renamed = set(headers), {}
    for prefix in prefixes:
        for header in (header for header in headers if header.startswith(prefix)):
            short = header[len(prefix) :]
            if short and short not in taken:
                taken.add(short)
                renamed[header] = short
    return renamed


def _finished(states: pd.Series[Any], done: str, name: str) -> tuple[NDArray[np.bool_], str]:
    """Which runs ended well, shape (runs,), and in words how many did and what became of the others.

    Raises:
        RunsError: none did.
    """
    words = ["" if is_blank(cell) else str(cell).strip().lower() for cell in states.tolist()]
    mask = np.array([word == done.lower() for word in words], dtype=bool)
    if mask.all():
        return mask, f"all {len(mask)} finished"
    rest = [word or "without a state" for word in words if word != done.lower()]
    counted = " and ".join(f"{rest.count(word)} {word}" for word in dict.fromkeys(rest))
    if not mask.any():
        cure = f"wait until some have, or take the column {states.name} out of it"
        raise RunsError(f"none of its runs finished ({counted}); {cure}", where=name)
    return mask, f"of which the {int(mask.sum())} that finished are read and {counted} are left out"
