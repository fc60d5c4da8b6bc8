"""A batch in words."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from forecaster.runs.data_checks import count
from forecaster.show.document import Bullets, Document, Section, sentences
from forecaster.show.table import Table, enumerated, number, shown, spread

if TYPE_CHECKING:
    from forecaster.batches.result import Batch

MOST_SHOWN = 20
"""Rows, or refusals, that are said one by one."""


def batch_document(batch: Batch) -> Document:
    """How many tables were answered, with what evidence, and why others were not."""
    answered, refused = batch.answered, batch.refused
    title = f"{count(len(answered) + len(refused), 'table')}: {len(answered)} answered, {len(refused)} refused."
    grades = Counter(row["grade"] for row in batch.rows if row["error"] is None)
    letters = [f"{number} {letter}" for letter, number in sorted(grades.items())]
    said = [
        *([f"Evidence grades: {enumerated(letters)}."] if letters else []),
        *([f"Of the tables {batch.earlier} had been finished before."] if batch.earlier else []),
    ]
    return Document(
        title,
        (
            Section("", sentences(*said)),
            Section("", (_numbers(batch),) if answered and len(batch.rows) <= MOST_SHOWN else ()),
            Section("Refused" if refused else "", _reasons(refused)),
        ),
    )


def _numbers(batch: Batch) -> Table:
    rows = []
    for row in (row for row in batch.rows if row["error"] is None):
        low, median, high = _alike(row["5%"], row["50%"], row["95%"])
        rows.append((shown(row["table"]), shown(row["point"]), median, spread((low, high)), row["grade"]))
    return Table("Forecasts", ("Table", "Point", "Median", "90% range", "Grade"), tuple(rows), frozenset({"Point"}))


def _alike(*values: float) -> list[str]:
    """Numbers that were rounded together, with as many places as the longest of them shows."""
    places = max(-int(Decimal(repr(value)).normalize().as_tuple().exponent) for value in values)
    return [number(value, max(0, places)) for value in values]


def _reasons(refused: dict[str, str]) -> tuple[Bullets, ...]:
    if not refused:
        return ()
    said = [f"{shown(name, 200)}: {shown(message, 1000)}" for name, message in list(refused.items())[:MOST_SHOWN]]
    rest = len(refused) - len(said)
    return (Bullets((*said, *([f"and {rest} more"] if rest else []))),)
