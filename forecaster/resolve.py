"""Points resolved: every input that the laws need, and what must be said about where a point lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forecaster.errors import ScenarioError
from forecaster.extrapolation import STUDIED
from forecaster.law import SCALE
from forecaster.note import Note
from forecaster.posterior import Fit
from forecaster.quantity import format_quantity
from forecaster.runs import Runs
from forecaster.scenario import Scenario
from forecaster.split import optimal_split

FAR_SPLIT = 3.0
"""How many times outside the table's tokens per parameter counts as far."""


def resolve(
    fits: Sequence[Fit], asked: Scenario, runs: Runs, weights: Mapping[str, float], *, seed: int
) -> tuple[list[dict[str, float]], list[list[Note]]]:
    """Every point with all that the laws need, and what must be said about it.

    A point given as C alone, for laws of N and D, is put at the median of the compute-optimal split.

    Raises:
        ScenarioError: a point lacks an input of a law.
    """
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
                        f"In {split.at_edge:.0%} of the draws the loss has no lowest point inside ten times the span "
                        "of the runs; the split given is the edge of that span there.",
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
                    f"{format_quantity(float(table.min()))} to {format_quantity(float(table.max()))}; the "
                    "extrapolation term knows only compute, so the range is probably too narrow.",
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
                    f"The point's C is {here:.2g} times 6ND, the table's {rule:.2g} times: give C with the point as "
                    "the table counts it.",
                    warning=True,
                )
            )
    return said
