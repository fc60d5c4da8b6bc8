"""The gradient of a graph's node, as further nodes: reverse differentiation of expressions."""

from __future__ import annotations

from collections.abc import Sequence

from forecaster.fits.sampling.generated.graph import Graph
from forecaster.fits.sampling.generated.nodes import Unsupported


def gradient(graph: Graph, value: int, parameters: Sequence[int]) -> list[int]:
    """Nodes of the derivatives of a node that is the same for all runs.

    What runs contribute to a scalar is gathered first and summed once. A branch that was not taken passes nothing on,
    whatever its own derivative would be.

    Args:
        graph: to which the nodes are added.
        value: the node.
        parameters: the nodes to differentiate by.
    """
    return _Reverse(graph, value).of(parameters)


class _Reverse:
    def __init__(self, graph: Graph, value: int) -> None:
        self.graph = graph
        self.adjoint: dict[int, int] = {value: graph.constant(1)}
        self.gathered: dict[int, int] = {}
        needed, waiting = set[int](), [value]
        while waiting:
            node = waiting.pop()
            if node not in needed and graph.moves[node]:
                needed.add(node)
                waiting.extend(graph.parts(node))
        # Nodes follow those that they are made of, so the last ones are differentiated first.
        for node in sorted(needed, reverse=True):
            if node in self.gathered:
                self._add(self.adjoint, node, graph.sum(self.gathered.pop(node)))
            if node in self.adjoint and graph.parts(node):
                self._pass_on(node, self.adjoint[node])

    def of(self, parameters: Sequence[int]) -> list[int]:
        return [self.adjoint.get(node, self.graph.constant(0)) for node in parameters]

    def _add(self, into: dict[int, int], node: int, part: int) -> None:
        into[node] = self.graph.add(into[node], part) if node in into else part

    def _give(self, node: int, part: int, share: int) -> None:
        """Give a part of a node its share of the node's adjoint."""
        graph = self.graph
        if graph.moves[part]:
            summed = not graph.each[part] and (graph.each[share] or graph.each[node])
            self._add(self.gathered if summed else self.adjoint, part, share)

    def times(self, adjoint: int, factor: int) -> int:
        """A product in which a branch that was not taken stays zero, were the factor infinite there."""
        graph = self.graph
        match graph.nodes[adjoint]:
            case ("where", condition, a, b) if graph.number(b) == 0:
                return graph.where(condition, self.times(a, factor), b)
            case ("where", condition, a, b) if graph.number(a) == 0:
                return graph.where(condition, a, self.times(b, factor))
            case ("negative", inner):
                return graph.negative(self.times(inner, factor))
        return graph.multiply(adjoint, factor)

    def over(self, adjoint: int, divisor: int) -> int:
        return self.times(adjoint, self.graph.divide(self.graph.constant(1), divisor))

    def _pass_on(self, node: int, adjoint: int) -> None:
        graph, one = self.graph, self.graph.constant(1)
        parts = graph.parts(node)
        a, b = parts[0], parts[-1]
        shares: list[int]
        match graph.operation(node):
            case "add":
                shares = [adjoint, adjoint]
            case "subtract":
                shares = [adjoint, graph.negative(adjoint)]
            case "multiply":
                shares = [self.times(adjoint, b), self.times(adjoint, a)]
            case "divide":
                share = self.over(adjoint, b)
                shares = [share, graph.negative(self.times(share, node))]
            case "negative":
                shares = [graph.negative(adjoint)]
            case "exp":
                shares = [self.times(adjoint, node)]
            case "log":
                shares = [self.over(adjoint, a)]
            case "log1p":
                shares = [self.over(adjoint, graph.add(one, a))]
            case "expm1":
                shares = [self.times(adjoint, graph.exp(a))]
            case "sqrt":
                shares = [self.over(graph.multiply(graph.constant(0.5), adjoint), node)]
            case "tanh":
                # 1 - tanh**2 would lose its digits far out.
                cosh = graph.multiply(graph.constant(0.5), graph.add(graph.exp(a), graph.exp(graph.negative(a))))
                shares = [self.over(self.over(adjoint, cosh), cosh)]
            case "log_gamma":
                shares = [self.times(adjoint, graph.make("digamma", a))]
            case "logaddexp":
                shares = [self.times(adjoint, graph.exp(graph.subtract(part, node))) for part in parts]
            case "power":
                shares = self._of_power(node, adjoint)
            case "minimum" | "maximum" as name:
                first = graph.less_equal(a, b) if name == "minimum" else graph.less_equal(b, a)
                zero = graph.constant(0)
                shares = [graph.where(first, adjoint, zero), graph.where(first, zero, adjoint)]
            case "where":
                zero = graph.constant(0)
                condition, a, b = parts
                parts = (a, b)
                shares = [graph.where(condition, adjoint, zero), graph.where(condition, zero, adjoint)]
            case "sum":
                self._add(self.adjoint, a, adjoint)
                return
            case "sum_log":
                self._add(self.adjoint, a, self.over(adjoint, a))
                return
            case "less" | "less_equal":
                return
            case name:
                raise Unsupported(name)
        for part, share in zip(parts, shares, strict=True):
            self._give(node, part, share)

    def _of_power(self, node: int, adjoint: int) -> list[int]:
        """Shares of a power whose base may be zero, where its logarithm and its reciprocal are infinite.

        At zero the slope counts as zero, as it is of every hinge that is raised to a power above one.
        """
        graph = self.graph
        base, exponent = graph.parts(node)
        zero = graph.constant(0)
        above = graph.less(zero, base)
        ratio = graph.where(above, graph.multiply(node, graph.divide(graph.constant(1), base)), zero)
        slope = graph.where(above, graph.multiply(node, graph.log(base)), zero)
        return [self.times(self.times(adjoint, exponent), ratio), self.times(adjoint, slope)]
