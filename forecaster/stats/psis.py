"""Smoothed importance weights, and how far they can be relied on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecaster.stats.convergence import ESS_PRINTED

RELIABLE_K = 0.7
"""The largest Pareto k at which smoothed weights can be relied on (Vehtari et al. 2024, arXiv:1507.02646)."""


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
    from arviz_stats.base import array_stats

    flat = log_ratio.ravel()
    if not np.isfinite(flat).all():
        return Reweighting(np.full(flat.size, 1 / flat.size), math.inf)
    if np.ptp(flat) < 1e-12:
        return Reweighting(np.full(flat.size, 1 / flat.size), 0.0)
    efficiency = float(array_stats.ess(np.exp(log_ratio - log_ratio.max()), method="mean")) / flat.size
    try:
        log_weights, k = array_stats.psislw(-flat, r_eff=efficiency if efficiency > 0 else 1.0)
    except ValueError:
        # The tail is too short to be smoothed, or of one value.
        log_weights, k = flat, math.inf
    weights = np.exp(log_weights - log_weights.max())
    return Reweighting(weights / weights.sum(), float(k) if math.isfinite(k) else math.inf)
