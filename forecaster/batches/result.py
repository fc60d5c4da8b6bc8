"""A batch: many tables forecast by one recipe, a row a table and point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecaster.batches.outcome import QUANTILES, columns_of
from forecaster.runs.points import Target
from forecaster.show.document import Document
from forecaster.show.json import json_ready
from forecaster.show.result import Result

if TYPE_CHECKING:
    import pandas as pd

WHOLE = ("runs", "seed")


@dataclass(frozen=True, eq=False)
class Batch(Result):
    """Many tables forecast by one recipe.

    Args:
        rows: one a table and point, the tables in the order in which they were given, each row with every column of
            `forecaster.batches.outcome.columns_of`; None for what there is not.
        targets: values of the response whose chance was asked.
        earlier: how many tables were found finished.
    """

    rows: tuple[Mapping[str, Any], ...]
    targets: tuple[Target, ...] = ()
    earlier: int = 0

    @property
    def answered(self) -> tuple[str, ...]:
        """The tables that have numbers."""
        return tuple(dict.fromkeys(row["table"] for row in self.rows if row["error"] is None))

    @property
    def refused(self) -> dict[str, str]:
        """Why each other table has none, by its name."""
        return {row["table"]: row["message"] for row in self.rows if row["error"] is not None}

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a table whose columns have the same types whatever came out."""
        import pandas as pd

        numbers = {*QUANTILES, "mcse", *(name for name in columns_of(self.targets) if name.startswith("P(")), "seconds"}

        def kind(name: str) -> str:
            return "Int64" if name in WHOLE else "float64" if name in numbers else "str"

        columns = columns_of(self.targets)
        return pd.DataFrame({name: pd.Series([row[name] for row in self.rows], dtype=kind(name)) for name in columns})

    @property
    def document(self) -> Document:
        """How many tables were answered, with what evidence, and why others were not."""
        from forecaster.batches.text import batch_document

        return batch_document(self)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the key `batch` of the command-line contract."""
        data = {
            "answered": len(self.answered),
            "refused": len(self.refused),
            "earlier": self.earlier,
            "rows": [dict(row) for row in self.rows],
        }
        return {"batch": json_ready(data)}
