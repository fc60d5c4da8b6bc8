"""Magnitudes that no run has: parameters in millions and tokens in billions of which no header told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import RunsError, clipped
from forecaster.inputs import FLOP_PER_PARAMETER_TOKEN, INPUTS
from forecaster.quantity import format_quantity
from forecaster.runs.columns.assign import Assignment
from forecaster.runs.columns.headers import counted
from forecaster.runs.columns.response import looks_like_loss

if TYPE_CHECKING:
    import pandas as pd

MOST = {"N": 1e15, "D": 1e17, "C": 1e31, "U": 1e17}
"""Counts that no run comes near, which a unit makes of cells that were whole numbers already."""

FEWEST = {"N": 1e3, "D": 1e3, "C": 1e7}
"""Parameters, tokens and FLOP that the largest run exceeds where a header speaks of these: a model of a thousand
parameters, a toy, takes 6e6 FLOP for as many tokens."""

LEAST_WORK = 1e9
"""FLOP that the largest run exceeds where some have under a thousand parameters. In millions of parameters and billions
of tokens a table stays below that up to 7B parameters on 20T tokens."""

FEWEST_FRACTIONS = 1e6
"""Parameters above which a mean of several runs, or a count by formula, may have a fraction."""

FARTHEST_RULE = 1e4
"""How many times C may differ from 6*N*D in the middle of a table before one of the three is in another unit."""


def refuse_odd_magnitudes(table: pd.DataFrame, assigned: Assignment, *, name: str) -> None:
    """Refuse counts in a unit that nobody named, and cells that are not in the unit that somebody did.

    A count is judged where its header speaks of it; N also by itself and with the others where the response is a
    language model's loss. So a D that is named from a column of epochs may be as small as it likes, and so may any
    column whose unit was said.

    Raises:
        RunsError: with what was probably meant, and the cure.
    """
    for each, question, unit in _odd(table, assigned):
        header = assigned.headers[each]
        label = each if header == each else f"{each} (column {clipped(header)})"
        largest = format_quantity(float(table[each].max()), INPUTS[each].unit)
        raise RunsError(
            f'{label} is {largest} in the largest run: {question} Say so by `columns` "{each}={clipped(header)} '
            f'({unit})", or (1) if they are counted one by one',
            where=name,
            named=("columns",),
        )


def _odd(table: pd.DataFrame, assigned: Assignment) -> Iterator[tuple[str, str, str]]:
    """Each count that is odd, what to ask about it, and the unit that was probably meant."""
    given = [each for each in INPUTS if each in assigned.headers]
    scaled = [each for each in given if each in assigned.units and assigned.units[each].scale > 1]
    for each in (each for each in scaled if table[each].max() > MOST[each]):
        yield each, f"are the cells in units of {assigned.units[each].text}, as said?", "1"
    plain = [each for each in given if each not in assigned.units]
    spoken = [each for each in plain if counted(assigned.headers[each]) == each]
    if "N" in plain and looks_like_loss(assigned.headers["loss"]) and len(given) > 1:
        N, work = table["N"], float(table["C"].max())
        in_units = "D" in plain and N.min() < FEWEST["N"] and work < LEAST_WORK
        fraction = N.max() < FEWEST_FRACTIONS and bool((N % 1 != 0).any())
        if N.max() < FEWEST["N"] or in_units or fraction:
            yield "N", "did you mean millions, or billions?", "M"
    if {"N", "D"} <= set(plain) and looks_like_loss(assigned.headers["loss"]) and assigned.headers["D"] == "D":
        spoken.append("D")
    for each in (each for each in spoken if each in FEWEST and table[each].max() < FEWEST[each]):
        yield each, *(
            ("did you mean another unit, such as 1e21 FLOP?", "1e21") if each == "C"
            else ("did you mean millions, or billions?", "B" if each == "D" else "M")
        )  # fmt: skip
    if {"N", "D", "C"} <= set(plain):
        ratio = float(np.median(table["C"] / (FLOP_PER_PARAMETER_TOKEN * table["N"] * table["D"])))
        if ratio * FARTHEST_RULE < 1:
            yield "C", f"it is {ratio:.1g} times 6*N*D in the middle of the table. Is it in another unit?", "1e21"
        if ratio > FARTHEST_RULE and "D" in spoken:
            yield "D", f"C is {ratio:.1g} times 6*N*D in the middle of the table. Is D in another unit?", "B"
