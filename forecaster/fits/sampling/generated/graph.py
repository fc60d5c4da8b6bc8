"""A graph of expressions whose operations rewrite what they are given into what costs less.

A rewrite keeps a finite value to within rounding.
"""

from __future__ import annotations

import numpy as np

from forecaster.fits.sampling.generated.nodes import Nodes

LARGEST_PRODUCT = 64
"""Whole exponents up to this are products, so that a negative base has a power."""


class Graph(Nodes):
    """Operations on nodes; each takes nodes and gives one."""

    def negative(self, a: int) -> int:
        match self.nodes[a]:
            case ("negative", inner):
                return int(inner)
            case ("subtract", left, right):
                return self.subtract(right, left)
        return self.apply("negative", a)

    def add(self, a: int, b: int) -> int:
        if self.number(a) == 0:
            return b
        if self.number(b) == 0:
            return a
        if self.operation(b) == "negative":
            return self.subtract(a, self.nodes[b][1])
        if self.operation(a) == "negative":
            return self.subtract(b, self.nodes[a][1])
        return self.apply("add", *sorted((a, b)))

    def subtract(self, a: int, b: int) -> int:
        if self.number(b) == 0:
            return a
        if self.number(a) == 0:
            return self.negative(b)
        if self.operation(b) == "negative":
            return self.add(a, self.nodes[b][1])
        return self.apply("subtract", a, b)

    def multiply(self, a: int, b: int) -> int:
        a, b = sorted((a, b))
        for one, other in ((a, b), (b, a)):
            match self.number(one):
                case 0.0:
                    return self.constant(0)
                case 1.0:
                    return other
                case -1.0:
                    return self.negative(other)
            if self.operation(one) == "negative":
                return self.negative(self.multiply(self.nodes[one][1], other))
        if a == b:
            return self._square(a)
        # What is the same for all runs goes together, so that it is multiplied once.
        for one, other in ((a, b), (b, a)):
            if not self.each[one] and self.each[other] and self.operation(other) == "multiply":
                left, right = self.nodes[other][1:]
                if self.each[left] != self.each[right]:
                    same, run = (right, left) if self.each[left] else (left, right)
                    return self.multiply(self.multiply(one, same), run)
        return self.apply("multiply", a, b)

    def _square(self, a: int) -> int:
        if self.operation(a) == "sqrt" and self.positive[a]:
            return int(self.nodes[a][1])
        if self.operation(a) == "multiply":
            for one, other in (self.nodes[a][1:], self.nodes[a][:0:-1]):
                # (x / sqrt(y))**2 needs no root.
                if self.operation(one) == "divide" and self.operation(self.nodes[one][2]) == "sqrt":
                    return self.multiply(self._square(other), self._square_of_reciprocal(one))
        return self.apply("multiply", a, a)

    def _square_of_reciprocal(self, a: int) -> int:
        _, over, root = self.nodes[a]
        return self.divide(self.multiply(over, over), self.nodes[root][1])

    def divide(self, a: int, b: int) -> int:
        value = self.number(b)
        if value == 1:
            return a
        if self.number(a) == 0 and value != 0:
            return self.constant(0)
        if value is not None and value != 0 and np.isfinite(1 / value):
            return self.multiply(a, self.constant(1 / value))
        if self.operation(b) == "exp":
            return self.multiply(a, self.exp(self.negative(self.nodes[b][1])))
        if found := self._without_exponential(b):
            return self.multiply(self.divide(a, found[1]), self.exp(self.negative(found[0])))
        if self.operation(a) == "negative":
            return self.negative(self.divide(self.nodes[a][1], b))
        # A reciprocal is shared, and where only the dividend has a value a run it is taken once.
        if self.number(a) != 1 and (self.each[a] or self.each[b]):
            return self.multiply(a, self.divide(self.constant(1), b))
        return self.apply("divide", a, b)

    def _without_exponential(self, a: int) -> tuple[int, int] | None:
        """The exponent of a factor of a product that is an exponential, and the rest of the product."""
        if self.operation(a) != "multiply":
            return None
        left, right = self.nodes[a][1:]
        for one, other in ((left, right), (right, left)):
            if self.operation(one) == "exp":
                return self.nodes[one][1], other
        for one, other in ((left, right), (right, left)):
            if found := self._without_exponential(one):
                return found[0], self.multiply(found[1], other)
        return None

    def power(self, a: int, b: int) -> int:
        exponent = self.number(b)
        if exponent is None:
            base = self.number(a)
            if self.positive[a] or (base is not None and base > 0):
                return self.exp(self.multiply(b, self.log(a)))
            return self.apply("power", a, b)
        if exponent == 0.5:
            return self.sqrt(a)
        if exponent == int(exponent if np.isfinite(exponent) else 0) and abs(exponent) <= LARGEST_PRODUCT:
            whole = self._product(a, int(abs(exponent)))
            return whole if exponent >= 0 else self.divide(self.constant(1), whole)
        return self.exp(self.multiply(b, self.log(a))) if self.positive[a] else self.apply("power", a, b)

    def _product(self, a: int, count: int) -> int:
        if count < 2:
            return a if count else self.constant(1)
        half = self._product(a, count // 2)
        return self.multiply(self.multiply(half, half), self._product(a, count % 2))

    def exp(self, a: int) -> int:
        if self.operation(a) == "log" and self.positive[self.nodes[a][1]]:
            return int(self.nodes[a][1])
        return self.apply("exp", a)

    def log(self, a: int) -> int:
        if self.operation(a) == "exp":
            return int(self.nodes[a][1])
        if self.operation(a) == "sqrt":
            return self.multiply(self.constant(0.5), self.log(self.nodes[a][1]))
        if found := self._without_exponential(a):
            return self.add(found[0], self.log(found[1]))
        return self.apply("log", a)

    def sqrt(self, a: int) -> int:
        return self.apply("sqrt", a)

    def log1p(self, a: int) -> int:
        return self.apply("log1p", a)

    def expm1(self, a: int) -> int:
        return self.apply("expm1", a)

    def tanh(self, a: int) -> int:
        return self.apply("tanh", a)

    def log_gamma(self, a: int) -> int:
        return self.apply("log_gamma", a)

    def log_beta(self, a: int, b: int) -> int:
        return self.subtract(self.add(self.log_gamma(a), self.log_gamma(b)), self.log_gamma(self.add(a, b)))

    def minimum(self, a: int, b: int) -> int:
        return a if a == b else self.apply("minimum", a, b)

    def maximum(self, a: int, b: int) -> int:
        return a if a == b else self.apply("maximum", a, b)

    def logaddexp(self, a: int, b: int) -> int:
        return self.apply("logaddexp", *sorted((a, b)))

    def less(self, a: int, b: int) -> int:
        return self.apply("less", a, b)

    def less_equal(self, a: int, b: int) -> int:
        return self.apply("less_equal", a, b)

    def greater(self, a: int, b: int) -> int:
        return self.apply("less", b, a)

    def greater_equal(self, a: int, b: int) -> int:
        return self.apply("less_equal", b, a)

    def where(self, condition: int, a: int, b: int) -> int:
        if a == b:
            return a
        value = self.number(condition)
        if value is not None:
            return a if value else b
        if self.operation(a) == "where" and self.nodes[a][1] == condition:
            a = self.nodes[a][2]
        return self.make("where", condition, a, b)

    def sum(self, a: int) -> int:
        """The sum over runs; what is the same for all of them is taken out of it."""
        if not self.each[a]:
            return self.multiply(self.make("runs"), a)
        match self.nodes[a]:
            case ("negative", inner):
                return self.negative(self.sum(inner))
            case ("multiply", left, right) if not self.each[left]:
                return self.multiply(left, self.sum(right))
            case ("multiply", left, right) if not self.each[right]:
                return self.multiply(right, self.sum(left))
            # One logarithm of a product of all runs in place of one a run.
            case ("log", inner):
                return self.make("sum_log", inner)
            case ("log1p", inner):
                return self.make("sum_log", self.add(self.constant(1), inner))
            case ("add" | "subtract" as name, left, right) if self._splits(left) or self._splits(right):
                return int(getattr(self, name)(self.sum(left), self.sum(right)))
        return self.make("sum", a)

    def _splits(self, a: int) -> bool:
        name = self.operation(a)
        mixed = name == "multiply" and not all(self.each[part] for part in self.parts(a))
        return not self.each[a] or mixed or name in ("log", "log1p")
