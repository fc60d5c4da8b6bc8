"""A prior: a named distribution whose arguments are numbers or formulas in other parameters.

It is said by its arguments, `LogNormal(log(0.35), 0.4)`, or by an interval that is solved for them,
`LogNormal 90% in 0.2..0.5`. Every family is sampled through an unbounded coordinate (the value itself, its
logarithm, or its position between two bounds on the logit scale), so the sampler never meets an edge.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.errors import FormulaError, LawError, QuantityError, clipped
from forecaster.laws.formula.parse import LONGEST, parse_expression, parse_formula
from forecaster.laws.formula.tree import Formula, evaluate
from forecaster.quantity import parse_quantity
from forecaster.stats.distributions import FAMILIES, sigmoid


def log_prior(prior: Prior, value: np.ndarray, values: Mapping[str, Any]) -> np.ndarray:
    """Log density of a prior, as its family has it, up to a constant that does not depend on its arguments.

    Args:
        prior: of one parameter.
        value: of the parameter, any shape.
        values: what the names in the prior's arguments stand for; arrays that broadcast with the value.
    """
    a = [np.asarray(evaluate(argument, values), dtype=float) for argument in prior.arguments]
    return np.asarray(FAMILIES[prior.family].log_density(value, *a) + np.zeros(np.shape(value)))


INTERVALS = "`LogNormal 90% in 0.2..0.5`, `StudentT(5) 90% in -1..1`, `HalfNormal 95% below 3`"
"""How an interval is said, for two free arguments and for one."""

_INTERVAL = re.compile(r"(\w+) ?(?:\(([^()]*)\))? ([0-9.e+-]+) ?% (in|below) (.+)", flags=re.ASCII)


@dataclass(frozen=True)
class Prior:
    """What is believed of one parameter before the data.

    Args:
        family: a key of `FAMILIES`.
        arguments: one formula for each of the family's arguments.
    """

    family: str
    arguments: tuple[Formula, ...]

    @property
    def text(self) -> str:
        """The prior as it stands on a law page, such as `LogNormal(log(0.35), 0.4)`."""
        return f"{self.family}({', '.join(argument.text for argument in self.arguments)})"

    @property
    def names(self) -> tuple[str, ...]:
        """Other parameters and reference names that the arguments use."""
        return tuple(dict.fromkeys(name for argument in self.arguments for name in argument.names))

    def quantile(self, p: Any, values: Mapping[str, Any] | None = None) -> Any:
        """The value at probability p.

        Args:
            p: probability in (0, 1), scalar or array.
            values: what the names in the arguments stand for; may be arrays that broadcast with p.
        """
        return FAMILIES[self.family].quantile(p, *self._numbers(values))

    def interval(self, mass: float = 0.9, values: Mapping[str, Any] | None = None) -> tuple[float, float]:
        """The equal-tailed interval that holds `mass` of the prior."""
        lower, upper = self.quantile(np.array([(1 - mass) / 2, (1 + mass) / 2]), values)
        return float(lower), float(upper)

    def value(self, coordinate: Any, values: Mapping[str, Any] | None = None) -> Any:
        """The parameter's value from the sampler's unbounded coordinate."""
        match FAMILIES[self.family].coordinate:
            case "value":
                return coordinate
            case "log":
                return np.exp(coordinate)
            case "logit":
                lower, upper = self._numbers(values) if self.family == "Uniform" else (0.0, 1.0)
                return lower + (upper - lower) * sigmoid(coordinate)

    def coordinate(self, value: Any, values: Mapping[str, Any] | None = None) -> Any:
        """The sampler's unbounded coordinate from the parameter's value."""
        match FAMILIES[self.family].coordinate:
            case "value":
                return value
            case "log":
                return np.log(value)
            case "logit":
                lower, upper = self._numbers(values) if self.family == "Uniform" else (0.0, 1.0)
                share = (value - lower) / (upper - lower)
                return np.log(share) - np.log1p(-share)

    def _numbers(self, values: Mapping[str, Any] | None) -> list[Any]:
        return [evaluate(argument, values or {}) for argument in self.arguments]

    def __str__(self) -> str:
        return self.text


def parse_prior(text: str, *, where: str = "") -> Prior:
    """Read a prior such as `LogNormal(log(0.35), 0.4)`, or an interval such as `LogNormal 90% in 0.2..0.5`.

    An interval is equal-tailed and solved for the family's arguments; the prior's text then holds these. Its ends
    may carry suffixes, as in `Gamma 90% in 100..2K`. HalfNormal and Exponential take one end: `95% below 3`.

    Raises:
        LawError: an unknown family, a wrong number of arguments, or an interval that no prior of the family has.
        FormulaError: an argument outside the grammar.
    """
    if len(text) > LONGEST:
        raise LawError(f"a prior of {len(text)} characters is too long", where=where)
    if "%" in text:
        return _from_interval(text, where=where)
    match parse_expression(text):
        case ast.Call(func=ast.Name(id=family), args=arguments, keywords=[]) if family in FAMILIES:
            expected = FAMILIES[family].arguments
            if len(arguments) != len(expected):
                raise LawError(
                    f"{family} takes {len(expected)} argument(s) ({', '.join(expected)}), got {len(arguments)}",
                    where=where,
                )
            parts = [ast.get_source_segment(text.strip(), argument) or "" for argument in arguments]
            formulas = tuple(parse_formula(part, where=where) for part in parts)
            prior = Prior(family, formulas)
            _refuse_impossible_constants(prior, where=where)
            return prior
        case _:
            raise _not_a_prior(text, where=where)


def _not_a_prior(text: str, *, where: str) -> LawError:
    shapes = "; ".join(f"{name}({', '.join(kind.arguments)})" for name, kind in FAMILIES.items())
    return LawError(
        f"`{clipped(text, 57)}` is not a prior; allowed are {shapes}; or by interval: {INTERVALS}", where=where
    )


def _from_interval(text: str, *, where: str) -> Prior:
    said = " ".join(text.split())
    quoted = f"`{clipped(said, 57)}`"
    found = _INTERVAL.fullmatch(said)
    if found is None or found[1] not in FAMILIES:
        raise _not_a_prior(text, where=where)
    name, brackets, percent, word, rest = found.groups()
    family = FAMILIES[name]
    one_ended = len(family.arguments) == 1
    if word != ("below" if one_ended else "in"):
        shape = "95% below HIGH" if one_ended else "90% in LOW..HIGH"
        raise LawError(f"{quoted} does not settle {name}; expected {name} {shape}", where=where)
    if (brackets is None) is (name == "StudentT"):
        cure = "StudentT(5) 90% in LOW..HIGH" if name == "StudentT" else f"{name} {percent}% {word} {rest}"
        raise LawError(f"{quoted} needs its degrees of freedom in brackets, or none; expected {cure}", where=where)
    ends = _ends(rest, quoted, one_ended=one_ended, where=where)
    lowest, highest = family.support
    for end in ends:
        if not lowest < end < highest:
            bounds = "above 0" if highest == math.inf else "between 0 and 1"
            raise LawError(f"{end:g} of {quoted} is outside {name}, whose values lie {bounds}", where=where)
    mass = _mass(percent, quoted, where=where)
    given = [_degrees_of_freedom(brackets, quoted, where=where)] if brackets is not None else []
    p = np.array([mass] if one_ended else [(1 - mass) / 2, (1 + mass) / 2])
    try:
        with np.errstate(all="ignore"):
            solved = [*given, *family.solve(np.array(ends), p, *given)]
            # Fifteen digits: the last ones differ between machines, and the text enters a law's hash.
            prior = Prior(name, tuple(parse_formula(f"{argument:.15g}") for argument in solved))
            _refuse_impossible_constants(prior, where=where)
            got = prior.quantile(p)
    except (ArithmeticError, ValueError, FormulaError, LawError):
        got = np.full(len(ends), np.nan)
    size = np.abs(ends) if lowest == 0 else np.full(len(ends), np.max(np.abs(ends)))
    if not (np.abs(got - ends) <= 1e-9 * size).all():
        cure = "a wider or less extreme interval, or another family"
        raise LawError(f"no {name} has {quoted} within the reach of its numbers; expected {cure}", where=where)
    return prior


def _ends(text: str, quoted: str, *, one_ended: bool, where: str) -> list[float]:
    parts = [text] if one_ended else text.split("..")
    if "..." in text or len(parts) != (1 if one_ended else 2):
        expected = "one number after below" if one_ended else "two numbers as in 0.2..0.5"
        raise LawError(f"{quoted} is no interval; expected {expected}", where=where)
    try:
        ends = [parse_quantity(part) for part in parts]
    except QuantityError as error:
        raise LawError(f"in {quoted}, {error.message}", where=where) from None
    if not one_ended and not ends[0] < ends[1]:
        raise LawError(f"{quoted} starts at {ends[0]:g} and ends at {ends[1]:g}; expected LOW below HIGH", where=where)
    return ends


def _mass(percent: str, quoted: str, *, where: str) -> float:
    try:
        mass = float(percent) / 100
    except ValueError:
        mass = math.nan
    if not 0 < mass < 1:
        raise LawError(f"{percent}% of {quoted} is no probability; expected between 0 and 100", where=where)
    return mass


def _degrees_of_freedom(text: str, quoted: str, *, where: str) -> float:
    formula = parse_formula(text, where=where)
    nu = math.nan if formula.names else float(evaluate(formula, {}))
    if not nu > 0:
        raise LawError(
            f"`{clipped(text)}` of {quoted} is no degrees of freedom; expected a number above 0", where=where
        )
    return nu


def _refuse_impossible_constants(prior: Prior, *, where: str) -> None:
    family = FAMILIES[prior.family]
    for name, argument in zip(family.arguments, prior.arguments, strict=True):
        if argument.names:
            continue
        try:
            number = float(evaluate(argument, {}))
        except (ArithmeticError, ValueError):
            raise FormulaError(f"{name} of {prior.text} is not a number", where=where) from None
        if name in family.positive and not number > 0:
            raise LawError(f"{name} of {prior.text} is {number:g}; it must be above 0", where=where)
    if prior.family == "Uniform" and not prior.names:
        lower, upper = prior.interval(1.0)
        if not lower < upper:
            raise LawError(f"{prior.text} has no room between its bounds", where=where)
