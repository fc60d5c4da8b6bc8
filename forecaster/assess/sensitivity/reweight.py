"""Importance weights: what a fit's draws would say under other priors, noise or runs, without sampling again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.assess.sensitivity.variations import Variation
from forecaster.errors import InputError, NotConverged, Say
from forecaster.fits.cache import load_cached
from forecaster.fits.ensemble import failures, judge_at
from forecaster.fits.fit import fit, refit
from forecaster.fits.posterior import Fit, sampled_values
from forecaster.fits.predict import joint_log_likelihood
from forecaster.fits.sampling.density import FIRST_TRY, RETRY
from forecaster.laws.law import Law
from forecaster.laws.prior import log_prior
from forecaster.runs.table import Runs
from forecaster.stats.psis import Reweighting, smoothed

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast


def importance(fit: Fit, changed: Fit) -> Reweighting | None:
    """Weights by which a fit's draws stand for the posterior of another law, noise or table.

    A parameter that only the old law has keeps its old prior, which the new likelihood does not read.

    Args:
        fit: whose draws they are.
        changed: the same draws with the other law, runs or held reference values.

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
        log_ratio = log_ratio - joint_log_likelihood(fit) + joint_log_likelihood(changed)
    return smoothed(log_ratio)


def _likelihood_differs(fit: Fit, changed: Fit) -> bool:
    def read(of: Fit) -> tuple[Any, ...]:
        noise = of.law.noise
        return of.runs.sha256, of.law.formula, of.law.link, noise.family, noise.scale, noise.nu

    return read(fit) != read(changed) or fit.references.scale_largest != changed.references.scale_largest


NOT_SAMPLED = "laws would have to be sampled anew, which a saved fit does not do: forecast from the table itself"


@dataclass(frozen=True, eq=False)
class Varied:
    """One law's part in a varied forecast.

    Args:
        fit: its draws, with the varied law and runs.
        weights: of the draws, shape (sample), summing to one; None where all count alike.
        pareto_k: of the weights that were tried; None where none were.
        anew: whether the law was sampled for this.
    """

    fit: Fit
    weights: np.ndarray | None = None
    pareto_k: float | None = None
    anew: bool = False


def vary(
    forecast: Forecast,
    variation: Variation,
    *,
    sample: bool = True,
    cache: bool = True,
    say: Say | None = None,
) -> tuple[Varied, ...] | str:
    """The laws that speak under a variation, or why it cannot be given.

    Args:
        forecast: what is varied.
        variation: how.
        sample: whether laws may be sampled anew; where not, only fits from the cache serve.
        cache: whether fits may come from, and go to, the cache.
        say: called with a line of progress.
    """
    found = []
    same_runs = variation.runs is forecast.runs
    for before, law in zip(forecast.fits, variation.laws, strict=True):
        if not variation.weights[law.name] > 0:
            continue
        if same_runs and law == before.law:
            found.append(Varied(before))
            continue
        changed = _changed(before, law, None if same_runs else variation.runs)
        weighted = importance(before, changed)
        if weighted is not None and weighted.reliable:
            found.append(Varied(changed, weighted.weights, weighted.pareto_k))
            continue
        if say and sample:
            say(f"sensitivity: {law.name} {variation.name}")
        anew = _sampled(law, changed.runs, variation, seed=before.seed, sample=sample, cache=cache, say=say)
        if isinstance(anew, str):
            return anew
        found.append(Varied(anew, None, weighted.pareto_k if weighted else None, anew=True))
    return tuple(found)


def _changed(before: Fit, law: Law, runs: Runs | None) -> Fit:
    """The same draws under another law or table; the sampled parameters keep their meaning, d its new zero."""
    if runs is None:
        return replace(before, law=law, held=before.references)
    held = replace(before.references, scale_largest=float(runs.column(runs.scale).max()))
    return replace(before, law=law, runs=runs, held=held)


def _sampled(
    law: Law, runs: Runs, variation: Variation, *, seed: int, sample: bool, cache: bool, say: Say | None
) -> Fit | str:
    """A fit whose draws pass their checks at the point, or why there is none."""

    def passes(found: Fit) -> bool:
        return not failures({law.name: judge_at(found, {"the point": variation.at})})

    if not sample:
        kept = [load_cached(law, runs, seed=seed, settings=each) for each in (FIRST_TRY, RETRY)] if cache else []
        return next((each for each in kept if each and passes(each)), NOT_SAMPLED)
    try:
        first = fit(law, runs, seed=seed, retry=False, cache=cache, say=say)
        if passes(first):
            return first
        longer = refit(first, cache=cache, say=say)
    except (NotConverged, InputError) as error:
        return f"{law.name} sampled anew: {error.message}"
    if passes(longer):
        return longer
    return f"{law.name} sampled anew did not pass its checks: {' '.join(longer.verdict.notes)}"
