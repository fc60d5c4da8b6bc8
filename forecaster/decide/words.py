"""Words and columns that the decisions share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from forecaster.decide.price import UNITS, Cost
from forecaster.forecasts.result import Forecast
from forecaster.forecasts.text import check_notes, checks_line, stamp_section
from forecaster.notes import Note
from forecaster.quantity import format_quantity
from forecaster.show.document import Document, Section, Sentence, bullets, note_lines
from forecaster.show.table import spread
from forecaster.stats.mixture import interval, quantiles

NEVER = "never"

COLUMNS = ("Quantity", "Median", "50% range", "90% range")


def amount_text(value: float | None, unit: str = "") -> str:
    """A number with two significant digits, "never" where there is none."""
    return NEVER if value is None else format_quantity(value, unit)


def range_text(ends: Sequence[float | None], said: Callable[[float], str] = format_quantity) -> str:
    """A range in words, "20B to 70B"; "never" where both ends lie among unreachable draws."""
    low, high = (NEVER if end is None else said(end) for end in ends)
    return NEVER if low == high == NEVER else spread((low, high))


def amount_row(
    name: str, draws: np.ndarray, weights: np.ndarray, said: Callable[[float], str] = format_quantity
) -> tuple[str, ...]:
    """A row of `COLUMNS`.

    Args:
        name: what the draws are of.
        draws: shape (law, sample); infinite where there is no such amount.
        weights: of the laws, shape (law).
        said: how an amount is said.
    """
    ranges = (range_text(interval(draws, weights, mass), said) for mass in (0.5, 0.9))
    median = quantiles(draws, weights, 0.5)[0]
    return (name, NEVER if median is None else said(median), *ranges)


def cost_rows(cost: Cost | None) -> list[tuple[str, ...]]:
    """What a decision costs, a row a unit; none without a price."""
    return [] if cost is None else [amount_row(unit, cost.draws[key], cost.weights) for key, unit in UNITS.items()]


def price_section(cost: Cost | None) -> Section:
    """What was assumed of prices."""
    return Section("", () if cost is None else (Sentence(f"Price: {cost.price.text}."),))


def decision(answer: Forecast, sections: Iterable[Section], notes: Iterable[Note]) -> Document:
    """A decision between what must stand before it and what its numbers rest on.

    Args:
        answer: the forecast behind it.
        sections: the decision.
        notes: what a reader must hear.
    """
    checks = Section("", (Sentence(checks_line(answer)), *bullets(check_notes(answer))))
    return Document("", (stamp_section(answer), *sections, checks, Section("", bullets(note_lines(notes)))))
