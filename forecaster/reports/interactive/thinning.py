"""Thinning: a few of a forecast's draws that say nearly what all of them say, for a page that carries them along."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.path import inputs_at
from forecaster.runs.points import Target
from forecaster.stats.mixture import MASSES, Band, weighted_quantile

if TYPE_CHECKING:
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast

FEWEST = 60
"""Draws that a law keeps however small its weight."""

TRIES = 40

MIDDLE = (0.3, 0.7)
"""Which part of a stratum its draw may come from: near its middle for the point, wide enough to leave a choice."""

FAR = 100.0
"""Times the largest run at which thinned draws are compared with all of them, besides the point and that run."""

_PROBABILITIES = np.array([0.5, *((1 + side * mass) / 2 for mass in MASSES for side in (-1, 1))])


@dataclass(frozen=True)
class Difference:
    """How far thinned draws are from all of them.

    Args:
        median: between the medians, in the response's unit.
        ends: the largest between two ends of a 50, 80, 90 or 95% range, in the response's unit.
        chance: the largest between two chances of a target; 0 without targets.
    """

    median: float
    ends: float
    chance: float


@dataclass(frozen=True, eq=False)
class Thinned:
    """Which draws of each law are kept.

    Args:
        rows: positions among the law's draws, by the name of each law with a weight.
        count: how many draws there are in all, of these laws.
        here: how far they are from all draws at the point.
        elsewhere: the largest differences at the largest run and at a hundred times it.
    """

    rows: Mapping[str, np.ndarray]
    count: int
    here: Difference
    elsewhere: Difference

    @property
    def kept(self) -> int:
        """How many draws are kept in all."""
        return sum(len(rows) for rows in self.rows.values())


def thinned(forecast: Forecast, point: PointForecast, *, draws: int) -> Thinned:
    """Choose draws so that the mixture's quantiles at a point, and at other scales, stay what they are.

    Each law gives draws in proportion to its weight. Its draws are put in the order of their responses at the point and
    cut into strata of equal size, and one is taken near the middle of each (systematic sampling of an ordered list,
    Cochran 1977, Sampling Techniques, chapter 8). Of forty such choices the one is kept whose quantiles are off least,
    at the largest run and at a hundred times it as well.

    Args:
        forecast: whose draws are thinned.
        point: one of its points.
        draws: to keep, as a mean over the laws.
    """
    largest = forecast.fits[0].references.scale_largest
    places = [inputs_at(forecast, point, ratio * largest) for ratio in (1.0, FAR)]
    bands = [point.predictive, *(step.predictive for step in forecast.along(places))]
    names = [name for name, weight in forecast.weights.items() if weight > 0]
    order = [list(forecast.weights).index(name) for name in names]
    weights = np.array([forecast.weights[name] for name in names])
    kept = [band.draws[order] for band in bands]
    length = kept[0].shape[1]
    sizes = [min(length, max(FEWEST, round(draws * len(names) * weight))) for weight in weights]
    whole = [weighted_quantile(each, _PROBABILITIES, weights) for each in kept]

    def off(rows: Sequence[np.ndarray]) -> float:
        """The largest error of a quantile over the bands, in widths of their 95% ranges."""
        errors = []
        for each, right in zip(kept, whole, strict=True):
            found = weighted_quantile(
                [row[mine] for row, mine in zip(each, rows, strict=True)], _PROBABILITIES, weights
            )
            errors.append(float(np.abs(found - right).max() / (np.ptp(right) or 1.0)))
        return max(errors) if all(map(math.isfinite, errors)) else math.inf

    best = min(_choices(kept[0], sizes, seed=forecast.seed), key=off)
    differences = [
        _difference(band, each, weights, best, forecast.targets) for band, each in zip(bands, kept, strict=True)
    ]
    return Thinned(
        rows=dict(zip(names, best, strict=True)),
        count=length * len(names),
        here=differences[0],
        elsewhere=Difference(
            *(max(getattr(each, part) for each in differences[1:]) for part in ("median", "ends", "chance"))
        ),
    )


def _choices(draws: np.ndarray, sizes: Sequence[int], *, seed: int) -> Iterator[list[np.ndarray]]:
    random = np.random.default_rng(seed)
    length = draws.shape[1]
    orders = np.argsort(draws, axis=1, kind="stable")
    for _ in range(TRIES):
        yield [
            np.sort(order[((np.arange(size) + random.uniform(*MIDDLE, size=size)) * length / size).astype(int)])
            for order, size in zip(orders, sizes, strict=True)
        ]


def _difference(
    band: Band, draws: np.ndarray, weights: np.ndarray, rows: Sequence[np.ndarray], targets: Sequence[Target]
) -> Difference:
    few = [row[mine] for row, mine in zip(draws, rows, strict=True)]
    with np.errstate(over="ignore", invalid="ignore"):
        off = np.abs(band.link.back(weighted_quantile(few, _PROBABILITIES, weights)) - band.quantile(_PROBABILITIES))
    chances = []
    for met in (band.meets(**each.side) for each in targets):
        kept = sum(w * row[mine].mean() for w, row, mine in zip(weights, met, rows, strict=True))
        chances.append(abs(kept - float(band.weights @ met.mean(axis=1))))
    return Difference(median=float(off[0]), ends=float(off[1:].max()), chance=max(map(float, chances), default=0.0))
