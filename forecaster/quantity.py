"""Quantities as people write them: "70B", "1.4T", "6e23 FLOP", "20M USD"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from forecaster.errors import QuantityError, clipped

SUFFIXES = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}

# A closed list: with any word allowed, "70X" and "70 bilion" would pass as 70.
UNITS = (
    "FLOP", "FLOPs", "param", "params", "parameter", "parameters", "token", "tokens",
    "run", "runs", "nats", "bits", "USD", "EUR", "dollars",
)  # fmt: skip

FORMS = "a number with K, M, B or T (70B, 1.4T), in e-notation (6e23), or plain (1,000,000)"

_NUMBER = r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"

_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))

_QUANTITY = re.compile(rf"({_NUMBER})(?:(e[+-]?[0-9]+)|\s*([KMBT]))?\s*(?:{_UNIT})?", flags=re.IGNORECASE | re.ASCII)


def parse_quantity(text: str) -> float:
    """The number that a text such as "70B" stands for.

    Args:
        text: a number, plain or with commas between thousands, with a suffix K, M, B or T (either case)
            or in e-notation, and a unit word after it if wanted: "300M tokens", "6e23 FLOP". The unit is
            not converted.

    Returns:
        A finite number; negative where the text says so.

    Raises:
        QuantityError: the text is empty, has an unknown suffix or unit, or is not finite.
    """
    said = " ".join(text.replace("\N{MINUS SIGN}", "-").split())
    found = _QUANTITY.fullmatch(said)
    if found is None:
        raise QuantityError(f'"{clipped(text)}" is not a quantity; expected {FORMS}')
    number, exponent, suffix = found.group(1).replace(",", ""), found.group(2) or "", found.group(3) or ""
    value = float(number + exponent) * SUFFIXES[suffix.upper()]
    if not math.isfinite(value):
        raise QuantityError(f'"{clipped(text)}" is beyond the largest number that can be held; expected {FORMS}')
    return value


TYPED = 6
"""Significant digits at most of what a person gave, so that 405B is not said as 400B."""


def format_quantity(value: float, unit: str = "", *, digits: int = 2) -> str:
    """A number with a few significant digits, as a person would say it.

    Args:
        value: any number. From 1e15 on, and below 1e-4, e-notation is used; NaN is "unknown".
        unit: a word put after the number, such as "tokens".
        digits: significant digits at most: two for what was computed, `TYPED` for what a person gave.

    Returns:
        "70B", "510K", "5.8e23 FLOP", "0.012"; a count of four digits that was given is "1,024". With two digits, what
        `parse_quantity` makes of it is within 5% of a finite value below 1.75e308.
    """
    if math.isnan(value):
        number = "unknown"
    elif math.isinf(value):
        number = "infinity" if value > 0 else "-infinity"
    else:
        number = _plain(float(value), digits)
    return f"{number} {unit}" if unit else number


MOST_PLACES = 7

SKEWED = 10.0
"""A range whose upper end is more than so many times its lower one has no decimal place that suits both."""


@dataclass(frozen=True)
class Digits:
    """How the numbers of one distribution are printed, so that each is rounded once and all of them alike.

    Args:
        places: decimal places of an ordinary number.
        least: significant digits that a number keeps which those places would take them from; 0 where all numbers have
            the same places.
    """

    places: int
    least: int = 0

    @classmethod
    def of(cls, error: float, low: float, median: float, high: float) -> Digits:
        """The digits that Monte Carlo error leaves.

        Numbers end at the last place that is not finer than the error, with at most seven significant digits. Of a
        range from nearly nothing to a lot, whose upper end has far the largest error, small numbers keep two digits.

        Args:
            error: the largest Monte Carlo standard error of the three numbers.
            low: the lower end of the 90% range.
            median: the middle.
            high: its upper end.
        """
        skewed = math.isfinite(high) and 0 < low < high / SKEWED
        return cls(decimals(error, median), 2 if skewed else 0)

    def finer(self) -> Digits:
        """One place more, for a difference between two such numbers."""
        return Digits(self.places + 1, self.least)

    def places_of(self, value: float) -> int:
        """The decimal places of one number."""
        if not self.least or value == 0 or not math.isfinite(value):
            return self.places
        return max(self.places, self.least - 1 - math.floor(math.log10(abs(value))))

    def text(self, value: float) -> str:
        """A finite number as it is printed; one that would need many places in e-notation."""
        places = self.places_of(value)
        if places <= max(MOST_PLACES, self.places):
            return f"{value:.{places}f}"
        mantissa, power = f"{value:.{self.least - 1}e}".split("e")
        return f"{mantissa}e{int(power)}"


def decimals(error: float, value: float = 1.0) -> int:
    """Decimal places whose last unit is not finer than a Monte Carlo error; at most seven significant digits.

    Args:
        error: the Monte Carlo standard error.
        value: the number to be printed.
    """
    finest = 6
    if math.isfinite(value) and value != 0:
        finest = max(0, 6 - math.floor(math.log10(abs(value))))
    if not (math.isfinite(error) and error > 0):
        return finest
    return int(min(finest, max(0, -math.ceil(math.log10(error)))))


def finite(value: float | None) -> float | None:
    """A number, None where there is none or it is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def duration(seconds: float) -> str:
    """A time for a person: 40 s, 9 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _plain(value: float, digits: int) -> str:
    kept, power = f"{value:.{digits - 1}e}".split("e")
    mantissa, exponent = float(kept), int(power)
    if mantissa == 0:
        return "0"
    if exponent >= 15 or exponent < -4:
        return f"{mantissa:g}e{exponent}"
    if digits > 2 and exponent == 3 and value == round(value) and len(f"{mantissa:g}") > len("1.5"):
        return f"{value:,.0f}"
    thousands = max(0, min(exponent // 3, 4))
    scaled = mantissa * 10.0 ** (exponent - 3 * thousands)
    return f"{scaled:.{max(digits, 6)}g}{'KMBT'[thousands - 1] if thousands else ''}"
