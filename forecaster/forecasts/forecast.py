"""To forecast: from fits of one table and points to ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from forecaster.backtests.weighting import Weighting, given, weigh
from forecaster.errors import Say
from forecaster.fits.ensemble import Ensemble, failures, fit_each, refuse_too_few, with_refusals
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import extrapolation_of
from forecaster.forecasts.answer import answer
from forecaster.forecasts.notes.basis import own_notes, response_notes, table_notes
from forecaster.forecasts.notes.doubts import doubts, doubts_at
from forecaster.forecasts.points import refuse_incomplete, resolve
from forecaster.forecasts.result import Forecast
from forecaster.laws.law import Law
from forecaster.notes import Note
from forecaster.runs.points import Scenario, Target, scenario
from forecaster.runs.table import Runs


def forecast(
    fits: Fit | Sequence[Fit],
    at: Any,
    *,
    targets: Iterable[str | float | Target] = (),
    weights: str | Mapping[str, float] | Weighting = "extrapolation",
    seed: int = 1,
    allow_failed_checks: bool = False,
    retry: bool = False,
    cache: bool = True,
    say: Say | None = None,
) -> Forecast:
    """Ask fits of one table what runs that nobody has trained will do.

    The log response of a new run is m(N, D) - theta gamma h + noise: m the law, gamma its exponent, theta one unknown
    number for the whole forecast (see `Extrapolation`), h the e-folds of compute beyond the largest run, and noise that
    grows with the distance from it. Laws are mixed by weight.

    Args:
        fits: one or more fits of the same table.
        at: points, as texts (`N=70B,D=1.4T`, or `C=6e23` for the compute-optimal split), mappings or a Scenario.
        targets: whose chance is given: `">=0.9"`, `"<=1.95"`, or a number, met where the response is as good or better.
        weights: `extrapolation` (earned on the table's own larger runs, which fits every law to up to four parts of
            the table), `equal`, `loo`, numbers by law name, or a Weighting made before.
        seed: of the forecast's own random numbers.
        allow_failed_checks: show numbers of fits whose checks failed, stamped.
        retry: sample a fit once more, and longer, where its first try does not pass for what is asked here.
        cache: whether such a second try may come from, and go to, the cache.
        say: called with a line of progress now and then.

    Raises:
        TooFewRuns: the table cannot carry a forecast.
        ScenarioError: a point lacks an input of a law, or the fits are of different tables.
        NotConverged: no law is left whose draws pass the checks.
    """
    asked = scenario(at, targets=targets)
    whole = Ensemble((fits,) if isinstance(fits, Fit) else tuple(fits))
    _refuse(whole.runs, [fit.law for fit in whole.fits], asked)
    weighting = _weighting(weights, whole.fits, cache=cache, say=say)
    whole = replace(whole, weights=weighting.weights)
    named = _named(asked, resolve(whole, asked, seed=seed)[0])
    whole = whole.judged_at(named)
    if retry:
        whole = whole.sampled_longer(named, cache=cache, say=say)
    kept, resolved, point_notes = _speaking(whole, asked, named, seed=seed, allow_failed_checks=allow_failed_checks)
    term = weighting.term or extrapolation_of(kept)
    said = [[*notes, *own_notes(kept, weighting, at)] for notes, at in zip(point_notes, resolved, strict=True)]
    weighting = weighting.of(kept.names)
    points = answer(kept, asked.points, resolved, term, seed=seed, notes=said)
    return Forecast(
        points=tuple(replace(each, notes=(*doubts_at(kept, weighting, each), *each.notes)) for each in points),
        targets=tuple(target.towards(above=kept.runs.improves_upward) for target in asked.targets),
        fits=kept.fits,
        weighting=weighting,
        verdicts=kept.verdicts,
        extrapolation=term,
        notes=(*doubts(kept, weighting), *table_notes(kept), *kept.notes, *response_notes(kept, term)),
        unchecked=bool(failures(kept.verdicts).keys() & set(kept.names)),
        seed=seed,
    )


def forecast_table(
    runs: Runs,
    laws: Sequence[Law],
    asked: Scenario,
    *,
    weights: str | Mapping[str, float] = "extrapolation",
    seed: int = 1,
    allow_failed_checks: bool = False,
    cache: bool = True,
    say: Say | None = None,
) -> Forecast:
    """Fit laws to a table and ask them: the whole way from runs to ranges.

    What must be refused is refused before anything is sampled. A law that cannot start is left out, and said to be.

    Args:
        runs: what was measured.
        laws: that are asked.
        asked: points, each of a family where the laws know families, and targets.
        weights: as of `forecast`.
        seed: of every random number.
        allow_failed_checks: show numbers of fits whose checks failed, stamped.
        cache: whether fits and weights may come from, and go to, the cache.
        say: called with a line of progress now and then.

    Raises:
        TooFewRuns: the table cannot carry a forecast.
        ScenarioError: a point lacks an input of a law, or weights that do not fit the laws.
        NotConverged: no law is left whose draws pass the checks.
    """
    _refuse(runs, laws, asked)
    if isinstance(weights, Mapping):
        weights = given(weights, [each.name for each in laws]).weights
    fits, refusals = fit_each(laws, runs, seed=seed, cache=cache, say=say)
    if refusals and isinstance(weights, Mapping):
        weights = {each.law.name: weights[each.law.name] for each in fits}
    answer = forecast(
        fits,
        asked,
        weights=weights,
        seed=seed,
        allow_failed_checks=allow_failed_checks,
        retry=True,
        cache=cache,
        say=say,
    )
    return with_refusals(answer, refusals)


def _refuse(runs: Runs, laws: Sequence[Law], asked: Scenario) -> None:
    """Refuse what the table cannot carry and what a point lacks, before anything is computed."""
    refuse_too_few(runs, laws)
    refuse_incomplete(asked, laws, runs)


def _speaking(
    whole: Ensemble, asked: Scenario, named: Mapping[str, Mapping[str, float]], *, seed: int, allow_failed_checks: bool
) -> tuple[Ensemble, list[dict[str, float]], list[list[Note]]]:
    """The laws that speak at the points, and the points with their notes.

    The optimum of a compute budget must rest on the very fits that speak, and they be judged where it lies.
    """
    while True:
        kept = whole.speaking(allow_failed_checks=allow_failed_checks)
        resolved, notes = resolve(kept, asked, seed=seed)
        if _named(asked, resolved) == named:
            return kept, resolved, notes
        named = _named(asked, resolved)
        whole = replace(whole, verdicts=kept.judged_at(named).verdicts)


def _named(asked: Scenario, resolved: Sequence[Mapping[str, float]]) -> dict[str, Mapping[str, float]]:
    """The points by a name for a person; points that print alike stay apart."""
    named: dict[str, Mapping[str, float]] = {}
    for point, inputs in zip(asked.points, resolved, strict=True):
        named[point.text if point.text not in named else f"{point} (point {len(named) + 1})"] = inputs
    return named


def _weighting(
    weights: str | Mapping[str, float] | Weighting, fits: Sequence[Fit], *, cache: bool, say: Say | None
) -> Weighting:
    names = [fit.law.name for fit in fits]
    if isinstance(weights, Weighting):
        return weights.of(names)
    return weigh(fits, basis=weights, cache=cache, say=say) if isinstance(weights, str) else given(weights, names)
