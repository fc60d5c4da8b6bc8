"""A forecast: fits and a scenario, answered as ranges with their chances and the sources of their width."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.band import MASSES, Band
from forecaster.diagnosis import Verdict, better
from forecaster.errors import NotConverged, ScenarioError, TooFewRuns
from forecaster.extrapolation import (
    LANGUAGE_LOSS,
    OTHER_RESPONSE,
    STUDIED,
    Extrapolation,
    distance,
    stratified_student,
)
from forecaster.fit import Say, refit
from forecaster.law import SCALE, Law
from forecaster.note import Note
from forecaster.posterior import FIRST_TRY, Fit
from forecaster.quantity import format_quantity
from forecaster.runs import Runs
from forecaster.scenario import Point, Scenario, scenario
from forecaster.split import optimal_split

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FEWEST_RUNS = 8
FEWEST_SCALES = 3
FAR_SPLIT = 3.0
"""How many times outside the table's tokens per parameter counts as far."""


@dataclass(frozen=True, eq=False)
class PointForecast:
    """The answer at one point.

    Args:
        asked: the point as it was asked for.
        at: its inputs, completed: N (parameters), D (tokens), C (FLOP) and any other.
        predictive: the headline: a new run there, with run-to-run noise and the extrapolation term.
        raw: the same without the extrapolation term.
        curve: the same as the headline without run-to-run noise.
        by_law: the headline as each law alone would have it.
        share: parts of the variance of the noise-free log response due to parameters, law and extrapolation.
        noise_width: width of the 90% range that noise alone would give, in the response's unit.
        compute_ratio: the point's scale over the table's largest.
        notes: what a reader must hear about this point.
    """

    asked: Point
    at: Mapping[str, float]
    predictive: Band
    raw: Band
    curve: Band
    by_law: Mapping[str, Band]
    share: Mapping[str, float]
    noise_width: float
    compute_ratio: float
    notes: tuple[Note, ...]


