"""An amount that is known, or known as a 90% range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecaster.errors import QuantityError, UsageError
from forecaster.quantity import TYPED, format_quantity, parse_quantity
from forecaster.show.table import spread
from forecaster.stats.student import stratified_student

Z90 = 1.6448536269514722
"""The standard normal distribution's 95th percentile."""


@dataclass(frozen=True)
class Amount:
    """A number above zero, or a log-normal distribution given by its equal-tailed 90% range.

    Args:
        low: the 5th percentile.
        high: the 95th percentile; the same as `low` for a number that is known.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high < math.inf:
            raise UsageError(f"{self.low:g}..{self.high:g} is no amount; give a number above 0, or LOW..HIGH")

    @property
    def median(self) -> float:
        """The value as likely to be exceeded as not."""
        return math.sqrt(self.low) * math.sqrt(self.high)

    @property
    def known(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    def draws(self, count: int, *, seed: int) -> np.ndarray:
        """Draws, shape (count), stratified as `stratified_student` says.

        Args:
            count: how many.
            seed: of the random numbers.
        """
        if self.known:
            return np.full(count, self.low)
        z = stratified_student(math.inf, count, seed=seed)
        return np.asarray(self.median * np.exp(math.log(self.high / self.low) / (2 * Z90) * z))

    @property
    def text(self) -> str:
        """As a person would say it: "2" or "2 to 7"."""
        low, high = (format_quantity(end, digits=TYPED) for end in (self.low, self.high))
        return low if self.known else spread((low, high))

    def as_list(self) -> list[float]:
        """JSON-ready: both ends."""
        return [self.low, self.high]


def amount(said: str | float | Amount, *, where: str = "", parameter: str = "") -> Amount:
    """An amount from what names one: `1.4T`, `1T..20T` for a 90% range, or a number.

    Args:
        said: the words.
        where, parameter: what is spoken of, for an error.

    Raises:
        UsageError: neither a quantity above zero nor two with two dots between them.
    """
    if isinstance(said, Amount):
        return said
    try:
        ends = [parse_quantity(part) for part in str(said).split("..")]
        if len(ends) > 2:
            raise QuantityError(f"`{said}` has more than two ends; write LOW..HIGH")
        if ends[0] > ends[-1]:
            raise QuantityError(f"`{said}` begins above its end; write LOW..HIGH")
        return Amount(ends[0], ends[-1])
    except (QuantityError, UsageError) as error:
        raise UsageError(error.message, where=where, parameter=parameter) from None
