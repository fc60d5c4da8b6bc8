"""Quantities as people write them: "70B", "1.4T", "6e23 FLOP", "20M USD"; and dates: "2026-12-31"."""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass
from datetime import date, timedelta

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


def typed_quantity(value: float) -> str:
    """A number as it is typed, with up to six digits: two would give neighbours one text."""
    if not 1e3 <= value < 1e15:
        return f"{value:.6g}".replace("e+", "e")
    thousands = min(int(math.log10(value)) // 3, 4)
    return f"{value / 1000.0**thousands:.6g}{' KMBT'[thousands]}"


EPOCH = date(2000, 1, 1)
"""From which the years of dates are counted."""

DAYS = 365.25
"""In a year."""

DATE_FORMS = "year, month and day, as in 2026-12-31, or a period: 2026-12, 2026Q4 or 2026"

_HOUR = r"[T ][\d:.]+(?:Z|[+-][\d:]+)?"

_DATE = re.compile(rf"(\d{{4}})(?:-?[Qq]([1-4])|[-/](\d{{1,2}})(?:[-/](\d{{1,2}})(?:{_HOUR})?)?)?", re.ASCII)


def date_number(text: str, *, share: float) -> float:
    """A date as a number: the exponential of its years, whose logarithm is time.

    Args:
        text: a day such as "2024-05-01", with an hour if wanted; or a month, a quarter or a year.
        share: where in a period its date lies: .5 for the middle, 1 for the last day.

    Raises:
        QuantityError: it is no such date, or could be two.
    """
    said = text.strip()
    found = _DATE.fullmatch(said)
    if found is None:
        why = "could be two dates" if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})", said) else "is not a date"
        raise QuantityError(f'"{clipped(text)}" {why}; expected {DATE_FORMS}')
    year, quarter, month, day = (None if each is None else int(each) for each in found.groups())
    try:
        if year is None or day is not None:
            first = last = date(year or 0, month or 0, day or 0)
        else:
            start, end = (month, month) if month else (3 * quarter - 2, 3 * quarter) if quarter else (1, 12)
            first, last = date(year, start, 1), date(year, end, calendar.monthrange(year, end)[1])
    except ValueError:
        raise QuantityError(f'"{clipped(text)}" is not in the calendar; expected {DATE_FORMS}') from None
    days = (first - EPOCH).days + round(share * (last - first).days)
    return math.exp(min(days / DAYS, 700.0))


def is_period(text: str) -> bool:
    """Whether a date is a month, a quarter or a year."""
    found = _DATE.fullmatch(text.strip())
    return found is not None and found[4] is None


def date_text(value: float) -> str:
    """The day that a number of `date_number` stands for, "2026-12-31"; the year alone beyond the calendar."""
    days = DAYS * math.log(value) if value > 0 else -math.inf
    try:
        return (EPOCH + timedelta(days=round(days))).isoformat()
    except (OverflowError, ValueError):
        return "beyond the calendar" if days > 0 else "before the calendar"


def span_text(years: float) -> str:
    """A span of time for a person: "12 days", "14 months", "3.2 years"."""
    days = abs(years) * DAYS
    if days < 60:
        return "1 day" if round(days) == 1 else f"{days:.0f} days"
    if days < 3 * DAYS:
        return f"{days / DAYS * 12:.0f} months"
    return f"{format_quantity(abs(years))} years"


def date_ticks(low: float, high: float, *, most: int) -> dict[float, str]:
    """Days on which an axis of dates is marked, with what is said there: years, or months where it is short.

    Args:
        low: the axis' start, as of `date_number`.
        high: its end.
        most: how many marks there is room for.
    """
    start, end = (2000 + math.log(each) for each in (low, high))
    every = next((months for months in (1, 3, 6, 12, 24, 60, 120) if 12 * (end - start) / months <= most), 240)
    found = {}
    for month in range(12 * math.floor(start), 12 * math.ceil(end) + 1, every):
        year, number = divmod(month, 12)
        value = date_number(f"{min(max(year, 1), 9999):04}-{number + 1:02}-01", share=0.0)
        if low <= value <= high:
            found[value] = f"{year}" if every >= 12 else f"{year}-{number + 1:02}"
    return found
