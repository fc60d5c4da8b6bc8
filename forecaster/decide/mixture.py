"""The mixture's draws at many points at once, the very draws that a forecast of each point would rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.extrapolation import distance
from forecaster.posterior import Fit, column_of
from forecaster.predictive import curve_and_noise, curve_and_scale

if TYPE_CHECKING:
    from forecaster.forecast import Forecast


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
