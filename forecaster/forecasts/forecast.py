"""To forecast: from fits of one table and points to ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forecaster.backtests.weighting import Weighting, given, weigh
from forecaster.errors import NotConverged, Say, ScenarioError
from forecaster.fits.ensemble import judge_at, refuse_too_few, sample_longer
from forecaster.fits.extrapolation import LANGUAGE_LOSS, Extrapolation, extrapolation_for
from forecaster.fits.posterior import Fit
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.answer import answer
from forecaster.forecasts.points import refuse_incomplete, resolve
from forecaster.forecasts.result import Forecast
from forecaster.inputs import CODE
from forecaster.laws.families import families_of, family_at
from forecaster.notes import Note
from forecaster.runs.check import check
from forecaster.runs.points import Scenario, scenario
from forecaster.runs.table import Runs


def forecast(
    fits: Fit | Sequence[Fit],
    at: Any,
    *,
    targets: Iterable[float] = (),
    weights: str | Mapping[str, float] | Weighting = "extrapolation",
    seed: int = 1,
    allow_failed_checks: bool = False,
    retry: bool = False,
    cache: bool = True,
    say: Say | None = None,
) -> Forecast:
    """Ask fits of one table what runs that nobody has trained will do.

    The log response of a new run is m(N, D) + s h + noise: m the law, s one unknown slope for the whole forecast
    (see `Extrapolation`), h the e-folds of compute beyond the largest run, and noise whose scale grows with the
    distance from it. Laws are mixed by weight.

    Args:
        fits: one or more fits of the same table.
        at: points, as texts (`N=70B,D=1.4T`, or `C=6e23` for the compute-optimal split), mappings or a Scenario.
        targets: values of the response; for each the chance of ending at or below it is given.
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
    fits = [fits] if isinstance(fits, Fit) else list(fits)
    asked = scenario(at, targets=targets)
    if not fits:
        raise ScenarioError("a forecast needs at least one fit")
    runs = fits[0].runs
    if any(fit.runs.sha256 != runs.sha256 or not fit.is_of(runs) for fit in fits):
        raise ScenarioError("the fits are of different tables; forecast from one table at a time")
    links = {fit.law.link: fit.law.name for fit in fits}
    if len(links) > 1:
        said = ", ".join(f"{name} ({link})" for link, name in links.items())
        raise ScenarioError(f"laws whose noise is on different scales cannot be mixed: {said}; forecast them apart")
    refuse_too_few(runs, [fit.law for fit in fits])
    refuse_incomplete(asked, [fit.law for fit in fits], runs)
    weighting = _weighting(weights, fits, cache=cache, say=say)
    all_weights = weighting.weights
    named = _named(asked, resolve(fits, asked, runs, all_weights, seed=seed)[0])
    judged = [judge_at(fit, named) for fit in fits]
    if retry:
        fits, judged = sample_longer(fits, judged, named, cache=cache, say=say)
    verdicts = {fit.law.name: verdict for fit, verdict in zip(fits, judged, strict=True)}
    kept = fits
    while True:
        kept = [fit for fit in kept if allow_failed_checks or verdicts[fit.law.name].status != "fail"]
        total = sum(all_weights[fit.law.name] for fit in kept)
        if not total > 0:
            reasons = "; ".join(f"{name}: {' '.join(verdict.notes)}" for name, verdict in verdicts.items())
            raise NotConverged(f"no law passed its checks, so no number is shown ({reasons})", where=runs.name)
        shares = {fit.law.name: all_weights[fit.law.name] / total for fit in kept}
        # The optimum of a compute budget must rest on the very fits that speak, and they be judged where it lies.
        resolved, point_notes = resolve(kept, asked, runs, shares, seed=seed)
        if _named(asked, resolved) == named:
            break
        named = _named(asked, resolved)
        verdicts |= {fit.law.name: judge_at(fit, named) for fit in kept}
    extrapolation = extrapolation_for(language_loss=runs.is_language_loss, scale=runs.scale, link=fits[0].law.link)
    dropped = [_dropped(fit, all_weights, verdicts) for fit in fits if fit not in kept]
    warned = [note for note in _table_warnings(runs) if note.code != "mixed-families" or not families_of(kept[0].law)]
    notes = [*runs.notes, *warned, *dropped, *_response_notes(kept, extrapolation)]
    return Forecast(
        points=tuple(
            answer(kept, shares, point, inputs, extrapolation, seed=seed, notes=(*said, *_family_notes(kept, inputs)))
            for point, inputs, said in zip(asked.points, resolved, point_notes, strict=True)
        ),
        targets=asked.targets,
        fits=tuple(kept),
        weighting=weighting.of([fit.law.name for fit in kept]),
        verdicts=verdicts,
        extrapolation=extrapolation,
        notes=tuple(notes),
        unchecked=any(verdicts[fit.law.name].status == "fail" for fit in kept),
        seed=seed,
    )


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
    if len(set(names)) < len(names):
        raise ScenarioError(f"two fits are of laws called by one name ({', '.join(names)}); rename one")
    if isinstance(weights, Weighting):
        return weights.of(names)
    return weigh(fits, basis=weights, cache=cache, say=say) if isinstance(weights, str) else given(weights, names)


def _dropped(fit: Fit, weights: Mapping[str, float], verdicts: Mapping[str, Verdict]) -> Note:
    name = fit.law.name
    reasons = " ".join(verdicts[name].notes)
    text = f"{name} (weight {weights[name]:.2f}) did not pass its checks and is left out: {reasons}"
    return Note("law-dropped", text, warning=True)


def _table_warnings(runs: Runs) -> list[Note]:
    """What a check of the table warns of, so that nobody has to have asked for it."""
    said_otherwise = set() if runs.is_language_loss else {"response-not-loss", "response-not-positive"}
    return [note for note in check(runs).notes if note.warning and note.code not in said_otherwise]


def _response_notes(fits: Sequence[Fit], extrapolation: Extrapolation) -> list[Note]:
    runs = fits[0].runs
    if extrapolation == LANGUAGE_LOSS:
        return []
    reason = f"`{runs.response}` does not look like a language-model loss"
    if runs.scale != "C":
        reason = f"the table has {runs.scale} alone"
    if fits[0].law.link != "log":
        reason = "the noise is on another scale than the log of the response"
    per = "compute" if runs.scale == "C" else runs.scale
    text = (
        f"{reason}, so the extrapolation term has no direction and is wider "
        f"(mean 0, sd {extrapolation.sd:g} per e-fold of {per})."
    )
    return [Note("other-response", text, warning=True)]


def _family_notes(fits: Sequence[Fit], inputs: Mapping[str, float]) -> list[Note]:
    if CODE not in inputs:
        return []
    name = family_at(fits[0].law, inputs[CODE])
    return [Note("family-asked", f"the point is of {name}; each family has its own level, partially pooled")]
