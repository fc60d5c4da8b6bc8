"""A comparison: laws side by side, by runs left out, by how they extrapolated, and by what they forecast."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from forecaster.check import check
from forecaster.diagnosis import Verdict
from forecaster.errors import NotConverged, ScenarioError, UsageError, clipped, listed
from forecaster.fit import Say
from forecaster.forecast import Forecast, forecast
from forecaster.gate import refuse_too_few
from forecaster.loo import RELIABLE_K, LeaveOneOut, difference, differences, leave_one_out, stacking_weights
from forecaster.note import Note
from forecaster.posterior import Fit
from forecaster.remarks import count
from forecaster.runs import Runs
from forecaster.upstairs import upstairs
from forecaster.weighting import Weighting, weigh

if TYPE_CHECKING:
    import pandas as pd

NEAR_TIE_WEIGHT = 0.1
"""Extrapolation weights closer than this do not tell laws apart."""

PLACES_NAMED = 5


@dataclass(frozen=True)
class NearTie:
    """Two laws that a measure does not tell apart.

    Args:
        by: `loo` or `extrapolation`.
        laws: the two, in the order in which they were given.
        apart: the first's elpd or weight minus the second's.
        se: standard error of the difference in elpd; None for weights.
    """

    by: str
    laws: tuple[str, str]
    apart: float
    se: float | None = None

    def __str__(self) -> str:
        size = f"{abs(self.apart):.2f}" if self.se is None else f"{abs(self.apart):.1f} (se {self.se:.1f})"
        return f"{clipped(self.laws[0])} and {clipped(self.laws[1])}, {size} apart"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several laws on one table, side by side; a law that failed its checks has a verdict and no numbers.

    Args:
        runs: the table.
        verdicts: of every law's checks, in the order in which they were given.
        loos: how densely each law that speaks foretells runs left out, by name.
        loo_weights: their stacking weights by runs left out.
        weighting: their weights in the forecast, earned by extrapolation or otherwise, with the track record.
        answer: what they forecast at the points asked for; None where none was.
        notes: what a reader must hear.
    """

    runs: Runs
    verdicts: Mapping[str, Verdict]
    loos: Mapping[str, LeaveOneOut]
    loo_weights: Mapping[str, float]
    weighting: Weighting
    answer: Forecast | None
    notes: tuple[Note, ...] = ()

    @property
    def unchecked(self) -> bool:
        """Whether failed checks were overridden."""
        return any(self.verdicts[name].status == "fail" for name in self.loos)

    @property
    def extrapolation_weights(self) -> Mapping[str, float]:
        """By law name; empty where the weights were not earned by extrapolation."""
        return self.weighting.weights if self.weighting.basis == "extrapolation" else {}

    @property
    def winners(self) -> dict[str, str | None]:
        """The law of the highest elpd (`loo`) and of the highest weight (`extrapolation`); None without a rival."""
        elpd = {name: loo.elpd for name, loo in self.loos.items()}
        measures = {"loo": elpd, "extrapolation": dict(self.extrapolation_weights)}
        return {by: max(of, key=lambda name: of[name]) if len(of) > 1 else None for by, of in measures.items()}

    @property
    def near_ties(self) -> tuple[NearTie, ...]:
        """Every pair that a measure does not tell apart, those by runs left out first."""
        ties = []
        for pair in combinations(self.loos, 2):
            apart = difference(self.loos[pair[0]], self.loos[pair[1]])
            if apart.near_tie:
                ties.append(NearTie("loo", pair, apart.elpd, apart.se))
        for pair in combinations(self.extrapolation_weights, 2):
            gap = self.weighting.weights[pair[0]] - self.weighting.weights[pair[1]]
            if abs(gap) < NEAR_TIE_WEIGHT:
                ties.append(NearTie("extrapolation", pair, gap))
        return tuple(ties)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each law's numbers; those that do not exist are None.

        Its `status`; `elpd`, `se`, `difference` to the best law and `difference_se`, `p_loo`, `pareto_k` (the largest)
        and `unreliable_runs` (how many exceed 0.7) by runs left out; both weights; `coverage` (of the 90% range) and
        `crps` over larger runs that were hidden.
        """
        record = self.weighting.record
        scores = {score.law: score for score in record.scores} if record else {}
        apart = differences(list(self.loos.values()))
        rows: list[dict[str, Any]] = []
        for name, verdict in self.verdicts.items():
            loo, score = self.loos.get(name), scores.get(name)
            rows.append(
                {
                    "law": name,
                    "status": verdict.status,
                    "elpd": loo and loo.elpd,
                    "se": loo and loo.se,
                    "difference": loo and apart[name].elpd,
                    "difference_se": loo and apart[name].se,
                    "p_loo": loo and loo.p_loo,
                    "pareto_k": loo and loo.worst_k,
                    "unreliable_runs": loo and len(loo.unreliable),
                    "loo_weight": self.loo_weights.get(name),
                    "extrapolation_weight": self.extrapolation_weights.get(name),
                    "coverage": score and score.coverage["90"],
                    "crps": score and score.crps,
                }
            )
        return rows

    @property
    def table(self) -> pd.DataFrame:
        """One row a law: the numbers of `rows`, and the median and the ends of the 90% range at each point."""
        import pandas as pd

        rows = self.rows
        for point in self.answer.points if self.answer else ():
            for row in rows:
                band = point.by_law.get(row["law"])
                ends = (band.median, *band.interval(0.9)) if band else (None, None, None)
                names = (f"{name} at {point.asked}" for name in ("median", "90% low", "90% high"))
                row |= dict(zip(names, ends, strict=True))
        return pd.DataFrame(rows).set_index("law")

    @property
    def text(self) -> str:
        """The comparison, readable aloud, at most 100 columns wide."""
        said: str = upstairs("comparison_text.comparison_text", self)
        return said

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        shown: dict[str, str] = upstairs("report.notebook.comparison_bundle", self)
        return shown

    def __str__(self) -> str:
        return self.text

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the key `compare` of the command-line contract; numbers that do not exist are None."""
        ties = [{"by": t.by, "laws": list(t.laws), "difference": t.apart, "se": t.se} for t in self.near_ties]
        data = {
            "laws": [_rounded(row) for row in self.rows],
            "points": self.answer.as_dict()["forecast"] if self.answer else [],
            "winners": self.winners,
            "near_ties": [_rounded(tie) for tie in ties],
            "weighting": self.weighting.as_dict(),
            "verdict": {name: verdict.as_dict() for name, verdict in self.verdicts.items()},
            "unchecked": self.unchecked,
            "notes": [{"code": note.code, "text": note.text} for note in self.notes],
        }
        return {"compare": _json_ready(data)}


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
        seed: of the forecast's own random numbers.
        allow_failed_checks: show numbers of fits whose checks failed, stamped.
        retry: sample a fit once more, and longer, where its first try does not pass at the points asked for.
        cache: whether fits and weights may come from, and go to, the cache.
        say: called with a line of progress now and then.

    Raises:
        UsageError: fewer than two laws.
        TooFewRuns: the table cannot carry a forecast.
        ScenarioError: a point lacks an input, the fits are of different tables, or the weighting is of other laws.
        NotConverged: no law passes its checks.
    """
    names = [fit.law.name for fit in fits]
    if len(fits) < 2:
        raise UsageError(f"a comparison needs two laws or more, got {listed(names) or 'none'}; add one to --law")
    if len(set(names)) < len(names):
        raise ScenarioError(f"two fits are of laws called by one name ({listed(names)}); rename one")
    runs = fits[0].runs
    if any(fit.runs.sha256 != runs.sha256 or not fit.is_of(runs) for fit in fits):
        raise ScenarioError("the fits are of different tables; compare laws on one table at a time")
    if weighting is not None and (missing := set(names) - set(weighting.weights)):
        raise ScenarioError(f"the weighting has no weight for {listed(sorted(missing))}; weigh these fits anew")
    refuse_too_few(runs, [fit.law for fit in fits])
    answer = None
    if at:
        answer = forecast(
            fits,
            at,
            weights=weighting or "extrapolation",
            seed=seed,
            allow_failed_checks=allow_failed_checks,
            retry=retry,
            cache=cache,
            say=say,
        )
        weighting = answer.weighting
        # A second try may have replaced a fit.
        fits = list(({fit.law.name: fit for fit in fits} | {fit.law.name: fit for fit in answer.fits}).values())
    verdicts = answer.verdicts if answer else {fit.law.name: fit.verdict for fit in fits}
    kept = [fit for fit in fits if allow_failed_checks or verdicts[fit.law.name].status != "fail"]
    if not kept:
        reasons = "; ".join(f"{name}: {' '.join(verdict.notes)}" for name, verdict in verdicts.items())
        raise NotConverged(f"no law passed its checks, so no number is shown ({reasons})", where=runs.name)
    weighting = weighting or weigh(fits, cache=cache, say=say)
    if say:
        say("leaving out each run")
    loos = {fit.law.name: leave_one_out(fit) for fit in kept}
    stacked = stacking_weights(list(loos.values()))
    silent = Comparison(runs, verdicts, loos, stacked, weighting.of(list(loos)), answer)
    notes = dict.fromkeys(_notes(silent))
    return replace(silent, notes=tuple(sorted(notes, key=lambda note: not note.warning)))


def _notes(comparison: Comparison) -> Iterator[Note]:
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
    for name, verdict in comparison.verdicts.items():
        if name not in comparison.loos:
            text = f"{clipped(name)} did not pass its checks and is left out: {' '.join(verdict.notes)}"
            yield Note("law-dropped", text, warning=True)
    yield from (note for note in check(runs).notes if note.warning or note in runs.notes)


def _rounded(numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in numbers.items()}


def _json_ready(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json_ready(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_ready(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
