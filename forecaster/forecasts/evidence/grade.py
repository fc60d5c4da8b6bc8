"""A grade: how far the evidence behind a forecast reaches, by stated rules; never how likely its outcome is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.fits.ensemble import few_runs
from forecaster.fits.extrapolation import Held, studied
from forecaster.fits.power_scaling import prior_share
from forecaster.forecasts.evidence.rules import AT_BEST, BEYOND_TESTED, IN_TIME, NOTHING_TO_COMPARE, RULES
from forecaster.runs.text import apart_text, below_text, far_text
from forecaster.show.table import enumerated

if TYPE_CHECKING:
    from forecaster.backtests.result import Score
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast

NO_RECORD = "no track record"


@dataclass(frozen=True)
class Criterion:
    """One line of a grade.

    Args:
        name: what was judged.
        letter: from A, the best, to D.
        value: what was seen, in words.
        rule: what each letter asks, in words.
    """

    name: str
    letter: str
    value: str
    rule: str


@dataclass(frozen=True)
class Grade:
    """How far the evidence behind one point of a forecast reaches.

    Args:
        letter: that of the weakest criterion.
        criteria: every line, in a fixed order.
    """

    letter: str
    criteria: tuple[Criterion, ...]

    @property
    def weakest(self) -> tuple[Criterion, ...]:
        """The lines that set the letter; none where all are A."""
        return tuple(each for each in self.criteria if each.letter == self.letter != "A")

    @property
    def text(self) -> str:
        """The grade in a sentence."""
        if not self.weakest:
            return f"Evidence grade {self.letter}: every line has that letter."
        said = [f"{each.name} ({each.value})" for each in self.weakest]
        lines = "line is" if len(said) == 1 else "lines are"
        return f"Evidence grade {self.letter}: the weakest {lines} {enumerated(said)}."

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the letter, the names of the lines that set it, and every line."""
        return {
            "letter": self.letter,
            "weakest": [each.name for each in self.weakest],
            "criteria": [
                {"name": each.name, "letter": each.letter, "value": each.value, "rule": each.rule}
                for each in self.criteria
            ],
        }


def grade(forecast: Forecast, point: PointForecast) -> Grade:
    """Grade the evidence at one point of a forecast: the weakest of its criteria decides.

    Numbers are judged as they are printed, so that a reader can check every letter.

    Args:
        forecast: whose evidence.
        point: one of its points.
    """
    seen = {
        "distance": _distance(forecast, point),
        "runs": _runs(forecast),
        "decades of scale": _decades(forecast),
        "coverage": _coverage(forecast, point),
        "agreement of laws": _agreement(forecast, point),
        "prior dominance": _dominance(forecast, point),
        "checks": _checks(forecast),
    }
    said = {"distance": IN_TIME} if forecast.runs.along.is_date else {}
    criteria = tuple(Criterion(name, *seen[name], said.get(name, rule).text) for name, rule in RULES.items())
    return Grade(max(each.letter for each in criteria), criteria)


def own_score(forecast: Forecast) -> Score | None:
    """How the mixture of the laws that speak did in the track record, or the one law where it is alone."""
    record = forecast.weighting.record
    name = next(iter(forecast.weights)) if len(forecast.weights) == 1 else "mixture"
    return None if record is None else next((score for score in record.scores if score.law == name), None)


def farthest_tested(forecast: Forecast) -> float:
    """How many times the largest run shown the farthest hidden run lay beyond it; 0 where none was hidden."""
    record = forecast.weighting.record
    return 0.0 if record is None else float(record.points["ratio"].max())


def expected_coverage(forecast: Forecast, point: PointForecast) -> tuple[Held, ...]:
    """What the study says of 90% ranges at such a distance; nothing where it cannot tell, as of few runs."""
    term = forecast.extrapolation
    steps = studied(point.compute_ratio, farthest_tested(forecast), informed=bool(term.believed))
    untold = point.below_smallest != 1 or few_runs(forecast.runs, [fit.law for fit in forecast.fits])
    return tuple(step for step in steps if step.told and term.by_exponent and not untold)


