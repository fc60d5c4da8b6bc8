"""Convergence of draws: R-hat, effective draws, and what is asked of them."""

from __future__ import annotations

import numpy as np

RHAT_PASS = 1.01

RHAT_REVIEW = 1.05

ESS_PRINTED = 400

ESS_REVIEW = 100


def rhat(draws: np.ndarray) -> float:
    """Rank-normalised split R-hat of draws (chain, draw); infinite where a draw is not finite.

    Source: Vehtari, Gelman, Simpson, Carpenter, Buerkner 2021, arXiv:1903.08008, section 4.
    """
    from arviz_stats.base import array_stats

    if not np.isfinite(draws).all():
        return float("inf")
    if np.ptp(draws) == 0:
        return 1.0
    return float(array_stats.rhat(draws))


def effective_draws(draws: np.ndarray) -> float:
    """The smaller of bulk and tail effective sample size of draws (chain, draw); tails at 5% and 95%.

    Source: Vehtari et al. 2021, arXiv:1903.08008, section 4.
    """
    from arviz_stats.base import array_stats

    if not np.isfinite(draws).all():
        return 0.0
    if np.ptp(draws) == 0:
        return float(draws.size)
    bulk = array_stats.ess(draws, method="bulk")
    tail = array_stats.ess(draws, method="tail", prob=(0.05, 0.95))
    return float(min(bulk, tail))
