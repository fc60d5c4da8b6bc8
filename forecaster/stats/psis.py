"""Smoothed importance weights, and how far they can be relied on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecaster.stats.convergence import ESS_PRINTED, mean_draws

RELIABLE_K = 0.7
"""The largest Pareto k at which smoothed weights can be relied on (Vehtari et al. 2024, arXiv:1507.02646)."""

SHORTEST_TAIL = 5

FEW_DRAWS = 225

PRIOR_DRAWS = 10
"""What the prior on a tail's shape counts, in draws."""


@dataclass(frozen=True, eq=False)
class Reweighting:
    """The draws of one posterior weighted so that they stand for another.

    Args:
        weights: of the draws, chains in a row, shape (sample), summing to one.
        pareto_k: shape of the tail of the raw weights; 0 where they are all alike, infinite where it cannot be told.
    """

    weights: np.ndarray
    pareto_k: float

    @property
    def effective(self) -> float:
        """How many equally weighted draws would be as informative: Kish's effective sample size."""
        return float(1 / (self.weights**2).sum())

    @property
    def reliable(self) -> bool:
        """Whether the weighted draws may be shown: Pareto k below 0.7, and as many effective draws as a verdict asks.

        Source: Vehtari, Simpson, Gelman, Yao, Gabry 2024, arXiv:1507.02646.
        """
        return self.pareto_k < RELIABLE_K and self.effective >= min(ESS_PRINTED, 0.1 * len(self.weights))


def smoothed(log_ratio: np.ndarray) -> Reweighting:
    """Pareto-smoothed weights from log ratios of densities.

    Source: Vehtari, Simpson, Gelman, Yao, Gabry 2024, arXiv:1507.02646.

    Args:
        log_ratio: log of the new density over the old one, up to a constant, shape (chain, draw).
    """
    flat = log_ratio.ravel()
    if not np.isfinite(flat).all():
        return Reweighting(np.full(flat.size, 1 / flat.size), math.inf)
    if np.ptp(flat) < 1e-12:
        return Reweighting(np.full(flat.size, 1 / flat.size), 0.0)
    log_weights, k = smooth(flat, tail_length(flat.size, efficiency(log_ratio)))
    weights = np.exp(log_weights - log_weights.max())
    return Reweighting(weights / weights.sum(), k)


def efficiency(log_ratio: np.ndarray) -> float:
    """How many independent draws would tell the mean of the raw weights as well, over the number of draws.

    Args:
        log_ratio: of the weights, shape (chain, draw), at least four of each chain.
    """
    found = float(mean_draws(np.exp(log_ratio - log_ratio.max()))) / log_ratio.size
    return found if found > 0 else 1.0


def tail_length(count: int, share: float) -> int:
    """How many of some draws belong to the tail that is smoothed.

    Source: Vehtari et al. 2024, arXiv:1507.02646, section 2.2; a fifth where draws are few.

    Args:
        count: of draws.
        share: of them that would tell as much if they were independent.
    """
    return int(3 * (count / share) ** 0.5 if count * share > FEW_DRAWS else count / 5)


def smooth(log_ratio: np.ndarray, length: int) -> tuple[np.ndarray, float]:
    """Log weights that sum to one, the largest in the order of a generalised Pareto distribution fitted to them.

    Source: Vehtari, Simpson, Gelman, Yao, Gabry 2024, arXiv:1507.02646, section 2; in ArviZ's order of sums, with
    which `tests/stats/test_psis.py` compares it.

    Args:
        log_ratio: logs of the raw weights up to a constant, shape (sample).
        length: of the tail.

    Returns:
        The log weights, and the tail's shape k: infinite, and nothing smoothed, where the tail is too short to be
        fitted, of one value, or as unlike a Pareto distribution as can be.
    """
    from scipy.special import logsumexp

    found = log_ratio - np.max(log_ratio)
    order = np.argsort(found)
    tail = order[len(found) - length :]
    k = math.inf
    if length >= SHORTEST_TAIL and not found[tail[-1]] - found[tail[0]] < np.finfo(float).tiny:
        cutoff = np.exp(found[order[len(found) - length - 1]])
        k, scale = _pareto(np.exp(found[tail]) - cutoff)
        if math.isfinite(k):
            p = np.arange(0.5, length) / length
            with np.errstate(divide="ignore", invalid="ignore"):
                found[tail] = np.minimum(np.log(_pareto_quantile(p, k, scale, cutoff)), found[tail[-1]])
        else:
            k = math.inf
    return found - logsumexp(found), k


def _pareto(excess: np.ndarray) -> tuple[float, float]:
    """Shape k, drawn a little towards .5, and scale of a generalised Pareto distribution; not finite where none fits.

    Source: Zhang and Stephens 2009, doi:10.1198/tech.2009.08017; the prior on k of Vehtari et al. 2024,
    arXiv:1507.02646, appendix G.

    Args:
        excess: over the cutoff, in ascending order, shape (sample).
    """
    from scipy.special import logsumexp

    count = len(excess)
    quartile = excess[int(count / 4 + 0.5) - 1]
    if quartile <= excess[0]:
        return math.nan, math.nan
    grid = 30 + int(count**0.5)
    b = 1 - np.sqrt(grid / (np.arange(1, grid + 1, dtype=float) - 0.5))
    b /= 3 * quartile
    b += 1 / excess[-1]
    k = np.mean(np.log1p(-b[:, None] * excess), axis=1)
    log_likelihood = count * (np.log(-b / k) - k - 1)
    weights = np.exp(log_likelihood - logsumexp(log_likelihood))
    counts = weights >= 10 * np.finfo(float).eps
    weights, b = weights[counts], b[counts]
    middle = np.sum(b * (weights / weights.sum()))
    shape = np.mean(np.log1p(-middle * excess))
    return float((count * shape + PRIOR_DRAWS * 0.5) / (count + PRIOR_DRAWS)), float(-shape / middle)


def _pareto_quantile(p: np.ndarray, k: float, scale: float, cutoff: float) -> np.ndarray:
    if scale <= 0:
        return np.full_like(p, np.nan)
    if k == 0:
        return np.asarray(cutoff - scale * np.log1p(-p))
    return np.asarray(cutoff + scale * np.expm1(-k * np.log1p(-p)) / k)