def _distance(forecast: Forecast, point: PointForecast) -> tuple[str, str]:
    runs = forecast.runs
    below, tested = point.below_smallest > 1, _two_digits(farthest_tested(forecast))
    ratio = _two_digits(point.below_smallest if below else point.compute_ratio)
    letter = RULES["distance"].letter(ratio)
    if below or ratio > BEYOND_TESTED * tested * (1 + 1e-9):
        letter = max(letter, AT_BEST)
    far = below_text(runs, ratio) if below else far_text(runs, ratio)
    if not below and point.compute_ratio <= 1:
        far = runs.along.inside
    return (
        letter,
        f"{far}, {f'backtested to {apart_text(runs, tested)}' if tested and not below else 'nothing backtested'}",
    )


def _runs(forecast: Forecast) -> tuple[str, str]:
    few = few_runs(forecast.runs, [fit.law for fit in forecast.fits])
    return RULES["runs"].letter(0 if few else len(forecast.runs)), few or f"{len(forecast.runs):,}"


def _decades(forecast: Forecast) -> tuple[str, str]:
    runs = forecast.runs
    scale = runs.column(runs.scale)
    decades = round(float(np.log10(scale.max() / scale.min())), 1)
    said = f"{decades:.1f}, for {runs.along.reach(decades)}" if runs.along.is_date else f"{decades:.1f}"
    return RULES["decades of scale"].letter(decades), said


def _coverage(forecast: Forecast, point: PointForecast) -> tuple[str, str]:
    steps = expected_coverage(forecast, point)
    if steps:
        share = round(min(step.share for step in steps), 2)
        return RULES["coverage"].letter(share), f"{share:.0%} where such ranges were studied"
    if (score := own_score(forecast)) is None:
        missing = NO_RECORD if forecast.weighting.record is None else f"{NO_RECORD} of just these laws"
        return RULES["coverage"].levels[-1].letter, f"never studied, {missing}"
    share = round(score.coverage["90"], 2)
    said = (
        f"never studied; {share:.0%} of {score.clusters} hidden run{'' if score.clusters == 1 else 's'} of this table"
    )
    return max(RULES["coverage"].letter(share), AT_BEST), said


def _agreement(forecast: Forecast, point: PointForecast) -> tuple[str, str]:
    medians = [band.median for name, band in point.by_law.items() if forecast.weights[name] > 0]
    if len(medians) == 1:
        return NOTHING_TO_COMPARE, "one law only, nothing to compare"
    on = forecast.fits[0].link.on
    low, high = point.predictive.interval(0.9)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = round(float((on(max(medians)) - on(min(medians))) / (on(high) - on(low))), 2)
    if not math.isfinite(apart):
        return RULES["agreement of laws"].levels[-1].letter, "the range has no width"
    return RULES["agreement of laws"].letter(apart), f"medians span {apart:.2f} of the 90% range"


def _dominance(forecast: Forecast, point: PointForecast) -> tuple[str, str]:
    part = prior_share(forecast.ensemble, point.at)
    if math.isnan(part):
        return RULES["prior dominance"].levels[-1].letter, "cannot be told from these draws"
    return RULES["prior dominance"].letter(part), f"{part:.0%} is the priors', {1 - part:.0%} the data's"


def _checks(forecast: Forecast) -> tuple[str, str]:
    count = len(forecast.verdicts)
    failed = sum(
        verdict.status == "fail" or name not in forecast.weights for name, verdict in forecast.verdicts.items()
    )
    review = sum(verdict.status == "review" for verdict in forecast.verdicts.values())
    laws = f"{count} law{'' if count == 1 else 's'}"
    said = [f"{failed} of {laws} failed or left out"] if failed else []
    said += [f"{review} of {laws} for review"] if review else []
    return RULES["checks"].letter(review, failed), "; ".join(said) or f"{laws}, all passed"


def _two_digits(value: float) -> float:
    return float(f"{value:.1e}")
