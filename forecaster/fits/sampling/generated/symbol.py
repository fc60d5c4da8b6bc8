"""A symbol: a node of a graph that stands in arithmetic and NumPy's functions as an array would.

The grammar's own evaluation, links and prior densities run on symbols, because NumPy hands its functions to them; so no
formula is written a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from forecaster.fits.sampling.generated.graph import Graph
from forecaster.fits.sampling.generated.nodes import OF_NUMPY, Unsupported

NAMES = {name: name for name in (*OF_NUMPY, "greater", "greater_equal")} | {
    "gammaln": "log_gamma",
    "betaln": "log_beta",
}
"""The graph's operation for each function of NumPy and SciPy."""


def _of(name: str, *, swapped: bool = False) -> Callable[..., Symbol]:
    def operator(self: Symbol, *other: Any) -> Symbol:
        return self.of(name, *other, self) if swapped else self.of(name, self, *other)

    return operator


class Symbol:
    """A node of a graph.

    Args:
        graph: that holds it.
        node: of the graph.
    """

    __slots__ = ("graph", "node")

    def __init__(self, graph: Graph, node: int) -> None:
        self.graph, self.node = graph, node

    def of(self, name: str, *inputs: Any) -> Symbol:
        """An operation on symbols and numbers."""
        return Symbol(self.graph, getattr(self.graph, name)(*(node_of(self.graph, each) for each in inputs)))

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Symbol:
        name = NAMES.get(function.__name__)
        if method != "__call__" or options or name is None:
            raise Unsupported(function.__name__)
        return self.of(name, *inputs)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Symbol:
        if function is not np.where or options:
            raise Unsupported(function.__name__)
        return self.of("where", *inputs)

    __add__, __radd__ = _of("add"), _of("add", swapped=True)
    __sub__, __rsub__ = _of("subtract"), _of("subtract", swapped=True)
    __mul__, __rmul__ = _of("multiply"), _of("multiply", swapped=True)
    __truediv__, __rtruediv__ = _of("divide"), _of("divide", swapped=True)
    __pow__, __rpow__ = _of("power"), _of("power", swapped=True)
    __neg__ = _of("negative")
    __lt__, __le__ = _of("less"), _of("less_equal")
    __gt__, __ge__ = _of("greater"), _of("greater_equal")


def node_of(graph: Graph, value: Any) -> int:
    """The node of a symbol, or of a number."""
    return value.node if isinstance(value, Symbol) else graph.constant(float(value))
