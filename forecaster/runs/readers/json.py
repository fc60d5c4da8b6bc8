"""JSON as a list of runs or as columns, and JSONL with one run a line."""

from __future__ import annotations

import json
from typing import Any

from forecaster.errors import RunsError, clipped
from forecaster.runs.readers.frame import Cells, named, text_of
from forecaster.runs.readers.lm_eval import is_results, read_results
from forecaster.runs.readers.trainer_log import is_trainer_state, read_trainer_state

SHAPES = ((is_trainer_state, read_trainer_state), (is_results, read_results))
"""What is recognised by how its objects are built, and what reads it."""


def read_json(data: bytes, *, name: str, by_line: bool = False) -> Cells:
    """The cells of a list of runs or of columns of one length; of one run a line `by_line`, or where a line is whole.

    Raises:
        RunsError: anything else, with the line or the row.
    """
    import pandas as pd

    text = text_of(data, name=name)
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()] if by_line else [(1, text)]
    values = []
    for number, line in lines:
        try:
            values.append(json.loads(line, object_pairs_hook=_once))
        except json.JSONDecodeError as error:
            if error.msg == "Extra data" and not by_line:
                return read_json(data, name=name, by_line=True)
            place = f"{name} line {number + error.lineno - 1}"
            raise RunsError(f"is not JSON: {error.msg}", where=place) from None
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else clipped(str(error), 80)
            raise RunsError(f"cannot be read: {reason}", where=f"{name} line {number}") from None
    rows = values if by_line else values[0]
    for recognises, reads in SHAPES:
        if recognises(rows):
            return reads(rows, name=name)
    places = [f"line {number}" for number, _ in lines] if by_line else None
    if isinstance(rows, list):
        odd = next((i for i, row in enumerate(rows) if not isinstance(row, dict)), None)
        if odd is not None:
            place = places[odd] if places else f"row {odd + 1}"
            raise RunsError('each run must be an object such as {"N": 1e9, "loss": 2.5}', where=f"{name} {place}")
    try:
        frame = pd.DataFrame(rows)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise RunsError("is neither a list of runs nor columns of one length", where=name) from None
    return named(frame, name=name, places=places)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return row
