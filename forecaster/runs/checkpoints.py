"""Checkpoints: rows that lie on the curve of one run, told from runs of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import RunsError, UsageError, clipped
from forecaster.notes import Note
from forecaster.runs.columns.headers import STANDARD
from forecaster.runs.columns.vocabulary import plain
from forecaster.runs.data_checks import ALIKE, count
from forecaster.runs.table import Runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAST, ALL = "last", "all"

CHOICES = (LAST, ALL)

# Headers in lower case, letters and digits only, as those of standard columns are compared.
NAMES_A_RUN = ("run", "runid", "runname", "runno", "trial", "trialid", "trialname", "jobid")

NAMES_A_ROW = ("name", "id", "checkpoint", "checkpointname")
"""Headers that tell runs apart where every cell is another; where cells repeat they may as well name a size."""

TELLS_RUNS_APART = ("seed", "randomseed", "dataseed", *NAMES_A_ROW)

STEPS = ("step", "steps", "globalstep", "trainstep", "trainingstep", "iteration", "iterations", "iter")

_MARK = re.compile(
    r"[-_/. ]*(?:global|step|iter|iteration|ckpt|checkpoint)[-_=. ]*(?:step)?[-_=. ]*\d+\w*$", flags=re.IGNORECASE
)

MANY_POINTS = 8
"""Values of D by equal steps from which on rows of one size are checkpoints: training so many lengths of every size,
equally far apart, is nobody's design."""

FEW_POINTS, PERHAPS = 5, 12
"""Values of D for a size from which on rows may be checkpoints: by equal steps, and however they are spaced."""

EQUAL_STEP, MOST_STEPS = 0.1, 0.6
"""How far a step may lie from the median one, as where D was rounded, and what share of them must not lie farther."""

MOST_REPEATS = 0.1
"""Share of rows that may be equally far along a run that is named, as where a checkpoint was evaluated twice."""


@dataclass(frozen=True, eq=False)
class Curves:
    """The rows of a table by the run that they are checkpoints of.

    Args:
        of: the number of each row's curve, shape (row).
        along: the column that rises along each.
        by: the column whose cells tell them apart.
        last: whether a row is the last of its curve, shape (row); all that are equally far.
    """

    of: NDArray[np.int64]
    along: str
    by: str
    last: NDArray[np.bool_]

    @property
    def text(self) -> str:
        """How many there are, and of how many rows each."""
        sizes = np.unique(self.of, return_counts=True)[1]
        least, most = int(sizes.min()), int(sizes.max())
        rows = count(most, "row") if least == most else f"{least} to {most} rows"
        each = f"{rows} share each {clipped(self.by)} and rise in {clipped(self.along)}"
        return f"{len(self.of)} rows lie on {count(len(sizes), 'curve')} ({each})"


def with_checkpoints(runs: Runs, choice: str = "") -> Runs:
    """The runs of a table whose rows may be checkpoints of them, and what must be said of it.

    Rows on the curve of one run share its seed and all that went wrong in it. Taken for independent runs they make a
    range that holds a fraction of what it promises, so that only the last row of each is a run.

    Args:
        runs: a row a run, or a checkpoint.
        choice: `last` for the last row of each run, `all` for every row; where empty the last of each where rows are
            seen to be checkpoints.

    Raises:
        UsageError: no such choice.
        RunsError: the last rows are asked for, and nothing tells which rows are of one run.
    """
    refuse_choice(choice)
    found = curves(runs)
    if choice == LAST:
        found = found or _by_size(runs)
        if found is None:
            raise RunsError(
                "nothing tells which rows are checkpoints of one run: a column run, or N and D, would", where=runs.name
            )
        kept, rows = runs.select(found.last), f"{len(runs)} rows"
        return _noted(kept, Note("checkpoints", f"the last rows of each run are used, {len(kept)} of {rows}"))
    if found is None:
        maybe = _by_size(runs) if choice == "" and not _row_names(runs) else None
        if maybe is None or (_usual(maybe, runs) < PERHAPS and not _are_stepped(runs, maybe, points=FEW_POINTS)):
            return runs
        text = f"{maybe.text}: if these are checkpoints, they are not independent; --checkpoints last keeps the last"
        return _noted(runs, Note("perhaps-checkpoints", text))
    said = f"{found.text}: checkpoints are not independent runs"
    if choice == ALL:
        text = f"{said}, yet all rows are used as if they were, and ranges are too narrow; --checkpoints last cures it"
        return _noted(runs, Note("checkpoints", text, warning=True))
    kept = runs.select(found.last)
    text = f"{said}, so the last row of each is used, {len(kept)} in all; --checkpoints all keeps every row"
    return _noted(kept, Note("checkpoints", text, warning=True))


