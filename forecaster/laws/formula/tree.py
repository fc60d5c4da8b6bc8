"""A formula: a checked expression, evaluated on any kind of array.

What may stand in one is settled by `laws.formula.parse`; here are its nodes and what they are worth.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.errors import FormulaError

FUNCTIONS: dict[str, int] = {
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "log1p": 1,
    "expm1": 1,
    "tanh": 1,
    "minimum": 2,
    "maximum": 2,
    "logaddexp": 2,
    "where": 3,
}

_APPLY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

LOGS: Mapping[str, Callable[..., Any]] = {"*": operator.add, "/": operator.sub}
"""What becomes of the logarithms of two factors."""

NUMPY: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in FUNCTIONS}
"""The grammar's functions on NumPy arrays; all but `where` keep the dimensions of xarray objects too."""


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Negative:
    operand: Node


@dataclass(frozen=True)
class Binary:
    """Two operands under one of + - * / ** < <= > >=."""

    symbol: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


Node = Number | Name | Negative | Binary | Call


@dataclass(frozen=True)
class Formula:
    """A checked expression.

    Args:
        text: the expression as its author wrote it.
        tree: the same as frozen nodes.
    """

    text: str
    tree: Node

    @property
    def names(self) -> tuple[str, ...]:
        """Names used, each once, in order of first appearance."""
        return tuple(dict.fromkeys(node.name for node in walk(self.tree) if isinstance(node, Name)))

    def __str__(self) -> str:
        return self.text


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, parents before children."""
    yield node
    for part in parts(node):
        yield from walk(part)


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes that a node is made of."""
    match node:
        case Negative(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case _:
            return ()


def with_parts(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node made of what `change` makes of its parts."""
    match node:
        case Negative(operand):
            return Negative(change(operand))
        case Binary(symbol, left, right):
            return Binary(symbol, change(left), change(right))
        case Call(function, arguments):
            return Call(function, tuple(map(change, arguments)))
        case _:
            return node


def evaluate(
    formula: Formula | Node,
    values: Mapping[str, Any],
    *,
    functions: Mapping[str, Callable[..., Any]] = NUMPY,
    logs: Mapping[str, Any] | None = None,
) -> Any:
    """Compute a formula on numbers, NumPy arrays, xarray objects or PyTensor variables.

    Args:
        formula: a checked formula, or one of its nodes.
        values: what each name stands for; shapes broadcast as the array library has it.
        functions: the grammar's functions for that kind of array.
        logs: natural logarithms of some of the names. A power of such a name, or of a product or quotient of
            such names, becomes `exp(exponent * log)`: one multiplication where a logarithm would be needed.

    Raises:
        FormulaError: a name without a value.
    """
    node = formula.tree if isinstance(formula, Formula) else formula
    logs = logs or {}

    def value_of(part: Node) -> Any:
        match part:
            case Number(value):
                return value
            case Name(name):
                if name not in values:
                    raise FormulaError(f"the formula needs a value for `{name}`")
                # A plain float raises where an array has infinity: 1 / 0.0, or 1e9 ** 100.
                found = values[name]
                return np.float64(found) if isinstance(found, float | int) else found
            case Negative(operand):
                return -value_of(operand)
            case Binary("**", base, exponent):
                log_base = log_of(base, logs)
                if log_base is None:
                    return value_of(base) ** value_of(exponent)
                return functions["exp"](value_of(exponent) * log_base)
            case Binary(symbol, left, right):
                return _APPLY[symbol](value_of(left), value_of(right))
            case Call(function, arguments):
                return functions[function](*(value_of(argument) for argument in arguments))

    return value_of(node)


def log_of(node: Node, logs: Mapping[str, Any], *, joined: Mapping[str, Callable[..., Any]] = LOGS) -> Any:
    """The logarithm of a product or quotient of names whose logarithms are known; None for anything else.

    Args:
        node: of a formula.
        logs: known logarithms, by name.
        joined: what becomes of two logarithms where "*" or "/" stood.
    """
    match node:
        case Name(name):
            return logs.get(name)
        case Binary(symbol, left, right) if symbol in joined:
            both = log_of(left, logs, joined=joined), log_of(right, logs, joined=joined)
            return None if both[0] is None or both[1] is None else joined[symbol](*both)
    return None
