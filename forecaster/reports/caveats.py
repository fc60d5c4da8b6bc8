"""Caveats in words: what a forecast takes for granted, what its checks found, what a reader must hear."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.fits.extrapolation import STUDIED
from forecaster.forecasts.evidence.text import drift
from forecaster.forecasts.tables import SOURCES, Answer, answers
from forecaster.forecasts.text import weights_sentence
from forecaster.laws.families import families_of
from forecaster.runs.text import far_text
from forecaster.show.table import number, sentence_case, spread
from forecaster.stats.link import LinkName

if TYPE_CHECKING:
    from forecaster.assess.sensitivity.result import Sensitivity
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast
    from forecaster.reports.result import Report


def assumptions(report: Report) -> list[str]:
    """What a report's forecast takes for granted, a sentence or two each, the prior on the irreducible part first.

    Args:
        report: whose forecast; the sensitivity of its first point, where it was computed, tells that prior's worth.
    """
    forecast, sensitivity = report.forecast, next(iter(report.sensitivities), None)
    term, runs = forecast.extrapolation, forecast.runs
    mean, sd = drift(forecast, forecast.points[0])
    link = forecast.fits[0].link.name
    direction = "no direction" if mean == 0 else f"{_moved(mean, link)} {'lower' if mean < 0 else 'higher'} on average"
    per = runs.along.step.replace("e-fold of", f"e-fold ({math.e:.1f} times) of")
    own = " in proportion to its own exponent" if term.by_exponent else ""
    learned = ", as the table's own cuts and other publications had it" if term.believed else ""
    without = [spread(answer.raw) for answer in answers(forecast) if answer.beyond]
    return [
        *_floor_sentence(sensitivity),
        "The run is made as the runs in the table were: same kind of data, tokenizer, architecture and training.",
        f"{sentence_case(runs.along.past)} the response may leave every law by one unknown drift{own}: for each {per} "
        f"{direction}, standard deviation {_moved(sd, link)}{learned}."
        + (f" Without it the 90% range would be {without[0]}." if len(without) == 1 else ""),
        weights_sentence(forecast),
        "Noise between runs has heavy tails and is estimated with each law; it grows with the distance from "
        f"{runs.along.top}.",
        "Each law's parameters start from the priors on its page, the same for every table.",
    ]


def _moved(amount: float, link: LinkName) -> str:
    """A change on the scale of a link, without its sign."""
    if link == "log":
        return f"{abs(amount):.1%}"
    return f"{abs(amount):.2g} {'of a logit' if link == 'logit' else 'of the spread of the table'}"


MOST_OMISSIONS = 3

RECIPE = (
    "Another recipe: data, tokenizer, architecture or training that differ from the table's runs can move the response "
    "by more than this range."
)


def omissions(forecast: Forecast, point: PointForecast) -> list[str]:
    """What the range leaves out, three things at most: first those that this point or table gives reason for."""
    runs, codes = forecast.runs, {note.code for note in point.notes}
    said = []
    if "split-outside" in codes:
        said.append(
            "The unusual split: no run has nearly as many or as few tokens per parameter, and the allowance for drift "
            "knows compute only."
        )
    if "beyond-studied" in codes:
        far = far_text(runs, STUDIED) if runs.along.is_date else f"a thousand times {runs.along.top}"
        said.append(f"Drift beyond {far}: the allowance stops growing there.")
    if runs.has("family") and not families_of(forecast.fits[0].law) and runs.table["family"].nunique() > 1:
        said.append(
            f"Differences between the {runs.table['family'].nunique()} families: pooled here, they count as noise."
        )
    said.append(RECIPE)
    if "D" in point.at and "U" not in point.at and runs.is_language_loss:
        said.append("Repeated data: every token is taken as fresh, and repeating them raises the loss.")
    said.append("A run that diverges or is stopped early.")
    return said[:MOST_OMISSIONS]


def changes(forecast: Forecast, point: PointForecast, answer: Answer, sensitivity: Sensitivity | None) -> list[str]:
    """What would move the forecast or narrow its range, as far as this forecast itself can tell."""
    said = []
    if answer.shares:
        name = max(answer.shares, key=lambda each: answer.shares[each])
        cure = SOURCES[name][1]
        what = "the parameters make" if name == "parameters" else f"{name} makes"
        said.append(f"{cure[:-1]}: {what} up {answer.shares[name]}% of the uncertainty that is not run-to-run noise.")
    speaking = [law for law in answer.laws if law.weight != "0%"]
    if len(speaking) > 1:
        low, high = (pick(speaking, key=lambda law: float(law.median)) for pick in (min, max))
        if low.median != high.median:
            said.append(
                f"A run that tells the laws apart: here the median of {low.name} is {low.median} and that of "
                f"{high.name} {high.median}."
            )
    bars = [] if sensitivity is None else [bar for bar in sensitivity.bars if bar.kind in ("runs", "families")]
    if sensitivity is not None and bars:
        bar = max(bars, key=lambda bar: bar.moved(sensitivity.base))
        digits = point.predictive.digits
        ends = (number(bar.low, digits), number(bar.high, digits))
        said.append(f"Doubt about some runs: {bar.name} the median is {number(bar.median, digits)} ({spread(ends)}).")
    said.append("Which further runs would narrow the range most for what they cost is not computed here.")
    return said


def _floor_sentence(sensitivity: Sensitivity | None) -> list[str]:
    """What the prior on the irreducible part is worth; nothing where it was not varied."""
    bars = [] if sensitivity is None else [bar for bar in sensitivity.bars if bar.kind == "prior"]
    if sensitivity is None or not bars:
        return []
    base, digits = sensitivity.base, sensitivity.digits
    medians = [number(bar.median, digits) for bar in sorted((base, *bars), key=lambda bar: bar.median)]
    ends = (number(min(bar.low for bar in bars), digits), number(max(bar.high for bar in bars), digits))
    where = f"at {medians[0]}" if medians[0] == medians[-1] else f"between {medians[0]} and {medians[-1]}"
    return [
        "The part of the response that no scale removes has the prior on each law's page. Moved by a standard "
        f"deviation either way, or twice as wide, it would leave the median {where} and the 90% range within "
        f"{spread(ends)}."
    ]
