"""Points resolved: every input that the laws need, and what must be said about where a point lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from forecaster.errors import ScenarioError, clipped, listed
from forecaster.fits.design import Design
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import STUDIED
from forecaster.forecasts.optimum import optimal_split
from forecaster.inputs import CODE, FLOP_PER_PARAMETER_TOKEN
from forecaster.laws.families import families_of
from forecaster.laws.law import Law
from forecaster.notes import Note
from forecaster.quantity import format_quantity
from forecaster.runs.odd_points import refuse_absurd_point
from forecaster.runs.points import Point, Scenario
from forecaster.runs.table import Runs
from forecaster.runs.text import apart_text, below_text, far_text


def code_of(laws: Sequence[Law], family: str) -> dict[str, float]:
    """What a point must say for a family: its code, that of a new one where `family` is empty or `new`.

    Args:
        laws: which all know the same families, or none.
        family: one of them, or `new`.

    Raises:
        ScenarioError: the laws know no such family.
    """
    names = families_of(laws[0])
    if not names and family:
        raise ScenarioError(f"the laws know no families, so {clipped(family)} says nothing; group the runs by a column")
    if not names:
        return {}
    if family in ("", "new") and family not in names:
        return {CODE: float(len(names))}
    if family not in names:
        raise ScenarioError(f"there is no family {clipped(family)}; there are {listed(names)}, or new")
    return {CODE: float(names.index(family))}


def asked_of(asked: Scenario, laws: Sequence[Law], family: str) -> Scenario:
    """The scenario with every point asked of one family, where the laws know families."""
    code = code_of(laws, family)
    points = tuple(Point({**point.inputs, **code}) if CODE not in point.inputs else point for point in asked.points)
    return replace(asked, points=points)


FAR_SPLIT = 3.0
"""How many times outside the table's tokens per parameter counts as far."""


def refuse_incomplete(asked: Scenario, laws: Iterable[Law], runs: Runs) -> None:
    """Refuse a point that lacks an input of a law, gives one that none reads, or lies absurdly far; and a target that
    no response can meet.

    C alone stands for the split where the laws need N and D. A response may be of either sign only where a law's noise
    is on the response's own scale.

    Raises:
        ScenarioError: with the inputs that are missing or not read, what was probably meant, or the target.
        RunsError: the table itself lacks one.
    """
    laws = list(laws)
    for target in (each.value for each in asked.targets):
        if target <= 0 and any(law.link != "own" for law in laws):
            raise ScenarioError(f"a target of {target:g} cannot be met; it must be above 0", where="target")
        if target >= 1 and any(law.link == "logit" for law in laws):
            cure = f"; did you mean {target / 100:g}?" if 1 < target <= 100 else ""
            raise ScenarioError(f"a target of {target:g} cannot be met; it must be below 1{cure}", where="target")
    needed = {column for law in laws for column in Design(law, runs).columns.values()}
    for name in sorted(needed):
        runs.column(name)
    read = needed | {runs.scale}
    for point in asked.points:
        unread = unread_of(set(point.inputs), read)
        if unread:
            raise ScenarioError(
                f"`{point}` gives {' and '.join(unread)}, which no law here reads; give {', '.join(sorted(needed))}",
                where="point",
            )
        known = set(point.completed(runs.flop_per_parameter_token).inputs)
        if _is_budget(known) and {"N", "D"} <= needed:
            known |= {"N", "D"}
        missing = sorted(read - known)
        if missing:
            raise ScenarioError(
                f"`{point}` lacks {' and '.join(missing)}; the laws need {', '.join(sorted(needed))}", where="point"
            )
        refuse_absurd_point(point, runs)


def unread_of(given: set[str], read: set[str]) -> list[str]:
    """The inputs of a point that nothing reads: neither as they are, nor in what follows from two of N, D and C."""
    three = {"N", "D", "C"}
    passed = given & read
    for made in (three & read) - given:
        others = three - {made}
        passed |= others if others <= given else set()
    if _is_budget(given) and {"N", "D"} <= read:
        passed |= {"C"}
    return sorted(given - passed)


