"""The explorer's controls: which inputs can be moved, how far, and what they are called."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from forecaster.inputs import CODE, FLOP_PER_PARAMETER_TOKEN, INPUTS
from forecaster.show.table import shown

if TYPE_CHECKING:
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast

BEYOND = 10_000.0
"""Times the largest run that a slider of the scale reaches: past what was studied, where the page warns."""

WIDE = 20.0
"""Ratio of the largest to the smallest value from which a slider moves in logarithms."""


@dataclass(frozen=True)
class Control:
    """One input that the reader can move.

    Args:
        name: of the input.
        label: what a person calls it.
        unit: of its number; empty where the label says it.
        note: what else it does, in a few words.
        log: whether the slider moves in logarithms.
        positive: whether it must be above zero.
        low: the slider's lower end.
        high: its upper end.
        least: the smallest value in the table.
        most: the largest.
        is_date: whether it is one, as `forecaster.quantity.date_number` has it.
    """

    name: str
    label: str
    unit: str
    note: str
    log: bool
    positive: bool
    low: float
    high: float
    least: float
    most: float
    is_date: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def needed(forecast: Forecast) -> set[str]:
    """The table's columns that stand behind the laws' inputs, families apart."""
    return {column for fit in forecast.fits for column in fit.design.columns.values()} - {CODE}


def is_trio(forecast: Forecast, point: PointForecast) -> bool:
    """Whether N, D and C move together: the laws read N or D, and compute follows from both."""
    known = {"N", "D", "C"} <= point.at.keys()
    return known and forecast.runs.scale == "C" and bool({"N", "D"} & needed(forecast))


def controls(forecast: Forecast, point: PointForecast) -> tuple[Control, ...]:
    """A control for every input that moves the forecast, N, D and C first."""
    trio = is_trio(forecast, point)
    moved = needed(forecast) | {forecast.runs.scale} | ({"N", "D", "C"} if trio else set())
    return tuple(_control(forecast, point, name, trio=trio) for name in point.at if name in moved)


def _control(forecast: Forecast, point: PointForecast, name: str, *, trio: bool) -> Control:
    runs, here = forecast.runs, point.at[name]
    column = runs.column(name) if runs.has(name) else None
    least, most = (here, here) if column is None else (float(column.min()), float(column.max()))
    what, counts = runs.input(name), name in INPUTS or name == runs.scale
    label, unit = (f"{what.title}, {name}", what.unsaid) if counts else (shown(name), "")
    if what.is_date or what.title == name:
        label = what.title
    note = ""
    if name == "C" and trio:
        factor = here / (point.at["N"] * point.at["D"])
        rule = f"{factor:.3g}ND"
        if math.isclose(factor, FLOP_PER_PARAMETER_TOKEN, rel_tol=1e-9):
            rule = f"{FLOP_PER_PARAMETER_TOKEN}ND"
        label, note = f"{label} = {rule}", "moves N and D"
    positive = counts
    if positive:
        # Ten thousandfold in compute is a hundredfold in each of N and D.
        reach = math.sqrt(BEYOND) if name != forecast.runs.scale else BEYOND
        low, high = min(least, here), max(most * reach, here * 10)
    else:
        span = max(most, here) - min(least, here) or abs(here) or 1.0
        low, high = min(least, here) - 0.25 * span, max(most, here) + 0.25 * span
        low = max(low, min(least, here) / 4) if min(least, here) > 0 else low
    log = positive or (low > 0 and high / low > WIDE)
    return Control(name, label, unit, note, log, positive, low, high, least, most, what.is_date)
