"""Power-scaling: whether the priors or the data carry what a fit says, told from its draws alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from forecaster.fits.ensemble import Ensemble
from forecaster.fits.posterior import Fit, sampled_values, thinned
from forecaster.fits.predict import joint_log_likelihood
from forecaster.laws.prior import log_prior
from forecaster.quantity import finite
from forecaster.stats.power_scaling import POWERS, scaled_weights, sensitivity

THRESHOLD = 0.05
"""Sensitivity from which a quantity counts as moved (Kallioinen et al. 2023, arXiv:2107.14054, section 2.5)."""

ANSWER = "response at the point"

MOST_DENSITIES, FEWEST_DRAWS = 600_000_000, 1000
"""Densities of runs by draws from which on fewer draws tell the sensitivities, and how few at least. All six thousand
draws of a first try count up to 100,000 runs; of a million they would take minutes."""


@dataclass(frozen=True)
class Power:
    """How far a quantity moves when the prior, or the likelihood, is made a little stronger or weaker.

    Args:
        law: whose posterior it is.
        quantity: a sampled parameter, or the law's log response at the point asked for.
        prior: change of its distribution for each doubling of the prior's power, as cumulative Jensen-Shannon
            distance.
        likelihood: the same for the likelihood.
    """

    law: str
    quantity: str
    prior: float
    likelihood: float

    @property
    def diagnosis(self) -> str:
        """What the two say together, in a few words."""
        if not (np.isfinite(self.prior) and np.isfinite(self.likelihood)):
            return "cannot be told"
        if self.prior < THRESHOLD:
            return "the prior matters little"
        both = self.likelihood >= THRESHOLD
        return "prior and data both count and may conflict" if both else "the prior is strong or the data weak"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; a number that does not exist is None."""
        numbers = {"prior": self.prior, "likelihood": self.likelihood}
        return (
            {"law": self.law, "quantity": self.quantity}
            | {name: finite(value) for name, value in numbers.items()}
            | {"diagnosis": self.diagnosis}
        )


Weights = tuple[np.ndarray, np.ndarray]
"""Of the draws, under each power."""

_weights: WeakKeyDictionary[Fit, tuple[Weights | float, Weights | float]] = WeakKeyDictionary()

_found: WeakKeyDictionary[Fit, dict[tuple[Any, ...], tuple[Power, ...]]] = WeakKeyDictionary()
"""What was found at places, since a forecast's notes, its grade and its annex ask for the same."""


def _weights_of(fit: Fit, few: Fit) -> tuple[Weights | float, Weights | float]:
    """Weights under powers of the joint prior and of the likelihood, computed once a fit; see `_weighed`."""
    if fit not in _weights:
        values = sampled_values(few)
        priors = np.sum([log_prior(prior, values[name], values) for name, prior in fit.law.priors.items()], axis=0)
        _weights[fit] = _weighed(priors), _weighed(joint_log_likelihood(few))
    return _weights[fit]


def _weighed(density: np.ndarray) -> Weights | float:
    """Weights under each power; where the density is not finite or does not vary, the one sensitivity that all have."""
    if not np.isfinite(density).all():
        return np.nan
    if np.ptp(density) == 0:
        return 0.0
    lower, upper = (scaled_weights(density.ravel(), power) for power in POWERS)
    return lower, upper


def power_scale(fit: Fit, at: Mapping[str, float], *, only_response: bool = False) -> tuple[Power, ...]:
    """Power-scaling sensitivities of a law's response at a point and of its sampled parameters.

    The joint prior (the likelihood) is raised to the powers .99 and 1.01 by importance weights; the distance between
    a quantity's distributions before and after, over the change in log2 of the power, is its sensitivity. The power
    of a prior depends on the scale that it is written on: here the log for LogNormal, the logit for LogitNormal.

    Source: Kallioinen, Paananen, Buerkner, Vehtari 2023, arXiv:2107.14054, section 2.

    Args:
        fit: of one law.
        at: the point, with every input of the law.
        only_response: whether to leave the parameters out.
    """
    known, place = _found.setdefault(fit, {}), (only_response, *at.items())
    if place not in known:
        known[place] = _power_scale(fit, at, only_response=only_response)
    return known[place]


def _power_scale(fit: Fit, at: Mapping[str, float], *, only_response: bool) -> tuple[Power, ...]:
    few = thinned(fit, max(FEWEST_DRAWS, MOST_DENSITIES // len(fit.runs)))
    quantities = {ANSWER: few.linked_response(few.design.inputs_at(at)).transpose("chain", "draw").values}
    if not only_response:
        values = sampled_values(few)
        quantities |= {name: values[name] for name in fit.law.priors}

    def sensitivities(weights: Weights | float) -> dict[str, float]:
        if isinstance(weights, float):
            return dict.fromkeys(quantities, weights)
        return {
            name: sensitivity(draws.ravel(), *weights) if np.ptp(draws) > 0 else 0.0
            for name, draws in quantities.items()
        }

    by_prior, by_data = map(sensitivities, _weights_of(fit, few))
    return tuple(Power(fit.law.name, name, by_prior[name], by_data[name]) for name in quantities)


_shares: WeakKeyDictionary[Ensemble, dict[tuple[tuple[str, float], ...], float]] = WeakKeyDictionary()
"""By point, of ensembles that are still in use, since it takes a while to tell."""


def prior_share(ensemble: Ensemble, at: Mapping[str, float]) -> float:
    """How much of what moves the response at a point is the priors', 0 to 1; not a number where the draws cannot tell.

    It is power-scaling sensitivity to the priors over that to priors and data together, laws by weight.

    Args:
        ensemble: whose laws.
        at: the point, with every input of theirs.
    """
    kept, key = _shares.setdefault(ensemble, {}), tuple(sorted(at.items()))
    if key not in kept:
        prior = data = 0.0
        for fit in ensemble.fits:
            if weight := ensemble.weights[fit.law.name]:
                here = power_scale(fit, at, only_response=True)[0]
                prior, data = prior + weight * here.prior, data + weight * here.likelihood
        told = math.isfinite(prior + data) and prior + data > 0
        kept[key] = round(prior / (prior + data), 2) if told else math.nan
    return kept[key]
