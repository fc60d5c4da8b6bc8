"""Quantiles of a mixture's draws, some of which may be infinite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from forecaster.band import MASSES, weighted_quantile

DIGITS = 4


def quantiles(draws: np.ndarray, weights: np.ndarray, p: Any) -> list[float | None]:
    """Quantiles over all draws; None where one falls among infinite draws.

    Args:
        draws: shape (law, sample), above zero.
        weights: of the laws, shape (law).
        p: probability or probabilities.
    """
    each = np.repeat(weights / draws.shape[1], draws.shape[1])
    reached = float(each[np.isfinite(draws.ravel())].sum() / each.sum())
    wanted = np.atleast_1d(p)
    if reached >= 1:
        return [float(value) for value in np.exp(weighted_quantile(np.log(draws), wanted, weights))]
    # A stand-in keeps its rank above all others and lets the rest be interpolated.
    finite = np.where(np.isfinite(draws), draws, draws[np.isfinite(draws)].max(initial=1.0) * 1e3)
    found = np.exp(weighted_quantile(np.log(finite), wanted, weights))
    return [float(value) if share < reached else None for value, share in zip(found, wanted, strict=True)]


def interval(draws: np.ndarray, weights: np.ndarray, mass: float = 0.9) -> tuple[float | None, float | None]:
    """The equal-tailed range that holds `mass`.

    Raises:
        ValueError: a mass outside (0, 1).
    """
    if not 0 < mass < 1:
        raise ValueError(f"mass is {mass}; a range holds a share between 0 and 1, such as 0.9")
    low, high = quantiles(draws, weights, [(1 - mass) / 2, (1 + mass) / 2])
    return low, high


def rounded(value: float | None) -> float | None:
    """A number with four significant digits, None where there is none."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{DIGITS}g}")


def summary(draws: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """JSON-ready: `median`, and `interval` by mass."""
    return {
        "median": rounded(quantiles(draws, weights, 0.5)[0]),
        "interval": {f"{100 * mass:g}": [rounded(end) for end in interval(draws, weights, mass)] for mass in MASSES},
    }
