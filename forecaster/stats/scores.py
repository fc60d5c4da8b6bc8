"""Scores of forecasts against runs that were hidden, all on the scale of the laws' link: the log for most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.stats.mixture import MASSES, weighted_quantile

if TYPE_CHECKING:
    import pandas as pd


def score_points(
    y: np.ndarray, draws: np.ndarray, weights: np.ndarray, *, log_score: np.ndarray | None = None
) -> pd.DataFrame:
    """Scores of one method's forecasts, one row a point.

    Args:
        y: the responses that were observed, shape (point).
        draws: of the predicted response, shape (law, sample, point).
        weights: of the laws, summing to one.
        log_score: log predictive density at y where it is known, shape (point); else it is estimated from the draws.

    Returns:
        `pit`, `crps` and `log_score` (higher is better), `error` of the median, and for each mass `covered` and
        `width`.
    """
    import pandas as pd

    laws, samples, points = draws.shape
    each = np.repeat(weights / samples, samples)
    flat = draws.reshape(laws * samples, points)
    if log_score is None:
        log_score = np.array([_kernel_log_score(y[i], flat[:, i], each) for i in range(points)])
    edges = [(1 - sign * mass) / 2 for mass in MASSES for sign in (1, -1)]
    quantiles = np.array([weighted_quantile(draws[:, :, i], np.array([0.5, *edges]), weights) for i in range(points)])
    found = {
        "pit": np.minimum(1.0, each @ (flat <= y)),
        "crps": crps(y, flat, each),
        "log_score": log_score,
        "error": quantiles[:, 0] - y,
    }
    for k, mass in enumerate(MASSES):
        low, high = quantiles[:, 1 + 2 * k], quantiles[:, 2 + 2 * k]
        found[f"covered {100 * mass:g}"] = ((low <= y) & (y <= high)).astype(float)
        found[f"width {100 * mass:g}"] = high - low
    return pd.DataFrame(found)


def crps(y: np.ndarray, draws: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of weighted draws, as the integral of the pinball loss over all quantiles.

    scoringrules has the same; its import compiles for four seconds, so only the tests hold this one against it.

    Args:
        y: what was observed, shape (point).
        draws: shape (sample, point).
        weights: of the samples, summing to one.

    Source: Laio and Tamea 2007, Hydrology and Earth System Sciences 11, eq. 7, for a distribution of steps.
    """
    order = np.argsort(draws, axis=0)
    x, w = np.take_along_axis(draws, order, axis=0), weights[order]
    below = np.cumsum(w, axis=0) - 0.5 * w
    return np.asarray(2 * (w * (x - y) * ((y < x) - below)).sum(axis=0))


def binomial_interval(share: float, trials: int, *, mass: float = 0.9) -> tuple[float, float]:
    """Equal-tailed Jeffreys interval of a probability after `trials` trials of which `share` succeeded.

    Source: Brown, Cai, DasGupta 2001, Statistical Science 16(2), section 3.1.3.
    """
    from scipy.special import betaincinv

    hits = share * trials
    low = 0.0 if hits == 0 else float(betaincinv(hits + 0.5, trials - hits + 0.5, (1 - mass) / 2))
    high = 1.0 if hits == trials else float(betaincinv(hits + 0.5, trials - hits + 0.5, (1 + mass) / 2))
    return low, high


def _kernel_log_score(y: float, draws: np.ndarray, weights: np.ndarray) -> float:
    """Log density at y of a Gaussian kernel estimate; Silverman's bandwidth with a robust spread."""
    from scipy.special import logsumexp

    low, high = np.quantile(draws, [0.25, 0.75])
    spread = min(float(np.std(draws)), float(high - low) / 1.349) or float(np.std(draws)) or 1e-6
    bandwidth = 0.9 * spread * draws.size**-0.2
    z = (y - draws) / bandwidth
    return float(logsumexp(-0.5 * z**2, b=weights) - np.log(bandwidth * np.sqrt(2 * np.pi)))
