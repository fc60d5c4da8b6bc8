"""What a reader must hear about what a target takes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecaster.decide.requirement.search import REACH, Search
from forecaster.fits.extrapolation import STUDIED
from forecaster.notes import Note
from forecaster.quantity import span_text
from forecaster.runs.points import Target
from forecaster.stats.mixture import quantiles

MATERIAL = 0.005


def remarks(search: Search, target: Target, needed: np.ndarray, reached: np.ndarray) -> Iterator[Note]:
    """Remarks on one target.

    Args:
        search: the path that was searched.
        target: with its direction.
        needed: draws of the amount that meets it, shape (law, sample); infinite where none does.
        reached: whether the law's curve alone ever gets there, of the same shape.
    """
    what, weights, value = search.what, search.forecast.ensemble.shares, f"{target.value:g}"
    up, short = ("up", "below") if target.above else ("down", "above")
    unreached = 1 - float(weights @ reached.mean(axis=1))
    if unreached > MATERIAL:
        far = f"{span_text(float(np.log(REACH)))} after {what.top}" if what.is_date else f"{REACH:.0e} times {what.top}"
        text = (
            f"In {unreached:.0%} of the draws the curve never comes {up} to {value}, up to {far}; quantiles of the "
            f"{what.measure} that fall among them do not exist."
        )
        yield Note("target-unreachable", text, warning=True)
    held_off = float(weights @ (np.isinf(needed) & reached).mean(axis=1))
    if held_off > MATERIAL:
        text = (
            f"In {held_off:.0%} of the draws the curve gets to {value}, and the extrapolation term or noise keeps the "
            f"run {short} it all the way."
        )
        yield Note("target-held-off", text)
    yield from _met(search, target, quantiles(needed, weights, 0.5)[0])
    never = np.isinf(needed).all(axis=1)
    if never.any():
        names = ", ".join(fit.law.name for fit, row in zip(search.forecast.fits, never, strict=True) if row)
        yield Note("target-never", f"Under {names} no draw meets {target.text}.", warning=True)
    high = quantiles(needed, weights, 0.95)[0]
    if high is None or float(search.ratios(np.array(high))) > STUDIED:
        yield Note("beyond-studied", _unstudied(search, value), warning=True)


def _met(search: Search, target: Target, median: float | None) -> Iterator[Note]:
    """Where the table has met the target already."""
    what = search.what
    if median is not None and median <= search.smallest:
        before = "before the first row" if what.is_date else f"with less {what.word} than the smallest run has"
        yield Note("target-met", f"Half of the draws meet {target.text} {before}.")
    elif median is not None and median <= search.largest:
        has = "is of" if what.is_date else "has"
        text = f"{target.text} is met inside the table: its {what.top.removeprefix('the ')} {has} "
        yield Note("target-met", f"{text}{what.said(search.largest)}.")


def _unstudied(search: Search, value: str) -> str:
    if search.forecast.runs.along.is_date:
        return (
            f"The 90% range of the date for {value} goes beyond {span_text(float(np.log(STUDIED)))} after the last "
            "row; extrapolation in time was never studied, and what lies farther is a guess."
        )
    return (
        f"The 90% range of the {search.what.measure} for {value} goes beyond {STUDIED:g} times the largest run; "
        "extrapolation was studied up to that distance, and what lies farther is a guess."
    )
