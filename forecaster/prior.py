"""A prior: a named distribution whose arguments are numbers or formulas in other parameters.

Every family is sampled through an unbounded coordinate (the value itself, its logarithm, or its position
between two bounds on the logit scale), so the sampler never meets an edge.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from forecaster.errors import FormulaError, LawError, clipped
from forecaster.formula import Formula, evaluate
from forecaster.grammar import LONGEST, parse_expression, parse_formula

FEW = 16
Coordinate = Literal["value", "log", "logit"]


@dataclass(frozen=True)
class Family:
    """One kind of distribution.

    Args:
        arguments: their names, in order.
        coordinate: what the sampler moves: the value, its log, or the logit of its place between bounds.
        quantile: value at probability p, given p and the arguments.
        positive: which arguments must be above zero.
    """

    arguments: tuple[str, ...]
    coordinate: Coordinate
    quantile: Callable[..., Any]
    positive: tuple[str, ...]


def _normal(p: Any) -> Any:
    if np.size(p) <= FEW:
        # SciPy takes longer to load than a page of priors takes to print.
        inverse = np.vectorize(NormalDist().inv_cdf, otypes=[float])
        return inverse(p)[()]
    from scipy.special import ndtri

    return ndtri(p)


def _student(p: Any, nu: Any) -> Any:
    from scipy.special import stdtrit

    return stdtrit(nu, p)


def _gamma(p: Any, shape: Any) -> Any:
    from scipy.special import gammaincinv

    return gammaincinv(shape, p)


def _beta(p: Any, a: Any, b: Any) -> Any:
    from scipy.special import betaincinv

    return betaincinv(a, b, p)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)) without overflow; keeps the type and dims of what it is given."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


FAMILIES: dict[str, Family] = {
    "Normal": Family(("mu", "sigma"), "value", lambda p, mu, sigma: mu + sigma * _normal(p), ("sigma",)),
    "LogNormal": Family(("mu", "sigma"), "log", lambda p, mu, sigma: np.exp(mu + sigma * _normal(p)), ("sigma",)),
    "LogitNormal": Family(("mu", "sigma"), "logit", lambda p, mu, sigma: sigmoid(mu + sigma * _normal(p)), ("sigma",)),
    "StudentT": Family(
        ("nu", "mu", "sigma"),
        "value",
        lambda p, nu, mu, sigma: mu + sigma * _student(p, nu),
        ("nu", "sigma"),
    ),
    "HalfNormal": Family(("sigma",), "log", lambda p, sigma: sigma * _normal((1 + p) / 2), ("sigma",)),
    "Exponential": Family(("rate",), "log", lambda p, rate: -np.log1p(-p) / rate, ("rate",)),
    "Gamma": Family(("shape", "rate"), "log", lambda p, shape, rate: _gamma(p, shape) / rate, ("shape", "rate")),
    "Beta": Family(("a", "b"), "logit", _beta, ("a", "b")),
    "Uniform": Family(("lower", "upper"), "logit", lambda p, lower, upper: lower + (upper - lower) * p, ()),
}


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

    def to_pymc(self, name: str, values: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
        """Add the parameter to the PyMC model being built and return its value as a PyTensor variable.

        Args:
            name: the parameter's name in the model.
            values: PyTensor variables for the names in the arguments.
            functions: the grammar's functions on PyTensor variables.
        """
        import pymc as pm
        import pytensor.tensor as pt

        arguments = [evaluate(argument, values, functions=functions) for argument in self.arguments]
        match self.family:
            # Normal coordinates, not PyMC's LogNormal and LogitNormal: the same density, a smaller graph.
            case "Normal":
                return pm.Normal(name, *arguments)
            case "LogNormal":
                return pt.exp(pm.Normal(name, *arguments))
            case "LogitNormal":
                return pt.sigmoid(pm.Normal(name, *arguments))
            case "StudentT":
                return pm.StudentT(name, nu=arguments[0], mu=arguments[1], sigma=arguments[2])
            case "Gamma":
                return pm.Gamma(name, alpha=arguments[0], beta=arguments[1])
            case _:
                return getattr(pm, self.family)(name, *arguments)

    def _numbers(self, values: Mapping[str, Any] | None) -> list[Any]:
        return [evaluate(argument, values or {}) for argument in self.arguments]

    def __str__(self) -> str:
        return self.text


def parse_prior(text: str, *, where: str = "") -> Prior:
    """Read a prior such as `LogNormal(log(0.35), 0.4)`.

    Raises:
        LawError: an unknown family or a wrong number of arguments, with the families allowed.
        FormulaError: an argument outside the grammar.
    """
    if len(text) > LONGEST:
        raise LawError(f"a prior of {len(text)} characters is too long", where=where)
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
            shapes = "; ".join(f"{name}({', '.join(kind.arguments)})" for name, kind in FAMILIES.items())
            raise LawError(f"`{clipped(text, 57)}` is not a prior; allowed are {shapes}", where=where)


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
