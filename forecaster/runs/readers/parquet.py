"""Parquet."""

from __future__ import annotations

import io

from forecaster.errors import RunsError, clipped
from forecaster.runs.readers.frame import Cells, named


def read_parquet(data: bytes, *, name: str) -> Cells:
    """The cells of a Parquet file.

    Raises:
        RunsError: the file is damaged, or a header occurs twice.
    """
    import pandas as pd

    try:
        # One thread: with one for each of thousands of columns, more time goes into handing them out than into reading.
        frame = pd.read_parquet(io.BytesIO(data), use_threads=False)
    except Exception as error:  # what a damaged file raises depends on where the damage lies
        reason = clipped(str(error).split("\n")[0], 80)
        raise RunsError(f"cannot be read as Parquet: {reason}", where=name) from None
    return named(frame, name=name)
