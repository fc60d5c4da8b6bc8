"""The rules of the evidence grade: what each letter asks of what was seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """What one letter asks of a criterion's numbers.

    Args:
        letter: from A, the best, to D.
        bounds: one for each number, the bound itself included; none where the letter asks nothing.
        words: the same for a person, with a place for each bound.
    """

    letter: str
    bounds: tuple[float, ...]
    words: str

    def holds(self, numbers: tuple[float, ...], *, most: bool) -> bool:
        """Whether every number keeps to its bound, the last binary digit aside."""
        pairs = zip(numbers, self.bounds, strict=False)
        return all(value <= bound * (1 + 1e-9) if most else value >= bound * (1 - 1e-9) for value, bound in pairs)


@dataclass(frozen=True)
class Rule:
    """A criterion's levels, from which both its letter and the words of its rule come.

    Args:
        levels: the best first; the last asks nothing.
        most: whether the numbers must not exceed their bounds; otherwise they must reach them.
        more: what else the rule says; empty for most.
    """

    levels: tuple[Level, ...]
    most: bool = False
    more: str = ""

    def letter(self, *numbers: float) -> str:
        """The letter of the first level that the numbers keep."""
        return next(level.letter for level in self.levels if level.holds(numbers, most=self.most))

    @property
    def text(self) -> str:
        """The rule in words: "A: 50 or more, B: 25 or more, C: 15 or more, D: fewer"."""
        return ", ".join(f"{each.letter}: {each.words.format(*each.bounds)}" for each in self.levels) + self.more


BEYOND_TESTED, AT_BEST = 10.0, "C"
"""A point more than so many times beyond the farthest run that was backtested gets this letter at best."""

NOTHING_TO_COMPARE = "C"
"""The letter of agreement where one law stands alone."""


def _rule(*levels: tuple[tuple[float, ...], str], rest: str, most: bool = False, more: str = "") -> Rule:
    """A rule whose letters go from A down, the last asking nothing."""
    named = [Level(letter, *level) for letter, level in zip("ABCD", levels, strict=False)]
    return Rule((*named, Level("D", (), rest)), most, more)


AT_LEAST = "{:g} or more"

RULES: Mapping[str, Rule] = {
    "distance": _rule(
        ((30,), "up to {:,g} times the largest run, or below the smallest"), ((100,), "up to {:,g}"),
        ((1000,), "up to {:,g}"), rest="beyond", most=True,
        more=f"; at best {AT_BEST} where that is over {BEYOND_TESTED:g} times the farthest backtested, or nothing was",
    ),
    "runs": _rule(((50,), AT_LEAST), ((25,), AT_LEAST), ((15,), AT_LEAST), rest="fewer, or than a law's parameters"),
    "decades of scale": _rule(((3,), AT_LEAST), ((2,), AT_LEAST), ((1,), AT_LEAST), rest="fewer"),
    "coverage": _rule(
        ((0.85,), "such 90% ranges held {:.0%} or more where they were studied"),
        ((0.75,), "{:.0%}"), ((0.60,), "{:.0%}"), rest="less, or never studied",
        more=f"; where only this table's track record tells, at best {AT_BEST}",
    ),
    "agreement of laws": _rule(
        ((0.25,), "medians span up to {:g} of the 90% range"), ((0.5,), "up to {:g}"), ((1,), "up to {:g}"),
        rest="more", most=True, more=f"; {NOTHING_TO_COMPARE} for one law alone",
    ),
    "prior dominance": _rule(
        ((0.25,), "up to {:.0%} of what moves the response at the point is the priors'"),
        ((0.5,), "up to {:.0%}"), ((0.75,), "up to {:.0%}"), rest="more", most=True,
    ),
    "checks": Rule(
        (
            Level("A", (0, 0), "every law passes"),
            Level("C", (math.inf, 0), "a law is for review"),
            Level("D", (), "a law failed or was left out"),
        ),
        most=True,
    ),
}  # fmt: skip
"""Each criterion with its thresholds."""

IN_TIME = _rule(
    ((30,), "up to 3.4 years after the last row"), ((100,), "up to 4.6 years"), ((1000,), "up to 6.9 years"),
    rest="beyond", most=True,
    more=f"; at best {AT_BEST} where that is over 2.3 years after the farthest backtested, or nothing was",
)  # fmt: skip
"""The same distances for dates, a year for an e-fold."""
