"""A fan: the ranges along a path from the smallest run through the point asked for and a little beyond."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.report.path import path

if TYPE_CHECKING:
    from forecaster.answer import PointForecast
    from forecaster.forecast import Forecast
    from forecaster.runs import Runs

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
    median, *ends = along.mixed(along.curve + along.drift + along.noise, (0.5, *tails))
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
