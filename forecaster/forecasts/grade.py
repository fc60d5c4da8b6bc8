"""A grade: how far the evidence behind a forecast reaches, by stated rules; never how likely its outcome is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.fits.ensemble import few_runs
from forecaster.fits.extrapolation import Held, studied
from forecaster.fits.power_scaling import prior_share
from forecaster.runs.text import apart_text, below_text, far_text
from forecaster.show.table import enumerated

if TYPE_CHECKING:
    from forecaster.backtests.result import Score
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast

NO_RECORD = "no track record"


@dataclass(frozen=True)
class Level:
    """What one letter asks of a criterion's numbers.

    Args:
        letter: from A, the best, to D.
        bounds: one for each number, the bound itself included; none where the letter asks nothing.
        words: the same for a person, with a place for each bound.
    """

    letter: str
    bounds: tuple[float, ...]
    words: str

    def holds(self, numbers: tuple[float, ...], *, most: bool) -> bool:
        """Whether every number keeps to its bound, the last binary digit aside."""
        pairs = zip(numbers, self.bounds, strict=False)
        return all(value <= bound * (1 + 1e-9) if most else value >= bound * (1 - 1e-9) for value, bound in pairs)


@dataclass(frozen=True)
class Rule:
    """A criterion's levels, from which both its letter and the words of its rule come.

    Args:
        levels: the best first; the last asks nothing.
        most: whether the numbers must not exceed their bounds; otherwise they must reach them.
        more: what else the rule says; empty for most.
    """

    levels: tuple[Level, ...]
    most: bool = False
    more: str = ""

    def letter(self, *numbers: float) -> str:
        """The letter of the first level that the numbers keep."""
        return next(level.letter for level in self.levels if level.holds(numbers, most=self.most))

    @property
    def text(self) -> str:
        """The rule in words: "A: 50 or more, B: 25 or more, C: 15 or more, D: fewer"."""
        return ", ".join(f"{each.letter}: {each.words.format(*each.bounds)}" for each in self.levels) + self.more


BEYOND_TESTED, AT_BEST = 10.0, "C"
"""A point more than so many times beyond the farthest run that was backtested gets this letter at best."""

NOTHING_TO_COMPARE = "C"
"""The letter of agreement where one law stands alone."""


def _rule(*levels: tuple[tuple[float, ...], str], rest: str, most: bool = False, more: str = "") -> Rule:
    """A rule whose letters go from A down, the last asking nothing."""
    named = [Level(letter, *level) for letter, level in zip("ABCD", levels, strict=False)]
    return Rule((*named, Level("D", (), rest)), most, more)


AT_LEAST = "{:g} or more"

RULES: Mapping[str, Rule] = {
    "distance": _rule(
        ((30,), "up to {:,g} times the largest run, or below the smallest"), ((100,), "up to {:,g}"),
        ((1000,), "up to {:,g}"), rest="beyond", most=True,
        more=f"; at best {AT_BEST} where that is over {BEYOND_TESTED:g} times the farthest backtested, or nothing was",
    ),
    "runs": _rule(((50,), AT_LEAST), ((25,), AT_LEAST), ((15,), AT_LEAST), rest="fewer, or than a law's parameters"),
    "decades of scale": _rule(((3,), AT_LEAST), ((2,), AT_LEAST), ((1,), AT_LEAST), rest="fewer"),
    "coverage": _rule(
        ((0.85,), "such 90% ranges held {:.0%} or more where they were studied"),
        ((0.75,), "{:.0%}"), ((0.60,), "{:.0%}"), rest="less, or never studied",
        more=f"; where only this table's track record tells, at best {AT_BEST}",
    ),
    "agreement of laws": _rule(
        ((0.25,), "medians span up to {:g} of the 90% range"), ((0.5,), "up to {:g}"), ((1,), "up to {:g}"),
        rest="more", most=True, more=f"; {NOTHING_TO_COMPARE} for one law alone",
    ),
    "prior dominance": _rule(
        ((0.25,), "up to {:.0%} of what moves the response at the point is the priors'"),
        ((0.5,), "up to {:.0%}"), ((0.75,), "up to {:.0%}"), rest="more", most=True,
    ),
    "checks": Rule(
        (
            Level("A", (0, 0), "every law passes"),
            Level("C", (math.inf, 0), "a law is for review"),
            Level("D", (), "a law failed or was left out"),
        ),
        most=True,
    ),
}  # fmt: skip
"""Each criterion with its thresholds."""

IN_TIME = _rule(
    ((30,), "up to 3.4 years after the last row"), ((100,), "up to 4.6 years"), ((1000,), "up to 6.9 years"),
    rest="beyond", most=True,
    more=f"; at best {AT_BEST} where that is over 2.3 years after the farthest backtested, or nothing was",
)  # fmt: skip
"""The same distances for dates, a year for an e-fold."""


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
