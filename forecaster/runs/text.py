"""A table of runs in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.inputs import INPUTS
from forecaster.quantity import format_quantity, span_text
from forecaster.runs.data_checks import count
from forecaster.show.document import Document, Section, Sentence, bullets, note_lines
from forecaster.show.table import MISSING, Table, shown, spread, times

if TYPE_CHECKING:
    from forecaster.runs.check import Check
    from forecaster.runs.table import Runs

FIRST_ROWS = 5


def runs_document(runs: Runs) -> Document:
    """Spans, what was said in reading, and the first rows."""
    order = ("N", "D", "C", "U", runs.scale, "loss", "loss_se", "family", "date")
    names = [name for name in dict.fromkeys(order) if runs.has(name)]
    lines = [
        (runs.place(row), *(_cell(runs.table[name].iloc[row]) for name in names))
        for row in range(min(FIRST_ROWS, len(runs)))
    ]
    headers = (shown(runs.response) if name == "loss" else name for name in names)
    more = f", the first {FIRST_ROWS} of {len(runs)}" if len(runs) > FIRST_ROWS else ""
    table = Table(f"Runs{more}", ("Row", *headers), tuple(lines), frozenset(names) & {"family", "date"})
    return Document(
        shown(runs.text, 1000), (Section("", bullets(note_lines(runs.notes))), Section(table.caption, (table,)))
    )


def check_document(check: Check) -> Document:
    """What each column spans, how the compute came about, and what would mislead a forecast."""
    rows = []
    for span in check.spans:
        loss, what = span.name == "loss", check.inputs.get(span.name, INPUTS["C"])
        low, high = (f"{end:.4g}" if loss else what.amount(end) for end in (span.minimum, span.maximum))
        reach = f"{span.decades:.2g} decades" if not (loss or what.is_date) else what.reach(span.decades)
        # Values that are not above zero span no factor.
        if math.isnan(span.decades) or span.distinct <= 1:
            reach = ""
        said = low if span.minimum == span.maximum else spread((low, high))
        name = span.name if loss or what == INPUTS.get(span.name) else what.header
        rows.append((name, said, reach, f"{span.distinct:,}"))
    table = Table("What the columns span", ("Column", "Range", "Reach", "Distinct values"), tuple(rows))
    title = f"{shown(check.name)}: {count(check.rows, 'run')}, response {shown(check.response)}"
    spans = Section(table.caption, (table, Sentence(f"C is {check.compute}.")))
    return Document(title, (spans, Section("", bullets(note_lines(check.notes)))))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return MISSING if math.isnan(value) else f"{value:.5g}" if abs(value) < 1e4 else format_quantity(value)
    return shown(value)


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


def after(word: str) -> str:
    """A word with a blank before it; nothing for nothing."""
    return f" {word}" if word else ""


def scale_text(runs: Runs, value: float) -> str:
    """An amount of what orders a table's runs, "5.9e23 FLOP", "70B parameters" or "2026-12-31"."""
    return runs.along.said(value)


def apart_text(runs: Runs, ratio: float) -> str:
    """How far from a table's largest run a ratio to it is, under `Input.distance`: "45" times or "14 months"."""
    if not runs.along.is_date:
        return times(ratio)
    return span_text(math.log(ratio)) if ratio >= 1 else f"{span_text(math.log(ratio))} before"


def below_text(runs: Runs, ratio: float) -> str:
    """How far below a table's smallest run a point lies, in a sentence, from the smallest run's ratio to it."""
    if runs.along.is_date:
        return f"{span_text(math.log(ratio))} before the first row"
    return f"{times(ratio)} times below the smallest run"


def tested_text(runs: Runs, ratio: float) -> str:
    """The same of what a table's own cuts reached: "45 times", "14 months"."""
    return apart_text(runs, ratio) + ("" if runs.along.is_date else " times")


def far_text(runs: Runs, ratio: float) -> str:
    """The same in a sentence: "45 times the largest run", "14 months after the last row"."""
    if not runs.along.is_date:
        return f"{times(ratio)} times {runs.along.top}"
    return f"{span_text(math.log(ratio))} {'after' if ratio >= 1 else 'before'} {runs.along.top}"