def refuse_choice(choice: str) -> None:
    """Refuse a choice that there is not.

    Raises:
        UsageError: neither `last`, nor `all`, nor empty.
    """
    if choice not in ("", *CHOICES):
        raise UsageError(f"`{clipped(choice)}` is none of {', '.join(CHOICES)}", parameter="checkpoints")


def curves(runs: Runs) -> Curves | None:
    """The curves that the rows of a table lie on; None where they are runs of their own, or cannot be told.

    A column that names the run decides where there is one. Else rows that share N, and all else that tells runs apart,
    are checkpoints where D rises by equal steps.

    Args:
        runs: the table.
    """
    for header in _headed(runs, (*NAMES_A_RUN, *NAMES_A_ROW)):
        whole = plain(header) in NAMES_A_RUN
        names = _cells(runs, header)
        if len(set(names)) == len(names):
            names, whole = [_MARK.sub("", name) for name in names], True
        if whole and "" not in names and 1 < len(set(names)) < len(names):
            found = _curves(runs, [names], header)
            if found is not None and _share_size(runs, found):
                sizes = len(np.unique(runs.column("N"))) if runs.has("N") else 0
                return replace(found, by="N") if sizes == 1 + int(found.of.max()) else found
    if _row_names(runs):
        return None
    found = _by_size(runs)
    if found is None or _usual(found, runs) < MANY_POINTS:
        return None
    tried = (found, _by_size(runs, _settings(runs)), _in_order(runs, found))
    return next((each for each in tried if each is not None and _are_stepped(runs, each)), None)


def _in_order(runs: Runs, found: Curves) -> Curves:
    """The same curves parted where D falls from a row to the next, as where several runs follow each other."""
    order, data = np.argsort(found.of, kind="stable"), runs.column("D")
    of = np.empty(len(runs), dtype=np.int64)
    of[order] = np.cumsum((np.diff(found.of[order], prepend=0) != 0) | (np.diff(data[order], prepend=0) < 0))
    of = np.unique(of, return_inverse=True)[1]
    return Curves(of, "D", "N", data >= (_ends(of, data)[1] * (1 - ALIKE))[of])


def _settings(runs: Runs) -> list[str]:
    """Columns of other things with few values, such as the size of a vocabulary."""
    others = [header for header in runs.table.columns if header not in STANDARD and plain(str(header)) not in STEPS]
    return [str(each) for each in others if runs.table[each].nunique() <= len(runs) / MANY_POINTS]


def _by_size(runs: Runs, settings: Iterable[str] = ()) -> Curves | None:
    """The curves of rows that share N and whatever else tells runs apart."""
    if not (runs.has("N") and runs.has("D")):
        return None
    keys: list[Any] = [runs.column(name) for name in ("N", "U") if runs.has(name)]
    named = [*(["family"] if runs.has("family") else []), *_headed(runs, TELLS_RUNS_APART), *settings]
    keys += [cells for cells in (_cells(runs, header) for header in named) if len(set(cells)) < len(cells)]
    return _curves(runs, keys, "N")


