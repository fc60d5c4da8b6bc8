"""What a fit says of runs at any inputs: curve, noise and drift, and how densely it foretells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.fits.design import column_of
from forecaster.fits.extrapolation import LANGUAGE_LOSS, OTHER_SCALE, Extrapolation, distance
from forecaster.fits.posterior import Fit
from forecaster.laws.formula.tree import NUMPY, evaluate
from forecaster.laws.law import is_count
from forecaster.runs.table import Runs
from forecaster.stats.student import log_student, stratified_student

if TYPE_CHECKING:
    import xarray as xr

    from forecaster.forecasts.result import Forecast


def flat_draws(fit: Fit, count: int | None = None) -> dict[str, np.ndarray]:
    """The formula's parameters, chains in a row, each of shape (count).

    Args:
        fit: of one law.
        count: how many, from the first; all where not given.
    """
    posterior = fit.posterior
    return {name: posterior[name].transpose("chain", "draw").values.reshape(-1)[:count] for name in fit.law.parameters}


def linked_by_draw(fit: Fit, draws: Mapping[str, np.ndarray], inputs: Mapping[str, Any]) -> np.ndarray:
    """The law's response on the scale of its link, free of noise, each draw at inputs of its own.

    The same as `Fit.linked_response` without the bookkeeping of dimensions, which costs more than the arithmetic.

    Args:
        fit: of one law.
        draws: as `flat_draws` gives them, or with one more axis.
        inputs: of the law, arrays that broadcast with the draws.
    """
    logs: dict[str, Any] = {name: np.log(inputs[name]) for name in fit.law.inputs if is_count(fit.law, name)}
    values = {**draws, **fit.references.values, **inputs}
    response = evaluate(fit.law.formula, values, functions=NUMPY, logs={**logs, **fit.references.log_centre})
    return np.asarray(fit.link.on(response))


def weights_of(forecast: Forecast) -> np.ndarray:
    """The laws' weights in the order of the forecast's fits, shape (law)."""
    return np.array([forecast.weights[fit.law.name] for fit in forecast.fits])


def mixture_draws(
    forecast: Forecast, at: Mapping[str, np.ndarray], *, fits: Sequence[Fit] = (), noise: bool = True
) -> np.ndarray:
    """Draws on the scale of the laws' link, shape (law, sample, point), with the extrapolation term.

    Args:
        forecast: whose draws, seed and term are used, so that its `along` gives the same.
        at: each input and the table's scale, shape (point).
        fits: in place of the forecast's own, such as thinned ones.
        noise: whether run-to-run noise is added.
    """
    fits = fits or forecast.fits
    scale = forecast.runs.scale
    largest = forecast.fits[0].references.scale_largest
    ratio = np.asarray(at[scale]) / largest
    found = []
    for fit in fits:
        inputs = {name: at[column_of(fit.law, name, fit.runs)] for name in fit.law.inputs}
        if noise:
            m, scatter = curve_and_noise(fit, inputs, ratio, seed=forecast.seed + 1)
            found.append(m + scatter)
        else:
            found.append(curve_and_scale(fit, inputs, ratio)[0])
    count = min(len(m) for m in found)
    drift = forecast.extrapolation.draws(count, seed=forecast.seed)[:, None] * distance(at[scale], largest)
    return np.asarray(np.stack([m[:count] for m in found]) + drift)


def thinned(fit: Fit, most: int) -> Fit:
    """The fit with at most about `most` of its draws, evenly spaced in every chain."""
    sizes = fit.posterior.sizes
    step = max(1, round(sizes["chain"] * sizes["draw"] / most))
    return replace(fit, draws=fit.draws.isel(draw=slice(None, None, step))) if step > 1 else fit


MOST_AT_ONCE = 5_000_000


def log_likelihood(fit: Fit, runs: Runs | None = None) -> np.ndarray:
    """Log density of each training run for every draw, on the scale of its link, shape (chain, draw, run).

    Args:
        fit: of one law.
        runs: some of its runs; all of them where not given.
    """
    runs = runs or fit.runs
    inputs = {name: runs.column(column_of(fit.law, name, runs)) for name in fit.law.inputs}
    m, scale = curve_and_scale(fit, inputs, runs.column(runs.scale) / fit.references.scale_largest)
    nu = fit.degrees_of_freedom()
    scale = with_known_errors(scale, fit, runs)
    log_p = log_student((fit.link.on(runs.column("loss")) - m) / scale, nu.values.reshape(-1, 1)) - np.log(scale)
    return np.asarray(log_p.reshape(*nu.shape, len(runs)))


def joint_log_likelihood(fit: Fit) -> np.ndarray:
    """Log density of all training runs together for every draw, shape (chain, draw)."""
    sizes = fit.posterior.sizes
    # Some runs at a time: ten thousand of them by six thousand draws would not fit in memory.
    step = max(1, MOST_AT_ONCE // (sizes["chain"] * sizes["draw"]))
    row = np.arange(len(fit.runs))
    parts = [fit.runs.select((row >= start) & (row < start + step)) for start in range(0, len(row), step)]
    return np.sum([log_likelihood(fit, part).sum(axis=2) for part in parts], axis=0)


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
