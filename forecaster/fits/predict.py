"""What fits say of runs at any inputs: curve, extrapolation term and noise, and how densely they foretell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.fits.design import Design
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import LANGUAGE_LOSS, OTHER_SCALE, Extrapolation, distance, extrapolation_for
from forecaster.fits.posterior import Fit
from forecaster.runs.table import Runs
from forecaster.stats.link import Link
from forecaster.stats.mixture import Band, weighted_quantile
from forecaster.stats.student import log_student, stratified_student

MOST_AT_ONCE = 5_000_000


@dataclass(frozen=True, eq=False)
class LawDraws:
    """One law's draws with the noise and the slope that belong to each; every array begins with shape (sample).

    Args:
        design: the law on its table.
        values: of the parameters of the formula and of the noise, chains in a row.
        unit_noise: noise of scale one; one draw serves all points, so that a figure's bands are smooth.
        slopes: of the extrapolation term.
    """

    design: Design
    values: Mapping[str, np.ndarray]
    unit_noise: np.ndarray
    slopes: np.ndarray

    def curve(self, inputs: Mapping[str, Any]) -> np.ndarray:
        """The law's response on the scale of its link, free of noise.

        Args:
            inputs: of the law: numbers or arrays of shape (point), for a result of shape (sample, point); or of shape
                (sample, 1), each draw at inputs of its own.
        """
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(self.design.response(self._columns, inputs))

    def noise(self, scale: Any, errors: Any = 0.0) -> np.ndarray:
        """The noise around the curve, shape (sample, point).

        Args:
            scale: each point's value of the table's scale, as of `curve`.
            errors: standard errors by which responses there are known, on the scale of the link.
        """
        return np.asarray(self.noise_scale(scale, errors) * self.unit_noise[:, None])

    def noise_scale(self, scale: Any, errors: Any = 0.0) -> np.ndarray:
        """The noise's scale, as of `noise`."""
        found = self.design.noise_scale(self._columns, self.design.distance(scale))
        return np.asarray(np.sqrt(found**2 + errors**2) if np.any(errors) else found)

    def drift(self, scale: Any) -> np.ndarray:
        """The extrapolation term, shape (sample, point)."""
        h = distance(scale, self.design.references.scale_largest)
        return np.asarray(self.slopes[:, None] * h)

    @property
    def _columns(self) -> dict[str, np.ndarray]:
        return {name: values[:, None] for name, values in self.values.items()}


def extrapolation_of(ensemble: Ensemble) -> Extrapolation:
    """The term for an ensemble's table and the scale of its noise."""
    runs = ensemble.runs
    return extrapolation_for(language_loss=runs.is_language_loss, scale=runs.scale, link=ensemble.link.name)


