"""Variations of a forecast: each of the choices behind it made otherwise, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from forecaster.errors import InputError, TooFewRuns, clipped, listed
from forecaster.fits.ensemble import refuse_too_few
from forecaster.fits.extrapolation import NO_TERM, Extrapolation
from forecaster.inputs import FLOP_PER_PARAMETER_TOKEN
from forecaster.laws.change_noise import with_noise
from forecaster.laws.change_priors import with_priors
from forecaster.laws.law import Law
from forecaster.laws.prior import Prior
from forecaster.runs.data_checks import FEWEST_AT_ALL, FEWEST_RUNS, compute_source, count
from forecaster.runs.table import Runs

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast

Kind = Literal["prior", "compute", "noise", "laws", "drift", "runs", "families"]

MOST_FAMILIES = 8
"""Families that are left out in turn, those with the most runs first."""

FLOOR = "floor"

COMPUTE = "C taken as 6ND"

LARGEST = "without the largest run"

EQUAL_COMPUTE = 0.005
"""How far C may lie from 6ND, as a share, and still be called 6ND."""


@dataclass(frozen=True, eq=False)
class Variation:
    """One choice made otherwise.

    Args:
        name: in plain words.
        kind: which choice.
        laws: in the order of the forecast's fits.
        weights: of the laws, by name, summing to one.
        runs: the table.
        at: the point, with every input that the laws need and the table's scale.
        term: beyond the data.
    """

    name: str
    kind: Kind
    laws: tuple[Law, ...]
    weights: Mapping[str, float]
    runs: Runs
    at: Mapping[str, float]
    term: Extrapolation


def variations(forecast: Forecast, *, point: int = 0) -> tuple[tuple[Variation, ...], dict[str, str]]:
    """What may be varied in a forecast, and why the rest may not, by name.

    Args:
        forecast: whose choices they are.
        point: which of its points, from 0.
    """
    laws = tuple(fit.law for fit in forecast.fits)
    at = dict(forecast.points[point].at)
    as_is = Variation("", "prior", laws, dict(forecast.weights), forecast.runs, at, forecast.extrapolation)
    found: list[Variation] = []
    left_out: dict[str, str] = {}
    for each in (_floors, _compute, _noises, _without_laws, _drifts, _without_runs):
        for variation, reason in each(as_is):
            if reason:
                left_out[variation.name] = reason
            else:
                found.append(variation)
    return tuple(found), left_out


Tried = Iterator[tuple[Variation, str]]
"""Variations, each with the reason why it cannot be given, empty where it can."""


def _floors(as_is: Variation) -> Tried:
    floors = {law.name: law.sampled.get(FLOOR) for law in as_is.laws}
    able = [name for name, prior in floors.items() if prior and _is_normal(prior)]
    if not able:
        yield replace(as_is, name="floor prior"), f"{_laws(list(floors))} no sampled floor with a normal prior to move"
        return
    if unable := [name for name in floors if name not in able]:
        reason = f"{_laws(unable)} no sampled floor with a normal prior to move, and so stay as they are in such bars"
        yield replace(as_is, name=f"floor prior of {listed(unable)}"), reason
    for words, shift, stretch in (("moved down", -1, 1), ("moved up", 1, 1), ("twice as wide", 0, 2)):
        laws = tuple(
            with_priors(law, {FLOOR: _moved(law.sampled[FLOOR], shift, stretch)}) if law.name in able else law
            for law in as_is.laws
        )
        name = f"prior on the floor {words}" if shift else f"floor prior {words}"
        yield replace(as_is, name=name, kind="prior", laws=laws), ""


def _is_normal(prior: Prior) -> bool:
    return prior.family in ("Normal", "LogNormal", "LogitNormal")


def _moved(prior: Prior, shift: int, stretch: int) -> str:
    """The prior moved by so many of its standard deviations, and so many times as wide."""
    middle, sd = (argument.text for argument in prior.arguments)
    return f"{prior.family}({middle} + {shift} * ({sd}), {stretch} * ({sd}))"


def _compute(as_is: Variation) -> Tried:
    varied = replace(as_is, name=COMPUTE, kind="compute")
    runs = as_is.runs
    said = compute_source(runs)[0]
    if not {"N", "D", "C"} <= {*runs.inputs}:
        yield varied, "the table does not have all of N, D and C"
    elif "computed" in said:
        yield varied, f"C is {said}"
    elif not {"N", "D"} <= as_is.at.keys():
        yield varied, "the point does not give N and D"
    else:
        plain = FLOP_PER_PARAMETER_TOKEN * runs.column("N") * runs.column("D")
        if np.abs(runs.column("C") / plain - 1).max() < EQUAL_COMPUTE:
            yield varied, "C is given, and equal to 6ND"
            return
        at = {**as_is.at, "C": FLOP_PER_PARAMETER_TOKEN * as_is.at["N"] * as_is.at["D"]}
        yield replace(varied, runs=replace(runs, table=runs.table.assign(C=plain)), at=at), ""


def _noises(as_is: Variation) -> Tried:
    first = as_is.laws[0].noise
    student = first.family == "StudentT"
    grows = "d" in first.scale.names
    words = {
        "Normal noise" if student else "Student-t noise": "Normal" if student else "StudentT",
        "noise the same at every scale" if grows else "noise growing away from the largest run": (
            "constant" if grows else "growing"
        ),
    }
    for name, word in words.items():
        varied = replace(as_is, name=name, kind="noise")
        try:
            yield replace(varied, laws=tuple(with_noise(law, word) for law in as_is.laws)), ""
        except InputError as error:
            yield varied, str(error)


def _without_laws(as_is: Variation) -> Tried:
    speaking = [name for name, weight in as_is.weights.items() if weight > 0]
    if len(speaking) < 2:
        yield replace(as_is, name="other laws"), f"only one law speaks, {speaking[0]}"
        return
    for gone in speaking:
        total = sum(as_is.weights[name] for name in speaking if name != gone)
        shares = {name: 0.0 if name == gone else weight / total for name, weight in as_is.weights.items()}
        yield replace(as_is, name=f"without the {clipped(gone)} law", kind="laws", weights=shares), ""


def _drifts(as_is: Variation) -> Tried:
    if as_is.at[as_is.runs.scale] <= as_is.runs.column(as_is.runs.scale).max():
        yield replace(as_is, name="drift beyond the data"), "the point does not lie beyond the largest run"
        return
    if as_is.term.believed:
        yield (
            replace(as_is, name="drift as other tables had it", kind="drift", term=replace(as_is.term, believed=())),
            "",
        )
    yield replace(as_is, name="without drift beyond the data", kind="drift", term=NO_TERM), ""


def _without_runs(as_is: Variation) -> Tried:
    runs = as_is.runs
    scale = runs.column(runs.scale)
    largest = np.arange(len(runs)) == int(np.argmax(scale))
    yield _without(as_is, LARGEST, "runs", largest)
    if not runs.has("family"):
        yield replace(as_is, name="families"), "the table has no column family"
        return
    families = np.array([str(family) for family in runs.table["family"]])
    names = sorted(set(families), key=lambda name: (-int((families == name).sum()), name))
    if len(names) < 2:
        yield replace(as_is, name="families"), f"all runs are of one family, {clipped(names[0])}"
        return
    for name in names[:MOST_FAMILIES]:
        gone = families == name
        varied, reason = _without(as_is, f"without family {clipped(name)}", "families", gone)
        yield varied, f"it is the largest run alone: see {LARGEST}" if (gone == largest).all() else reason
    if rest := names[MOST_FAMILIES:]:
        runs_of = count(int((families == rest[0]).sum()), "run")
        reason = f"only the {MOST_FAMILIES} with the most runs were left out in turn; these have at most {runs_of} each"
        yield replace(as_is, name=f"{len(rest)} more {'families' if len(rest) > 1 else 'family'}"), reason


def _without(as_is: Variation, name: str, kind: Kind, gone: np.ndarray) -> tuple[Variation, str]:
    varied = replace(as_is, name=name, kind=kind)
    kept = as_is.runs.select(~gone)
    try:
        if not len(kept):
            raise TooFewRuns("no run would be left")
        # A table that is itself small is varied all the same, like the forecast that was made of it.
        refuse_too_few(kept, as_is.laws, fewest=FEWEST_AT_ALL if len(as_is.runs) <= FEWEST_RUNS else FEWEST_RUNS)
    except TooFewRuns as refusal:
        return varied, refusal.message.split(":")[0]
    return replace(varied, runs=kept), ""


def _laws(names: Sequence[str]) -> str:
    """Laws with their verb, "the kaplan law has" or "the laws kaplan, power_law have"."""
    return f"the {names[0]} law has" if len(names) == 1 else f"the laws {listed(names)} have"
