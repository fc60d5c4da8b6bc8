"""Words for a person: a forecast said in sentences, without markup."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from forecaster.forecasts import evidence as forecasts_evidence
from forecaster.forecasts import tables as forecasts_tables
from forecaster.forecasts.evidence import (
    GRADE_MEANS,
    beyond_tested,
    grade_table,
    record_sentence,
    shortfalls,
    weights_reason,
)
from forecaster.forecasts.path import marked
from forecaster.forecasts.tables import SOURCES, Answer, answers, checks_table, law_table, range_table, share_table
from forecaster.inputs import CODE
from forecaster.laws.families import family_at
from forecaster.quantity import format_quantity
from forecaster.runs.text import after, metric, scale_text, unit
from forecaster.show.html import Bundle, html_bundle, html_paragraph, html_table
from forecaster.show.probability import Words, chance
from forecaster.show.table import enumerated, percent, shown, spread, times, weight

if TYPE_CHECKING:
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast


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
    """What must stand on every output when the checks did not simply pass; empty when they did."""
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


def note_lines(forecast: Forecast) -> list[tuple[str, str, bool]]:
    """Every remark as (code, text, whether it is a warning), warnings first, each once."""
    notes = dict.fromkeys([*forecast.notes, *(note for point in forecast.points for note in point.notes)])
    ordered = sorted(notes, key=lambda note: not note.warning)
    return [(note.code, shown(note.text, 1000), note.warning) for note in ordered]


def forecast_bundle(forecast: Forecast) -> Bundle:
    """The headline of each point with its ranges, and a fan of the first."""
    from forecaster.forecasts.plot import fan_picture

    parts = [f'<p class="stamp">{escape(stamp)}</p>' for stamp in stamps(forecast)]
    for index, (point, answer) in enumerate(zip(forecast.points, answers(forecast), strict=True)):
        parts += [
            html_paragraph(question(forecast, point)),
            f'<p class="headline">{escape(headline(forecast, answer))}</p>',
            html_paragraph(forecasts_evidence.evidence_line(forecast, point)),
            html_paragraph(distance_text(forecast, point, answer)),
            *([fan_picture(forecast)] if index == 0 else []),
            html_table(forecasts_tables.range_table(answer)),
            html_table(forecasts_tables.law_table(answer)),
        ]
    warnings = [f"Warning, {code}: {text}" for code, text, warning in note_lines(forecast) if warning]
    return html_bundle(forecast_text(forecast), *parts, *map(html_paragraph, warnings))


WIDTH = 80


def question(forecast: Forecast, point: PointForecast) -> str:
    """What was asked at one point, in one sentence: metric, scale and data set."""
    runs = forecast.runs
    family = f" of {family_at(forecast.fits[0].law, point.at[CODE])}" if CODE in point.at else ""
    return (
        f"What {metric(runs)} will a run{family} {run_text(point)} reach, "
        f"judging by the {len(runs)} runs in {shown(runs.name)}?"
    )


def run_text(point: PointForecast) -> str:
    """The run that was asked for, "with 70B parameters and 1.4T tokens (5.9e23 FLOP)"."""
    known = {name: value for name, value in point.at.items() if name != CODE}
    N, D, C = (known.pop(name, None) for name in "NDC")
    parts = []
    if N is not None:
        parts.append(format_quantity(N, "parameters"))
    if D is not None:
        parts.append(format_quantity(D, "tokens"))
    parts += [f"{shown(name)}={format_quantity(value)}" for name, value in known.items()]
    compute = "" if C is None else format_quantity(C, "FLOP")
    if C is not None and set(point.asked.inputs) - {CODE} == {"C"} and N is not None:
        return f"of {compute} at its compute-optimal split ({' and '.join(parts)})"
    if not parts:
        return f"of {compute}"
    return f"with {enumerated(parts)}" + (f" ({compute})" if compute else "")


def headline(forecast: Forecast, answer: Answer) -> str:
    """The number, its 90% range and the chance of each target."""
    said = f"{answer.median}{after(unit(forecast.runs))}, 90% range {spread(answer.interval['90'])}."
    return " ".join([said, *target_sentences(answer)])


def target_sentences(answer: Answer, words: Words | None = None) -> list[str]:
    """The chance of each target, a sentence each, in a scale of likelihood words."""
    return [f"Chance of {target} or less: {chance(probability, words)}." for target, probability in answer.targets]


def distance_text(forecast: Forecast, point: PointForecast, answer: Answer) -> str:
    """How far the point lies from what was measured."""
    runs = forecast.runs
    scales = runs.column(runs.scale)
    here, largest = scale_text(runs, point.at[runs.scale]), scale_text(runs, float(scales.max()))
    if not answer.beyond:
        return f"{here}: {answer.ratio} times the largest run ({largest}), so within the scale that was measured."
    said = f"{here}: {answer.ratio} times the largest run ({largest})."
    if runs.scale != "C":
        return said
    share = float(scales.sum()) / point.at["C"]
    spent = percent(share) if share < 1 else f"{times(share)} times"
    return f"{said} All {len(runs)} runs together used {spent} {'of ' if share < 1 else ''}its compute."


def source_sentences(answer: Answer) -> list[str]:
    """Each source's share with what it is and what narrows it, the largest first."""
    order = sorted(answer.shares, key=lambda name: -answer.shares[name])
    return [
        f"{name.capitalize()}, {answer.shares[name]}%: {what} What narrows it: {cure}"
        for name, (what, cure) in ((name, SOURCES[name]) for name in order)
    ]


