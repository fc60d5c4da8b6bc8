"""Functions of one number, or of several side by side, as LLVM operations.

Only correctly rounded operations are used, each rounded by itself, so that every processor gives the same bits. The
errors are at most two units in the last place, over the whole range of doubles with its infinities and denormals.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

LANES = 8
"""Runs computed side by side, and partial sums: the same on every processor, so that sums have the same order."""

DOUBLES = f"<{LANES} x double>"

MAGIC = 6755399441055744.0
"""1.5 * 2**52: what is added to it is rounded to a whole number, which then stands in the lowest bits."""

LN2 = 0.6931471805599453
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""The logarithm of 2 in two parts; a whole number of up to 11 bits times the first is exact."""


def bits_of(value: float) -> int:
    """The bits of a double as a whole number."""
    return int(struct.unpack("<q", struct.pack("<d", value))[0])


class Code:
    """Lines of LLVM text on values of one width.

    Args:
        width: how many numbers stand side by side in a value.
        prefix: of the names of values.
    """

    def __init__(self, width: int, prefix: str) -> None:
        self.width, self.prefix = width, prefix
        self.lines: list[str] = []
        self._count = 0

    def type(self, of: str = "double") -> str:
        return of if self.width == 1 else f"<{self.width} x {of}>"

    def line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def put(self, text: str) -> str:
        """A new value."""
        self._count += 1
        name = f"%{self.prefix}{self._count}"
        self.line(f"{name} = {text}")
        return name

    def constant(self, value: float) -> str:
        return self._spread(f"0x{bits_of(value) & (2**64 - 1):016X}", "double")

    def whole(self, value: int) -> str:
        return self._spread(str((value + 2**63) % 2**64 - 2**63), "i64")

    def _spread(self, text: str, of: str) -> str:
        return text if self.width == 1 else f"<{', '.join([f'{of} {text}'] * self.width)}>"

    def binary(self, operation: str, a: str, b: str, of: str = "double") -> str:
        return self.put(f"{operation} {self.type(of)} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        return self.binary("fadd contract", a, b)

    def subtract(self, a: str, b: str) -> str:
        return self.binary("fsub contract", a, b)

    def multiply(self, a: str, b: str) -> str:
        return self.binary("fmul contract", a, b)

    def divide(self, a: str, b: str) -> str:
        return self.binary("fdiv", a, b)

    def negative(self, a: str) -> str:
        return self.put(f"fneg {self.type()} {a}")

    def compare(self, predicate: str, a: str, b: str) -> str:
        return self.put(f"fcmp {predicate} {self.type()} {a}, {b}")

    def select(self, condition: str, a: str, b: str) -> str:
        return self.put(f"select {self.type('i1')} {condition}, {self.type()} {a}, {self.type()} {b}")

    def as_bits(self, a: str) -> str:
        return self.put(f"bitcast {self.type()} {a} to {self.type('i64')}")

    def from_bits(self, a: str) -> str:
        return self.put(f"bitcast {self.type('i64')} {a} to {self.type()}")

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """A polynomial by Horner's rule, the constant term first."""
        value = self.constant(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            value = self.add(self.multiply(value, x), self.constant(coefficient))
        return value


def _factorials(first: int, last: int) -> list[float]:
    found, factorial = [], 1.0
    for k in range(1, last + 1):
        factorial *= k
        if k >= first:
            found.append(1 / factorial)
    return found


def exp(code: Code, x: str) -> str:
    """2**k times the exponential of what is left, at most half a logarithm of 2."""
    c = code.constant
    x = code.select(code.compare("olt", x, c(-746.0)), c(-746.0), x)
    x = code.select(code.compare("ogt", x, c(710.0)), c(710.0), x)
    turned = code.add(code.multiply(x, c(1.4426950408889634)), c(MAGIC))
    k = code.subtract(turned, c(MAGIC))
    r = code.subtract(code.subtract(x, code.multiply(k, c(LN2_HIGH))), code.multiply(k, c(LN2_LOW)))
    tail = code.multiply(code.multiply(r, r), code.polynomial(r, _factorials(2, 13)))
    p = code.add(code.add(tail, r), c(1.0))
    # 2**k by two factors, because the greatest and the least of them are no normal numbers.
    whole = code.binary("sub", code.as_bits(turned), code.whole(bits_of(MAGIC)), "i64")
    half = code.binary("lshr", code.binary("add", whole, code.whole(2048), "i64"), code.whole(1), "i64")
    rest = code.binary("sub", code.binary("add", whole, code.whole(2047), "i64"), half, "i64")
    for exponent in (code.binary("sub", half, code.whole(1), "i64"), rest):
        p = code.multiply(p, code.from_bits(code.binary("shl", exponent, code.whole(52), "i64")))
    return p


def log(code: Code, x: str) -> str:
    """k log 2 plus the logarithm of what is left, between half the root of 2 and the root (after FDLIBM's e_log.c)."""
    c = code.constant
    small = code.compare("olt", x, c(2.0**-1022))
    normal = code.select(small, code.multiply(x, c(2.0**54)), x)
    bits = code.as_bits(normal)
    # Half the root of 2 is where one power of 2 gives way to the next; 2048 keeps the shift among positive numbers.
    start = code.whole(bits_of(0.5**0.5) - (2048 << 52))
    power = code.binary("lshr", code.binary("sub", bits, start, "i64"), code.whole(52), "i64")
    shift = code.binary("shl", code.binary("sub", power, code.whole(2048), "i64"), code.whole(52), "i64")
    f = code.subtract(code.from_bits(code.binary("sub", bits, shift, "i64")), c(1.0))
    k = code.subtract(code.from_bits(code.binary("add", power, code.whole(bits_of(MAGIC)), "i64")), c(MAGIC + 2048))
    k = code.select(small, code.subtract(k, c(54.0)), k)
    s = code.divide(f, code.add(f, c(2.0)))
    z = code.multiply(s, s)
    series = (
        6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
        1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
    )  # fmt: skip
    remainder = code.multiply(code.polynomial(z, series), z)
    half = code.multiply(code.multiply(f, f), c(0.5))
    low = code.add(code.multiply(s, code.add(half, remainder)), code.multiply(k, c(LN2_LOW)))
    y = code.add(code.multiply(k, c(LN2_HIGH)), code.subtract(f, code.subtract(half, low)))
    edge = code.select(code.compare("oeq", x, c(0.0)), c(float("-inf")), c(float("nan")))
    y = code.select(code.compare("ogt", x, c(0.0)), y, edge)
    return code.select(code.compare("oeq", x, c(float("inf"))), x, y)


def log1p(code: Code, x: str) -> str:
    """The logarithm of 1 + x, and what rounding took from that sum."""
    u = code.add(c := code.constant(1.0), x)
    lost = code.subtract(x, code.subtract(u, c))
    more = code.multiply(lost, code.divide(c, u))
    # At -1 and at infinity nothing was lost, and the correction is not a number.
    more = code.select(code.compare("ord", more, more), more, code.constant(0.0))
    return code.add(log(code, u), more)


def expm1(code: Code, x: str) -> str:
    """exp(x) - 1, near zero by its series."""
    c = code.constant
    near = code.compare("olt", code.multiply(x, x), c(0.35**2))
    series = code.add(x, code.multiply(code.multiply(x, x), code.polynomial(x, _factorials(2, 15))))
    return code.select(near, series, code.subtract(exp(code, x), c(1.0)))


def tanh(code: Code, x: str) -> str:
    """By expm1 of twice minus the size of x."""
    c = code.constant
    size = code.select(code.compare("olt", x, c(0.0)), code.negative(x), x)
    e = expm1(code, code.multiply(size, c(-2.0)))
    y = code.divide(code.negative(e), code.add(e, c(2.0)))
    return code.select(code.compare("olt", x, c(0.0)), code.negative(y), y)


def sqrt(code: Code, x: str) -> str:
    kind = "f64" if code.width == 1 else f"v{code.width}f64"
    return code.put(f"call {code.type()} @llvm.sqrt.{kind}({code.type()} {x})")


SHIFTS = 8
"""Arguments below this plus one are shifted up by it, to where Stirling's series has all digits."""


def _shifted(code: Code, x: str) -> tuple[str, list[str]]:
    steps = [x, *(code.add(x, code.constant(float(k))) for k in range(1, SHIFTS + 1))]
    big = code.compare("ogt", x, code.constant(SHIFTS + 1.0))
    one = code.constant(float("inf"))
    return code.select(big, x, steps[-1]), [code.select(big, one, step) for step in steps[:-1]]


def log_gamma(code: Code, x: str) -> str:
    """Stirling's series (Abramowitz and Stegun 6.1.41), for positive x."""
    z, steps = _shifted(code, x)
    r = code.divide(code.constant(1.0), z)
    series = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156]
    tail = code.multiply(r, code.polynomial(code.multiply(r, r), series))
    value = code.multiply(code.subtract(z, code.constant(0.5)), log(code, z))
    value = code.add(code.add(code.subtract(value, z), code.constant(0.9189385332046727)), tail)
    product = code.constant(1.0)
    for step in steps:
        finite = code.select(code.compare("olt", step, code.constant(float("inf"))), step, code.constant(1.0))
        product = code.multiply(product, finite)
    return _for_positive(code, x, code.subtract(value, log(code, product)))


def digamma(code: Code, x: str) -> str:
    """The derivative of log_gamma (Abramowitz and Stegun 6.3.18), for positive x."""
    z, steps = _shifted(code, x)
    r = code.divide(code.constant(1.0), z)
    r2 = code.multiply(r, r)
    series = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12]
    value = code.subtract(log(code, z), code.multiply(r, code.constant(0.5)))
    value = code.subtract(value, code.multiply(r2, code.polynomial(r2, series)))
    for step in steps:
        value = code.subtract(value, code.divide(code.constant(1.0), step))
    return _for_positive(code, x, value)


