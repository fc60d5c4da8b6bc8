"""The prior predictive: what a law's priors alone say of runs, before any fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import LawError, RunsError, ScenarioError
from forecaster.fits.design import Design
from forecaster.fits.predict import LawDraws
from forecaster.forecasts.points import unread_of
from forecaster.laws.law import Law
from forecaster.notes import Note
from forecaster.runs.odd_points import refuse_absurd_point
from forecaster.runs.points import Point, scenario
from forecaster.runs.table import Runs
from forecaster.runs.text import metric
from forecaster.show.document import Document, Section, Sentence, bullets, note_lines
from forecaster.show.result import Result
from forecaster.show.table import Table, shown, spread
from forecaster.stats.mixture import MASSES, Band, ends_by_mass

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ENOUGH_INSIDE = 0.8
"""Share of the runs that the 90% range must hold at their own inputs before a reader is warned."""

NAMED = 3
"""How many of the runs outside their range are named, the farthest first."""

INDEPENDENT = 4
"""Draws here do not depend on one another, so any count of chains is right; this many give 20 batches."""


@dataclass(frozen=True, eq=False)
class PriorPoint:
    """What the priors say of one point.

    Args:
        asked: the point as it was asked for.
        at: its inputs, completed: N (parameters), D (tokens), C (FLOP) and any other.
        band: the response of a new run there, with noise and without any extrapolation term.
    """

    asked: Point
    at: Mapping[str, float]
    band: Band


@dataclass(frozen=True)
class Missed:
    """A run of the table outside the equal-tailed 90% range that the priors give at its inputs.

    Args:
        place: where it stands in the file.
        response: what was measured.
        low: lower end of the range, in the response's unit.
        high: upper end.
    """

    place: str
    response: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.place} at {self.response:.4g} (range {self.low:.4g} to {self.high:.4g})"


@dataclass(frozen=True, eq=False)
class PriorPredictive(Result):
    """What a law's priors say of runs, given only a table's centre, its median response and its largest run.

    Args:
        law: the law whose priors speak.
        runs: the table.
        points: the answer at each point asked for.
        inside: share of the table's runs inside the equal-tailed 90% range at their own inputs, from 0 to 1.
        missed: the runs outside it, the farthest first in widths of their range.
        notes: what a reader must hear, the table's own remarks first.
        seed: of the draws.
    """

    law: Law
    runs: Runs
    points: tuple[PriorPoint, ...]
    inside: float
    missed: tuple[Missed, ...]
    notes: tuple[Note, ...]
    seed: int

    @property
    def table(self) -> pd.DataFrame:
        """One row a point: inputs, median and the ends of the 50, 80, 90 and 95% ranges."""
        import pandas as pd

        rows = []
        for point in self.points:
            rows.append(dict(point.at) | {"median": point.band.median} | ends_by_mass(point.band.interval))
        return pd.DataFrame(rows)

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        masses = [f"{mass:.0%}" for mass in MASSES]
        rows = tuple(
            (
                shown(point.asked.text),
                f"{point.band.median:.4g}",
                *(spread((f"{low:.4g}", f"{high:.4g}")) for low, high in map(point.band.interval, MASSES)),
            )
            for point in self.points
        )
        title = f"{shown(self.law.name)} before any fit, {metric(self.runs)}: priors and noise only"
        table = Table(title, ("Point", "Median", *(f"{mass} range" for mass in masses)), rows)
        where = f"; {_farthest(self.missed)}" if self.missed else ""
        said = f"{self.inside:.0%} of {len(self.runs)} runs lie inside the 90% range at their inputs{where}."
        return Document("", (Section(title, (table, Sentence(said))), Section("", bullets(note_lines(self.notes)))))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: `prior` with one entry a point, `inside` and `notes`; an overflowing number is None."""
        return {
            "points": [_point_dict(point) for point in self.points],
            "inside": self.inside,
            "notes": [note.as_dict() for note in self.notes],
        }


