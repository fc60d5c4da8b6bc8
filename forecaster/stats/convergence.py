"""Convergence of draws: R-hat, effective draws, and what is asked of them.

Each measure takes many quantities at once, and does its sums in the order in which ArviZ does them, so that the two
give one number; `tests/stats/test_convergence.py` holds them together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

RHAT_PASS = 1.01

RHAT_REVIEW = 1.05

ESS_PRINTED = 400

ESS_REVIEW = 100

TAILS = (0.05, 0.95)

FEWEST_DRAWS = 4
"""Of a chain: its two halves must each have a variance."""

MOST_AT_ONCE = 300_000
"""Draws that are ranked and transformed together: more would not fit into a processor's own memory."""

BLOM = 3 / 8
"""Offset of ranks in normal scores (Blom 1958)."""


def rhat(draws: np.ndarray) -> Any:
    """Rank-normalised split R-hat; infinite where a draw is not finite, not a number for one chain.

    Source: Vehtari, Gelman, Simpson, Carpenter, Buerkner 2021, arXiv:1903.08008, section 4.

    Args:
        draws: shape (..., chain, draw).

    Returns:
        A number for one quantity, an array of the leading shape for many.
    """

    def ranked(batch: np.ndarray) -> np.ndarray:
        chains, count = batch.shape[1:]
        if chains < 2 or count < FEWEST_DRAWS:
            return np.full(len(batch), np.nan)
        halves = _halves(batch)
        middle = np.median(halves, axis=(1, 2), keepdims=True)
        bulk, tail = _between_chains(_scores(halves)), _between_chains(_scores(np.abs(halves - middle)))
        return np.where(tail > bulk, tail, bulk)

    return _measured(draws, ranked, constant=1.0, lost=np.inf)


def effective_draws(draws: np.ndarray) -> Any:
    """The smaller of bulk and tail effective sample size, tails at 5% and 95%; 0 where a draw is not finite.

    Source: Vehtari et al. 2021, arXiv:1903.08008, section 4.

    Args:
        draws: shape (..., chain, draw).

    Returns:
        A number for one quantity, an array of the leading shape for many.
    """

    def smaller(batch: np.ndarray) -> np.ndarray:
        if batch.shape[2] < FEWEST_DRAWS:
            return np.full(len(batch), np.nan)
        bulk, tail = _independent(_scores(_halves(batch))), tail_draws(batch)
        return np.where(tail < bulk, tail, bulk)

    return _measured(draws, smaller, constant=float(np.prod(np.shape(draws)[-2:])), lost=0.0)


def tail_draws(draws: np.ndarray) -> Any:
    """Effective sample size of the 5% and the 95% quantile, the smaller of the two.

    Args:
        draws: finite, at least four of each chain, shape (..., chain, draw).

    Returns:
        A number for one quantity, an array of the leading shape for many.
    """
    below = draws <= np.quantile(draws, TAILS, axis=(-2, -1), keepdims=True)
    low, high = _independent(_halves(below.astype(float)))
    return np.where(high < low, high, low)[()]


def mean_draws(draws: np.ndarray) -> Any:
    """Effective sample size of the mean.

    Args:
        draws: finite, at least four of each chain, shape (..., chain, draw).

    Returns:
        A number for one quantity, an array of the leading shape for many.
    """
    return _independent(_halves(draws))[()]


