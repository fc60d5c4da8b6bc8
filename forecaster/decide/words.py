"""Words and columns that the decisions share."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from forecaster.decide.price import UNITS, Cost
from forecaster.forecasts.result import Forecast
from forecaster.notes import Note
from forecaster.quantity import format_quantity

WIDTH = 80

NEVER = "never"


def amount_text(value: float | None, unit: str = "") -> str:
    """A number with two significant digits, "never" where there is none."""
    return NEVER if value is None else format_quantity(value, unit)


def range_text(ends: Sequence[float | None]) -> str:
    """A range in words, "20B to 70B"; "never" where both ends lie among unreachable draws."""
    if ends[0] is None and ends[1] is None:
        return NEVER
    return f"{amount_text(ends[0])} to {amount_text(ends[1])}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, the first flush left, two blanks between them, set in by two."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *rest = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def wrapped(text: str, *, indent: str = "") -> str:
    """A sentence in lines of eighty."""
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def cost_rows(cost: Cost) -> list[tuple[str, ...]]:
    """What a decision costs, a row a unit."""
    return [
        (
            unit,
            amount_text(cost.median(key)),
            range_text(cost.interval(0.5, unit=key)),
            range_text(cost.interval(0.9, unit=key)),
        )
        for key, unit in UNITS.items()
    ]


def closing(answer: Forecast, notes: Iterable[Note]) -> list[str]:
    """The checks and the notes."""
    blocks = []
    verdicts = answer.verdicts
    failed = [name for name, verdict in verdicts.items() if verdict.status != "pass"]
    if failed:
        lines = [f"- {name}: {verdicts[name].text}" for name in failed]
        blocks.append("\n".join(["Checks", *(textwrap.fill(each, WIDTH, subsequent_indent="  ") for each in lines)]))
    else:
        blocks.append(f"Checks: pass ({', '.join(verdicts)}).")
    said = [f"- {'Warning' if note.warning else 'Note'}, {note}" for note in notes]
    if said:
        blocks.append("\n".join(textwrap.fill(each, WIDTH, subsequent_indent="  ") for each in said))
    if answer.unchecked:
        blocks.insert(
            0, wrapped("CHECKS FAILED: the numbers of laws that failed are shown only because that was asked.")
        )
    return blocks