def noise_sentence(forecast: Forecast, answer: Answer) -> str:
    """What run-to-run noise alone would do."""
    return (
        f"The shares split the variance that is not run-to-run noise. Noise alone would give a 90% range "
        f"{answer.noise_width}{after(unit(forecast.runs))} wide; no forecast removes it, only repeating the run "
        "averages it out."
    )


def other_ranges(forecast: Forecast, answer: Answer) -> list[str]:
    """The 90% range without noise, and without the extrapolation term."""
    said = [f"90% range without run-to-run noise, of the law's own curve: {spread(answer.curve)}."]
    if answer.beyond:
        said.append(f"90% range without the extrapolation term: {spread(answer.raw)}.")
    return said


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
    return f"{path}Shaded: beyond the largest run ({largest}), where nothing was measured.{drawn}"


def forecast_text(forecast: Forecast, words: Words | None = None) -> str:
    """The whole answer as plain text of at most 100 columns, one block for each point.

    Args:
        forecast: what was answered.
        words: the scale of likelihood words; ICD 203 where not given.
    """
    blocks = [_wrapped(stamp) for stamp in stamps(forecast)]
    record = [_titled("Track record", "", [record_sentence(forecast), *shortfalls(forecast)])]
    several = len(forecast.points) > 1
    for point, answer in zip(forecast.points, answers(forecast), strict=True):
        blocks += _point_blocks(forecast, point, answer, [] if several else record, words)
    blocks += record if several else []
    checks = [checks_line(forecast), checks_table(forecast).text, *map(_item, check_notes(forecast))]
    blocks.append("\n".join(_wrapped(part) if "\n" not in part else part for part in checks))
    if notes := note_lines(forecast):
        lines = [f"{'Warning' if warning else 'Note'}, {code}: {text}" for code, text, warning in notes]
        blocks.append("\n".join(_item(line) for line in lines))
    return "\n\n".join(blocks)


def _point_blocks(
    forecast: Forecast, point: PointForecast, answer: Answer, record: list[str], words: Words | None
) -> list[str]:
    number = f"{answer.median}{after(unit(forecast.runs))}, 90% range {spread(answer.interval['90'])}"
    said = [number, *(sentence.rstrip(".") for sentence in target_sentences(answer, words))]
    far = [distance_text(forecast, point, answer), beyond_tested(forecast, point)]
    lines = [line for sentence in far for line in textwrap.wrap(sentence, WIDTH - 10)]
    distance = [f"Point     {answer.point}", *lines]
    evidence = grade_table(forecast, point, rules=False)
    return [
        _wrapped(question(forecast, point)),
        "\n".join(f"  {line}" for line in said),
        "\n".join([distance[0], f"Distance  {distance[1]}", *(f"{'':10}{line}" for line in distance[2:])]),
        _titled("Ranges", range_table(answer).text, other_ranges(forecast, answer)),
        _titled(
            "Where the uncertainty comes from",
            share_table(answer).text,
            [noise_sentence(forecast, answer)],
        ),
        *record,
        _titled("Under each law alone", law_table(answer).text, filter(None, [weights_reason(forecast)])),
        _titled(evidence.caption, evidence.text, [GRADE_MEANS]),
    ]


def _titled(title: str, table: str, sentences: Iterable[str]) -> str:
    body = [f"  {line}" for line in table.splitlines()]
    return "\n".join([title, *body, *(textwrap.indent(_wrapped(s, WIDTH - 2), "  ") for s in sentences)])


def _item(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ")


def _wrapped(text: str, width: int = WIDTH) -> str:
    return textwrap.fill(text, width)
