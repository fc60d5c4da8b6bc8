"""Quantiles of a mixture of laws at many points at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def quantiles(draws: np.ndarray, p: Sequence[float], weights: np.ndarray) -> np.ndarray:
    """Quantiles of a mixture, as `forecaster.band.weighted_quantile` at each point; what is not finite counts nothing.

    Args:
        draws: shape (law, sample, point).
        p: probabilities.
        weights: of the laws, shape (law).

    Returns:
        Shape (probability, point); not a number at a point without a finite draw.
    """
    flat = draws.reshape(-1, draws.shape[-1])
    each = np.repeat(weights / draws.shape[1], draws.shape[1])
    kept = each > 0
    flat, each = np.where(np.isfinite(flat[kept]), flat[kept], np.inf), each[kept]
    found = np.full((len(p), flat.shape[1]), np.nan)
    for i, column in enumerate(np.ascontiguousarray(flat.T)):
        order = np.argsort(column, kind="stable")
        finite = np.searchsorted(column[order], np.inf)
        share = each[order[:finite]]
        if finite:
            # Each draw stands at the middle of its own step of the distribution function.
            position = (np.cumsum(share) - 0.5 * share) / share.sum()
            found[:, i] = np.interp(p, position, column[order[:finite]])
    return found
