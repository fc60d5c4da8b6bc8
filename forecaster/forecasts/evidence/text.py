"""Tables and words for what stands behind a forecast: the table's track record, the weights' reason, the grade."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.backtests.baselines import BASELINE_NAMES
from forecaster.fits.ensemble import few_runs
from forecaster.fits.extrapolation import Held, study
from forecaster.forecasts.evidence.grade import expected_coverage, farthest_tested, grade, own_score
from forecaster.forecasts.tables import Tested, record_said
from forecaster.runs.text import far_text, tested_text
from forecaster.show.document import Headline, Section, Sentence, sentences
from forecaster.show.table import MISSING, MIXED, Table, sentence_case, shown, times

if TYPE_CHECKING:
    from forecaster.fits.posterior import Fit
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast

RIVALS = {"naive-line": "a straight line", "huber-bootstrap": "the usual fit with bootstrap"}
"""Those that a sentence names, as it names them."""

GRADE_MEANS = "It says how far the evidence reaches, not how likely the outcome is."


def record_table(forecast: Forecast, *, short: bool = False) -> Table | None:
    """Each law, their mixture and the baselines on the runs that were hidden; None without a track record.

    Args:
        forecast: whose record.
        short: without the laws that the mixture is made of, and without counts.
    """
    if forecast.weighting.record is None:
        return None
    said = record_said(forecast)
    alone = len(forecast.weights) == 1
    names = {} if short and not alone else {name: shown(name) for name in forecast.weights}
    names |= ({} if alone else {"mixture": MIXED}) | BASELINE_NAMES
    rows = []
    for method, name in names.items():
        tested = said.get(method, Tested())
        held = tested.held if tested.held == MISSING else f"{tested.held} ({tested.between})"
        rows.append((name, held, tested.width, tested.crps, tested.runs))
    columns = ("Method", "Held by 90% range", "Mean width", "CRPS", "Hidden runs")
    kept = len(columns) - short
    return Table("Track record", columns[:kept], tuple(row[:kept] for row in rows))


def record_sentence(forecast: Forecast) -> str:
    """How forecasts from the smaller runs did on the larger ones, beside the baselines; or why nobody knows."""
    record = forecast.weighting.record
    if record is None:
        why = shown(forecast.weighting.why, 1000)
        return f"There is none: no run of this table was hidden and forecast. Weights: {why}."
    said = record_said(forecast)
    cuts = f"{len(record.folds)} cut{'' if len(record.folds) == 1 else 's'}"
    score = own_score(forecast)
    if score is None:
        return "The laws that speak were not tested together, since others were left out; the table has each alone."
    tested = said[score.law]
    farthest = farthest_tested(forecast)
    others = [f"{name} {said[method].held}" for method, name in RIVALS.items() if method in said]
    many = "run" if tested.runs == "1" else "runs"
    return (
        f"Made from this table's smaller runs at {cuts}, such forecasts held {tested.held} of {tested.runs} larger "
        f"{many} in their 90% ranges, up to {far_text(forecast.runs, farthest)} shown"
        + (f"; {', '.join(others)}." if others else ".")
    )


def record_notes(forecast: Forecast) -> list[str]:
    """How the table of the track record is to be read, and which of its fits fell short."""
    record = forecast.weighting.record
    if record is None:
        return []
    said = (
        "Width: by how much the upper end of the 90% range exceeds the lower. CRPS: the error of the whole forecast on "
        "the log of the response; .01 is about 1%, and less is better."
    )
    if forecast.fits[0].link.name != "log":
        said = f"Width and CRPS, the error of the whole forecast, are of {record.scale}; less is better."
    notes = [f"A run that several cuts hide counts once. In brackets: the binomial 90% interval. {said}"]
    return notes + shortfalls(forecast)


def shortfalls(forecast: Forecast) -> list[str]:
    """How many of the fits behind the track record were for review or failed; nothing where all passed."""
    record = forecast.weighting.record
    if record is None or not (record.review or record.failed):
        return []
    said = [f"{record.review} passed their checks with reservations"] if record.review else []
    said += [f"{record.failed} failed and {'was' if record.failed == 1 else 'were'} left out"] if record.failed else []
    return [f"Of the fits behind the track record, {' and '.join(said)}."]


def beyond_tested(forecast: Forecast, point: PointForecast) -> str:
    """A sentence where a point lies beyond everything that was backtested; empty where it does not."""
    ratio, farthest = point.compute_ratio, farthest_tested(forecast)
    if not farthest or ratio <= farthest or times(ratio) == times(farthest):
        return ""
    runs = forecast.runs
    return (
        f"This asks for {far_text(runs, ratio)}; nothing beyond {tested_text(runs, farthest)} was backtested on this "
        "table."
    )


def weights_reason(forecast: Forecast) -> str:
    """Where the laws' weights come from; empty where one law stands alone."""
    if len(forecast.weights) == 1:
        return ""
    left_out = set(forecast.verdicts) - set(forecast.weights)
    anew = "; shared anew among the laws that speak" if left_out else ""
    return f"Weights: {shown(forecast.weighting.why, 1000)}{anew}."


