"""What a table of runs can and cannot tell, before anything is fitted to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.inputs import Input
from forecaster.notes import Note
from forecaster.runs.data_checks import Span, compute_source, count, distinct, remarks
from forecaster.runs.outliers import Outlier, outliers
from forecaster.runs.table import Runs
from forecaster.show.document import Document
from forecaster.show.json import json_ready
from forecaster.show.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Check(Result):
    """What was read, and what to know before trusting a forecast made from it.

    Args:
        name: the file.
        response: the response column's header.
        rows: how many runs.
        spans: of each input present, then of the loss.
        compute: how C came about, in words.
        ratio: smallest and largest C/(6*N*D) where the table gives all three, else None.
        outliers: likely ones, the farthest first.
        notes: coded remarks, those of the reading first.
        inputs: what each input is called in this table.
        ridges: pairs of parameters that this table cannot tell apart, once `forecaster.fits.ridges.with_ridges` has
            looked at some laws.
    """

    name: str
    response: str
    rows: int
    spans: tuple[Span, ...]
    compute: str
    ratio: tuple[float, float] | None
    outliers: tuple[Outlier, ...]
    notes: tuple[Note, ...]
    inputs: Mapping[str, Input]
    ridges: tuple[Any, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """The spans: one row per column of the runs, with minimum, maximum, decades and distinct."""
        import pandas as pd

        return pd.DataFrame([asdict(span) for span in self.spans]).set_index("name")

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.runs.text import check_document

        return check_document(self)

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON; numbers that are not finite are None."""
        said = asdict(self)
        inputs = said.pop("inputs")
        for span in (span for span in said["spans"] if span["name"] in inputs and self.inputs[span["name"]].is_date):
            span |= {end: self.inputs[span["name"]].plain(span[end]) for end in ("minimum", "maximum")}
        cleaned: dict[str, Any] = json_ready(said)
        return cleaned


def check(runs: Runs) -> Check:
    """Look a table of runs over: what it spans, how C is counted, and what would mislead a forecast.

    Nothing is changed, dropped or sampled. Every remark's code is explained by `forecaster.notes.explain`.

    Args:
        runs: the table.
    """
    spans = tuple(_span(name, runs.column(name)) for name in (*runs.inputs, "loss"))
    compute, ratio, notes = compute_source(runs)
    notes = [*runs.notes, *notes, *remarks(runs, spans)]
    far = outliers(runs)
    if far:
        said = "; ".join(f"{o.place}: {o.loss:.4g}, {o.expected:.3g} expected" for o in far[:5])
        rest = f"; and {len(far) - 5} more" if len(far) > 5 else ""
        text = f"kept, though far off a smooth surface: {count(len(far), 'run')} ({said}{rest})"
        if len(far) > max(1, 0.05 * len(runs)):
            text += "; so many suggest that something other than the inputs read moves the loss"
        notes.append(Note("outliers", text, warning=True))
    inputs = {name: runs.input(name) for name in runs.inputs}
    return Check(runs.name, runs.response, len(runs), spans, compute, ratio, far, tuple(notes), inputs)


def _span(name: str, values: NDArray[np.float64]) -> Span:
    if not len(values):
        return Span(name, math.nan, math.nan, 0.0, 0)
    low, high = float(values.min()), float(values.max())
    if low <= 0:
        return Span(name, low, high, math.nan, len(np.unique(values)))
    return Span(name, low, high, math.log10(high) - math.log10(low), distinct(values))
