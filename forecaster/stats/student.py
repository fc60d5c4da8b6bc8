"""Student's t: stratified draws, and its log density."""

from __future__ import annotations

from typing import Any

import numpy as np

STRETCH = 100
"""Draws that hold one from each stratum."""


def log_student(z: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """Log density of Student's t, the normal distribution where nu is infinite."""
    normal = np.isinf(nu)
    df = np.where(normal, 1.0, nu)
    # In one array: z may hold millions.
    found = np.asarray(z**2 / df)
    np.log1p(found, out=found)
    found *= (df + 1) / 2
    np.subtract(_log_constant(df), found, out=found)
    return np.asarray(np.where(normal, -0.5 * z**2 - 0.5 * np.log(2 * np.pi), found)) if normal.any() else found


def log_student_of(z: Any, nu: Any) -> Any:
    """The same with finite degrees of freedom, on anything that NumPy's functions take."""
    return _log_constant(nu) - (nu + 1) / 2 * np.log1p(z**2 / nu)


def _log_constant(nu: Any) -> Any:
    from scipy.special import gammaln

    return gammaln((nu + 1) / 2) - gammaln(nu / 2) - np.log(nu * np.pi) / 2


def stratified_student(nu: Any, count: int, *, seed: int | tuple[int, ...]) -> np.ndarray:
    """Student t draws whose every stretch of 100 holds one from each of 100 equally likely strata, in random order.

    So a batch of consecutive posterior draws meets the whole distribution, and the quantiles of what is computed
    from them carry little random error of its making.

    Args:
        nu: degrees of freedom, a number or one for each draw; infinite gives the normal distribution.
        count: number of draws.
        seed: of the random numbers; a sequence of numbers gives a stream of its own.
    """
    from scipy.special import ndtri, stdtrit

    random = np.random.default_rng(seed)
    stretches = -(-count // STRETCH)
    stratum = random.permuted(np.tile(np.arange(STRETCH), (stretches, 1)), axis=1)
    p = ((stratum + random.uniform(size=stratum.shape)) / STRETCH).ravel()[:count]
    nu = np.broadcast_to(np.asarray(nu, dtype=float), (count,))
    normal = np.isinf(nu)
    return np.asarray(np.where(normal, ndtri(p), stdtrit(np.where(normal, 1.0, nu), p)))
