"""Power-scaling of draws: weights for a density of another power, and how far a quantity moves under them.

Source: Kallioinen, Paananen, Buerkner, Vehtari 2023, arXiv:2107.14054, section 2; in ArviZ's order of sums, with which
`tests/stats/test_power_scaling.py` compares it.
"""

from __future__ import annotations

import numpy as np

from forecaster.stats.convergence import tail_draws
from forecaster.stats.psis import SHORTEST_TAIL, smooth, tail_length

POWERS = (0.99, 1.01)


def scaled_weights(log_density: np.ndarray, power: float) -> np.ndarray:
    """Weights, up to a constant, by which draws stand for a density whose prior or likelihood has another power.

    Args:
        log_density: of the part that is scaled, finite, shape (sample).
        power: that it is raised to.
    """
    count = len(log_density)
    # An odd draw in the middle belongs to neither half.
    share = float(tail_draws(log_density[None])) / (count - count % 2)
    length = tail_length(count, share)
    log_weights, _ = smooth((power - 1) * log_density, max(min(length, count // 2), SHORTEST_TAIL))
    return np.asarray(np.exp(log_weights - log_weights.max()))


def sensitivity(draws: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    """Change of a quantity's distribution for each doubling of the power, as cumulative Jensen-Shannon distance.

    Args:
        draws: of the quantity, shape (sample).
        lower: weights of the draws at the lower of the two powers, shape (sample).
        upper: the same at the higher.
    """
    slopes = [
        max(_distance(draws, weights), _distance(-draws, weights)) / np.log2(power)
        for power, weights in zip(POWERS, (lower, upper), strict=True)
    ]
    return float((slopes[1] - slopes[0]) / 2)


def _distance(draws: np.ndarray, weights: np.ndarray) -> float:
    """Cumulative Jensen-Shannon distance between draws and the same draws weighted."""
    order = np.argsort(draws)
    width, weights = np.diff(draws[order]), weights[order]
    p = np.linspace(1 / len(draws), 1 - 1 / len(draws), len(draws) - 1)
    q = np.cumsum(weights / np.sum(weights))[:-1]
    p_area, q_area = np.dot(p, width), np.dot(q, width)
    log_middle = _log2(0.5 * (p + q))
    apart = 0.5 / np.log(2) * (q_area - p_area)
    of_p = np.sum(width * (p * (_log2(p) - log_middle))) + apart
    of_q = np.sum(width * (q * (_log2(q) - log_middle))) - apart
    return float(np.sqrt((max(0, of_p) + max(0, of_q)) / (p_area + q_area)))


def _log2(x: np.ndarray) -> np.ndarray:
    """Log to base 2, and 0 at 0."""
    return np.asarray(np.log2(x, out=np.zeros_like(x), where=x != 0))
