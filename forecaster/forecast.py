"""A forecast: fits and a scenario, answered as ranges with their chances and the sources of their width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecaster.answer import PointForecast, answer, answer_all
from forecaster.band import MASSES
from forecaster.check import check
from forecaster.diagnosis import Verdict
from forecaster.errors import NotConverged, ScenarioError
from forecaster.extrapolation import LANGUAGE_LOSS, Extrapolation, extrapolation_for
from forecaster.families import CODE, families_of, family_at
from forecaster.fit import Say
from forecaster.gate import judge_at, refuse_too_few, sample_longer
from forecaster.note import Note
from forecaster.posterior import Fit
from forecaster.resolve import refuse_incomplete, resolve
from forecaster.runs import Runs
from forecaster.scenario import Point, Scenario, scenario
from forecaster.upstairs import upstairs
from forecaster.weighting import Weighting, given, weigh

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Forecast:
    """What larger runs will do, with the uncertainty that a decision can rest on.

    Args:
        points: the answer at each point of the scenario.
        targets: values of the response whose chance was asked.
        fits: the fits that speak.
        weighting: the weights of their laws, where they come from, and the table's track record.
        verdicts: of every law that was fitted, those left out included.
        extrapolation: the term that was added beyond the data.
        notes: what a reader must hear about the whole.
        unchecked: whether failed checks were overridden.
        seed: of the forecast's own random numbers.
    """

    points: tuple[PointForecast, ...]
    targets: tuple[float, ...]
    fits: tuple[Fit, ...]
    weighting: Weighting
    verdicts: Mapping[str, Verdict]
    extrapolation: Extrapolation
    notes: tuple[Note, ...]
    unchecked: bool
    seed: int

    @property
    def weights(self) -> Mapping[str, float]:
        """Of the laws that speak, summing to one."""
        return self.weighting.weights

    @property
    def runs(self) -> Runs:
        """The table that the forecast rests on."""
        return self.fits[0].runs

    @property
    def median(self) -> float:
        """The first point's median, in the response's unit."""
        return self.points[0].predictive.median

    def interval(self, mass: float = 0.9, *, point: int = 0) -> tuple[float, float]:
        """The equal-tailed range that holds `mass` for a new run at a point, in the response's unit."""
        return self.points[point].predictive.interval(mass)

    def probability(self, *, below: float, point: int = 0) -> float:
        """The chance that a new run at a point ends at or below a value of the response."""
        return self.points[point].predictive.probability(below=below)

    @property
    def table(self) -> pd.DataFrame:
        """One row a point: inputs, median and the ends of the 50, 80, 90 and 95% ranges."""
        import pandas as pd

        rows = []
        for point in self.points:
            row: dict[str, float] = dict(point.at) | {"median": point.predictive.median}
            for mass in MASSES:
                row[f"{mass:.0%} low"], row[f"{mass:.0%} high"] = point.predictive.interval(mass)
            row |= {f"P(<= {target:g})": point.predictive.probability(below=target) for target in self.targets}
            rows.append(row)
        return pd.DataFrame(rows)

    def along(self, points: Iterable[Mapping[str, float]]) -> tuple[PointForecast, ...]:
        """The same forecast at more points, for a figure; nothing is judged anew.

        Args:
            points: each with every input that the laws need, and the table's scale.
        """
        inputs = [dict(at) for at in points]
        asked = [Point(at) for at in inputs]
        return answer_all(self.fits, self.weights, asked, inputs, self.extrapolation, seed=self.seed)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the keys `forecast` and `verdict` of the command-line contract, weights, track record, notes."""
        return {
            "forecast": [point.as_dict(self.weights, self.targets) for point in self.points],
            "verdict": {name: verdict.as_dict() for name, verdict in self.verdicts.items()},
            "weights": self.weighting.as_dict(),
            "track_record": None if self.weighting.record is None else self.weighting.record.as_dict(),
            "notes": [{"code": note.code, "text": note.text} for note in self.notes],
        }

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        shown: dict[str, str] = upstairs("report.notebook.forecast_bundle", self)
        return shown

    def plot(self, ax: Axes | None = None) -> Axes:
        """The fan on log compute with the runs; see `forecaster.report.fan_figure.plot_fan`."""
        axes: Axes = upstairs("report.fan_figure.plot_fan", self, ax)
        return axes


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
