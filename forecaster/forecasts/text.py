"""Words for a person: a forecast said in sentences, without markup."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from forecaster.fits.ensemble import few_runs
from forecaster.fits.power_scaling import prior_share
from forecaster.forecasts.evidence.text import (
    beyond_tested,
    evidence_line,
    grade_section,
    record_section,
    weights_reason,
)
from forecaster.forecasts.notes.doubts import on_the_front
from forecaster.forecasts.path import marked
from forecaster.forecasts.tables import Answer, answers, checks_table, law_table, point_table, range_table, share_table
from forecaster.inputs import CODE, DATE
from forecaster.laws.families import family_at
from forecaster.quantity import format_quantity
from forecaster.runs.text import after, below_text, far_text, metric, scale_text, unit
from forecaster.show.document import (
    Document,
    Headline,
    Part,
    Section,
    Sentence,
    Stamp,
    Verbatim,
    bullets,
    note_lines,
    sentences,
)
from forecaster.show.probability import Words, chance, words_sentence
from forecaster.show.table import enumerated, percent, shown, spread, times, weight

if TYPE_CHECKING:
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast
    from forecaster.runs.table import Runs
    from forecaster.show.figure import Exhibit


def weights_sentence(forecast: Forecast) -> str:
    """How the laws were mixed."""
    weights = forecast.weights
    if len(weights) == 1:
        return f"The law {shown(next(iter(weights)))} holds; no other was asked."
    if max(weights.values()) - min(weights.values()) < 1e-9:
        return f"The {len(weights)} laws are equally likely to be the one that holds."
    parts = [f"{shown(name)} {weight(share)}" for name, share in weights.items()]
    earned = forecast.weighting.basis == "extrapolation"
    trust = "; those that forecast this table's larger runs well are trusted to go on doing so" if earned else ""
    return f"The laws are mixed by weight: {enumerated(parts)}{trust}."


def stamps(forecast: Forecast) -> list[str]:
    """What must stand on every output: that the runs are few, that checks did not simply pass; empty for most."""
    return [*few_stamps(forecast), *_check_stamps(forecast)]


def few_stamps(forecast: Forecast) -> list[str]:
    """That the runs are few, and how far the forecast therefore leans on the priors; empty for most."""
    few = few_runs(forecast.runs, [fit.law for fit in forecast.fits])
    if not few:
        return []
    shares = sorted({prior_share(forecast.ensemble, point.at) for point in forecast.points})
    said = "what share of what moves the response is the priors' cannot be told from these draws"
    if all(map(math.isfinite, shares)):
        ends = [f"{share:.0%}" for share in (shares[0], shares[-1])][: len(shares)]
        said = f"about {' to '.join(ends)} of what moves the response is the priors'"
    return [f"FEW RUNS: {few}. The range is wide and rests in part on the priors: {said}."]


def _check_stamps(forecast: Forecast) -> list[str]:
    if forecast.unchecked:
        return [
            "CHECKS FAILED: the sampler's draws did not pass their checks, and the numbers are shown only because "
            "that was asked for. Do not rely on them."
        ]
    review = [shown(name) for name in forecast.weights if forecast.verdicts[name].status == "review"]
    if review:
        return [
            f"REVIEW: the checks of {enumerated(review)} passed with reservations, stated under Checks. "
            "Read them before relying on the numbers."
        ]
    return []


def checks_line(forecast: Forecast) -> str:
    """The checks of all laws in one line."""
    by_status: dict[str, list[str]] = {}
    for name, verdict in forecast.verdicts.items():
        by_status.setdefault(verdict.status, []).append(shown(name))
    words = {"pass": "passed", "review": "passed with reservations", "fail": "failed"}
    return "Checks of the sampler: " + "; ".join(
        f"{enumerated(by_status[status])} {word}" for status, word in words.items() if status in by_status
    ) + "."  # fmt: skip


def check_notes(forecast: Forecast) -> list[str]:
    """The evidence for anything short of a pass, each with its law."""
    return [
        f"{shown(name)}: {shown(note, 1000)}" for name, verdict in forecast.verdicts.items() for note in verdict.notes
    ]


def question(forecast: Forecast, point: PointForecast) -> str:
    """What was asked at one point, in one sentence: metric, scale and data set."""
    runs = forecast.runs
    family = f" of {family_at(forecast.fits[0].law, point.at[CODE])}" if CODE in point.at else ""
    return (
        f"What {metric(runs)} will a run{family} {run_text(runs, point)} reach, "
        f"judging by the {len(runs)} runs in {shown(runs.name)}?"
    )


def run_text(runs: Runs, point: PointForecast) -> str:
    """The run that was asked for, "with 70B parameters and 1.4T tokens (5.9e23 FLOP)" or "of 2026-12-31"."""
    known = [name for name in point.at if name != CODE]
    said = {name: runs.input(name).said(point.at[name], digits=point.digits(name)) for name in known}
    compute, day = said.pop("C", ""), said.pop(DATE.name, "")
    parts = [
        each
        if name in ("N", "D", runs.scale)
        else f"{shown(name)}={format_quantity(point.at[name], digits=point.digits(name))}"
        for name, each in said.items()
    ]
    if compute and set(point.asked.inputs) - {CODE} == {"C"} and "N" in said:
        return f"of {compute} at its compute-optimal split ({' and '.join(parts)})"
    if not parts:
        return f"of {compute or day}"
    return f"{f'of {day} ' if day else ''}with {enumerated(parts)}" + (f" ({compute})" if compute else "")


def distance_text(forecast: Forecast, point: PointForecast, answer: Answer) -> str:
    """How far the point lies from what was measured."""
    runs = forecast.runs
    scales = runs.column(runs.scale)
    here = runs.along.said(point.at[runs.scale], digits=point.digits(runs.scale))
    largest = scale_text(runs, float(scales.max()))
    if point.below_smallest > 1:
        below = f"{below_text(runs, point.below_smallest)} ({scale_text(runs, float(scales.min()))})"
        return f"{here}: {below}, so nothing was measured there."
    far = f"{here}: {far_text(runs, point.compute_ratio)} ({largest})"
    if not answer.beyond:
        return f"{far}, so {runs.along.inside}."
    said = f"{far}."
    if runs.scale != "C":
        return said
    share = float(scales.sum()) / point.at["C"]
    spent = percent(share) if share < 1 else f"{times(share)} times"
    return f"{said} All {len(runs)} runs together used {spent} {'of ' if share < 1 else ''}its compute."


def noise_sentence(forecast: Forecast, answer: Answer) -> str:
    """What run-to-run noise alone would do."""
    return (
        f"The shares split the variance that is not run-to-run noise. Noise alone would give a 90% range "
        f"{answer.noise_width}{after(unit(forecast.runs))} wide; no forecast removes it, only repeating the run "
        "averages it out."
    )


def figure_sentence(forecast: Forecast, point: PointForecast) -> str:
    """What the fan figure shows."""
    runs = forecast.runs
    largest = scale_text(runs, float(runs.column(runs.scale).max()))
    if {"N", "D"} <= set(point.at) and runs.has("N") and runs.has("D"):
        ratio = format_quantity(point.at["D"] / point.at["N"])
        path = (
            f"The fan follows runs of {ratio} tokens per parameter, as in the point asked; the table's runs with more "
            "than twice or less than half of that are hollow, and need not lie on it. "
        )
    else:
        path = ""
    few = len(marked(runs))
    drawn = f" Of the {len(runs):,} runs {few:,} are drawn, evenly through the table." if few < len(runs) else ""
    return f"{path}Shaded: {runs.along.past} ({largest}), where nothing was measured.{drawn}"


def forecast_document(forecast: Forecast, words: Words | None = None) -> Document:
    """The whole answer in brief, a part for each point.

    Args:
        forecast: what was answered.
        words: the scale of likelihood words; ICD 203 where not given.
    """
    several, record = len(forecast.points) > 1, record_section(forecast).in_brief
    points = [
        (
            headline_section(forecast, index, words),
            distance_section(forecast, index).in_brief,
            uncertainty_section(forecast, index),
            *(() if several else (record,)),
            laws_section(forecast, index),
            grade_section(forecast, point).in_brief,
        )
        for index, point in enumerate(forecast.points)
    ]
    own = points_sections(forecast, points) if several else points[0]
    shared = (*((record,) if several else ()), checks_section(forecast))
    return Document(title(forecast), (stamp_section(forecast), *own, *shared))


def title(forecast: Forecast) -> str:
    """The question; where several points were asked, what they share."""
    if len(forecast.points) == 1:
        return question(forecast, forecast.points[0])
    runs = forecast.runs
    return (
        f"What {metric(runs)} will {len(forecast.points)} new runs reach, "
        f"judging by the {len(runs)} runs in {shown(runs.name)}?"
    )


def points_sections(forecast: Forecast, points: Iterable[tuple[Section, ...]]) -> tuple[Section, ...]:
    """The sections of each point under its question."""
    asked = (question(forecast, point) for point in forecast.points)
    return tuple(Section(each, (), "point", own) for each, own in zip(asked, points, strict=True))


def stamp_section(forecast: Forecast) -> Section:
    """What stands before anything else."""
    return Section("", tuple(Stamp(stamp) for stamp in stamps(forecast)), "stamps")


def headline_section(forecast: Forecast, index: int, words: Words | None = None) -> Section:
    """The number with its ranges and the chance of each target, and what stands behind them in a line."""
    answer, ranges = answers(forecast)[index], range_table(answers(forecast)[index])
    said = [*forecast.points[index].notes, *(forecast.notes if index == 0 else ())]
    warned = bullets(f"{note.code}: {shown(note.text, 1000)}" for note in on_the_front(said))
    used = words_sentence([probability for _, probability in answer.targets], words)
    return Section(
        "",
        (
            Headline(f"{answer.median}{after(unit(forecast.runs))}", answer.median),
            Headline(f"90% range: {spread(answer.interval['90'])}"),
            *(
                Headline(f"Chance of {target}: {chance(probability, words)}", percent(probability))
                for target, probability in answer.targets
            ),
            *sentences(used, evidence_line(forecast, forecast.points[index])),
        ),
        "headline",
        (*(Section("Warnings", (each,), "warnings") for each in warned), Section(ranges.caption, (ranges,), "ranges")),
    )


def distance_section(forecast: Forecast, index: int) -> Section:
    """How far the point lies from what was measured, and where it lies."""
    point, answer = forecast.points[index], answers(forecast)[index]
    table = point_table(forecast, index)
    far = (distance_text(forecast, point, answer), beyond_tested(forecast, point), f"The point: {answer.point}.")
    own = (Section(table.caption, (table,), annex=True),)
    return Section("Distance from what was measured", sentences(*far), "distance", own)


def uncertainty_section(forecast: Forecast, index: int) -> Section:
    """What the uncertainty is made of, and what narrows each part."""
    answer = answers(forecast)[index]
    table = (share_table(answer),) if answer.shares else ()
    noise = noise_sentence(forecast, answer)
    return Section("Where the uncertainty comes from", (*table, Sentence(noise)), "uncertainty")


def laws_section(forecast: Forecast, index: int, figure: Exhibit | None = None) -> Section:
    """What each law alone would say; in brief without its figure.

    Args:
        forecast: what was answered.
        index: of the point, from 0.
        figure: the same drawn.
    """
    table, reason = law_table(answers(forecast)[index]), sentences(weights_reason(forecast))
    brief: tuple[Part, ...] = () if figure is None else (table, *reason)
    return Section(table.caption, (figure or table, *reason), "laws", brief=brief)


def formula_section(forecast: Forecast) -> Section:
    """Each law's formula, what it says and where it comes from."""
    parts: list[Part] = []
    for law in (fit.law for fit in forecast.fits):
        parts.append(Sentence(f"{shown(law.name)}: {shown(law.title, 300)}. {shown(law.source, 300)}"))
        parts.append(Verbatim(shown(law.formula.text, 300)))
    return Section("The laws", tuple(parts), "formulas", annex=True)


def checks_section(forecast: Forecast) -> Section:
    """The checks of the sampler and every remark; in brief without the checks' numbers."""
    line, table = Sentence(checks_line(forecast)), checks_table(forecast)
    notes = [*forecast.notes, *(note for point in forecast.points for note in point.notes)]
    front = on_the_front(notes)
    notes = [note for note in notes if note not in front]
    said = bullets((*check_notes(forecast), *note_lines(notes)))
    return Section("Checks and notes", (line, table, *said), "checks", brief=(line, *said))
