"""Structure in what a curve leaves over: whether it is noise, or a smooth surface that the curve cannot bend to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CLIPPED = 4.0
"""Robust standard deviations beyond which a residual counts no more, so that a misprint is no structure."""

FEWEST_FREE = 4
"""Residuals beyond the terms of the surface, so that it does not go through all of them."""


class Structure(NamedTuple):
    """What a quadratic surface explains of residuals.

    Args:
        share: of their variance, adjusted for the number of terms; 0 for noise, 1 for a smooth surface.
        sd: standard deviation of what it explains, in the unit of the residuals.
        p: the chance that noise alone would seem to have as much.
    """

    share: float
    sd: float
    p: float


def structure(residuals: np.ndarray, coordinates: np.ndarray) -> Structure | None:
    """How much of some residuals is a quadratic surface over their coordinates, by an F test; None without room for it.

    Source: Draper, Smith 1998, Applied Regression Analysis, chapter 6.

    Args:
        residuals: shape (run).
        coordinates: what they may depend on smoothly, shape (coordinate, run).
    """
    from scipy.special import fdtrc

    moving = [each for each in coordinates if np.ptp(each) > 0]
    scaled = [(each - each.mean()) / each.std() for each in moving]
    terms = [np.ones(len(residuals)), *scaled, *(a * b for i, a in enumerate(scaled) for b in scaled[i:])]
    surface = np.stack(terms, axis=1)
    count, rank = len(residuals), int(np.linalg.matrix_rank(surface))
    centred = residuals - np.median(residuals)
    limit = CLIPPED * 1.4826 * float(np.median(np.abs(centred)))
    centred = np.clip(centred, -limit, limit)
    centred = centred - centred.mean()
    total, free = float(centred @ centred), count - rank
    if rank < 2 or free < FEWEST_FREE or not (np.isfinite(total) and total > 0):
        return None
    left = centred - surface @ np.linalg.lstsq(surface, centred, rcond=None)[0]
    rest = float(left @ left)
    explained = (total - rest) / (rank - 1)
    share = max(0.0, 1 - (rest / free) / (total / (count - 1)))
    ratio = explained / (rest / free) if rest > 0 else np.inf
    return Structure(share, float(np.sqrt(share * total / count)), float(fdtrc(rank - 1, free, ratio)))
