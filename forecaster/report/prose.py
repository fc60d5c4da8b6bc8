"""Words for a person: a forecast said in sentences, without markup."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from forecaster.families import CODE, family_at
from forecaster.quantity import format_quantity
from forecaster.report.answers import Answer, answers
from forecaster.report.caveats import assumptions, check_notes, checks_line, note_lines, stamps
from forecaster.report.evidence import (
    GRADE_MEANS,
    beyond_tested,
    grade_table,
    record_sentence,
    shortfalls,
    weights_reason,
)
from forecaster.report.fan import marked
from forecaster.report.likelihood import Words, chance, likelihood_word, odds, word_range
from forecaster.report.rows import SOURCES, checks_table, law_table, range_table, share_table
from forecaster.report.table import listed, percent, scale_text, shown, spread, times

if TYPE_CHECKING:
    from forecaster.answer import PointForecast
    from forecaster.forecast import Forecast
    from forecaster.runs import Runs

WIDTH = 80

__all__ = [
    "assumptions", "chance", "check_notes", "checks_line", "distance_text", "figure_sentence", "forecast_text",
    "headline", "likelihood_word", "metric", "noise_sentence", "note_lines", "odds", "other_ranges", "question",
    "source_sentences", "stamps", "target_sentences", "unit", "word_range",
]  # fmt: skip


def metric(runs: Runs) -> str:
    """What is forecast, with its unit where that is known: "loss (nats per token)"."""
    name, its_unit = shown(runs.response), unit(runs)
    return f"{name} ({its_unit})" if its_unit and its_unit != _plain(runs.response) else name


def unit(runs: Runs) -> str:
    """The response's unit after a number; empty where it is not known.

    A language model's loss is in nats per token unless its header speaks of bits, bytes or characters.
    """
    header = _plain(runs.response)
    if not runs.is_language_loss:
        return ""
    if "bpb" in header or "bits per byte" in header:
        return "bits per byte"
    return "" if any(word in header for word in ("bit", "byte", "char")) else "nats per token"


def _plain(header: str) -> str:
    return header.lower().replace("_", " ").replace("-", " ")


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
    return f"with {listed(parts)}" + (f" ({compute})" if compute else "")


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


def after(word: str) -> str:
    """A word with a blank before it; nothing for nothing."""
    return f" {word}" if word else ""


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
