"""Importance weights: what a fit's draws would say under other priors, noise or runs, without sampling again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.diagnosis import ESS_PRINTED
from forecaster.distribution import FAMILIES
from forecaster.formula import evaluate
from forecaster.loo import RELIABLE_K, joint_log_likelihood
from forecaster.posterior import Fit
from forecaster.prior import Prior


@dataclass(frozen=True, eq=False)
class Reweighting:
    """The draws of one posterior weighted so that they stand for another.

    Args:
        weights: of the draws, chains in a row, shape (sample), summing to one.
        pareto_k: shape of the tail of the raw weights; 0 where they are all alike, infinite where it cannot be told.
    """

    weights: np.ndarray
    pareto_k: float

    @property
    def effective(self) -> float:
        """How many equally weighted draws would be as informative: Kish's effective sample size."""
        return float(1 / (self.weights**2).sum())

    @property
    def reliable(self) -> bool:
        """Whether the weighted draws may be shown: Pareto k below 0.7, and as many effective draws as a verdict asks.

        Source: Vehtari, Simpson, Gelman, Yao, Gabry 2024, arXiv:1507.02646.
        """
        return self.pareto_k < RELIABLE_K and self.effective >= min(ESS_PRINTED, 0.1 * len(self.weights))


def importance(fit: Fit, changed: Fit, *, before: np.ndarray | None = None) -> Reweighting | None:
    """Weights by which a fit's draws stand for the posterior of another law, noise or table.

    A parameter that only the old law has keeps its old prior, which the new likelihood does not read.

    Args:
        fit: whose draws they are.
        changed: the same draws with the other law, runs or held reference values.
        before: log likelihood of the fit's runs for every draw, shape (chain, draw), where it is known.

    Returns:
        None where weights cannot do it: the new law samples what the old one did not, or has a prior of another
        family.
    """
    old, new = fit.law.priors, changed.law.priors
    if any(name not in old or old[name].family != prior.family for name, prior in new.items()):
        return None
    values = sampled_values(fit)
    log_ratio: Any = np.zeros((fit.posterior.sizes["chain"], fit.posterior.sizes["draw"]))
    for name, prior in new.items():
        if prior != old[name]:
            log_ratio = log_ratio + log_prior(prior, values[name], values) - log_prior(old[name], values[name], values)
    if _likelihood_differs(fit, changed):
        log_ratio = log_ratio - (joint_log_likelihood(fit) if before is None else before)
        log_ratio = log_ratio + joint_log_likelihood(changed)
    return smoothed(log_ratio)


def smoothed(log_ratio: np.ndarray) -> Reweighting:
    """Pareto-smoothed weights from log ratios of densities.

    Source: Vehtari, Simpson, Gelman, Yao, Gabry 2024, arXiv:1507.02646.

    Args:
        log_ratio: log of the new density over the old one, up to a constant, shape (chain, draw).
    """
    from arviz_stats.base import array_stats

    flat = log_ratio.ravel()
    if not np.isfinite(flat).all():
        return Reweighting(np.full(flat.size, 1 / flat.size), math.inf)
    if np.ptp(flat) < 1e-12:
        return Reweighting(np.full(flat.size, 1 / flat.size), 0.0)
    efficiency = float(array_stats.ess(np.exp(log_ratio - log_ratio.max()), method="mean")) / flat.size
    try:
        log_weights, k = array_stats.psislw(-flat, r_eff=efficiency if efficiency > 0 else 1.0)
    except ValueError:
        # The tail is too short to be smoothed, or of one value.
        log_weights, k = flat, math.inf
    weights = np.exp(log_weights - log_weights.max())
    return Reweighting(weights / weights.sum(), float(k) if math.isfinite(k) else math.inf)


def sampled_values(fit: Fit) -> dict[str, Any]:
    """Every sampled parameter's draws, shape (chain, draw), and the reference values, by name."""
    posterior = fit.posterior
    values: dict[str, Any] = dict(fit.references.values)
    return values | {name: posterior[name].transpose("chain", "draw").values for name in fit.law.priors}


def log_prior(prior: Prior, value: np.ndarray, values: Mapping[str, Any]) -> np.ndarray:
    """Log density of a prior, as its family has it, up to a constant that does not depend on its arguments.

    Args:
        prior: of one parameter.
        value: of the parameter, any shape.
        values: what the names in the prior's arguments stand for; arrays that broadcast with the value.
    """
    a = [np.asarray(evaluate(argument, values), dtype=float) for argument in prior.arguments]
    return np.asarray(FAMILIES[prior.family].log_density(value, *a) + np.zeros(np.shape(value)))


def _likelihood_differs(fit: Fit, changed: Fit) -> bool:
    def read(of: Fit) -> tuple[Any, ...]:
        noise = of.law.noise
        return of.runs.sha256, of.law.formula, of.law.link, noise.family, noise.scale, noise.nu

    return read(fit) != read(changed) or fit.references.scale_largest != changed.references.scale_largest
