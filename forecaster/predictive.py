"""Draws of what a fit says of new runs: the law's curve and the run-to-run noise, apart from each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.distribution import log_student
from forecaster.extrapolation import LANGUAGE_LOSS, OTHER_SCALE, Extrapolation, distance, stratified_student
from forecaster.posterior import Fit, column_of
from forecaster.runs import Runs

if TYPE_CHECKING:
    import xarray as xr


def curve_and_noise(fit: Fit, inputs: Mapping[str, Any], ratio: Any, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The law's response m and the noise around it, on the scale of its link, each of shape (sample, point).

    Args:
        fit: of one law.
        inputs: of the law, each of shape (point).
        ratio: each point's scale over the table's largest, shape (point).
        seed: of the noise; one draw of it serves all points, so that a figure's bands are smooth.
    """
    m, scale = curve_and_scale(fit, inputs, ratio)
    return m, scale * _unit_noise(fit, len(m), seed=seed)


def _unit_noise(fit: Fit, count: int, *, seed: int) -> np.ndarray:
    """Noise of scale one, shape (sample, 1)."""
    return stratified_student(fit.degrees_of_freedom().values.ravel(), count, seed=seed)[:, None]


def predictive_draws(fit: Fit, test: Runs, extrapolation: Extrapolation, *, seed: int, most: int) -> np.ndarray:
    """Draws of runs that the fit has not seen, on the scale of its link, shape (sample, test run).

    Args:
        fit: of the runs shown.
        test: the runs hidden.
        extrapolation: the term beyond the data.
        seed: of the noise and of the extrapolation slopes.
        most: draws to keep, evenly spaced; the slopes' strata are spread over those.
    """
    ratio = test.column(fit.runs.scale) / fit.references.scale_largest
    inputs = {name: test.column(column_of(fit.law, name, fit.runs)) for name in fit.law.inputs}
    m, scale = curve_and_scale(fit, inputs, ratio)
    noise = with_known_errors(scale, fit, test) * _unit_noise(fit, len(m), seed=seed + 1)
    drift = extrapolation.draws(len(m), seed=seed)[:, None] * distance(ratio, 1.0)
    return np.asarray((m + drift + noise)[:: max(1, len(m) // most)])


def log_density(fit: Fit, test: Runs, *, extrapolation: Extrapolation | None = None, seed: int = 1) -> np.ndarray:
    """Log predictive density of hidden runs, on the scale of the fit's link, shape (test run).

    Without an extrapolation term the noise's squared scale is widened by (.004 h)^2 and not shifted, which is how laws
    are compared for weights; with one, the density is that of the forecast itself.

    Args:
        fit: of the runs shown.
        test: the runs hidden.
        extrapolation: the term beyond the data, for the density of the forecast.
        seed: of the term's draws.
    """
    from scipy.special import logsumexp

    ratio = test.column(fit.runs.scale) / fit.references.scale_largest
    inputs = {name: test.column(column_of(fit.law, name, fit.runs)) for name in fit.law.inputs}
    m, scale = curve_and_scale(fit, inputs, ratio)
    nu = fit.degrees_of_freedom().values.reshape(-1, 1)
    h = distance(ratio, 1.0)
    if extrapolation is None:
        sd = LANGUAGE_LOSS.sd if fit.law.link == "log" else OTHER_SCALE.sd
        scale = np.sqrt(scale**2 + (sd * h) ** 2)
    else:
        m = m + extrapolation.draws(len(m), seed=seed)[:, None] * h
    scale = with_known_errors(scale, fit, test)
    log_p = log_student((fit.link.on(test.column("loss")) - m) / scale, nu) - np.log(scale)
    return np.asarray(logsumexp(log_p, axis=0) - np.log(len(log_p)))


def curve_and_scale(fit: Fit, inputs: Mapping[str, Any], ratio: Any) -> tuple[np.ndarray, np.ndarray]:
    """The law's response on the scale of its link and the noise's scale, each (sample, point), chains in a row."""
    import xarray as xr

    def along(values: Any) -> xr.DataArray:
        return xr.DataArray(np.atleast_1d(values), dims="point")

    def by_draw(values: xr.DataArray) -> np.ndarray:
        # Where neither the law nor its noise knows the scale, the answer is one for all points.
        array = (values + 0.0 * along(ratio)).transpose("chain", "draw", "point").values
        return array.reshape(-1, array.shape[-1])

    m = by_draw(fit.linked_response({name: along(values) for name, values in inputs.items()}))
    return m, by_draw(fit.noise_scale(along(np.log(ratio))))


def with_known_errors(scale: np.ndarray, fit: Fit, runs: Runs) -> np.ndarray:
    """The noise's scale around runs whose responses are known only up to a standard error.

    Args:
        scale: of the noise alone, shape (sample, run).
        fit: whose link tells the scale.
        runs: with their `loss_se`, where the table has it.
    """
    if not runs.has("loss_se"):
        return scale
    error = fit.link.error(runs.column("loss"), runs.column("loss_se"))
    return np.asarray(np.sqrt(scale**2 + error**2)) if error.any() else scale
