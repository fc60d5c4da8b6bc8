"""Hugging Face: `trainer_state.json`, the `log_history` inside it, and the same lines as a table.

Shape: https://huggingface.co/docs/transformers/main_classes/callback (TrainerState). Losses of training and of
evaluation stand in lines of their own, each with the step at which it was logged.
"""

from __future__ import annotations

import re
from typing import Any

from forecaster.errors import RunsError
from forecaster.runs.columns.cells import is_blank
from forecaster.runs.readers.frame import Cells, named
from forecaster.runs.readers.shape import CALLED_APART, TRAINING_LOSS, Shape

HISTORY = "log_history"

TOTAL = "total_flos"
"""The compute of all of a run, which only its last line tells."""

AS_LOGGED = {"learning_rate", "grad_norm"}

_EVALUATED = re.compile(r"eval_(.+_)?loss")


def is_trainer_state(value: Any) -> bool:
    """Whether a JSON value is the state of a trainer."""
    return isinstance(value, dict) and isinstance(value.get(HISTORY), list)


def read_trainer_state(value: Any, *, name: str) -> Cells:
    """The lines of a trainer's log.

    Raises:
        RunsError: nothing was logged, or a line of the log is no object with a step.
    """
    import pandas as pd

    lines = value[HISTORY]
    for number, line in enumerate(lines, 1):
        if not (isinstance(line, dict) and "step" in line):
            raise RunsError("each line of the log must be an object with a step", where=f"{name} row {number}")
    if not lines:
        raise RunsError(f"its {HISTORY} is empty, so there is no loss to read", where=name)
    return _laid_out(named(pd.DataFrame(lines), name=name))


def trainer_log(cells: Cells) -> Cells | None:
    """The lines of a trainer's log that stand in a table or a list; None for another table."""
    return _laid_out(cells) if _is_log(cells) else None


def _is_log(cells: Cells) -> bool:
    headers = set(map(str, cells.frame.columns))
    evaluated, trained = _evaluated(cells), "loss" in headers
    if "step" not in headers or not (evaluated or (trained and "epoch" in headers and AS_LOGGED & headers)):
        return False
    if not (evaluated and trained):
        return "epoch" in headers and _rises(cells.frame["step"].tolist())
    losses = cells.frame[["loss", *evaluated]].to_numpy(dtype=object)
    return all(is_blank(first) or all(map(is_blank, rest)) for first, *rest in losses)


def _rises(steps: list[Any]) -> bool:
    """Whether steps come in their order, as one run logs them, and are not all the same."""
    try:
        numbers = [float(step) for step in steps]
    except (TypeError, ValueError):
        return False
    return numbers == sorted(numbers) and numbers[0] < numbers[-1] if numbers else False


def _evaluated(cells: Cells) -> list[str]:
    return [header for header in map(str, cells.frame.columns) if _EVALUATED.fullmatch(header)]


def _laid_out(cells: Cells) -> Cells:
    evaluated = _evaluated(cells)
    called = {"loss": TRAINING_LOSS} if "loss" in cells.frame and TRAINING_LOSS not in cells.frame else {}
    text = f"the log of a Hugging Face trainer, {len(cells.frame):,} lines"
    text += f"; {CALLED_APART}" if called else ""
    frame = cells.frame.rename(columns=called)
    if TOTAL in frame and any(map(is_blank, frame[TOTAL].tolist())):
        frame = frame.drop(columns=TOTAL)
        text += f"; its {TOTAL}, which not every line has, is left out"
    cure = "say what D is, such as `columns` D=step"
    if not evaluated:
        cure = 'no loss on held-out data was logged; evaluate with eval_strategy="steps"'
        cure += f", or take that of training knowingly, by `columns` loss={TRAINING_LOSS}" if called else ""
    elif "eval_loss" not in evaluated:
        cure = f"say which loss is meant and what D is, such as `columns` loss={evaluated[0]},D=step"
    shape = Shape(text, cure, renamed=tuple(called.items()))
    return cells._replace(frame=frame, shapes=(*cells.shapes, shape))
