"""Outliers: runs whose loss lies far from what their neighbours in the inputs suggest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.runs.table import Runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

# An outlier lies this many robust standard deviations, and this share of its loss, off the surface.
OUTLIER_SDS = 5.0

OUTLIER_SHARE = 0.01

LEAST_ABSOLUTE, BIWEIGHT = 25, 35
"""Steps of either kind."""

MANY_RUNS, PART = 20_000, 5_000
"""Beyond the first, as many runs as the second tell where to start."""

STILL = 1e-4
"""The most that a residual changes in the last step over very many runs, in robust sds."""


@dataclass(frozen=True)
class Outlier:
    """A run whose loss lies far from what its neighbours in N and D suggest. It is kept, not dropped.

    Args:
        row: counted from 0 in the table.
        place: where it stands in the file.
        loss: as measured.
        expected: the smooth surface's loss there.
        sds: its distance in robust standard deviations; negative where it is too low.
    """

    row: int
    place: str
    loss: float
    expected: float
    sds: float


def outliers(runs: Runs) -> tuple[Outlier, ...]:
    """Runs farther than five robust sds and one per cent off a smooth surface, the farthest first."""
    features = _surface(runs)
    if features is None or not runs.is_positive or np.ptp(np.log(runs.column("loss"))) > 20:
        return ()
    # Two surfaces, of the log of the loss and of the loss itself, since a law may add up on either scale: a
    # run is an outlier where it is far from both, and the nearer one says what was expected.
    loss = runs.column("loss")
    logs, log_sd = _robust(features, np.log(loss))
    shares, share_sd = _robust(features / loss[:, None], np.ones(len(loss)))
    on_logs = np.abs(logs) / log_sd <= np.abs(shares) / share_sd
    residual = np.where(on_logs, logs, shares)
    sds = residual / np.where(on_logs, log_sd, share_sd)
    expected = np.where(on_logs, loss * np.exp(-logs), loss * (1 - shares))
    far = np.flatnonzero((np.abs(sds) > OUTLIER_SDS) & (np.abs(residual) > OUTLIER_SHARE))
    return tuple(
        Outlier(int(row), runs.place(int(row)), float(loss[row]), float(expected[row]), float(sds[row]))
        for row in far[np.argsort(-np.abs(sds[far]))]
    )


def _surface(runs: Runs) -> NDArray[np.float64] | None:
    """Columns of a smooth surface of log loss, shape (runs, terms): as rich as the number of runs allows."""
    names = [name for name in ("N", "D") if runs.has(name)] or [runs.scale]
    logs = [np.log(runs.column(name)) for name in names]
    logs = [log - log.mean() for log in logs if len(log) and np.ptp(log) > 0]
    terms = [np.ones(len(runs)), *logs]
    if len(runs) >= 12:
        terms += [a * b for i, a in enumerate(logs) for b in logs[i:]]
    if len(runs) >= 20:
        # A power law with a typical exponent: a quadratic alone misses the bend at the small end, and calls
        # honest small runs outliers (three of 30 public models instead of the one misprint).
        terms += [np.exp(-0.4 * np.maximum(log, -100)) for log in logs]
    # Over a hundred e-folds in an input, or twenty in the loss, these terms overflow and nothing is smooth.
    fit = logs and len(runs) >= len(terms) + 4 and max(np.ptp(log) for log in logs) < 100
    return np.stack(terms, axis=1) if fit else None


def _robust(features: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Residuals and their robust sd: least absolute deviations first, then Tukey's biweight from there."""
    freedom = math.sqrt(len(y) / (len(y) - features.shape[1]))
    if len(y) > MANY_RUNS:
        residual, sd = _robust_of_many(features, y)
    else:
        residual, sd = _steps(features, y)[1:]
    return residual, sd * freedom


def _robust_of_many(features: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The surface of very many runs: an even part of them tells where the biweight starts, and it ends at that of all.

    From so close a start it takes a few steps over all runs in place of sixty.
    """
    part = np.random.default_rng(0).choice(len(y), PART, replace=False)
    residual = y - features @ _steps(features[part], y[part])[0]
    sd = _sd(residual)
    for _ in range(BIWEIGHT):
        before, residual = residual, y - features @ _weighted(features, y, _biweight(residual, sd))
        sd = _sd(residual)
        if float(np.abs(residual - before).max()) < STILL * sd:
            break
    return residual, sd


def _steps(
    features: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Coefficients, residuals and their robust sd after as many steps as surely suffice from any start."""
    weights = np.ones(len(y))
    for step in range(LEAST_ABSOLUTE + BIWEIGHT):
        solved = _weighted(features, y, weights)
        residual = y - features @ solved
        sd = _sd(residual)
        weights = 1 / np.maximum(np.abs(residual), 0.01 * sd) if step < LEAST_ABSOLUTE else _biweight(residual, sd)
    return solved, residual, sd


def _weighted(
    features: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    root = np.sqrt(weights)
    return np.asarray(np.linalg.lstsq(features * root[:, None], y * root, rcond=None)[0])


def _sd(residual: NDArray[np.float64]) -> float:
    return max(1.4826 * float(np.median(np.abs(residual))), 1e-9)


def _biweight(residual: NDArray[np.float64], sd: float) -> NDArray[np.float64]:
    return np.asarray(np.maximum(1 - (residual / (4.685 * sd)) ** 2, 0) ** 2 + 1e-12)
