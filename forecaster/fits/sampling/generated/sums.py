"""Sums over runs in LLVM text: partial sums side by side, and sums of logarithms as the logarithm of a product."""

from __future__ import annotations

from forecaster.fits.sampling.generated.functions import DOUBLES, LANES, LN2, Code, bits_of, log

WHOLES = f"<{LANES} x i64>"
ONE = bits_of(1.0)
SMALLEST, LARGEST = bits_of(2.0**-900), bits_of(2.0**900)
"""Between these a factor times a number from 1 to 2 is a normal number; a run's beyond gives no finite density."""

REFUSED = 2**50
"""What a factor beyond them adds to the exponents, more than all others can."""


class Sum:
    """One sum over runs in a loop.

    Args:
        code: of the loop.
        number: among the sums.
        kind: `sum`, or `sum_log`: of the logarithms.
    """

    def __init__(self, code: Code, number: int, kind: str) -> None:
        self.code, self.number, self.of_logs = code, number, kind == "sum_log"

    def start(self) -> None:
        """The loop's variables."""
        k, code = self.number, self.code
        if self.of_logs:
            code.line(f"%product{k} = phi {DOUBLES} [{code.constant(1.0)}, %entry], [%multiplied{k}, %loop]")
            code.line(f"%power{k} = phi {WHOLES} [zeroinitializer, %entry], [%raised{k}, %loop]")
        else:
            code.line(f"%sum{k} = phi {DOUBLES} [zeroinitializer, %entry], [%summed{k}, %loop]")

    def take(self, inside: str, value: str) -> None:
        """Add what is inside the table.

        A product is kept between 1 and 2 by moving its exponent to a sum of exponents, without a rounding.
        """
        k, code = self.number, self.code
        if not self.of_logs:
            code.line(f"%summed{k} = fadd {DOUBLES} %sum{k}, {code.select(inside, value, code.constant(0.0))}")
            return
        value = code.select(inside, value, code.constant(1.0))
        place = code.binary("sub", code.as_bits(value), code.whole(SMALLEST), "i64")
        good = code.put(f"icmp ule {WHOLES} {place}, {code.whole(LARGEST - SMALLEST)}")
        bits = code.as_bits(code.put(f"fmul {DOUBLES} %product{k}, {value}"))
        exponent = code.binary("lshr", bits, code.whole(52), "i64")
        exponent = code.put(f"select <{LANES} x i1> {good}, {WHOLES} {exponent}, {WHOLES} {code.whole(REFUSED)}")
        code.line(f"%raised{k} = add {WHOLES} %power{k}, {exponent}")
        fraction = code.binary("and", bits, code.whole(2**52 - 1), "i64")
        fraction = code.binary("or", fraction, code.whole(ONE), "i64")
        code.line(f"%multiplied{k} = bitcast {WHOLES} {fraction} to {DOUBLES}")

    def total(self, after: Code) -> str:
        """The sum, after the loop."""
        if not self.of_logs:
            return _over_lanes(after, f"%summed{self.number}")
        wide = Code(LANES, f"s{self.number}_")
        k = self.number
        taken = wide.put(f"sdiv i64 %next, {LANES}")
        bias = wide.put(f"mul i64 {taken}, {ONE >> 52}")
        first = wide.put(f"insertelement {WHOLES} poison, i64 {bias}, i32 0")
        every = wide.put(f"shufflevector {WHOLES} {first}, {WHOLES} poison, <{LANES} x i32> zeroinitializer")
        power = wide.put(f"sitofp {WHOLES} {wide.binary('sub', f'%raised{k}', every, 'i64')} to {DOUBLES}")
        value = wide.add(log(wide, f"%multiplied{k}"), wide.multiply(power, wide.constant(LN2)))
        good = wide.compare("olt", power, wide.constant(REFUSED / 2.0))
        value = wide.select(good, value, wide.constant(float("nan")))
        after.lines.extend(wide.lines)
        return _over_lanes(after, value)


def _over_lanes(code: Code, lanes: str) -> str:
    parts = [code.put(f"extractelement {DOUBLES} {lanes}, i32 {k}") for k in range(LANES)]
    while len(parts) > 1:
        parts = [code.add(one, other) for one, other in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]
