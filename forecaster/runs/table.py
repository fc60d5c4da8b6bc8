"""The table of training runs, and its families counted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import QuantityError, RunsError, clipped, listed
from forecaster.inputs import CODE, DATE, FLOP_PER_PARAMETER_TOKEN, INPUTS, Input, input_of, lone
from forecaster.notes import Note
from forecaster.quantity import date_number
from forecaster.runs.columns.headers import NUMBERS, STANDARD
from forecaster.runs.columns.response import Response, response_of
from forecaster.runs.points import Point
from forecaster.show.document import Document
from forecaster.show.result import Shown
from forecaster.show.table import shown

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

MOST_FAMILIES = 30


@dataclass(frozen=True, eq=False)
class Runs(Shown):
    """What was measured: one row per training run.

    Args:
        table: standard columns first (those of N, D, C, U, loss, loss_se, family, date that exist; the
            numbers as float64), then the file's other columns as they were; index 0..n-1.
        name: the file's name as a person would say it.
        response: the header that the `loss` column had in the file.
        notes: what must be said aloud about the reading, such as `C-computed`.
        places: where each row stands in the file, "line 7" or "row 3"; counted rows where empty.
        measure: what the response is; judged by its header and values where not given.
        headers: the header that each column which was recognised or named had in the file.
    """

    table: pd.DataFrame
    name: str
    response: str = "loss"
    notes: tuple[Note, ...] = ()
    places: tuple[str, ...] = ()
    measure: Response | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def has(self, name: str) -> bool:
        """Whether the table has a column of this name."""
        return name in self.table.columns

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of numbers, shape (runs,), float64; dates as `forecaster.quantity.date_number` has them.

        Raises:
            RunsError: there is no such column, or it holds neither numbers nor dates.
        """
        if not self.has(name):
            raise RunsError(f"there is no column {name}; columns: {listed(self.table.columns)}", where=self.name)
        if name == DATE.name:
            return self._dates.copy()
        try:
            return np.array(self.table[name].to_numpy(dtype=float, na_value=np.nan))
        except (TypeError, ValueError):
            raise RunsError(f"column {name} does not hold numbers", where=self.name) from None

    @cached_property
    def _dates(self) -> NDArray[np.float64]:
        """Dates as numbers; a month or a year stands at its middle."""
        found = np.empty(len(self))
        for row, cell in enumerate(self.table[DATE.name].tolist()):
            try:
                found[row] = date_number(str(cell), share=0.5)
            except QuantityError as error:
                cure = "" if str(cell) else "; fill it in, or leave such rows out with `where` \"date != ''\""
                where = f"{self.name} {self.place(row)}"
                raise RunsError(f"date: {error.message}{cure}", where=where, named=("where",)) from None
        return found

    @property
    def inputs(self) -> tuple[str, ...]:
        """Those of N, D, C and U that the table has; and its scale, where that is none of them."""
        known = tuple(name for name in INPUTS if self.has(name))
        return known if self.scale in INPUTS else (self.scale, *known)

    @property
    def scale(self) -> str:
        """The input that orders runs by size: C where it exists, else the only one of N and D.

        Without these the first column that was named and is no standard one, else the date.
        """
        own = (name for name in self.headers if name not in STANDARD)
        return next((name for name in ("C", "N", "D", *own, DATE.name) if self.has(name)), "C")

    def input(self, name: str) -> Input:
        """What an input is called in this table, as its header has it, and how its amounts are said.

        A lone column headed N or D need not count parameters or tokens where the response is no language model's loss.
        """
        header = self.headers.get(name, "")
        bare = header in ("", name) and name == self.scale and name in ("N", "D") and not self.is_language_loss
        return lone(name) if bare else input_of(name, shown(header))

    @property
    def along(self) -> Input:
        """What orders the runs."""
        return self.input(self.scale)

    def below_smallest(self, value: float) -> float:
        """How many times below the smallest run an amount of the scale lies; 1 where it does not."""
        return max(1.0, float(self.column(self.scale).min()) / value)

    @cached_property
    def measured(self) -> Response:
        """What the response is."""
        if self.measure is not None or not len(self):
            return self.measure or Response("loss", False, "there are no runs")
        try:
            found = response_of(self.response, self.column("loss"), self.rises, where=self.name)
        except RunsError:
            found = None
        # A table in memory is taken as it is; `read_runs` divides percents, and refuses what it cannot tell.
        if found is None or found.percent:
            return Response("positive", self.rises() > 0, "its numbers are taken as they are")
        return found

    def rises(self) -> float:
        """Rank correlation of the response with the table's scale; 0 where one of them does not vary."""
        scale, response = (_ranks(self.column(name)) for name in (self.scale, "loss"))
        if np.ptp(scale) == 0 or np.ptp(response) == 0:
            return 0.0
        return float(np.corrcoef(scale, response)[0, 1])

    @property
    def is_language_loss(self) -> bool:
        """Whether the response is a language model's loss."""
        return self.measured.kind == "loss"

    @property
    def course(self) -> str:
        """What its laws must say: a `score` or `error` rate between 0 and 1, `rising` or `falling` without an end."""
        if self.measured.is_bounded:
            return self.measured.kind
        return "rising" if self.improves_upward else "falling"

    @property
    def improves_upward(self) -> bool:
        """Whether a higher response is better."""
        return self.measured.upward

    @property
    def is_positive(self) -> bool:
        """Whether every response is above zero, so that its logarithm exists."""
        return bool((self.column("loss") > 0).all())

    @property
    def flop_per_parameter_token(self) -> float:
        """How the table counts compute: the median of C/(N D); 6 where it lacks one of the three."""
        if not {"N", "D", "C"} <= set(self.inputs):
            return float(FLOP_PER_PARAMETER_TOKEN)
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
        # What a response is does not depend on which runs are looked at.
        measure = self.measured if kept.any() else self.measure
        return replace(self, table=self.table[kept].reset_index(drop=True), places=places, measure=measure)

    def before(self, compute: float) -> Runs:
        """The runs whose scale lies below `compute`, in the scale's own unit."""
        return self.select(self.column(self.scale) < compute)

    @property
    def sha256(self) -> str:
        """A hash of the content: the same for the same runs in another format, file or order of columns.

        It covers the response's header and, for each standard column present and the scale, its name and its values in
        row order: numbers as little-endian float64, text as UTF-8. Other columns do not enter.
        """
        digest = hashlib.sha256(json.dumps(self.response).encode())
        for name in (name for name in dict.fromkeys((*STANDARD, self.scale)) if self.has(name)):
            digest.update(f"\n{name}\n".encode())
            if name in NUMBERS or name not in STANDARD:
                digest.update(self.column(name).astype("<f8").tobytes())
            else:
                digest.update(json.dumps([str(cell) for cell in self.table[name].tolist()]).encode())
        return digest.hexdigest()

    @property
    def text(self) -> str:
        """One line: how many runs, over what, and of which response."""
        if not len(self):
            return f"{self.name}: no runs"
        parts = [f"{self.name}: {len(self)} run{'s' if len(self) != 1 else ''}"]
        for name in self.inputs:
            values = self.column(name)
            said = self.input(name)
            parts.append(f"{name} {said.amount(values.min())} to {said.amount(values.max())}")
        loss = self.column("loss")
        return ", ".join([*parts, f"{self.response} {loss.min():.4g} to {loss.max():.4g}"])

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.runs.text import runs_document

        return runs_document(self)

    def __str__(self) -> str:
        return self.text


