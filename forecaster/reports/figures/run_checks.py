"""What the laws say of the table's own runs, before the data and after, for figures that hold them against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.fits.posterior import thinned
from forecaster.fits.predict import LawDraws, predict
from forecaster.runs.table import Runs
from forecaster.stats.link import Link
from forecaster.stats.mixture import weighted_quantile

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast

DRAWS = 1000
"""Of each law, posterior and prior."""

MOST_RUNS = 1000
"""Runs that are looked at; of more, evenly spaced ones in the order of scale."""

AT_ONCE = 250

Ends = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class CheckedRuns:
    """The runs of a table with what the mixed laws say of each; all on the scale of the link, shape (run).

    Args:
        runs: those looked at, in rising order of scale.
        rows: where each stands in the whole table, from 0.
        link: the scale of the arrays.
        observed: the responses measured.
        curve: the laws' median curve.
        noise: ends of the 90% range of run-to-run noise around the curve.
        after: ends of the posterior predictive 90% range.
        before: ends of the prior predictive 90% range; not a number where the priors give no response.
    """

    runs: Runs
    rows: np.ndarray
    link: Link
    observed: np.ndarray
    curve: np.ndarray
    noise: Ends
    after: Ends
    before: Ends

    def inside(self, ends: Ends) -> np.ndarray:
        """Which runs lie within some ends, shape (run)."""
        return np.asarray((ends[0] <= self.observed) & (self.observed <= ends[1]))


def checked_runs(forecast: Forecast) -> CheckedRuns:
    """Ask the laws, mixed by their weights, of the table's own runs.

    Args:
        forecast: whose laws and table.
    """
    order = np.argsort(forecast.runs.column(forecast.runs.scale), kind="stable")
    rows = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST_RUNS)).round().astype(int))]
    runs = _rows(forecast.runs, rows)
    ensemble = replace(forecast.ensemble, fits=tuple(thinned(fit, DRAWS) for fit in forecast.fits))
    weights = ensemble.shares
    priors = [LawDraws.of_priors(fit.design, draws=DRAWS, seed=1, noise_seed=2) for fit in ensemble.fits]
    middle, outer = (0.5,), (0.05, 0.95)
    parts: list[np.ndarray] = []
    for start in range(0, len(runs), AT_ONCE):
        part = _rows(runs, np.arange(start, min(start + AT_ONCE, len(runs))))
        after = predict(ensemble, part, term=None, seed=0)
        with np.errstate(all="ignore"):
            before = np.stack([prior.run(part) for prior in priors])
        found = (
            weighted_quantile(after.curve[:, :DRAWS], middle, weights),
            weighted_quantile(after.noise[:, :DRAWS], outer, weights),
            weighted_quantile(after.raw[:, :DRAWS], outer, weights),
            weighted_quantile(before, outer, weights),
        )
        parts.append(np.concatenate(found))
    curve, low, high, *rest = np.concatenate(parts, axis=1)
    link = ensemble.link
    return CheckedRuns(
        runs=runs, rows=rows, link=link, observed=np.asarray(link.on(runs.column("loss"))), curve=curve,
        noise=(curve + low, curve + high), after=(rest[0], rest[1]), before=(rest[2], rest[3]),
    )  # fmt: skip


def counted(forecast: Forecast, count: int) -> str:
    """How many runs were looked at, in words."""
    whole = len(forecast.runs)
    return f"{count:,} runs" if count == whole else f"{count:,} runs evenly spaced among all {whole:,}"


def whose(forecast: Forecast) -> str:
    """The laws that speak, in the genitive."""
    return "the law's" if len(forecast.fits) == 1 else "the laws' mixed"


def _rows(runs: Runs, rows: np.ndarray) -> Runs:
    places = tuple(runs.place(int(row)) for row in rows)
    return replace(runs, table=runs.table.iloc[rows].reset_index(drop=True), places=places)
