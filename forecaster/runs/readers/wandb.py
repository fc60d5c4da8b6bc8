"""Weights & Biases: the table of a project's runs, and the export of a chart.

Shapes: https://docs.wandb.ai/guides/track/public-api-guide (name, config and summary, the latter two as objects), and
https://docs.wandb.ai/guides/app/features/panels/line-plot (one column a run, with __MIN and __MAX beside it).
"""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

from forecaster.errors import clipped, listed
from forecaster.runs.columns.cells import is_blank
from forecaster.runs.readers.frame import Cells
from forecaster.runs.readers.shape import CALLED_APART, Shape, apart_from_training, are_states, tracked_runs

if TYPE_CHECKING:
    import pandas as pd

STATES = {"finished", "crashed", "failed", "killed", "running", "preempted", "preempting", "pending", "stopped"}

BESIDE_STATE = {"name", "id", "created", "runtime", "sweep", "user", "tags", "notes"}

OBJECTS = ("summary", "config")

PREFIXES = tuple(f"{each}." for each in OBJECTS)
"""Of headers; a metric has first choice of a name."""

TWINS = ("__MIN", "__MAX")

TWINS_TOO = f" and without the twins {' and '.join(TWINS)}"

BETWEEN = " - "
"""What stands between a run's name and a metric in the header of a chart's column."""


def project_runs(cells: Cells) -> Cells | None:
    """The runs of a project that finished; None for another table."""
    frame = _spread(cells.frame)
    headers = [str(header) for header in frame.columns]
    state = next(
        (header for header in headers if header.lower() == "state" and are_states(frame[header], STATES)), None
    )
    prefixed = [prefix for prefix in PREFIXES if any(header.startswith(prefix) for header in headers)]
    beside = bool(prefixed) or any(header.lower() in BESIDE_STATE for header in headers)
    if len(prefixed) < len(PREFIXES) and not (state and beside):
        return None
    title = "a Weights & Biases table of runs"
    return tracked_runs(cells, frame, title=title, state=state, done="finished", prefixes=PREFIXES)


def _spread(frame: pd.DataFrame) -> pd.DataFrame:
    """The cells with an object in each of `config` and `summary` laid out in columns of their own."""
    import pandas as pd

    if not set(OBJECTS) <= set(frame.columns):
        return frame
    rows: list[dict[str, Any]] = [{} for _ in range(len(frame))]
    for name in OBJECTS:
        for row, cell in zip(rows, frame[name].tolist(), strict=True):
            found = _object(cell)
            if found is None:
                return frame
            row.update(_flat(found, name))
    inside = pd.DataFrame(rows, dtype=object, index=frame.index)
    return pd.concat([frame.drop(columns=list(OBJECTS)), inside], axis=1)


def _object(cell: Any) -> dict[str, Any] | None:
    """An object as such, as JSON, or as Python prints it; None for anything else."""
    if isinstance(cell, dict):
        return cell
    if not (isinstance(cell, str) and cell.strip().startswith("{")):
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        try:
            # Python prints numbers that are none as words, which are no literals.
            found = ast.literal_eval(re.sub(r"(?<=[:\[,] )(nan|-?inf)\b", "None", cell.strip()))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return found if isinstance(found, dict) else None


def _flat(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Each number and word inside an object under the names that lead to it; what W&B keeps for itself left out."""
    found: dict[str, Any] = {}
    for key, inner in value.items():
        if str(key) == "_wandb":
            continue
        if isinstance(inner, dict):
            found |= _flat(inner, f"{name}.{key}")
        else:
            found[f"{name}.{key}"] = inner
    return found


def history(cells: Cells) -> Cells | None:
    """What one run logged, a row a step; None for another table."""
    headers = [str(header) for header in cells.frame.columns]
    if not ({"_step"} < {"_step", "_runtime", "_timestamp"} & set(headers)) or "name" in map(str.lower, headers):
        return None
    called = apart_from_training(headers)
    text = f"a Weights & Biases history, {len(cells.frame):,} steps of one run"
    text += f"; {CALLED_APART}" if called else ""
    shape = Shape(text, "say what D is, such as `columns` D=_step", renamed=tuple(called.items()))
    return cells._replace(frame=cells.frame.rename(columns=called), shapes=(*cells.shapes, shape))


def chart(cells: Cells) -> Cells | None:
    """A chart's export with one row a run and step in place of one column a run; None for another table."""
    import pandas as pd

    first, *headers = (str(header) for header in cells.frame.columns) if len(cells.frame.columns) else ("",)
    values = [header for header in headers if not header.endswith(TWINS)]
    twins = set(headers) - set(values)
    if not values or not all(BETWEEN in header for header in values) or not (twins or first == "Step"):
        return None
    if not twins <= {f"{header}{twin}" for header in values for twin in TWINS}:
        return None
    split = [header.rpartition(BETWEEN) for header in values]
    runs, metrics = (list(dict.fromkeys(part)) for part in ([run for run, _, _ in split], [m for _, _, m in split]))
    parts, places = [], []
    for run in runs:
        own = {metric: header for header, (each, _, metric) in zip(values, split, strict=True) if each == run}
        part = pd.DataFrame({first: cells.frame[first], **{m: cells.frame[header] for m, header in own.items()}})
        kept = [not all(is_blank(cell) for cell in row) for row in part[list(own)].itertuples(index=False)]
        part.insert(0, "run", run)
        parts.append(part[kept])
        places += [f"{place}, {clipped(run)}" for place, keep in zip(cells.places, kept, strict=True) if keep]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs = dict(cells.frame.attrs)
    text = (
        f"a Weights & Biases chart, {len(runs)} run{'s' if len(runs) > 1 else ''} in columns made into {len(frame):,} "
        f"rows of run, {clipped(first)} and {listed(metrics, 4)}, without blanks{TWINS_TOO if twins else ''}"
    )
    cure = (
        f"add N or D of each run as a column beside its last {clipped(metrics[0])}, or say what each row has, such as "
        f"`columns` D={clipped(first)},loss={clipped(metrics[0])}"
    )
    return Cells(frame, places, cells.name, (*cells.shapes, Shape(text, cure, curves="run")))