def prior_predictive(law: Law, runs: Runs, at: Any, *, draws: int = 4000, seed: int = 1) -> PriorPredictive:
    """Ask a law's priors alone what runs will do, and how many runs of the table they expected.

    Of the table only the reference values enter: the inputs' centre, the median response and the largest
    scale. So a table too small to fit is enough, and an unlikely response shows up as one.

    Args:
        law: any law whose inputs the table has.
        runs: one run or more.
        at: points, as texts (`N=70B,D=1.4T`), mappings or a Scenario.
        draws: from the priors, 100 or more for the 95% range to mean anything.
        seed: of the draws.

    Raises:
        RunsError: the table is empty, or lacks an input of the law.
        ScenarioError: a point lacks an input of the law, or gives C alone to a law of N and D.
        LawError: most draws of the priors give no finite response above zero.
    """
    if not len(runs):
        raise RunsError("the table has no runs, so the priors have no centre", where=runs.name)
    design = Design(law, runs)
    prior = LawDraws.of_priors(design, draws=draws, seed=seed, noise_seed=seed + 1)
    asked = scenario(at).points
    inputs = [_complete(design, point) for point in asked]
    columns = {*design.columns.values(), runs.scale}
    own = {column: runs.column(column) for column in columns}
    every = {column: np.concatenate([own[column], [point[column] for point in inputs]]) for column in columns}
    bands, lost = _bands(prior, every)

    # On the scale of the link, where no range is too wide for a number.
    losses = design.link.on(runs.column("loss"))
    ends = [np.quantile(band.draws, [0.05, 0.95]) for band in bands[: len(runs)]]
    missed = _missed(runs, bands, ends, losses)
    inside = 1 - len(missed) / len(runs)
    notes = list(runs.notes)
    if inside < ENOUGH_INSIDE:
        text = f"{inside:.0%} of {len(runs)} runs lie inside the 90% range of the priors of {law.name}; "
        text += _farthest(missed)
        notes.append(Note("prior-misses-data", text, warning=True))
    if lost > 0:
        text = f"up to {lost:.2%} of the draws from the priors of {law.name} give no response and are left out"
        notes.append(Note("prior-without-response", text, warning=True))
    return PriorPredictive(
        law=law,
        runs=runs,
        points=tuple(
            PriorPoint(point, known, band) for point, known, band in zip(asked, inputs, bands[len(runs) :], strict=True)
        ),
        inside=inside,
        missed=missed,
        notes=tuple(notes),
        seed=seed,
    )


def _missed(
    runs: Runs, bands: Sequence[Band], ends: Sequence[NDArray[np.float64]], responses: NDArray[np.float64]
) -> tuple[Missed, ...]:
    """The runs outside their range, given each one's band, and range and response on the scale of the link."""
    found = []
    for row, ((low, high), response) in enumerate(zip(ends, responses, strict=True)):
        beyond = max(low - response, response - high)
        if beyond > 0:
            with np.errstate(over="ignore"):
                said = [float(bands[row].link.back(end)) for end in (low, high)]
            run = Missed(runs.place(row), float(runs.column("loss")[row]), *said)
            found.append((beyond / (high - low) if high > low else math.inf, run))
    return tuple(run for _, run in sorted(found, key=lambda pair: -pair[0]))


def _farthest(missed: Sequence[Missed]) -> str:
    return f"farthest outside: {', '.join(str(run) for run in missed[:NAMED])}"


def _complete(design: Design, point: Point) -> dict[str, float]:
    needed = set(design.columns.values())
    unread = unread_of(set(point.inputs), {*needed, design.runs.scale})
    if unread:
        raise ScenarioError(
            f"`{point}` gives {' and '.join(unread)}, which {design.law.name} does not read; give "
            f"{', '.join(sorted(needed))}",
            where="point",
        )
    refuse_absurd_point(point, design.runs)
    known = dict(point.completed().inputs)
    if set(known) == {"C"} and {"N", "D"} <= needed:
        raise ScenarioError(
            f"{point} cannot be split into N and D before a fit; give both, such as N=70B,D=1.4T", where="point"
        )
    missing = sorted((needed | {design.runs.scale}) - set(known))
    if missing:
        raise ScenarioError(
            f"`{point}` lacks {' and '.join(missing)}; {design.law.name} needs {', '.join(sorted(needed))}",
            where="point",
        )
    return known


def _bands(prior: LawDraws, columns: Mapping[str, NDArray[np.float64]]) -> tuple[list[Band], float]:
    """A band for each place that the columns name, and the largest share of draws without a response."""
    design, count = prior.design, len(prior.unit_noise)
    bands = []
    lost = 0.0
    # One place at a time: a table of ten thousand runs would not fit in memory as draws of all of them.
    for i in range(len(columns[design.runs.scale])):
        here = {name: values[i] for name, values in columns.items()}
        with np.errstate(all="ignore"):
            kept = prior.run(here)[:, 0]
        kept = kept[np.isfinite(kept)]
        if kept.size < count / 2:
            raise LawError(
                f"its priors give no finite response above zero in {1 - kept.size / count:.0%} of their "
                "draws; look at each prior's range with `forecaster laws`",
                where=design.law.name,
            )
        lost = max(lost, 1 - kept.size / count)
        bands.append(Band(kept[None, :], np.ones(1), INDEPENDENT, design.link))
    return bands, lost


def _point_dict(point: PriorPoint) -> dict[str, Any]:
    return {"asked": point.asked.text, "at": dict(point.at), **point.band.as_dict()}