@dataclass(frozen=True, eq=False)
class Forecast:
    """What larger runs will do, with the uncertainty that a decision can rest on.

    Args:
        points: the answer at each point of the scenario.
        targets: values of the response whose chance was asked.
        fits: the fits that speak.
        weights: of their laws, summing to one.
        verdicts: of every law that was fitted, those left out included.
        extrapolation: the term that was added beyond the data.
        notes: what a reader must hear about the whole.
        unchecked: whether failed checks were overridden.
        seed: of the forecast's own random numbers.
    """

    points: tuple[PointForecast, ...]
    targets: tuple[float, ...]
    fits: tuple[Fit, ...]
    weights: Mapping[str, float]
    verdicts: Mapping[str, Verdict]
    extrapolation: Extrapolation
    notes: tuple[Note, ...]
    unchecked: bool
    seed: int

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
        for answer in self.points:
            row: dict[str, float] = dict(answer.at) | {"median": answer.predictive.median}
            for mass in MASSES:
                row[f"{mass:.0%} low"], row[f"{mass:.0%} high"] = answer.predictive.interval(mass)
            row |= {f"P(<= {target:g})": answer.predictive.probability(below=target) for target in self.targets}
            rows.append(row)
        return pd.DataFrame(rows)

    def along(self, points: Iterable[Mapping[str, float]]) -> tuple[PointForecast, ...]:
        """The same forecast at more points, for a figure; nothing is judged anew.

        Args:
            points: each with every input that the laws need, and the table's scale.
        """
        return tuple(
            _answer(self.fits, self.weights, Point(at), dict(at), self.extrapolation, seed=self.seed, notes=())
            for at in points
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the keys `forecast` and `verdict` of the command-line contract."""
        return {
            "forecast": [self._point_dict(answer) for answer in self.points],
            "verdict": {name: verdict.as_dict() for name, verdict in self.verdicts.items()},
        }

    def _point_dict(self, answer: PointForecast) -> dict[str, Any]:
        places = answer.predictive.decimals

        def ranges(band: Band) -> dict[str, list[float]]:
            return {f"{100 * mass:g}": [round(end, places) for end in band.interval(mass)] for mass in MASSES}

        return {
            "asked": answer.asked.text,
            "at": {name: float(f"{value:.6g}") for name, value in answer.at.items()},
            "median": round(answer.predictive.median, places),
            "interval": ranges(answer.predictive),
            "raw_interval": ranges(answer.raw),
            "curve_interval": ranges(answer.curve),
            "share": {name: round(value, 6) for name, value in answer.share.items()},
            "noise_width": round(answer.noise_width, places + 1),
            "by_law": {
                name: {
                    "median": round(band.median, places),
                    "interval": ranges(band),
                    "weight": round(self.weights[name], 6),
                }
                for name, band in answer.by_law.items()
            },
            "targets": [
                {"value": target, "probability": round(answer.predictive.probability(below=target), 4)}
                for target in self.targets
            ],
            "distance": {"compute_ratio": float(f"{answer.compute_ratio:.6g}")},
            "notes": [{"code": note.code, "text": note.text} for note in answer.notes],
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The fan on log compute with the runs; see `forecaster.report.figure.plot_fan`."""
        from forecaster.report.figure import plot_fan

        return plot_fan(self, ax=ax)


def refuse_too_few(runs: Runs, laws: Iterable[Law]) -> None:
    """Refuse a table that cannot carry a forecast.

    Raises:
        TooFewRuns: under 8 runs, under 3 distinct scales, or fewer runs than a law has parameters.
    """
    cure = "add runs, or see what the priors alone say with `forecaster prior`"
    if len(runs) < FEWEST_RUNS:
        raise TooFewRuns(
            f"{len(runs)} runs are too few to forecast from; {FEWEST_RUNS} are needed: {cure}", where=runs.name
        )
    scales = len(np.unique(runs.column(runs.scale)))
    if scales < FEWEST_SCALES:
        raise TooFewRuns(
            f"the runs have {scales} distinct values of {runs.scale}; {FEWEST_SCALES} are needed: {cure}",
            where=runs.name,
        )
    for law in laws:
        if len(runs) < len(law.sampled):
            raise TooFewRuns(
                f"{len(runs)} runs are fewer than the {len(law.sampled)} parameters of {law.name}: {cure}",
                where=runs.name,
            )


def forecast(
    fits: Fit | Sequence[Fit],
    at: Any,
    *,
    targets: Iterable[float] = (),
    weights: Mapping[str, float] | None = None,
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
        weights: of the laws by name; equal where not given.
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
    fits = (fits,) if isinstance(fits, Fit) else tuple(fits)
    asked = at if isinstance(at, Scenario) else scenario(at, targets=targets)
    runs = fits[0].runs
    if any(fit.runs.sha256 != runs.sha256 for fit in fits):
        raise ScenarioError("the fits are of different tables; forecast from one table at a time")
    refuse_too_few(runs, [fit.law for fit in fits])
    given = {fit.law.name: 1.0 if weights is None else float(weights.get(fit.law.name, 0.0)) for fit in fits}
    all_weights = {name: weight / sum(given.values()) for name, weight in given.items()}

    resolved, point_notes = _resolve(fits, asked, runs, all_weights, seed=seed)
    verdicts = {fit.law.name: fit.judge(_printed(fit, asked, resolved)) for fit in fits}
    if retry and any(_deserves_retry(fit, verdicts) for fit in fits):
        longer = [refit(fit, cache=cache, say=say) if _deserves_retry(fit, verdicts) else fit for fit in fits]
        again = {fit.law.name: fit.judge(_printed(fit, asked, resolved)) for fit in longer}
        pairs = [
            (old, verdicts[old.law.name])
            if better(verdicts[old.law.name], again[old.law.name])
            else (new, again[new.law.name])
            for old, new in zip(fits, longer, strict=True)
        ]
        fits = tuple(fit for fit, _ in pairs)
        verdicts = {fit.law.name: verdict for fit, verdict in pairs}
    kept = [fit for fit in fits if allow_failed_checks or verdicts[fit.law.name].status != "fail"]
    notes = list(runs.notes)
    for fit in fits:
        if fit not in kept:
            notes.append(
                Note(
                    "law-dropped",
                    f"{fit.law.name} (weight {all_weights[fit.law.name]:.2f}) did not pass its checks and is left out: "
                    + " ".join(verdicts[fit.law.name].notes),
                    warning=True,
                )
            )
    if not kept or sum(all_weights[fit.law.name] for fit in kept) == 0:
        reasons = "; ".join(f"{name}: {' '.join(verdict.notes)}" for name, verdict in verdicts.items())
        raise NotConverged(f"no law passed its checks, so no number is shown ({reasons})", where=runs.name)
    if len(kept) < len(fits):
        # The optimum of a compute budget must not rest on a law that was left out.
        resolved, point_notes = _resolve(kept, asked, runs, all_weights, seed=seed)
    total = sum(all_weights[fit.law.name] for fit in kept)
    kept_weights = {fit.law.name: all_weights[fit.law.name] / total for fit in kept}
    extrapolation, response_note = _extrapolation_for(runs)
    if response_note:
        notes.append(response_note)
    answers = [
        _answer(kept, kept_weights, point, inputs, extrapolation, seed=seed, notes=tuple(point_notes[i]))
        for i, (point, inputs) in enumerate(zip(asked.points, resolved, strict=True))
    ]
    return Forecast(
        points=tuple(answers),
        targets=asked.targets,
        fits=tuple(kept),
        weights=kept_weights,
        verdicts=verdicts,
        extrapolation=extrapolation,
        notes=tuple(notes),
        unchecked=any(verdicts[fit.law.name].status == "fail" for fit in kept),
        seed=seed,
    )


def _deserves_retry(fit: Fit, verdicts: Mapping[str, Verdict]) -> bool:
    return verdicts[fit.law.name].status != "pass" and fit.settings == FIRST_TRY


def _extrapolation_for(runs: Runs) -> tuple[Extrapolation, Note | None]:
    if getattr(runs, "is_language_loss", True):
        return LANGUAGE_LOSS, None
    text = (
        f"`{runs.response}` does not look like a language-model loss, so the extrapolation term has no direction and "
        f"is wider (mean 0, sd {OTHER_RESPONSE.sd:g} per e-fold of compute)."
    )
    return OTHER_RESPONSE, Note("other-response", text, warning=True)


def _resolve(
    fits: Sequence[Fit], asked: Scenario, runs: Runs, weights: Mapping[str, float], *, seed: int
) -> tuple[list[dict[str, float]], list[list[Note]]]:
    """Every point with all that the laws need, and what must be said about it."""
    needed = {runs.scale if unit == SCALE else name for fit in fits for name, unit in fit.law.inputs.items()}
    resolved = []
    notes: list[list[Note]] = []
    for point in asked.points:
        known = dict(point.completed().inputs)
        said: list[Note] = []
        if set(known) == {"C"} and {"N", "D"} <= needed:
            split = optimal_split(fits, known["C"], weights=weights, seed=seed)
            known |= {"N": split.N, "D": split.D}
            if split.at_edge > 0.01:
                said.append(
                    Note(
                        "no-optimum",
                        f"In {split.at_edge:.0%} of the draws the loss has no lowest point inside ten times the span of "
                        "the runs; the split given is the edge of that span there.",
                        warning=True,
                    )
                )
        missing = sorted((needed | {runs.scale}) - set(known))
        if missing:
            raise ScenarioError(
                f"`{point}` lacks {' and '.join(missing)}; the laws need {', '.join(sorted(needed))}", where="point"
            )
        said += _distance_notes(known, runs)
        resolved.append({name: known[name] for name in sorted(known, key=_input_order)})
        notes.append(said)
    return resolved, notes


def _input_order(name: str) -> tuple[int, str]:
    return ("NDC".index(name) if name in "NDC" else 3, name)


def _distance_notes(known: Mapping[str, float], runs: Runs) -> list[Note]:
    said = []
    ratio = known[runs.scale] / float(runs.column(runs.scale).max())
    if ratio > STUDIED:
        said.append(
            Note(
                "beyond-studied",
                f"The point is {format_quantity(ratio)} times the largest run; extrapolation was studied up to "
                f"{STUDIED:g} times, and the range is probably too narrow beyond.",
                warning=True,
            )
        )
    if runs.has("N") and runs.has("D") and {"N", "D"} <= set(known):
        table = runs.column("D") / runs.column("N")
        here = known["D"] / known["N"]
        if here > FAR_SPLIT * table.max() or here < table.min() / FAR_SPLIT:
            said.append(
                Note(
                    "split-outside",
                    f"{format_quantity(here)} tokens per parameter lie far outside the table's "
                    f"{format_quantity(float(table.min()))} to {format_quantity(float(table.max()))}; the extrapolation "
                    "term knows only compute, so the range is probably too narrow.",
                    warning=True,
                )
            )
    if {"N", "D", "C"} <= set(known) and runs.has("N") and runs.has("D") and runs.has("C"):
        rule = float(np.median(runs.column("C") / (6 * runs.column("N") * runs.column("D"))))
        here = known["C"] / (6 * known["N"] * known["D"])
        if not 0.5 < here / rule < 2:
            said.append(
                Note(
                    "C-rule-differs",
                    f"The point's C is {here:.2g} times 6ND, the table's {rule:.2g} times: give C with the point as the "
                    "table counts it.",
                    warning=True,
                )
            )
    return said


def _printed(fit: Fit, asked: Scenario, resolved: Sequence[Mapping[str, float]]) -> dict[str, np.ndarray]:
    """Draws of what the forecast prints: the law's curve and the noise's scale at every point."""
    quantities = {}
    for point, inputs in zip(asked.points, resolved, strict=True):
        ratio = inputs[fit.runs.scale] / fit.references.scale_largest
        quantities[f"the response at {point}"] = fit.log_response(_law_inputs(fit, inputs)).values
        quantities[f"the noise at {point}"] = fit.noise_scale(math.log(ratio)).values
    return quantities


def _law_inputs(fit: Fit, inputs: Mapping[str, float]) -> dict[str, float]:
    return {name: array.item() for name, array in fit.inputs_at([inputs]).items()}


def _answer(
    fits: Sequence[Fit],
    weights: Mapping[str, float],
    asked: Point,
    inputs: dict[str, float],
    extrapolation: Extrapolation,
    *,
    seed: int,
    notes: tuple[Note, ...],
) -> PointForecast:
    scale = fits[0].runs.scale
    largest = fits[0].references.scale_largest
    h = float(distance(inputs[scale], largest))
    d = math.log(inputs[scale] / largest)
    curves = []
    noises = []
    for fit in fits:
        m = fit.log_response(_law_inputs(fit, inputs)).values.ravel()
        nu = fit.degrees_of_freedom().values.ravel()
        curves.append(m)
        noises.append(fit.noise_scale(d).values.ravel() * stratified_student(nu, m.size, seed=seed + 1))
    count = min(m.size for m in curves)
    m = np.stack([draws[:count] for draws in curves])
    noise = np.stack([draws[:count] for draws in noises])
    drift = h * extrapolation.draws(count, seed=seed)
    w = np.array([weights[fit.law.name] for fit in fits])
    chains = fits[0].settings.chains

    def band(draws: np.ndarray, these: np.ndarray = w) -> Band:
        return Band(draws, these, chains)

    parameters = float(w @ m.var(axis=1))
    means = m.mean(axis=1)
    law = float(w @ (means - w @ means) ** 2)
    beyond = (h * extrapolation.sd) ** 2
    total = parameters + law + beyond
    predictive = band(m + drift + noise)
    low, high = band(noise).interval(0.9)
    return PointForecast(
        asked=asked,
        at=inputs,
        predictive=predictive,
        raw=band(m + noise),
        curve=band(m + drift),
        by_law={fit.law.name: band((m + drift + noise)[i : i + 1], np.ones(1)) for i, fit in enumerate(fits)},
        share={"parameters": parameters / total, "law": law / total, "extrapolation": beyond / total},
        noise_width=band(m + drift).median * (high - low),
        compute_ratio=inputs[scale] / largest,
        notes=notes,
    )
