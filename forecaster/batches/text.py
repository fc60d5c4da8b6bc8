"""A batch in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from forecaster.runs.data_checks import count
from forecaster.show.document import Bullets, Document, Section, Sentence
from forecaster.show.table import Table, enumerated, shown

if TYPE_CHECKING:
    from forecaster.batches.result import Batch

MOST_SHOWN = 20
"""Rows, or refusals, that are said one by one."""


def batch_document(batch: Batch) -> Document:
    """How many tables were answered, with what evidence, and why others were not."""
    answered, refused = batch.answered, batch.refused
    title = f"{count(len(answered) + len(refused), 'table')}: {len(answered)} answered, {len(refused)} refused."
    grades = Counter(row["grade"] for row in batch.rows if row["error"] is None)
    said = [Sentence(f"Evidence grades: {enumerated([f'{n} {letter}' for letter, n in sorted(grades.items())])}.")]
    if batch.earlier:
        said.append(Sentence(f"Of the tables {batch.earlier} had been finished before."))
    return Document(
        title,
        (
            Section("", tuple(said) if grades else ()),
            Section("", (_numbers(batch),) if answered and len(batch.rows) <= MOST_SHOWN else ()),
            Section("Refused" if refused else "", _reasons(refused)),
        ),
    )


def _numbers(batch: Batch) -> Table:
    rows = [
        (shown(row["table"]), shown(row["point"]), f"{row['50%']}", f"{row['5%']} to {row['95%']}", row["grade"])
        for row in batch.rows
        if row["error"] is None
    ]
    return Table("Forecasts", ("Table", "Point", "Median", "90% range", "Grade"), tuple(rows), frozenset({"Point"}))


def _reasons(refused: dict[str, str]) -> tuple[Bullets, ...]:
    if not refused:
        return ()
    said = [f"{shown(name, 200)}: {shown(message, 1000)}" for name, message in list(refused.items())[:MOST_SHOWN]]
    rest = len(refused) - len(said)
    return (Bullets((*said, *([f"and {rest} more"] if rest else []))),)
