"""A table of runs in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.inputs import INPUTS
from forecaster.quantity import format_quantity
from forecaster.show.html import Bundle, html_bundle, html_paragraph, html_table
from forecaster.show.table import MISSING, Table, shown

if TYPE_CHECKING:
    from forecaster.runs.table import Runs

FIRST_ROWS = 5


def runs_bundle(runs: Runs) -> Bundle:
    """Spans, what was said in reading, and the first rows."""
    names = [name for name in ("N", "D", "C", "U", "loss", "loss_se", "family", "date") if runs.has(name)]
    lines = []
    for row in range(min(FIRST_ROWS, len(runs))):
        lines.append((runs.place(row), *(_cell(runs.table[name].iloc[row]) for name in names)))
    words = frozenset(names) & {"family", "date"}
    headers = (shown(runs.response) if name == "loss" else name for name in names)
    more = f", the first {FIRST_ROWS} of {len(runs)}" if len(runs) > FIRST_ROWS else ""
    table = Table(f"Runs{more}", ("Row", *headers), tuple(lines), words)
    notes = [f"{note.code}: {shown(note.text, 1000)}" for note in runs.notes]
    return html_bundle(
        runs.text, html_paragraph(shown(runs.text, 1000)), *map(html_paragraph, notes), html_table(table)
    )


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
    """An amount of what orders a table's runs, "5.9e23 FLOP" or "70B parameters"."""
    return format_quantity(value, INPUTS[runs.scale].unit)