def resolve(ensemble: Ensemble, asked: Scenario, *, seed: int) -> tuple[list[dict[str, float]], list[list[Note]]]:
    """Every point with all that the laws need, and what must be said about it.

    A point given as C alone, for laws of N and D, is put at the median of the compute-optimal split.

    Raises:
        ScenarioError: a point lacks an input of a law.
    """
    fits, runs = ensemble.fits, ensemble.runs
    refuse_incomplete(asked, [fit.law for fit in fits], runs)
    splits = any({"N", "D"} <= set(fit.law.inputs) for fit in fits)
    resolved = []
    notes: list[list[Note]] = []
    for point in asked.points:
        known = dict(point.completed(runs.flop_per_parameter_token).inputs)
        said: list[Note] = []
        if _is_budget(known) and splits:
            others = {name: value for name, value in known.items() if name != "C"}
            split = optimal_split(fits, known["C"], weights=ensemble.weights, others=others, seed=seed)
            known |= {"N": split.N, "D": split.D}
            if split.at_edge > 0.01:
                said.append(
                    Note(
                        "no-optimum",
                        f"In {split.at_edge:.0%} of the draws the loss has no lowest point inside ten times the span "
                        "of the runs; the split given is the edge of that span there.",
                        warning=True,
                    )
                )
        said += _distance_notes(known, runs)
        resolved.append({name: known[name] for name in sorted(known, key=_input_order)})
        notes.append(said)
    return resolved, notes


def _is_budget(known: Iterable[str]) -> bool:
    """Whether a point gives compute and leaves its split into N and D open."""
    return "C" in known and not {"N", "D"} & set(known)


def _input_order(name: str) -> tuple[int, str]:
    return ("NDC".index(name) if name in "NDC" else 3, name)


def _unstudied(runs: Runs, ratio: float) -> str:
    if runs.along.is_date:
        return (
            f"The point is {far_text(runs, ratio)}; extrapolation in time was never studied, and the allowance for "
            f"drift grows no further after {apart_text(runs, STUDIED)}."
        )
    return (
        f"The point is {format_quantity(ratio)} times the largest run; extrapolation was studied up to "
        f"{STUDIED:g} times, and the range is probably too narrow beyond."
    )


def _distance_notes(known: Mapping[str, float], runs: Runs) -> list[Note]:
    said = []
    below = runs.below_smallest(known[runs.scale])
    if below > 1:
        said.append(
            Note(
                "below-smallest",
                f"The point lies {below_text(runs, below)}, where nothing was measured: the laws are "
                "carried on downward, and no allowance is made for how they miss there.",
                warning=True,
            )
        )
    ratio = known[runs.scale] / float(runs.column(runs.scale).max())
    if ratio > STUDIED:
        said.append(Note("beyond-studied", _unstudied(runs, ratio), warning=True))
    if runs.has("N") and runs.has("D") and {"N", "D"} <= set(known):
        table = runs.column("D") / runs.column("N")
        here = known["D"] / known["N"]
        if here > FAR_SPLIT * table.max() or here < table.min() / FAR_SPLIT:
            said.append(
                Note(
                    "split-outside",
                    f"{format_quantity(here)} tokens per parameter lie far outside the table's "
                    f"{format_quantity(float(table.min()))} to {format_quantity(float(table.max()))}; the "
                    "extrapolation term knows only compute, so the range is probably too narrow.",
                    warning=True,
                )
            )
    if {"N", "D", "C"} <= set(known) and runs.has("N") and runs.has("D") and runs.has("C"):
        rule = float(np.median(runs.column("C") / (FLOP_PER_PARAMETER_TOKEN * runs.column("N") * runs.column("D"))))
        here = known["C"] / (FLOP_PER_PARAMETER_TOKEN * known["N"] * known["D"])
        if not 0.5 < here / rule < 2:
            said.append(
                Note(
                    "C-rule-differs",
                    f"The point's C is {here:.2g} times 6ND, the table's {rule:.2g} times: give C with the point as "
                    "the table counts it.",
                    warning=True,
                )
            )
    return said
