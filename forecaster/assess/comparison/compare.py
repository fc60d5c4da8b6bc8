"""To compare: several laws on one table, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from forecaster.assess.comparison.result import Comparison
from forecaster.backtests.loo import leave_one_out, stacking_weights
from forecaster.backtests.weighting import Weighting, weigh
from forecaster.errors import Say, ScenarioError, UsageError, clipped, listed
from forecaster.fits.ensemble import Ensemble, refuse_too_few
from forecaster.fits.posterior import Fit
from forecaster.forecasts.forecast import forecast
from forecaster.notes import Note
from forecaster.runs.check import check
from forecaster.runs.data_checks import count
from forecaster.stats.psis import RELIABLE_K

PLACES_NAMED = 5


def compare(
    fits: Sequence[Fit],
    at: Any = (),
    *,
    weighting: Weighting | None = None,
    seed: int = 1,
    allow_failed_checks: bool = False,
    retry: bool = False,
    cache: bool = True,
    say: Say | None = None,
) -> Comparison:
    """Put laws side by side: runs left out, extrapolation inside the table, and forecasts at points.

    Args:
        fits: two or more fits of one table.
        at: points as `forecast` takes them; none compares the laws on the table alone.
        weighting: made before; where not given, the laws earn their weights by extrapolation.
        seed, allow_failed_checks, retry, cache, say: as of `forecast`.

    Raises:
        UsageError: fewer than two laws.
        TooFewRuns: the table cannot carry a forecast.
        ScenarioError: a point lacks an input, the fits are of different tables, or the weighting is of other laws.
        NotConverged: no law passes its checks.
    """
    names = [fit.law.name for fit in fits]
    if len(fits) < 2:
        said = f"a comparison needs two laws or more, got {listed(names) or 'none'}; add one to `law`"
        raise UsageError(said, named=("law",))
    ensemble = Ensemble(tuple(fits))
    runs = ensemble.runs
    if weighting is not None and (missing := set(names) - set(weighting.weights)):
        raise ScenarioError(f"the weighting has no weight for {listed(sorted(missing))}; weigh these fits anew")
    refuse_too_few(runs, [fit.law for fit in fits])
    answer = None
    if at:
        answer = forecast(
            fits, at, weights=weighting or "extrapolation", seed=seed, allow_failed_checks=allow_failed_checks,
            retry=retry, cache=cache, say=say,
        )  # fmt: skip
        weighting = answer.weighting
        # A second try may have replaced a fit.
        longer = {fit.law.name: fit for fit in answer.fits}
        fits = tuple(longer.get(fit.law.name, fit) for fit in fits)
        ensemble = Ensemble(fits, verdicts=answer.verdicts)
    heard = ensemble.speaking(allow_failed_checks=allow_failed_checks, weighed=False)
    weighting = weighting or weigh(fits, cache=cache, say=say)
    if say:
        say("leaving out each run")
    loos = {fit.law.name: leave_one_out(fit) for fit in heard.fits}
    stacked = stacking_weights(list(loos.values()))
    silent = Comparison(runs, heard.verdicts, loos, stacked, weighting.of(list(loos)), answer)
    notes = dict.fromkeys(_notes(silent, heard.notes))
    return replace(silent, notes=tuple(sorted(notes, key=lambda note: not note.warning)))


def _notes(comparison: Comparison, left_out: Sequence[Note]) -> Iterator[Note]:
    runs, answer = comparison.runs, comparison.answer
    winners = list(comparison.winners.values())
    differ = None not in winners and winners[0] != winners[1]
    if differ and not any(set(tie.laws) == set(winners) for tie in comparison.near_ties):
        by_loo, by_extrapolation = (clipped(str(name)) for name in winners)
        text = f"leave-one-out names {by_loo}, extrapolation {by_extrapolation}"
        yield Note("winners-differ", f"{text}; beyond the largest run trust extrapolation", warning=True)
    for name, loo in comparison.loos.items():
        if loo.unreliable:
            many = count(len(loo.unreliable), "run")
            places = listed([runs.place(run) for run in loo.unreliable], limit=PLACES_NAMED)
            text = f"{clipped(name)} has a Pareto k above {RELIABLE_K:g} at {many} ({places})"
            yield Note("pareto-k", f"{text}, so its elpd and its leave-one-out weight may be off", warning=True)
    if answer is not None:
        yield from (*answer.notes, *(note for point in answer.points for note in point.notes))
        return
    yield from left_out
    yield from (note for note in check(runs).notes if note.warning or note in runs.notes)
