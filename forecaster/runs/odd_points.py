"""Points that were probably mistyped, or are in another unit than the table."""

from __future__ import annotations

from forecaster.errors import ScenarioError
from forecaster.inputs import INPUTS
from forecaster.quantity import SUFFIXES, format_quantity
from forecaster.runs.points import Point
from forecaster.runs.table import Runs
from forecaster.show.table import times

FARTHEST = {"C": 1e9}
"""Times the largest run that nobody asks for: extrapolation was studied up to a thousand, and a laptop's smallest model
lies some 1e9 times below the largest training run there has been."""

FARTHEST_COUNT = 1e6
"""The same of parameters and of tokens: what a table in millions is off by, where a point is not."""

SMALLEST = {"C": 1e-8}
"""Part of the smallest run below which nobody asks either."""

SMALLEST_COUNT = 1e-4
"""The same of parameters and of tokens: below what N=70 in place of N=70B is off by in any table of language models."""

PLAUSIBLE = (1e-2, 1e4)
"""Between so much of the smallest run and so many times the largest lies what was probably meant."""


def refuse_absurd_point(point: Point, runs: Runs) -> None:
    """Refuse a point that lies farther from the runs than anybody asks.

    Raises:
        ScenarioError: with the ratio, and what was probably meant.
    """
    said = absurd(point, runs)
    if said:
        raise ScenarioError(said, where="point", named=("columns",))


def absurd(point: Point, runs: Runs) -> str:
    """Why a point lies farther from the runs than anybody asks; empty where it does not."""
    known = point.completed(runs.flop_per_parameter_token).inputs
    for name in (name for name in INPUTS if name in known and runs.has(name)):
        value, (low, high) = known[name], (float(end(runs.column(name))) for end in (min, max))
        unit = INPUTS[name].unit
        if value > high * FARTHEST.get(name, FARTHEST_COUNT):
            ends, far = f"the largest run ({format_quantity(high, unit)})", format_quantity(value / high)
            meant = _meant(name, value, low, high, inverse=True)
            cure = f'Is the table\'s {name} in another unit? Say so by `columns` "{name}=HEADER (M)"'
            return f"`{point}` puts {name} at {far} times {ends}; {meant}{cure}"
        if value < low * SMALLEST.get(name, SMALLEST_COUNT):
            ends = f"the smallest run ({format_quantity(low, unit)})"
            meant = _meant(name, value, low, high).removesuffix(" ") or "is its unit right?"
            here = f"{format_quantity(value, unit)}, {times(low / value)} times below {ends}"
            return f"`{point}` puts {name} at {here}; {meant}"
    return ""


def _meant(name: str, value: float, low: float, high: float, *, inverse: bool = False) -> str:
    """The question whether an amount with another suffix was meant; empty where none would do."""
    scales = sorted(set(SUFFIXES.values()) - {1.0}, reverse=True)
    tried = [value / scale if inverse else value * scale for scale in scales]
    likely = [each for each in tried if low * PLAUSIBLE[0] <= each <= high * PLAUSIBLE[1]]
    said = " or ".join(Point({name: each}).text for each in likely)
    return f"did you mean {said}? " if said else ""
