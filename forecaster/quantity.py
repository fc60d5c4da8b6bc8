"""Quantities as people write them: "70B", "1.4T", "6e23 FLOP", "20M USD"."""

from __future__ import annotations

import math
import re

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


def format_quantity(value: float, unit: str = "") -> str:
    """A number with two significant digits, as a person would say it.

    Args:
        value: any number. From 1e15 on, and below 1e-4, e-notation is used; NaN is "unknown".
        unit: a word put after the number, such as "tokens".

    Returns:
        "70B", "510K", "5.8e23 FLOP", "0.012". What `parse_quantity` makes of it is within 5% of a finite
        value below 1.75e308.
    """
    if math.isnan(value):
        number = "unknown"
    elif math.isinf(value):
        number = "infinity" if value > 0 else "-infinity"
    else:
        number = _two_digits(float(value))
    return f"{number} {unit}" if unit else number


def duration(seconds: float) -> str:
    """A time for a person: 40 s, 9 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _two_digits(value: float) -> str:
    digits, power = f"{value:.1e}".split("e")
    mantissa, exponent = float(digits), int(power)
    if mantissa == 0:
        return "0"
    if exponent >= 15 or exponent < -4:
        return f"{mantissa:g}e{exponent}"
    thousands = max(0, min(exponent // 3, 4))
    return f"{mantissa * 10.0 ** (exponent - 3 * thousands):g}{'KMBT'[thousands - 1] if thousands else ''}"
