"""A band: the distribution of one response at one point, as weighted draws of several laws."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from forecaster.quantity import Digits, finite
from forecaster.stats.link import LOG, Link

BATCHES_PER_CHAIN = 5

MASSES = (0.5, 0.8, 0.9, 0.95)
"""The masses of the equal-tailed ranges that every forecast states."""


def tails(mass: float) -> tuple[float, float]:
    """The probabilities below the ends of an equal-tailed range that holds `mass`.

    Raises:
        ValueError: a mass outside (0, 1).
    """
    if not 0 < mass < 1:
        raise ValueError(f"mass is {mass}; a range holds a share between 0 and 1, such as 0.9")
    return (1 - mass) / 2, (1 + mass) / 2


def ends_by_mass(interval: Callable[[float], tuple[Any, Any]]) -> dict[str, Any]:
    """The ends of every range that a forecast states as columns of a table: `90% low`, `90% high`."""
    found = {}
    for mass in MASSES:
        found[f"{mass:.0%} low"], found[f"{mass:.0%} high"] = interval(mass)
    return found


@dataclass(frozen=True, eq=False)
class Band:
    """Draws of a response on the scale of the laws' link, one row a law.

    Args:
        draws: of the response on that scale (its natural log for most laws), shape (law, sample); one chain's samples
            stand side by side.
        weights: of the laws, shape (law), summing to one.
        chains: how many chains each row holds.
        link: the scale.
    """

    draws: np.ndarray
    weights: np.ndarray
    chains: int
    link: Link = LOG

    def quantile(self, p: Any) -> np.ndarray:
        """The response at probability p, in its own unit; an array of p's shape."""
        with np.errstate(over="ignore"):
            return np.asarray(self.link.back(np.interp(p, *self._steps)))

    @cached_property
    def _steps(self) -> tuple[np.ndarray, np.ndarray]:
        """The mixture's distribution function: probabilities and the sorted draws that stand there."""
        return _steps(self.draws, self.weights)

    @property
    def median(self) -> float:
        """The value that the response is as likely to exceed as not, in its own unit."""
        return float(self.quantile(0.5))

    def interval(self, mass: float = 0.9) -> tuple[float, float]:
        """The equal-tailed range that holds `mass`, in the response's own unit; see `tails`."""
        low, high = self.quantile(np.array(tails(mass)))
        return float(low), float(high)

    def probability(self, *, below: float | None = None, above: float | None = None) -> float:
        """The chance that the response is at or below a value, or at or above one; 0 or 1 where no response can be.

        Raises:
            TypeError: neither of the two is given, or both.
        """
        return float(self.weights @ self.meets(below=below, above=above).mean(axis=1))

    def meets(self, *, below: float | None = None, above: float | None = None) -> np.ndarray:
        """Which draws are at or below a value, or at or above one, as booleans of shape (law, sample).

        Raises:
            TypeError: neither of the two is given, or both.
        """
        if below is not None and above is None:
            return np.asarray(self.draws <= self.link.threshold(below))
        if above is not None and below is None:
            return np.asarray(self.draws >= self.link.threshold(above))
        raise TypeError("give below=VALUE or above=VALUE")

    def error(self, p: Any) -> np.ndarray:
        """Monte Carlo standard error of `quantile`, from batches of consecutive draws.

        Each chain is cut into five batches, long enough that autocorrelation within a batch counts in full.
        """
        parts = self._batches()
        if parts is None:
            return np.full(np.shape(p), math.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            estimates = np.array(
                [self.link.back(weighted_quantile(parts[:, i], p, self.weights)) for i in range(parts.shape[1])]
            )
            error = estimates.std(axis=0, ddof=1) / math.sqrt(parts.shape[1])
        return np.asarray(np.where(np.isnan(error), math.inf, error))

    @cached_property
    def errors(self) -> tuple[float, float, float]:
        """Monte Carlo standard errors of the lower end of the 90% range, of the median and of the upper end."""
        low, median, high = self.error(np.array([0.05, 0.5, 0.95]))
        return float(low), float(median), float(high)

    @property
    def digits(self) -> Digits:
        """With what digits numbers of this size are printed: those that Monte Carlo error leaves."""
        low, high = self.interval(0.9)
        return Digits.of(max(self.errors), low, self.median, high)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, at full precision: `median`, `interval` by mass, and the Monte Carlo errors under `mcse`.

        A number that does not exist is None.
        """
        low, median, high = map(finite, self.errors)
        middle, interval = finite(self.median), self.ranges()
        return {"median": middle, "interval": interval, "mcse": {"median": median, "interval": {"90": [low, high]}}}

    def ranges(self) -> dict[str, list[float | None]]:
        """JSON-ready: the ends of every range that a forecast states, by its mass in per cent."""
        return {f"{100 * mass:g}": [finite(end) for end in self.interval(mass)] for mass in MASSES}

    def _batches(self) -> np.ndarray | None:
        count = BATCHES_PER_CHAIN * self.chains
        length = self.draws.shape[1] // count
        if length < 2:
            return None
        return self.draws[:, : length * count].reshape(self.draws.shape[0], count, length)


def weighted_quantile(draws: np.ndarray | Sequence[np.ndarray], p: Any, weights: np.ndarray) -> np.ndarray:
    """Quantiles of a mixture.

    Args:
        draws: shape (law, sample), or a row of its own length for each law; or shape (law, sample, point).
        p: probability or probabilities.
        weights: of the laws, shape (law); or of every draw, shape (law, sample).

    Returns:
        An array of p's shape; or of shape (p, point), where draws that are not finite count nothing, and not a number
        at a point that has no other.
    """
    if np.ndim(draws[0]) < 2:
        return np.asarray(np.interp(p, *_steps(draws, weights)))
    each = _each(draws, weights)
    columns = np.ascontiguousarray(np.asarray(draws).reshape(len(each), -1).T)
    found = np.full((*np.shape(p), len(columns)), np.nan)
    for i, column in enumerate(columns):
        finite = np.isfinite(column) & (each > 0)
        if finite.any():
            found[..., i] = np.interp(p, *_steps(column[None, finite], each[None, finite]))
    return found


def _each(draws: np.ndarray | Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """The weight of every draw, one law after the other."""
    if weights.ndim == 2:
        return weights.ravel()
    return np.concatenate([np.full(len(row), weight / len(row)) for row, weight in zip(draws, weights, strict=True)])


def _steps(draws: np.ndarray | Sequence[np.ndarray], weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    each = _each(draws, weights)
    keep = each > 0
    flat = np.concatenate(list(draws))[keep]
    order = np.argsort(flat, kind="stable")
    share = each[keep][order]
    # Each draw stands at the middle of its own step of the distribution function.
    position = (np.cumsum(share) - 0.5 * share) / share.sum()
    return position, flat[order]


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
    """The equal-tailed range that holds `mass`; see `quantiles` and `tails`."""
    low, high = quantiles(draws, weights, tails(mass))
    return low, high


def summary(draws: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """JSON-ready: `median`, and `interval` by mass; None where one falls among infinite draws."""
    return {
        "median": quantiles(draws, weights, 0.5)[0],
        "interval": {f"{100 * mass:g}": list(interval(draws, weights, mass)) for mass in MASSES},
    }
