"""Weights that laws earn by how they extrapolated inside the user's own table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from forecaster.extrapolation import LANGUAGE_LOSS, Extrapolation, distance
from forecaster.posterior import Fit, column_of
from forecaster.runs import Runs

if TYPE_CHECKING:
    import xarray as xr

STEPS = 2_000
OBSERVATIONS_PER_FOLD = 2.0
"""What one fold counts, however many runs it hides: errors inside one cut move together."""


def log_density(fit: Fit, test: Runs, *, extrapolation: Extrapolation | None = None, seed: int = 1) -> np.ndarray:
    """Log predictive density of hidden runs, on the log of the response, shape (test run).

    Without an extrapolation term the noise's squared scale is widened by (.004 h)^2 and not shifted, which is how laws
    are compared for weights; with one, the density is that of the forecast itself.

    Args:
        fit: of the runs shown.
        test: the runs hidden.
        extrapolation: the term beyond the data, for the density of the forecast.
        seed: of the term's draws.
    """
    import xarray as xr
    from scipy.special import logsumexp

    def along(values: np.ndarray) -> xr.DataArray:
        return xr.DataArray(values, dims="point")

    scale_here = test.column(fit.runs.scale) / fit.references.scale_largest
    h = distance(scale_here, 1.0)
    inputs = {name: along(test.column(column_of(fit.law, name, fit.runs))) for name in fit.law.inputs}
    m = _by_draw(fit.log_response(inputs))
    scale = _by_draw(fit.noise_scale(along(np.log(scale_here))))
    nu = fit.degrees_of_freedom().values.reshape(-1, 1)
    if extrapolation is None:
        scale = np.sqrt(scale**2 + (LANGUAGE_LOSS.sd * h) ** 2)
    else:
        m = m + extrapolation.draws(len(m), seed=seed)[:, None] * h
    log_p = _log_student((np.log(test.column("loss")) - m) / scale, nu) - np.log(scale)
    return np.asarray(logsumexp(log_p, axis=0) - np.log(len(log_p)))


def _by_draw(values: xr.DataArray) -> np.ndarray:
    """Shape (draw, point), chains one after another."""
    array = values.transpose("chain", "draw", "point").values
    return array.reshape(-1, array.shape[-1])


def _log_student(z: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """Log density of Student's t, the normal distribution where nu is infinite."""
    from scipy.special import gammaln

    normal = np.isinf(nu)
    df = np.where(normal, 1.0, nu)
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - np.log(df * np.pi) / 2
    student = constant - (df + 1) / 2 * np.log1p(z**2 / df)
    return np.asarray(np.where(normal, -0.5 * z**2 - 0.5 * np.log(2 * np.pi), student))


def stack(folds: Sequence[np.ndarray]) -> np.ndarray:
    """Weights that maximise the penalised log score of the mixture over folds.

    Maximises sum_j (2 / n_j) sum_i log sum_k w_k p_ijk + sum_k log w_k, a Dirichlet(2) prior on the weights, by
    expectation and maximisation; the objective is concave, so the maximum is the only one.

    Args:
        folds: for each fold the log densities, shape (test run, law).

    Returns:
        Weights, shape (law), summing to one; equal where there is no fold.
    """
    if not folds:
        raise ValueError("stacking needs at least one fold")
    laws = folds[0].shape[1]
    log_p = np.concatenate(folds)
    counts = np.concatenate([np.full(len(fold), OBSERVATIONS_PER_FOLD / len(fold)) for fold in folds])
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    weights = np.full(laws, 1 / laws)
    for _ in range(STEPS):
        share = p * weights
        share /= share.sum(axis=1, keepdims=True)
        new = counts @ share + 1.0
        new /= new.sum()
        if np.abs(new - weights).max() < 1e-10:
            return np.asarray(new)
        weights = new
    return weights


def named(weights: np.ndarray, names: Sequence[str]) -> Mapping[str, float]:
    """Weights by law name."""
    return {name: float(weight) for name, weight in zip(names, weights, strict=True)}