def _measured(draws: np.ndarray, measure: Callable[[np.ndarray], np.ndarray], *, constant: float, lost: float) -> Any:
    """A measure of each quantity, and what those have that are constant or not finite."""
    batch = np.asarray(draws, dtype=float).reshape(-1, *np.shape(draws)[-2:])
    finite = np.isfinite(batch).all(axis=(1, 2))
    varies = finite & (batch.max(axis=(1, 2)) > batch.min(axis=(1, 2)))
    found = np.where(finite, constant, lost)
    rows = np.flatnonzero(varies)
    step = max(1, MOST_AT_ONCE // batch[0].size) if len(rows) else 1
    for part in (rows[start : start + step] for start in range(0, len(rows), step)):
        found[part] = measure(batch[part])
    return found.reshape(np.shape(draws)[:-2])[()]


def _halves(draws: np.ndarray) -> np.ndarray:
    """Each chain's first and last half as chains of their own; the middle of an odd number is left out."""
    half = draws.shape[-1] // 2
    return np.concatenate([draws[..., :half], draws[..., -half:]], axis=-2)


def _scores(draws: np.ndarray) -> np.ndarray:
    """Normal scores of the ranks of all draws of a quantity, equal ones at their average rank."""
    from scipy.special import ndtri

    flat = draws.reshape(len(draws), -1)
    count = flat.shape[1]
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    place = np.arange(count)
    ranks = np.broadcast_to(place + 1.0, (1, count))
    differs = ordered[:, 1:] != ordered[:, :-1]
    if not differs.all():
        edge = np.ones((len(flat), 1), dtype=bool)
        first = np.maximum.accumulate(np.where(np.hstack([edge, differs]), place, 0), axis=1)
        last = np.where(np.hstack([differs, edge]), place, count)[:, ::-1]
        ranks = (first + np.minimum.accumulate(last, axis=1)[:, ::-1]) / 2 + 1
    found = np.empty_like(flat)
    np.put_along_axis(found, order, ndtri((ranks - BLOM) / (count - 2 * BLOM + 1)), axis=1)
    return found.reshape(draws.shape)


def _between_chains(draws: np.ndarray) -> np.ndarray:
    """R-hat of each quantity from the variance between its chains and within them, shape (quantity)."""
    count = draws.shape[-1]
    between = count * np.var(draws.mean(axis=-1), axis=-1, ddof=1)
    within = np.var(draws, axis=-1, ddof=1).mean(axis=-1)
    # Chains that each stand still leave nothing to divide by: infinite, or not a number where they stand together.
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt((between / within + count - 1) / count))


def _independent(draws: np.ndarray) -> np.ndarray:
    """How many independent draws would tell the mean of as many chains as well, shape (...).

    Source: Vehtari et al. 2021, arXiv:1903.08008, section 3.2; Geyer's initial monotone sequence.
    """
    chains, count = draws.shape[-2:]
    size = chains * count
    still = draws.max(axis=(-2, -1)) - draws.min(axis=(-2, -1)) < np.finfo(float).resolution
    if still.all():
        return np.full(still.shape, float(size))
    covariance = _autocovariance(draws)
    within = covariance[..., 0].mean(axis=-1) * count / (count - 1.0)
    total = within * (count - 1.0) / count + np.var(draws.mean(axis=-1), axis=-1, ddof=1)
    # What stands still is given its own answer below, whatever the division says.
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = 1.0 - (within[..., None] - covariance.mean(axis=-2)) / total[..., None]
    correlation[..., 0] = 1.0
    # Lags in pairs, up to the first whose sum is not positive, or the last that is looked at.
    most = max(0, (count - 3) // 2)
    pairs = correlation[..., 0 : 2 * most + 1 : 2] + correlation[..., 1 : 2 * most + 2 : 2]
    ends = ~(pairs > 0)
    ends[..., most] = True
    last = ends.argmax(axis=-1)[..., None]
    falling = np.where(np.arange(most + 1) < last, np.minimum.accumulate(pairs, axis=-1), 0.0).sum(axis=-1)
    even = np.take_along_axis(correlation, 2 * last, axis=-1)[..., 0]
    kept = (even > 0) | (np.take_along_axis(pairs, last, axis=-1)[..., 0] >= 0)
    time = -1.0 + 2.0 * falling + np.where(kept, even, 0.0)
    found = np.where(np.isnan(correlation[..., 1]), np.nan, size / np.maximum(time, 1 / np.log10(size)))
    return np.where(still, size, found)


def _autocovariance(draws: np.ndarray) -> np.ndarray:
    """Autocovariance of every chain at every lag, of the shape of the draws."""
    count = draws.shape[-1]
    length = _smooth_length(2 * count)
    spectrum = np.fft.rfft(draws - draws.mean(axis=-1, keepdims=True), n=length, axis=-1)
    spectrum *= np.conjugate(spectrum)
    return np.asarray(np.fft.irfft(spectrum, n=length, axis=-1)[..., :count] / count)


def _smooth_length(least: int) -> int:
    """The smallest number from `least` on without prime factors above 5, whose Fourier transform is fast."""
    length = least
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 1
