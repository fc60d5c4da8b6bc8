"""What fits say of runs at any inputs: curve, extrapolation term and noise, and how densely they foretell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from forecaster.fits.design import Design
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import NO_TERM, OTHER_SCALE, WEIGHING, Extrapolation, distance, extrapolation_for
from forecaster.fits.posterior import Fit
from forecaster.runs.table import Runs
from forecaster.stats.link import Link
from forecaster.stats.mixture import Band, weighted_quantile
from forecaster.stats.student import log_student, stratified_student

MOST_AT_ONCE = 1_000_000

At = Mapping[str, Any] | Runs
"""Where runs are asked for: each input and the table's scale, shape (point), or (sample, 1), a place for each draw; or
runs of the same columns, whose known errors widen the noise."""


@dataclass(frozen=True, eq=False)
class LawDraws:
    """One law's draws with the noise and the drift that belong to each; every array is of shape (sample).

    Args:
        design: the law on its table.
        values: of the parameters of the formula and of the noise, chains in a row.
        unit_noise: noise of scale one; one draw of it serves all points, so that a figure's bands are smooth.
        term: beyond the data.
        numbers: its unknown number.
    """

    design: Design
    values: Mapping[str, np.ndarray]
    unit_noise: np.ndarray
    term: Extrapolation
    numbers: np.ndarray

    @classmethod
    def of_priors(cls, design: Design, *, draws: int, seed: int, noise_seed: int) -> LawDraws:
        """What the priors alone say; a response is not finite where a draw gives none."""
        prior = design.law.draw_priors(design.references.values, draws=draws, seed=seed)
        nu = design.degrees_of_freedom(prior)
        return cls(design, prior, stratified_student(nu, draws, seed=noise_seed), NO_TERM, np.zeros(draws))

    def curve(self, at: At) -> np.ndarray:
        """The law's response on the scale of its link, free of noise, shape (sample, point)."""
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(self.design.response(self._columns, self._inputs(at)))

    def beyond(self, at: At) -> np.ndarray:
        """h, the e-folds beyond the data, shape (point) or (sample, 1)."""
        return np.asarray(distance(_scale(self.design, at), self.design.references.scale_largest))

    def lever(self, at: At) -> np.ndarray:
        """What one unit of the term's number adds: h, or minus gamma h; shape (sample, point)."""
        h = self.beyond(at)
        shape = np.broadcast_shapes((len(self.numbers), 1), h.shape)
        if not self.term.by_exponent or not h.any():
            return np.broadcast_to(h, shape)
        gamma = self.design.exponent(self._columns, self._inputs(at), _scale(self.design, at))
        return np.broadcast_to(-gamma * h, shape)

    def _inputs(self, at: At) -> dict[str, Any]:
        return self.design.inputs(at) if isinstance(at, Runs) else self.design.inputs_at(at)

    @property
    def exponent_moves(self) -> bool:
        """Whether the term takes an exponent that depends on the point asked for."""
        return self.term.by_exponent and self.design.law.exponent is None

    @property
    def per_efold(self) -> np.ndarray:
        """What the term adds for each e-fold, shape (sample); where `exponent_moves`, for an exponent of one."""
        if not self.term.by_exponent:
            return self.numbers
        return -self.numbers if self.exponent_moves else -self.numbers * self.design.exponent(self.values, {}, 1.0)

    def drift(self, at: At) -> np.ndarray:
        """The extrapolation term, of the same shape."""
        return np.asarray(self.lever(at) * self.numbers[:, None])

    def noise(self, at: At) -> np.ndarray:
        """The noise, of the same shape."""
        return np.asarray(self.noise_scale(at) * self.unit_noise[:, None])

    def run(self, at: At) -> np.ndarray:
        """A new run: the three together."""
        return np.asarray(self.curve(at) + self.drift(at) + self.noise(at))

    def noise_scale(self, at: At, *, widened: Any = 0.0) -> np.ndarray:
        """The noise's scale, widened by known errors of runs and by a standard deviation a point."""
        scale = self.design.noise_scale(self._columns, self.design.distance(_scale(self.design, at)))
        for sd in (widened, self.design.known_errors(at) if isinstance(at, Runs) else 0.0):
            scale = np.sqrt(scale**2 + sd**2) if np.any(sd) else scale
        return np.asarray(scale)

    @property
    def _columns(self) -> dict[str, np.ndarray]:
        return {name: values[:, None] for name, values in self.values.items()}


def _scale(design: Design, at: At) -> Any:
    name = design.runs.scale
    return at.column(name) if isinstance(at, Runs) else np.atleast_1d(at[name])


def extrapolation_of(ensemble: Ensemble) -> Extrapolation:
    """The term for an ensemble's table and the scale of its noise."""
    runs = ensemble.runs
    return extrapolation_for(language_loss=runs.is_language_loss, scale=runs.scale, link=ensemble.link.name)


