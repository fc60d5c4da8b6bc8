"""A batch in words."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from forecaster.quantity import Digits
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
        numbers = [math.nan if row[name] is None else row[name] for name in ("5%", "50%", "95%")]
        digits = Digits.of(math.inf if row["mcse"] is None else row["mcse"], *numbers)
        low, median, high = (number(value, digits) for value in numbers)
        rows.append((shown(row["table"]), shown(row["point"]), median, spread((low, high)), row["grade"]))
    return Table("Forecasts", ("Table", "Point", "Median", "90% range", "Grade"), tuple(rows), frozenset({"Point"}))


def _reasons(refused: dict[str, str]) -> tuple[Bullets, ...]:
    if not refused:
        return ()
    said = [f"{shown(name, 200)}: {shown(message, 1000)}" for name, message in list(refused.items())[:MOST_SHOWN]]
    rest = len(refused) - len(said)
    return (Bullets((*said, *([f"and {rest} more"] if rest else []))),)