def law_draws(ensemble: Ensemble, *, term: Extrapolation | None, seed: int) -> tuple[LawDraws, ...]:
    """The draws of every law of an ensemble, of one length, with their noise and slopes.

    Args:
        ensemble: whose laws.
        term: beyond the data; no slope where not given.
        seed: of the slopes; the noise takes the next.
    """
    counts = [fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"] for fit in ensemble.fits]
    count = min(counts)
    slopes = np.zeros(count) if term is None else term.draws(count, seed=seed)
    return tuple(
        LawDraws(
            fit.design,
            fit.flat_draws(count),
            stratified_student(fit.degrees_of_freedom().values.ravel(), whole, seed=seed + 1)[:count],
            slopes,
        )
        for fit, whole in zip(ensemble.fits, counts, strict=True)
    )


@dataclass(frozen=True, eq=False)
class Prediction:
    """What an ensemble says of runs at some points, on the scale of its link.

    Args:
        curve: each law's response without noise, shape (law, sample, point).
        noise: run-to-run noise, of the same shape.
        drift: the extrapolation term, shape (sample, point).
        drift_sd: its standard deviation, shape (point).
        weights: of the laws, shape (law).
        chains: how many chains the samples come from.
        link: the scale.
    """

    curve: np.ndarray
    noise: np.ndarray
    drift: np.ndarray
    drift_sd: np.ndarray
    weights: np.ndarray
    chains: int
    link: Link

    @property
    def predictive(self) -> np.ndarray:
        """A new run: curve, extrapolation term and noise."""
        return np.asarray(self.curve + self.drift + self.noise)

    @property
    def raw(self) -> np.ndarray:
        """The same without the extrapolation term."""
        return np.asarray(self.curve + self.noise)

    @property
    def without_noise(self) -> np.ndarray:
        """The same without run-to-run noise."""
        return np.asarray(self.curve + self.drift)

    def band(self, draws: np.ndarray, point: int) -> Band:
        """The distribution at one point of draws of shape (law, sample, point)."""
        return Band(np.ascontiguousarray(draws[..., point]), self.weights, self.chains, self.link)

    def shares(self) -> dict[str, np.ndarray]:
        """Parts of the variance of the noise-free response due to parameters, law and extrapolation, shape (point)."""
        # Point by point, over samples that lie side by side: NumPy's sums depend on the layout.
        points = [np.ascontiguousarray(self.curve[..., i]) for i in range(self.curve.shape[-1])]
        w, means = self.weights, [m.mean(axis=1) for m in points]
        parts = {
            "parameters": np.array([w @ m.var(axis=1) for m in points]),
            "law": np.array([w @ (mean - w @ mean) ** 2 for mean in means]),
            "extrapolation": self.drift_sd**2,
        }
        total = sum(parts.values())
        # Draws that do not vary at all leave nothing to divide by.
        return {name: part / np.where(total > 0, total, 1.0) for name, part in parts.items()}

    def noise_width(self) -> np.ndarray:
        """Width of the 90% range that noise alone would give, in the response's unit, shape (point)."""
        middle = weighted_quantile(self.without_noise, [0.5], self.weights)
        ends = middle + weighted_quantile(self.noise, [0.05, 0.95], self.weights)
        with np.errstate(over="ignore"):
            low, high = self.link.back(ends)
        return np.asarray(high - low)


def predict(ensemble: Ensemble, at: Mapping[str, Any] | Runs, *, term: Extrapolation | None, seed: int) -> Prediction:
    """Draws of runs at any inputs: the curve, the extrapolation term and the noise of every law.

    Args:
        ensemble: whose laws.
        at: each input and the table's scale, shape (point); or runs, whose known errors then widen the noise.
        term: beyond the data; none where not given.
        seed: of the term's slopes; the noise takes the next.

    Raises:
        ScenarioError: the points lack an input of a law.
    """
    draws = law_draws(ensemble, term=term, seed=seed)
    scale = np.atleast_1d(at.column(ensemble.runs.scale) if isinstance(at, Runs) else at[ensemble.runs.scale])
    shape = (len(ensemble.fits), len(draws[0].slopes), len(scale))
    curve, noise = np.empty(shape), np.empty(shape)
    for i, each in enumerate(draws):
        inputs, errors = inputs_and_errors(each.design, at)
        curve[i], noise[i] = each.curve(inputs), each.noise(scale, errors)
    return Prediction(
        curve=curve,
        noise=noise,
        drift=draws[0].drift(scale),
        drift_sd=(0.0 if term is None else term.sd) * distance(scale, ensemble.largest),
        weights=ensemble.shares,
        chains=ensemble.fits[0].settings.chains,
        link=ensemble.link,
    )


def inputs_and_errors(design: Design, at: Mapping[str, Any] | Runs) -> tuple[dict[str, Any], Any]:
    """A law's inputs at points or runs, and the standard errors by which responses there are known."""
    if isinstance(at, Runs):
        return design.inputs(at), design.known_errors(at)
    return design.inputs_at(at), 0.0


def predict_from_priors(design: Design, prior: Mapping[str, np.ndarray], at: Any, unit_noise: np.ndarray) -> np.ndarray:
    """Draws of runs from a law's priors alone, without an extrapolation term, shape (sample, point).

    Args:
        design: the law on a table.
        prior: draws of every sampled and natural parameter, as of `Law.draw_priors`.
        at: as of `predict`.
        unit_noise: noise of scale one for each draw; see `prior_noise`.

    Returns:
        Not finite where a draw gives no response.
    """
    law = LawDraws(design, prior, unit_noise, np.zeros(len(unit_noise)))
    inputs, errors = inputs_and_errors(design, at)
    scale = at.column(design.runs.scale) if isinstance(at, Runs) else at[design.runs.scale]
    with np.errstate(all="ignore"):
        return np.asarray(law.curve(inputs) + law.noise(scale, errors))


def prior_noise(design: Design, prior: Mapping[str, np.ndarray], *, seed: int) -> np.ndarray:
    """Noise of scale one for each of a law's prior draws, shape (sample)."""
    count = len(next(iter(prior.values())))
    return stratified_student(design.degrees_of_freedom(prior), count, seed=seed)


def thinned(fit: Fit, most: int) -> Fit:
    """The fit with at most about `most` of its draws, evenly spaced in every chain."""
    sizes = fit.posterior.sizes
    step = max(1, round(sizes["chain"] * sizes["draw"] / most))
    return replace(fit, draws=fit.draws.isel(draw=slice(None, None, step))) if step > 1 else fit


def log_likelihood(fit: Fit, runs: Runs | None = None) -> np.ndarray:
    """Log density of each training run for every draw, on the scale of its link, shape (chain, draw, run).

    Args:
        fit: of one law.
        runs: some of its runs; all of them where not given.
    """
    sizes = fit.posterior.sizes
    runs = runs or fit.runs
    return _log_densities(fit, runs).reshape(sizes["chain"], sizes["draw"], len(runs))


def joint_log_likelihood(fit: Fit) -> np.ndarray:
    """Log density of all training runs together for every draw, shape (chain, draw)."""
    sizes = fit.posterior.sizes
    # Some runs at a time: ten thousand of them by six thousand draws would not fit in memory.
    step = max(1, MOST_AT_ONCE // (sizes["chain"] * sizes["draw"]))
    row = np.arange(len(fit.runs))
    parts = [fit.runs.select((row >= start) & (row < start + step)) for start in range(0, len(row), step)]
    return np.sum([log_likelihood(fit, part).sum(axis=2) for part in parts], axis=0)


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

    if extrapolation is None:
        sd = LANGUAGE_LOSS.sd if fit.law.link == "log" else OTHER_SCALE.sd
        widened = sd * distance(test.column(fit.runs.scale), fit.references.scale_largest)
        log_p = _log_densities(fit, test, widened=widened)
    else:
        log_p = _log_densities(fit, test, term=extrapolation, seed=seed)
    return np.asarray(logsumexp(log_p, axis=0) - np.log(len(log_p)))


def _log_densities(
    fit: Fit, runs: Runs, *, term: Extrapolation | None = None, widened: Any = 0.0, seed: int = 1
) -> np.ndarray:
    """Log density of runs for every draw, shape (sample, run), its noise widened by a standard deviation a run."""
    nu = fit.degrees_of_freedom().values.reshape(-1, 1)
    slopes = np.zeros(len(nu)) if term is None else term.draws(len(nu), seed=seed)
    # No noise is drawn: its density is known.
    law = LawDraws(fit.design, fit.flat_draws(), np.zeros(len(nu)), slopes)
    inputs, errors = inputs_and_errors(fit.design, runs)
    at = runs.column(fit.runs.scale)
    m = law.curve(inputs) + (0.0 if term is None else law.drift(at))
    scale = law.noise_scale(at, widened)
    scale = np.sqrt(scale**2 + errors**2) if np.any(errors) else scale
    log_p = log_student((fit.link.on(runs.column("loss")) - m) / scale, nu) - np.log(scale)
    return np.broadcast_to(log_p, (len(nu), len(runs)))