def law_draws(ensemble: Ensemble, *, term: Extrapolation | None, seed: int) -> tuple[LawDraws, ...]:
    """The draws of every law of an ensemble, of one length, with their noise and the term's number.

    Args:
        ensemble: whose laws.
        term: beyond the data; no drift where not given.
        seed: of the term; the noise takes the next.
    """
    counts = [fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"] for fit in ensemble.fits]
    count = min(counts)
    term = term or NO_TERM
    numbers = term.draws(count, seed=seed)
    return tuple(
        LawDraws(
            fit.design,
            fit.flat_draws(count),
            stratified_student(fit.degrees_of_freedom().values.ravel(), whole, seed=seed + 1)[:count],
            term,
            numbers,
        )
        for fit, whole in zip(ensemble.fits, counts, strict=True)
    )


@dataclass(frozen=True, eq=False)
class Prediction:
    """What an ensemble says of runs at some points, on the scale of its link.

    Args:
        curve: each law's response without noise, shape (law, sample, point).
        noise: run-to-run noise, of the same shape.
        lever: what one unit of the extrapolation term's number adds, of the same shape.
        numbers: that number, shape (sample).
        term: whose number it is.
        weights: of the laws, shape (law).
        chains: how many chains the samples come from.
        link: the scale.
    """

    curve: np.ndarray
    noise: np.ndarray
    lever: np.ndarray
    numbers: np.ndarray
    term: Extrapolation
    weights: np.ndarray
    chains: int
    link: Link

    @property
    def drift(self) -> np.ndarray:
        """The extrapolation term, shape (law, sample, point)."""
        return np.asarray(self.lever * self.numbers[:, None])

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
        """Parts of the variance of the noise-free response due to parameters, law and extrapolation, shape (point).

        By the law of total variance: the term's number varies given the parameters, and moves with them at its mean.
        """
        # Point by point, over samples that lie side by side: NumPy's sums depend on the layout.
        count = range(self.curve.shape[-1])
        levers = [np.ascontiguousarray(self.lever[..., i]) for i in count]
        points = [np.ascontiguousarray(self.curve[..., i]) + self.term.expected * levers[i] for i in count]
        w, means = self.weights, [m.mean(axis=1) for m in points]
        parts = {
            "parameters": np.array([w @ m.var(axis=1) for m in points]),
            "law": np.array([w @ (mean - w @ mean) ** 2 for mean in means]),
            "extrapolation": self.term.spread**2 * np.array([w @ (each**2).mean(axis=1) for each in levers]),
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


def predict(ensemble: Ensemble, at: At, *, term: Extrapolation | None, seed: int) -> Prediction:
    """Draws of runs at any inputs: the curve, the extrapolation term and the noise of every law.

    Args:
        ensemble: whose laws.
        at: where.
        term: beyond the data; none where not given.
        seed: of the term; the noise takes the next.

    Raises:
        ScenarioError: the points lack an input of a law.
    """
    draws = law_draws(ensemble, term=term, seed=seed)
    curve, noise, lever = np.empty((3, len(draws), len(draws[0].numbers), len(draws[0].beyond(at))))
    for i, law in enumerate(draws):
        curve[i], noise[i], lever[i] = law.curve(at), law.noise(at), law.lever(at)
    chains = ensemble.fits[0].settings.chains
    return Prediction(curve, noise, lever, draws[0].numbers, draws[0].term, ensemble.shares, chains, ensemble.link)


def log_likelihood(fit: Fit, runs: Runs | None = None) -> np.ndarray:
    """Log density of each training run for every draw, on the scale of its link, shape (chain, draw, run).

    Args:
        fit: of one law.
        runs: some of its runs; all of them where not given.
    """
    sizes = fit.posterior.sizes
    runs = fit.runs if runs is None else runs
    return _log_densities(fit, runs).reshape(sizes["chain"], sizes["draw"], len(runs))


_joint: WeakKeyDictionary[Fit, np.ndarray] = WeakKeyDictionary()


def joint_log_likelihood(fit: Fit) -> np.ndarray:
    """Log density of all training runs together for every draw, shape (chain, draw); computed once a fit."""
    if fit not in _joint:
        sizes = fit.posterior.sizes
        # Some runs at a time: ten thousand of them by six thousand draws would not fit in memory.
        step = max(1, MOST_AT_ONCE // (sizes["chain"] * sizes["draw"]))
        row = np.arange(len(fit.runs))
        parts = [fit.runs.select((row >= start) & (row < start + step)) for start in range(0, len(row), step)]
        _joint[fit] = np.sum([log_likelihood(fit, part).sum(axis=2) for part in parts], axis=0)
    return _joint[fit]


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
        sd = WEIGHING if fit.law.link == "log" else OTHER_SCALE.sd
        widened = sd * distance(test.column(fit.runs.scale), fit.references.scale_largest)
        log_p = _log_densities(fit, test, widened=widened)
    else:
        log_p = _log_densities(fit, test, term=extrapolation, seed=seed)
    return np.asarray(logsumexp(log_p, axis=0) - np.log(len(log_p)))


def _log_densities(
    fit: Fit, runs: Runs, *, term: Extrapolation | None = None, widened: Any = 0.0, seed: int = 1
) -> np.ndarray:
    """Log density of runs for every draw, shape (sample, run), its noise widened by a standard deviation a run."""
    nu, term = fit.degrees_of_freedom().values.reshape(-1, 1), term or NO_TERM
    law = LawDraws(fit.design, fit.flat_draws(), np.zeros(len(nu)), term, term.draws(len(nu), seed=seed))
    m = law.curve(runs) + (0.0 if term is NO_TERM else law.drift(runs))
    scale = law.noise_scale(runs, widened=widened)
    log_p = log_student((fit.link.on(runs.column("loss")) - m) / scale, nu) - np.log(scale)
    return np.broadcast_to(log_p, (len(nu), len(runs)))
