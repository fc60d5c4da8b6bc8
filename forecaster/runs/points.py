"""A scenario: the points that a forecast is asked for, and the targets at each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from forecaster.errors import QuantityError, ScenarioError, clipped
from forecaster.inputs import DATE, FLOP_PER_PARAMETER_TOKEN, INPUTS, input_of
from forecaster.quantity import parse_quantity

SIGNS: Mapping[str, bool | None] = MappingProxyType(
    {"": None, "<": False, "<=": False, "=<": False, ">": True, ">=": True, "=>": True}
)
"""What stands before a target's number, and whether it asks for the value or more."""


@dataclass(frozen=True)
class Point:
    """One run that has not been trained.

    Args:
        inputs: what was given of N (parameters), D (tokens), C (FLOP) and any other input of a law; a date as
            `forecaster.quantity.date_number` has it.
    """

    inputs: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ScenarioError("a point needs at least one input, such as N=70B,D=1.4T or C=6e23")
        for name, value in self.inputs.items():
            if not math.isfinite(value):
                raise ScenarioError(f"{name} is {value:g}; a point needs a finite number", where="point")
            if name in INPUTS and value <= 0:
                raise ScenarioError(f"{name} is {value:g}; a point needs {name} > 0", where="point")
        object.__setattr__(self, "inputs", MappingProxyType(dict(self.inputs)))

    def completed(self, flop: float = FLOP_PER_PARAMETER_TOKEN) -> Point:
        """The point with the third of N, D and C filled in where two of them are known: C = 6ND from N and D.

        Args:
            flop: what a table counts as one parameter's work on one token, for N or D from a given C.
        """
        known = dict(self.inputs)
        match "N" in known, "D" in known, "C" in known:
            case True, True, False:
                known["C"] = FLOP_PER_PARAMETER_TOKEN * known["N"] * known["D"]
            case True, False, True:
                known["D"] = known["C"] / (flop * known["N"])
            case False, True, True:
                known["N"] = known["C"] / (flop * known["D"])
        return Point(known)

    @property
    def text(self) -> str:
        """The point as it is typed, such as `N=70B,D=1.4T`; numbers with up to six digits."""
        return ",".join(f"{name}={input_of(name).typed(value)}" for name, value in self.inputs.items())

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Target:
    """A value of the response that a run is to meet, and from which side.

    Args:
        value: in the response's unit.
        above: whether it is met by ending at or above it, in place of at or below; None until a table says in which
            direction its response improves.
    """

    value: float
    above: bool | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ScenarioError(f"a target of {self.value:g} cannot be met; it must be a finite number", where="target")

    def towards(self, *, above: bool) -> Target:
        """The target with the direction that it names, else with this one."""
        return self if self.above is not None else replace(self, above=above)

    @property
    def side(self) -> dict[str, float]:
        """The value under `above` or `below`, as a band's or a forecast's `probability` takes it."""
        return {"above" if self.above else "below": self.value}

    @property
    def direction(self) -> str:
        """`above` or `below`."""
        return next(iter(self.side))

    @property
    def text(self) -> str:
        """In words, "0.8 or more"."""
        return f"{self.value:g} or {'more' if self.above else 'less'}"

    @property
    def column(self) -> str:
        """What heads a column of its chances, "P(>= 0.8)"."""
        return f"P({'>=' if self.above else '<='} {self.value:g})"


@dataclass(frozen=True)
class Scenario:
    """Where we ask.

    Args:
        points: one or more points.
        targets: values of the response; for each the chance of meeting it is asked.
    """

    points: tuple[Point, ...]
    targets: tuple[Target, ...] = ()

    def __post_init__(self) -> None:
        if not self.points:
            raise ScenarioError("a forecast needs at least one point, such as N=70B,D=1.4T")
        object.__setattr__(self, "targets", tuple(parse_target(each) for each in self.targets))


def parse_point(text: str) -> Point:
    """Read a point such as `N=70B,D=1.4T`, `C=6e23` or `date=2026-12-31`.

    Raises:
        ScenarioError: not of the form name=quantity,..., a name given twice, a value not above zero.
    """
    inputs: dict[str, float] = {}
    for part in text.split(","):
        name, equals, quantity = (piece.strip() for piece in part.partition("="))
        if not equals or not name.isidentifier():
            raise ScenarioError(f"`{part.strip()}` is not name=quantity; write N=70B,D=1.4T or C=6e23", where="point")
        name = name.upper() if name in ("n", "d", "c", "u") else DATE.name if name.lower() == DATE.name else name
        if name in inputs:
            raise ScenarioError(f"`{text}` gives {name} twice", where="point")
        try:
            inputs[name] = input_of(name).read(quantity)
        except QuantityError as error:
            raise ScenarioError(f"{name}: {error.message}", where="point") from None
    return Point(inputs)


def parse_target(said: str | float | Target) -> Target:
    """Read a target such as `1.95`, `<=1.95`, `>=0.9` or `80%`.

    Raises:
        ScenarioError: neither a number nor one after a sign.
    """
    if isinstance(said, Target):
        return said
    if not isinstance(said, str):
        return Target(float(said))
    text = said.replace("\N{GREATER-THAN OR EQUAL TO}", ">=").replace("\N{LESS-THAN OR EQUAL TO}", "<=").strip()
    number = text.lstrip("<>=").strip()
    sign = text[: len(text) - len(text.lstrip("<>="))]
    if sign not in SIGNS:
        raise ScenarioError(f"`{clipped(said)}` is not a target; write 1.95, <=1.95 or >=0.9", where="target")
    percent = number.endswith("%")
    try:
        value = parse_quantity(number.removesuffix("%"))
    except QuantityError as error:
        raise ScenarioError(f"{error.message}; write 1.95, <=1.95 or >=0.9", where="target") from None
    return Target(value / 100 if percent else value, SIGNS[sign])


def scenario(
    at: str | Point | Mapping[str, Any] | Scenario | Iterable[str | Point | Mapping[str, Any]],
    *,
    targets: Iterable[str | float | Target] = (),
) -> Scenario:
    """A scenario from anything that names points: texts, mappings, points, or several of them.

    Targets, as of `parse_target`, are added to those that a Scenario already has.

    Raises:
        ScenarioError: a point or a target that cannot be read.
    """
    wanted = tuple(parse_target(each) for each in targets)
    if isinstance(at, Scenario):
        return Scenario(points=at.points, targets=(*at.targets, *wanted))
    items = [at] if isinstance(at, str | Point | Mapping) else list(at)
    points = [
        item if isinstance(item, Point) else parse_point(item) if isinstance(item, str) else Point(_numbers(item))
        for item in items
    ]
    return Scenario(points=tuple(points), targets=wanted)


def _numbers(inputs: Mapping[str, float | str]) -> dict[str, float]:
    """Inputs as numbers, those given as text, such as dates, read.

    Raises:
        ScenarioError: a text that cannot be read.
    """
    said = ",".join(f"{name}={value}" for name, value in inputs.items() if isinstance(value, str))
    read = parse_point(said).inputs if said else {}
    return {name: read[name] if isinstance(value, str) else value for name, value in inputs.items()}