def by_date(runs: Runs) -> Runs:
    """The runs with their date as scale, in place of parameters, tokens and compute.

    Raises:
        RunsError: there is no column of dates, or a cell that is none.
    """
    if runs.scale == DATE.name:
        return runs
    if not runs.has(DATE.name):
        raise RunsError("there is no column date; name one by `columns` date=HEADER", where=runs.name,
                        named=("columns",))  # fmt: skip
    others = {name: f"{name} (not read)" for name in runs.inputs}
    headers = {name: header for name, header in runs.headers.items() if name in STANDARD and name not in others}
    dated = replace(runs, table=runs.table.rename(columns=others), headers=headers)
    dated.column(DATE.name)
    left = ", ".join(runs.inputs)
    note = Note("scale-date", f"a date was asked for, so runs are ordered by date alone; {left} are not read")
    return replace(dated, notes=(*(each for each in runs.notes if not each.code.endswith("-computed")), note))


def ordered_for(runs: Runs, points: Iterable[Point]) -> Runs:
    """The runs by their date where a point gives one and neither parameters, tokens nor compute; else as they are.

    Raises:
        RunsError: as of `by_date`.
    """
    dated = any(DATE.name in point.inputs and not {"N", "D", "C"} & point.inputs.keys() for point in points)
    return by_date(runs) if dated else runs


def with_codes(runs: Runs, by: str) -> Runs:
    """The runs with their families counted in a column of their own.

    Args:
        runs: the table.
        by: the column that names each run's family.

    Raises:
        RunsError: there is no such column, it has one family or more than thirty, or the table has the column that
            the codes need.
    """
    if not runs.has(by):
        raise RunsError(f"there is no column {clipped(by)} to group by; columns: {listed(runs.table)}", where=runs.name)
    if runs.has(CODE):
        raise RunsError(f"the table has a column {CODE} of its own; rename it", where=runs.name)
    names = family_names(runs, by)
    if not 2 <= len(names) <= MOST_FAMILIES:
        raise RunsError(
            f"column {clipped(by)} has {len(names)} families; 2 to {MOST_FAMILIES} can be grouped", where=runs.name
        )
    code = {each: float(i) for i, each in enumerate(names)}
    codes = [code[str(each)] for each in runs.table[by].tolist()]
    return replace(runs, table=runs.table.assign(**{CODE: codes}))


def family_names(runs: Runs, by: str) -> list[str]:
    """The families of a table in alphabetical order."""
    return sorted({str(each) for each in runs.table[by].tolist()})


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rank of each value, shape (run); equal values share one."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])
