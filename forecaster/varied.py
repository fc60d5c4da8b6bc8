"""The laws of a forecast as a variation would have them: draws weighted where that can be relied on, else anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.cache import load_cached
from forecaster.errors import InputError, NotConverged
from forecaster.fit import Say, fit, refit
from forecaster.gate import judge_at
from forecaster.importance import importance
from forecaster.law import Law
from forecaster.posterior import FIRST_TRY, RETRY, Fit
from forecaster.runs import Runs
from forecaster.variation import Variation

if TYPE_CHECKING:
    from forecaster.forecast import Forecast

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
    likelihoods: Mapping[str, np.ndarray],
    *,
    sample: bool = True,
    cache: bool = True,
    say: Say | None = None,
) -> tuple[Varied, ...] | str:
    """The laws that speak under a variation, or why it cannot be given.

    Args:
        forecast: what is varied.
        variation: how.
        likelihoods: log likelihood of the forecast's runs for every draw, shape (chain, draw), by law name.
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
        weighted = importance(before, changed, before=likelihoods[law.name])
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
        return judge_at(found, {"the point": variation.at}).status != "fail"

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