def _for_positive(code: Code, x: str, value: str) -> str:
    return code.select(code.compare("ogt", x, code.constant(0.0)), value, code.constant(float("nan")))


def power(code: Code, base: str, exponent: str) -> str:
    """For a base that is not negative."""
    y = exp(code, code.multiply(exponent, log(code, base)))
    return code.select(code.compare("oeq", exponent, code.constant(0.0)), code.constant(1.0), y)


def _extreme(predicate: str) -> Callable[[Code, str, str], str]:
    def extreme(code: Code, a: str, b: str) -> str:
        y = code.select(code.compare(predicate, a, b), a, b)
        # What is not a number stays so, whichever of the two it is.
        return code.select(code.compare("uno", a, b), code.add(a, b), y)

    return extreme


minimum, maximum = _extreme("ole"), _extreme("oge")


def logaddexp(code: Code, a: str, b: str) -> str:
    """The greater of the two and what the other adds to it."""
    greater = maximum(code, a, b)
    apart = code.subtract(minimum(code, a, b), greater)
    # Two equal ones, be they infinite, are no distance apart.
    apart = code.select(code.compare("oeq", a, b), code.constant(0.0), apart)
    return code.add(greater, log1p(code, exp(code, apart)))


def _comparison(predicate: str) -> Callable[[Code, str, str], str]:
    return lambda code, a, b: code.select(code.compare(predicate, a, b), code.constant(1.0), code.constant(0.0))


def where(code: Code, condition: str, a: str, b: str) -> str:
    return code.select(code.compare("une", condition, code.constant(0.0)), a, b)


OPERATIONS: dict[str, Callable[..., str]] = {
    "add": Code.add, "subtract": Code.subtract, "multiply": Code.multiply, "divide": Code.divide,
    "negative": Code.negative, "exp": exp, "log": log, "log1p": log1p, "expm1": expm1, "tanh": tanh, "sqrt": sqrt,
    "log_gamma": log_gamma, "digamma": digamma, "power": power, "minimum": minimum, "maximum": maximum,
    "logaddexp": logaddexp, "less": _comparison("olt"), "less_equal": _comparison("ole"), "where": where,
}  # fmt: skip
"""The code of each operation of a graph."""
