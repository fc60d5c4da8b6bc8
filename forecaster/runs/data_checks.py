"""Remarks: what would mislead a forecast made from a table, each under its code."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from forecaster.inputs import FLOP_PER_PARAMETER_TOKEN
from forecaster.notes import Note
from forecaster.quantity import format_quantity
from forecaster.runs.table import Runs, family_names

FEWEST_RUNS = 8
"""Below it the priors carry much of a forecast, which says so on its front; a cut through a table shows as many."""

FEWEST_AT_ALL = 3
"""Below it nothing is forecast."""

FEWEST_SCALES = 3

TOLD_APART = f"{FEWEST_SCALES}, or 2 budgets split in {FEWEST_SCALES} ways or more,"
"""How many distinct scales tell the parameters of laws apart, in words."""

FEWEST_FOR_WEIGHTS = 15

ALIKE = 1e-3
"""Difference of logarithms up to which neighbours among the values count as one."""

ONE_VALUE = 0.1
"""Reach of a chain of such neighbours beyond which they were not meant as one value: among very many runs of a smooth
spread each has a near neighbour."""


@dataclass(frozen=True)
class Span:
    """The range one column covers.

    Args:
        name: the column.
        minimum, maximum: the ends.
        decades: log10 of their ratio; not a number where one is not above zero.
        distinct: how many different values there are (equal to one part in a thousand counts as one).
    """

    name: str
    minimum: float
    maximum: float
    decades: float
    distinct: int


def compute_source(runs: Runs) -> tuple[str, tuple[float, float] | None, list[Note]]:
    """How C came about, in words; the ends of C/(6*N*D) where all three are given; what to say of it."""
    if not runs.has("C"):
        return f"absent: runs are ordered by {runs.along.word}", None, []
    if any(note.code == "C-computed" for note in runs.notes):
        return "computed as 6*N*D", None, []
    computed = [note.code[0] for note in runs.notes if note.code in ("N-computed", "D-computed")]
    if computed:
        return f"given, and {computed[0]} computed from it", None, []
    if not (len(runs) and runs.has("N") and runs.has("D")):
        return "given", None, []
    with np.errstate(over="ignore"):
        ratios = runs.column("C") / FLOP_PER_PARAMETER_TOKEN / runs.column("N") / runs.column("D")
    low, high = float(ratios.min()), float(ratios.max())
    notes = []
    if not 0.8 <= low <= high <= 1.25:
        text = f"C is {low:.2g} to {high:.2g} times 6*N*D: points asked for need C=... as this table counts it"
        notes.append(Note("C-not-6ND", text, warning=True))
    if max(abs(low - 1), abs(high - 1)) < 0.005:
        return "given, and equal to 6*N*D", (low, high), notes
    return f"given, {low:.3g} to {high:.3g} times 6*N*D", (low, high), notes


def remarks(runs: Runs, spans: tuple[Span, ...]) -> list[Note]:
    """All that would mislead a forecast, apart from how C is counted and from single outliers."""
    return [*_size(runs, spans), *_separable(runs), *_repeats(runs), *_response(runs)]


def _size(runs: Runs, spans: tuple[Span, ...]) -> list[Note]:
    notes = []
    scale = next((span for span in spans if span.name == runs.scale), None)
    if len(runs) < FEWEST_RUNS:
        carried = f"with fewer than {FEWEST_RUNS} the priors carry much of a forecast, which is wide and graded D"
        refused = f"a forecast needs at least {FEWEST_AT_ALL} and is refused"
        text = f"{count(len(runs), 'run')}; {refused if len(runs) < FEWEST_AT_ALL else carried}"
        notes.append(Note("few-runs", text, warning=True))
    elif len(runs) < FEWEST_FOR_WEIGHTS:
        text = f"{len(runs)} runs; with fewer than {FEWEST_FOR_WEIGHTS} the laws get equal weights"
        notes.append(Note("few-for-weights", text))
    if len(runs) and (few := few_scales(runs)):
        notes.append(Note("few-scales", f"{few}, so a forecast is refused", warning=True))
    if scale is not None and scale.decades < 1:
        text = f"{scale.name} spans {runs.along.reach(scale.decades)}; at least {_wanted(runs)} is wanted"
        notes.append(Note("narrow-span", text, warning=True))
    for span in spans:
        if span.name in ("N", "D") and span.name != runs.scale and span.decades < 0.5:
            reach = f"spans {runs.input(span.name).reach(span.decades)}" if span.distinct > 1 else "has a single value"
            text = f"{span.name} {reach}: its effect on the loss can hardly be seen"
            notes.append(Note(f"narrow-{span.name}", text, warning=True))
    for name in runs.inputs:
        notes += _lone(runs, name)
    return notes


def _wanted(runs: Runs) -> str:
    return runs.along.reach(1.0).removeprefix("a factor of ")


def _lone(runs: Runs, name: str) -> list[Note]:
    """A value far from all others at one end: a slip of units, or a run that decides the fit alone."""
    values = runs.column(name)
    order = np.argsort(values)
    steps = np.diff(np.log10(values[order]))
    notes = []
    for end, row, word in ((-1, order[-1:], "above"), (0, order[:1], "below")):
        others = np.delete(steps, end) if len(steps) else steps
        if len(others) >= 3 and steps[end] > max(1.0, 3 * float(others.max())):
            is_date, far = runs.input(name).is_date, runs.input(name).reach(float(steps[end]))
            said = f"{name} is {runs.input(name).amount(float(values[row[0]]))} at {runs.place(int(row[0]))}"
            text = f"{said}, {far} {word} every other: is {'it' if is_date else 'its unit'} right?"
            notes.append(Note("lone-value", text, warning=True))
    return notes


def _separable(runs: Runs) -> list[Note]:
    if not (len(runs) > 2 and runs.has("N") and runs.has("D")):
        return []
    size, data = np.log(runs.column("N")), np.log(runs.column("D"))
    if min(np.ptp(size), np.ptp(data)) < 1e-3:
        return []  # said by narrow-N or narrow-D
    correlation = float(np.corrcoef(size, data)[0, 1])
    residual = float(size.std() * math.sqrt(max(0.0, 1 - correlation**2)))
    if abs(correlation) <= 0.98 and residual >= 0.1:
        return []
    # The most useful run keeps the budget and moves the split: N halved, D doubled.
    middle = np.argsort(size)[len(runs) // 2]
    halved, doubled = runs.column("N")[middle] / 2, runs.column("D")[middle] * 2
    text = (
        f"N and D move together (correlation {correlation:.3f} of their logs): their effects cannot be told "
        f"apart; a run at N={format_quantity(halved)}, D={format_quantity(doubled)} would help"
    )
    return [Note("not-separable", text, warning=True)]


def _repeats(runs: Runs) -> list[Note]:
    losses = np.log(runs.column("loss")) if runs.is_positive else runs.column("loss")
    keys = [runs.column(name) for name in runs.inputs]
    order = np.lexsort(keys)
    starts = np.flatnonzero(np.logical_or.reduce([np.diff(key[order], prepend=np.nan) != 0 for key in keys]))
    sizes = np.diff(starts, append=len(order))
    repeated = sizes > 1
    if not repeated.any():
        return []
    off = losses[order] - np.repeat(np.add.reduceat(losses[order], starts) / sizes, sizes)
    rows, groups = int(sizes[repeated].sum()), int(repeated.sum())
    text = f"{rows} runs share their inputs with another, in {count(groups, 'group')}"
    spread = math.sqrt(float((off[np.repeat(repeated, sizes)] ** 2).sum()) / (rows - groups))
    if spread < 1e-9:
        return [Note("duplicates", f"{text}; their losses are equal: was a row counted twice?", warning=True)]
    noise = f"their losses differ by {f'{spread:.2%}' if runs.is_positive else f'{spread:.3g}'} (sd)"
    return [Note("duplicates", f"{text}; {noise}: the noise between runs, if only the seed differs")]


def _response(runs: Runs) -> list[Note]:
    notes, loss = [], runs.column("loss")
    if not runs.is_positive:
        rows = np.flatnonzero(loss <= 0)
        text = (
            f"{count(len(rows), 'response')} not above 0 (the first at {runs.place(int(rows[0]))}): "
            "only laws whose noise is on the response's own scale can be fitted"
        )
        notes.append(Note("response-not-positive", text, warning=True))
    if runs.is_language_loss and len(loss) and float(np.median(loss)) > 13:
        text = f"the median loss is {np.median(loss):.3g}: more than guessing costs in nats; is it a perplexity?"
        notes.append(Note("response-not-loss", text, warning=True))
    if runs.has("family"):
        families = family_names(runs, "family")
        if len(families) > 1:
            said = ", ".join(families[:4]) + (", ..." if len(families) > 4 else "")
            text = f"{len(families)} families ({said}) are pooled as one; --where keeps one of them"
            notes.append(Note("mixed-families", text, warning=True))
    if len(loss) > 1 and np.ptp(loss) == 0:
        notes.append(Note("loss-one-value", f"every run has the loss {loss[0]:.4g}", warning=True))
    elif len(runs) > 2 and runs.has(runs.scale):
        slope = runs.rises()
        if slope < 0 if runs.improves_upward else slope > 0:
            trend = "falls" if runs.improves_upward else "rises"
            text = f"{runs.response} {trend} with {runs.along.word} (rank correlation {slope:.2f}), so it gets worse"
            notes.append(Note("worse-with-scale", text, warning=True))
    counts = [str(name) for name in runs.table.columns if re.search(r"non.?emb", str(name), re.IGNORECASE)]
    if counts:
        text = f"the table also counts parameters as {', '.join(counts)}: ask for points counted as N is"
        notes.append(Note("N-counting", text))
    return notes


def few_scales(runs: Runs, inputs: Iterable[str] = ("N", "D")) -> str:
    """Why the runs cannot tell apart the parameters of a law: what they have and what is needed; empty where they can.

    One budget says nothing on how the response changes with compute, and two say nothing on how that bends, unless each
    is split into parameters and tokens in several ways, which the law reads.

    Args:
        runs: the table.
        inputs: of the law.
    """
    scales = distinct(runs.column(runs.scale))
    reads = {"N", "D"} <= {*inputs} & {*runs.inputs}
    split = reads and all(distinct(runs.column(name)) >= FEWEST_SCALES for name in ("N", "D"))
    if scales >= FEWEST_SCALES or (scales == 2 and split):
        return ""
    needed = f"{TOLD_APART} are needed" if reads else f"{FEWEST_SCALES} are needed"
    return f"{count(scales, 'distinct value')} of {runs.scale}, and {needed}"


def distinct(values: np.ndarray) -> int:
    """How many values differ by more than a thousandth.

    Budgets meant to be equal differ in the last digits once computed from rounded N and D.
    """
    logs = np.sort(np.log(values))
    starts = np.flatnonzero(np.diff(logs, prepend=-np.inf) > ALIKE)
    ends = np.append(starts[1:], len(logs))
    wide = np.flatnonzero(logs[ends - 1] - logs[starts] > ONE_VALUE)
    return len(starts) + sum(_spaced(logs[starts[i] : ends[i]]) - 1 for i in wide)


def _spaced(logs: np.ndarray) -> int:
    """How many of some ascending values lie more than a thousandth above the one counted before."""
    found, at = 0, 0
    while at < len(logs):
        found, at = found + 1, int(np.searchsorted(logs, logs[at] + ALIKE, side="right"))
    return found


def count(number: int, word: str) -> str:
    """A number with its noun, in the plural where needed."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