def _curves(runs: Runs, keys: list[Any], by: str) -> Curves | None:
    """Rows with equal keys as curves along the first column that rises; None where none does on most of the rows."""
    of = np.zeros(len(runs), dtype=np.int64)
    for key in keys:
        _, codes = np.unique(key, return_inverse=True)
        of = np.unique(of * (codes.max() + 1) + codes, return_inverse=True)[1]
    sizes = np.bincount(of)
    for along in [*(name for name in ("D", "C") if runs.has(name)), *_headed(runs, STEPS)]:
        try:
            values = runs.column(along)
        except RunsError:
            continue
        if not np.isfinite(values).all() or values.min() < 0:
            continue
        least, most = _ends(of, values)
        rising = most - least > ALIKE * most
        if 2 * sizes[rising].sum() < len(runs):
            continue
        last = values >= (most * (1 - ALIKE))[of]
        if by == "N":
            return Curves(of, along, by, last)
        if (sizes - _lengths(of, values))[rising].sum() > MOST_REPEATS * len(runs):
            return None  # of one run, yet not along it: several tasks, say
        # Of rows that are equally far along one run, the last in the file.
        rows = np.flatnonzero(last)
        ends = np.zeros(len(runs), dtype=bool)
        newest = {int(of[row]): int(row) for row in rows}
        ends[list(newest.values())] = True
        return Curves(of, along, by, ends)
    return None


def _ends(of: NDArray[np.int64], values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the most of some values on each curve, shape (curve)."""
    order = np.argsort(of, kind="stable")
    starts = np.flatnonzero(np.diff(of[order], prepend=-1))
    return np.minimum.reduceat(values[order], starts), np.maximum.reduceat(values[order], starts)


def _lengths(of: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many different values there are on each curve, shape (curve)."""
    order = np.lexsort((values, of))
    new = (np.diff(of[order], prepend=-1) != 0) | (np.diff(values[order], prepend=-np.inf) != 0)
    return np.bincount(of[order][new])


def _usual(found: Curves, runs: Runs) -> float:
    """How many values of D the curves have that most rows lie on."""
    return float(np.median(_lengths(found.of, _alike(runs.column("D")))[found.of]))


def _share_size(runs: Runs, found: Curves) -> bool:
    """Whether the rows of each curve have one N, as those of one run must."""
    if not runs.has("N"):
        return True
    least, most = _ends(found.of, runs.column("N"))
    return bool((most - least <= ALIKE * most).all())


def _are_stepped(runs: Runs, found: Curves, *, points: int = MANY_POINTS) -> bool:
    """Whether most rows lie on curves along which D rises by equal steps."""
    data, order = runs.column("D"), np.argsort(found.of, kind="stable")
    long = np.flatnonzero(_lengths(found.of, data) >= points)
    parts = np.split(order, np.flatnonzero(np.diff(found.of[order])) + 1) if len(long) else []
    stepped = [parts[k] for k in long if _equal_steps(data[parts[k]])]
    return 2 * sum(map(len, stepped)) >= len(runs)


def _equal_steps(values: NDArray[np.float64]) -> bool:
    steps = np.diff(np.unique(values))
    return bool((np.abs(steps / np.median(steps) - 1) <= EQUAL_STEP).mean() >= MOST_STEPS)


def _row_names(runs: Runs) -> bool:
    """Whether a column gives every row a name of its own, more than its number."""
    for header in _headed(runs, (*NAMES_A_RUN, *NAMES_A_ROW)):
        cells = _cells(runs, header)
        if len(set(cells)) == len(cells) > 1 and not _are_numbers(cells):
            return True
    return False


def _are_numbers(names: list[str]) -> bool:
    """Whether names are no more than a count of the rows, such as row_000, row_001."""
    parts = [re.fullmatch(r"(\D*)(\d{1,18})", name) for name in names]
    found = [(part[1], int(part[2])) for part in parts if part]
    return len(found) == len(names) and len({(stem, k - i) for i, (stem, k) in enumerate(found)}) == 1


def _headed(runs: Runs, names: tuple[str, ...]) -> list[str]:
    return [str(header) for header in runs.table.columns if plain(str(header)) in names]


def _cells(runs: Runs, header: str) -> list[str]:
    return [str(cell).strip() for cell in runs.table[header].tolist()]


def _alike(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values as whole thousandths of their logarithm, so that those meant to be equal are."""
    return np.round(np.log(values) / ALIKE)


def _noted(runs: Runs, note: Note) -> Runs:
    return replace(runs, notes=(*runs.notes, note))
