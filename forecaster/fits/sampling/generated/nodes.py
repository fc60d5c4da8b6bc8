"""Nodes of expressions in an order in which each follows those it is made of; equal ones are one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

LEAVES = ("constant", "parameter", "fixed", "data", "runs")

SUMS = ("sum", "sum_log")
"""What makes one value of one value a run: their sum, and the sum of their logarithms."""

OF_NUMPY = (
    "add", "subtract", "multiply", "divide", "power", "negative", "exp", "log", "sqrt", "log1p", "expm1", "tanh",
    "minimum", "maximum", "logaddexp", "less", "less_equal",
)  # fmt: skip
"""Operations that have the name of their function in NumPy."""

COMPUTE: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in OF_NUMPY},
    "where": np.where,
    "sum": np.sum,
    "sum_log": lambda x: np.sum(np.log(x)),
    "log_gamma": lambda x: _special("gammaln")(x),
    "digamma": lambda x: _special("psi")(x),
}
"""Each operation on arrays."""


def _special(name: str) -> Any:
    import scipy.special

    return getattr(scipy.special, name)


class Unsupported(Exception):
    """There is no such operation."""


class Nodes:
    """What a graph holds.

    A node is an operation's name and the nodes, or the number, that it takes. `each[i]` says whether node i has one
    value a run, `moves[i]` whether it depends on a parameter, `positive[i]` whether it is known to be above zero.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[Any, ...]] = []
        self.each: list[bool] = []
        self.moves: list[bool] = []
        self.positive: list[bool] = []
        self._known: dict[tuple[Any, ...], int] = {}

    def make(self, *node: Any) -> int:
        """The node, made where there is none like it."""
        if node in self._known:
            return self._known[node]
        name, *parts = node
        leaf = name in LEAVES
        self.nodes.append(node)
        self.each.append(name == "data" or (not leaf and name not in SUMS and any(self.each[part] for part in parts)))
        self.moves.append(name == "parameter" or (not leaf and any(self.moves[part] for part in parts)))
        self.positive.append(self._is_positive(name, parts))
        self._known[node] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def _is_positive(self, name: str, parts: list[Any]) -> bool:
        match name:
            case "constant":
                return bool(parts[0] > 0)
            case "exp" | "runs":
                return True
            case "add" | "multiply" | "divide" | "sqrt" | "minimum":
                return all(self.positive[part] for part in parts)
            case "maximum":
                return any(self.positive[part] for part in parts)
            case "where":
                return all(self.positive[part] for part in parts[1:])
            case _:
                return False

    def operation(self, node: int) -> str:
        """The name of a node's operation."""
        return str(self.nodes[node][0])

    def parts(self, node: int) -> tuple[int, ...]:
        """The nodes that a node is made of."""
        return () if self.operation(node) in LEAVES else self.nodes[node][1:]

    def constant(self, value: float) -> int:
        # Zero and minus zero are equal keys; a graph needs no minus zero. Not a number equals nothing, itself included.
        value = float(value)
        return self.make("constant", 0.0 if value == 0 else np.nan if value != value else value)

    def number(self, node: int) -> float | None:
        """A constant's value."""
        return float(self.nodes[node][1]) if self.nodes[node][0] == "constant" else None

    def apply(self, name: str, *parts: int) -> int:
        """The operation itself, computed where all its parts are constants."""
        numbers = [self.number(part) for part in parts]
        if all(number is not None for number in numbers):
            with np.errstate(all="ignore"):
                return self.constant(float(COMPUTE[name](*(np.float64(number) for number in numbers))))
        return self.make(name, *parts)
