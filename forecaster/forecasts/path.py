"""A fan: the ranges along a path from the smallest run through the point asked for and a little beyond."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecaster.fits.predict import Prediction, predict
from forecaster.stats.mixture import weighted_quantile

if TYPE_CHECKING:
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast
    from forecaster.runs.table import Runs

BEYOND = 1.6
"""How many times past the point, or the largest run, a fan goes on."""

FAN_MASSES = (0.9, 0.8, 0.5)

EVEN_IN_LOG, EVEN = 24, 12

MOST_MARKED = 1000
"""Runs that a fan shows as marks; more would make a page too heavy to send."""


def marked(runs: Runs) -> np.ndarray:
    """Which runs a fan shows: all, or in a long table some of them, evenly through it."""
    return np.arange(len(runs))[:: 1 + (len(runs) - 1) // MOST_MARKED]


@dataclass(frozen=True, eq=False)
class Fan:
    """Ranges for a new run along a path.

    Args:
        scale: what orders the table's runs (FLOP where it has compute), rising, shape (step).
        median: of the response, shape (step).
        bounds: lower and upper ends of the range under each mass, shape (step) each.
        near: which runs of the table have the path's tokens per parameter within a factor of two, shape (run);
            all of them where the path has no such ratio.
    """

    scale: np.ndarray
    median: np.ndarray
    bounds: Mapping[float, tuple[np.ndarray, np.ndarray]]
    near: np.ndarray


def fan(forecast: Forecast, point: PointForecast) -> Fan:
    """The ranges along the path through a point.

    Where the point has N and D, both grow with the square root of compute, so that tokens per parameter stay those of
    the point and compute is counted as it is there. Otherwise the table's scale moves alone. Other inputs are held.
    """
    along = path(forecast, point, _scales(forecast, point))
    tails = [p for mass in FAN_MASSES for p in ((1 - mass) / 2, (1 + mass) / 2)]
    median, *ends = along.mixed(along.draws.predictive, (0.5, *tails))
    bounds = {mass: (ends[2 * i], ends[2 * i + 1]) for i, mass in enumerate(FAN_MASSES)}
    return Fan(scale=along.scale, median=median, bounds=bounds, near=_near(forecast, point))


def _scales(forecast: Forecast, point: PointForecast) -> list[float]:
    """Rising, the point and the largest run among them, close enough for a smooth line on either scale."""
    column = forecast.runs.column(forecast.runs.scale)
    here, largest = point.at[forecast.runs.scale], float(column.max())
    start, end = min(float(column.min()), here / BEYOND), BEYOND * max(largest, here)
    values = [*np.geomspace(start, end, EVEN_IN_LOG), *np.linspace(start, end, EVEN + 2)[1:-1], largest, here]
    kept: list[float] = []
    for value in sorted(values):
        # Of two steps too close to tell apart the later one stays, unless the earlier is the point itself.
        if kept and math.log(value / kept[-1]) < 1e-3:
            if kept[-1] == here:
                continue
            kept.pop()
        kept.append(float(value))
    return kept


def _near(forecast: Forecast, point: PointForecast) -> np.ndarray:
    runs = forecast.runs
    if not has_ratio(forecast, point):
        return np.ones(len(runs), dtype=bool)
    ratio = (runs.column("D") / runs.column("N")) / (point.at["D"] / point.at["N"])
    return np.asarray((ratio >= 0.5) & (ratio <= 2.0))


def has_ratio(forecast: Forecast, point: PointForecast) -> bool:
    """Whether tokens per parameter are known, at the point and in the table."""
    runs = forecast.runs
    return {"N", "D"} <= point.at.keys() and runs.has("N") and runs.has("D")


EDGES = (0.05, 0.5, 0.95)
"""Probabilities of the ends and the middle of a 90% range."""


@dataclass(frozen=True, eq=False)
class Path:
    """A forecast along a path, all laws and steps at once; the numbers are those of `Forecast.along`.

    Args:
        scale: values of the table's scale, rising, shape (step).
        largest: of the table's runs.
        names: of the laws.
        draws: of the laws at every step.
    """

    scale: np.ndarray
    largest: float
    names: tuple[str, ...]
    draws: Prediction

    def mixed(self, draws: np.ndarray, p: Sequence[float] = EDGES) -> np.ndarray:
        """Quantiles of the mixed laws in the response's unit, shape (p, step).

        Args:
            draws: of the laws, shape (law, sample, step).
            p: probabilities; ends and middle of the 90% range where not given.
        """
        return self._back(weighted_quantile(draws, p, self.draws.weights))

    @cached_property
    def predictive(self) -> np.ndarray:
        """The headline's: with noise and drift."""
        return self.mixed(self.draws.predictive)

    @cached_property
    def by_law(self) -> Mapping[str, np.ndarray]:
        """The headline's under each law alone."""
        whole = self.draws.predictive
        alone = np.ones(1)
        return {
            name: self._back(weighted_quantile(whole[i : i + 1], EDGES, alone)) for i, name in enumerate(self.names)
        }

    def _back(self, linked: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return np.asarray(self.draws.link.back(linked))


def path(forecast: Forecast, point: PointForecast, scales: Iterable[float]) -> Path:
    """Ask every law along the path through a point.

    Where the point has N and D, both grow with the square root of compute, so that tokens per parameter and the way of
    counting compute stay those of the point. Otherwise the scale moves alone. Other inputs are held.

    Args:
        forecast: whose laws.
        point: one of its points.
        scales: values of the table's scale, rising; FLOP where the table has compute.
    """
    values = np.array(list(scales), dtype=float)
    steps = [inputs_at(forecast, point, value) for value in values]
    at = {name: np.array([each[name] for each in steps]) for name in steps[0]}
    ensemble = forecast.ensemble
    return Path(
        scale=values,
        largest=ensemble.largest,
        names=ensemble.names,
        draws=predict(ensemble, at, term=forecast.extrapolation, seed=forecast.seed),
    )


def inputs_at(forecast: Forecast, point: PointForecast, value: float) -> dict[str, float]:
    """The inputs where a path through a point meets a value of the table's scale; see `path`."""
    name = forecast.runs.scale
    at = dict(point.at)
    if name == "C" and {"N", "D"} <= at.keys():
        stretch = math.sqrt(value / at["C"])
        at["N"], at["D"] = at["N"] * stretch, at["D"] * stretch
    return at | {name: float(value)}