def drift(forecast: Forecast, point: PointForecast) -> tuple[float, float]:
    """What each e-fold beyond the data adds on the scale of the link at a point: mean and standard deviation."""
    term, rate = forecast.extrapolation, 1.0
    if term.by_exponent:
        scale = point.at[forecast.runs.scale]
        rate = -sum(
            forecast.weights[fit.law.name]
            * float(fit.design.exponent(_columns(fit), fit.design.inputs_at(point.at), scale).mean())
            for fit in forecast.fits
        )
    return rate * term.expected, abs(rate) * term.spread


def _columns(fit: Fit) -> dict[str, Any]:
    return {name: values[:, None] for name, values in fit.flat_draws().items()}


def coverage_line(forecast: Forecast, point: PointForecast) -> str:
    """How often such ranges held where they were studied, in a sentence, to stand near the headline."""
    steps = expected_coverage(forecast, point)
    if not steps:
        few = few_runs(forecast.runs, [fit.law for fit in forecast.fits])
        why = "with so few runs" if few else "for this response or at this distance"
        return f"How often such 90% ranges hold was never studied {why}."
    said = [f"{_held(step)} {_where(step)}" for step in steps]
    return f"Elsewhere, on publications that taught them nothing, such 90% ranges held {' and '.join(said)}."


def expected(forecast: Forecast, point: PointForecast) -> dict[str, Any] | None:
    """JSON-ready: what the study says of 90% ranges there, the lowest share first to be read; None where it cannot."""
    steps = expected_coverage(forecast, point)
    if not steps:
        return None
    return {
        "90": min(step.share for step in steps),
        "steps": [
            {
                "by": step.by,
                "over": step.over,
                "to": None if step.to == math.inf else step.to,
                "share": step.share,
                "interval": list(step.between),
                "publications": step.publications,
                "runs": step.runs,
            }
            for step in steps
        ],
    }


def _held(step: Held) -> str:
    low, high = step.between
    return f"{step.share:.0%} ({100 * low:.0f} to {high:.0%})"


def _where(step: Held) -> str:
    if step.by == "distance":
        if step.over <= 1:
            return f"up to {step.to:g} times the largest run"
        return f"{_between(step)} the largest run"
    return (
        "within what a table's own cuts could test" if step.over <= 0 else f"{_between(step)} what the cuts could test"
    )


def _between(step: Held) -> str:
    return f"beyond {step.over:g} times" if step.to == math.inf else f"at {step.over:g} to {step.to:g} times"


def coverage_table(forecast: Forecast) -> Table | None:
    """Every step of the study behind such ranges; None for responses that were not studied."""
    if not forecast.extrapolation.by_exponent:
        return None
    rows = [
        (
            sentence_case(_where(step)),
            _held(step) if step.told else "too few publications",
            str(step.publications),
            f"{step.runs:,}",
        )
        for step in study(informed=bool(forecast.extrapolation.believed))
        if step.by == "distance" or forecast.extrapolation.believed
    ]
    return Table(
        "Where such ranges were studied", ("Asked", "Held by 90% range", "Publications", "Hidden runs"), tuple(rows)
    )


def evidence_line(forecast: Forecast, point: PointForecast) -> str:
    """What the study says and the grade, to stand near the headline but apart from its chances."""
    return f"{coverage_line(forecast, point)} Evidence grade {grade(forecast, point).letter}."


RECORD_MEANS = "It tells whether the laws suit this table; how often the ranges above hold, it does not foretell."


def record_section(forecast: Forecast) -> Section:
    """The track record; in brief without the laws that the mixture is made of."""
    said, table, short = record_sentence(forecast), record_table(forecast), record_table(forecast, short=True)
    studied = coverage_table(forecast)
    elsewhere = () if studied is None else (Section(studied.caption, (studied,), "studied", annex=True),)
    if table is None or short is None:
        return Section("Track record", (Sentence(said),), "record", elsewhere, brief=(Sentence(said),))
    said = f"{said} {RECORD_MEANS}"
    return Section(
        "Track record",
        (Sentence(said), table, *sentences(*record_notes(forecast))),
        "record",
        elsewhere,
        brief=(Sentence(said), short, *sentences(*shortfalls(forecast))),
    )


def grade_section(forecast: Forecast, point: PointForecast) -> Section:
    """The evidence grade line by line with every rule; in brief the letters and what was seen."""
    found = grade(forecast, point)
    weakest = "; ".join(f"{each.name}, {each.value}" for each in found.weakest)
    why = f"Set by the weakest: {weakest}." if weakest else "Every line has that letter."
    short = grade_table(forecast, point, rules=False)
    return Section(
        "Evidence grade",
        (Sentence(f"{found.text} {GRADE_MEANS}"), grade_table(forecast, point)),
        "grade",
        brief=(Headline(found.letter), Sentence(why), short, Sentence(GRADE_MEANS)),
    )


def grade_table(forecast: Forecast, point: PointForecast, *, rules: bool = True) -> Table:
    """Every line of the evidence grade with its letter, what was seen and, where there is room, its rule."""
    found = grade(forecast, point)
    rows = [(each.name.capitalize(), each.letter, each.value, each.rule) for each in found.criteria]
    columns = ("Line", "Grade", "Seen here", "Rule")
    kept = len(columns) if rules else 3
    caption = f"Evidence grade {found.letter}"
    return Table(caption, columns[:kept], tuple(row[:kept] for row in rows), frozenset(columns[1:kept]))
