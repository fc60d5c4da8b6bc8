"""An ensemble: several fits of one table, which of them may speak, with what weight, and why the others may not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

import numpy as np

from forecaster.errors import NotConverged, Say, ScenarioError, TooFewRuns, clipped
from forecaster.fits.fit import fit, refit
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.density import FIRST_TRY
from forecaster.fits.verdict import Verdict, better
from forecaster.laws.law import Law
from forecaster.notes import Note
from forecaster.runs.data_checks import FEWEST_AT_ALL, FEWEST_RUNS, count, few_scales
from forecaster.runs.table import Runs
from forecaster.stats.link import Link


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Several fits of one table.

    Args:
        fits: of laws with names of their own, whose noise is on one scale.
        weights: of their laws, by name; equal where not given.
        verdicts: of every law that was fitted, those left out included; the fits' own where not given.
        notes: why any law is left out.

    Raises:
        ScenarioError: no fit, fits of different tables, two of laws called by one name, or noise on different scales.
    """

    fits: tuple[Fit, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        fits = tuple(self.fits)
        if not fits:
            raise ScenarioError("a forecast needs at least one fit")
        runs = fits[0].runs
        if any(each.runs.sha256 != runs.sha256 or not each.is_of(runs) for each in fits):
            raise ScenarioError("the fits are of different tables; take those of one table at a time")
        names = [each.law.name for each in fits]
        if len(set(names)) < len(names):
            raise ScenarioError(f"two fits are of laws called by one name ({', '.join(names)}); rename one")
        links = {each.law.link: each.law.name for each in fits}
        if len(links) > 1:
            said = ", ".join(f"{name} ({link})" for link, name in links.items())
            raise ScenarioError(f"laws whose noise is on different scales cannot be mixed: {said}; take them apart")
        object.__setattr__(self, "fits", fits)
        object.__setattr__(self, "weights", self.weights or {name: 1 / len(names) for name in names})
        object.__setattr__(self, "verdicts", self.verdicts or {each.law.name: each.verdict for each in fits})

    @property
    def runs(self) -> Runs:
        """The table."""
        return self.fits[0].runs

    @property
    def names(self) -> tuple[str, ...]:
        """Of the laws."""
        return tuple(each.law.name for each in self.fits)

    @property
    def shares(self) -> np.ndarray:
        """The weights in the order of the fits, shape (law)."""
        return np.array([self.weights[name] for name in self.names])

    @property
    def link(self) -> Link:
        """The scale of the noise."""
        return self.fits[0].link

    @property
    def largest(self) -> float:
        """The largest training value of the table's scale."""
        return self.fits[0].references.scale_largest

    def speaking(
        self, verdicts: Mapping[str, Verdict] | None = None, *, allow_failed_checks: bool = False, weighed: bool = True
    ) -> Ensemble:
        """The laws whose draws may be shown, their weights made to sum to one again, and why the others may not.

        Args:
            verdicts: on what is about to be printed; those of the ensemble where not given.
            allow_failed_checks: let laws speak whose checks failed.
            weighed: whether the weights are said of the laws left out.

        Raises:
            NotConverged: none is left, or none with a weight.
        """
        verdicts = verdicts or self.verdicts
        silent = {} if allow_failed_checks else failures(verdicts)
        kept = tuple(each for each in self.fits if each.law.name not in silent)
        total = sum(self.weights[each.law.name] for each in kept)
        if not total > 0:
            reasons = "; ".join(f"{name}: {' '.join(verdict.notes)}" for name, verdict in verdicts.items())
            raise NotConverged(f"no law passed its checks, so no number is shown ({reasons})", where=self.runs.name)
        weights = {each.law.name: self.weights[each.law.name] / total for each in kept}
        notes = [
            left_out(name, silent[name], weight=self.weights[name] if weighed else None)
            for name in self.names
            if name in silent
        ]
        return Ensemble(kept, weights, verdicts, (*self.notes, *notes))

    def judged_at(self, points: Mapping[str, Mapping[str, float]]) -> Ensemble:
        """The ensemble with the verdicts on what a forecast prints at points, as of `judge_at`."""
        return replace(self, verdicts={**self.verdicts, **{f.law.name: judge_at(f, points) for f in self.fits}})

    def sampled_longer(
        self, points: Mapping[str, Mapping[str, float]], *, cache: bool = True, say: Say | None = None
    ) -> Ensemble:
        """Each fit whose first try does not pass at points given the longer second try, and the better one kept."""
        fits, verdicts = [], dict(self.verdicts)
        for first in self.fits:
            verdict, kept = verdicts[first.law.name], first
            if verdict.status != "pass" and first.settings == FIRST_TRY:
                longer = refit(first, cache=cache, say=say)
                again = judge_at(longer, points)
                if not better(verdict, again):
                    kept, verdicts[first.law.name] = longer, again
            fits.append(kept)
        return replace(self, fits=tuple(fits), verdicts=verdicts)


def failures(verdicts: Mapping[str, Verdict]) -> dict[str, str]:
    """Why laws may not speak, by name: those whose draws failed their checks."""
    return {name: " ".join(verdict.notes) for name, verdict in verdicts.items() if verdict.status == "fail"}


def left_out(name: str, reason: str, *, weight: float | None = None, what: str = "") -> Note:
    """The note on a law that does not speak.

    Args:
        name: of the law.
        reason: in a sentence or more.
        weight: that it would have had, where one is known.
        what: it does not speak of, where it speaks of the rest.
    """
    said = f" (weight {weight:.2f})" if weight is not None else ""
    ending = f"does not speak of {what}" if what else "did not pass its checks and is left out"
    return Note("law-dropped", f"{clipped(name)}{said} {ending}: {reason}", warning=True)


def refused(refusals: Mapping[str, NotConverged]) -> tuple[dict[str, Verdict], list[Note]]:
    """The verdicts of laws that could not start, and what must be said of them."""
    failed = {name: Verdict("fail", math.inf, 0.0, 0, (refusal.message,)) for name, refusal in refusals.items()}
    return failed, [
        Note("law-dropped", f"{name} is left out: {refusal.message}", warning=True)
        for name, refusal in refusals.items()
    ]


class HasVerdicts(Protocol):
    """An answer, a dataclass, that tells of every law that was fitted."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def verdicts(self) -> Mapping[str, Verdict]: ...

    @property
    def notes(self) -> tuple[Note, ...]: ...


def with_refusals[Answer: HasVerdicts](found: Answer, refusals: Mapping[str, NotConverged]) -> Answer:
    """An answer that tells of the laws that could not start, too."""
    failed, dropped = refused(refusals)
    return replace(found, verdicts={**found.verdicts, **failed}, notes=(*found.notes, *dropped))


def fit_each(
    laws: Sequence[Law], runs: Runs, *, seed: int, cache: bool, say: Say | None, hidden: bool = False
) -> tuple[list[Fit], dict[str, NotConverged]]:
    """The fits of several laws, and why any of them could not start.

    Args:
        laws: to fit.
        runs: the table.
        seed: of the sampler.
        cache: whether fits may come from, and go to, the cache.
        say: called with a line of progress.
        hidden: whether no number of theirs is printed, so that fits for review will do, and none at all is no error.

    Raises:
        NotConverged: none could, where one at least is needed.
    """
    fits: list[Fit] = []
    refusals: dict[str, NotConverged] = {}
    for each in laws:
        try:
            fits.append(fit(each, runs, seed=seed, cache=cache, review=hidden, say=say))
        except NotConverged as refusal:
            refusals[each.name] = refusal
    if not hidden and not fits:
        raise next(iter(refusals.values()))
    return fits, refusals


def refuse_too_few(runs: Runs, laws: Iterable[Law], *, fewest: int = FEWEST_AT_ALL) -> None:
    """Refuse a table that cannot carry a forecast, even with the priors.

    Args:
        runs: the table.
        laws: that are asked.
        fewest: how many runs are needed.

    Raises:
        TooFewRuns: under 3 runs, or scales that cannot tell a law's parameters apart.
    """
    cure = "add runs, or see what the priors alone say with `forecaster prior`"
    if len(runs) < fewest:
        few = "1 run is" if len(runs) == 1 else f"{len(runs)} runs are"
        raise TooFewRuns(f"{few} too few to forecast from; {fewest} are needed: {cure}", where=runs.name)
    for law in laws:
        if few := few_scales(runs, law.inputs):
            raise TooFewRuns(f"the runs have {few} by {law.name}: {cure}", where=runs.name)


def few_runs(runs: Runs, laws: Iterable[Law] = ()) -> str:
    """Why the priors carry much of what is said: how few the runs are; empty where they are not."""
    if len(runs) < FEWEST_RUNS:
        return f"{count(len(runs), 'run')}, fewer than {FEWEST_RUNS}"
    most = max(laws, key=lambda law: len(law.sampled), default=None)
    if most is None or len(runs) >= len(most.sampled):
        return ""
    return f"{len(runs)} runs, fewer than the {len(most.sampled)} parameters of {clipped(most.name)}"


def judge_at(fit: Fit, points: Mapping[str, Mapping[str, float]]) -> Verdict:
    """The verdict on what a forecast prints: the law's curve and the noise's scale at every point.

    Args:
        fit: of one law.
        points: each with every input that the law needs and the table's scale, by a name for a person.
    """
    quantities = {}
    for name, inputs in points.items():
        d = fit.design.distance(inputs[fit.runs.scale])
        quantities[f"the response at {name}"] = fit.linked_response(fit.design.inputs_at(inputs)).values
        quantities[f"the noise at {name}"] = fit.noise_scale(d).values
    return fit.judge(quantities)
