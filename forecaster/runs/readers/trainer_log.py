"""Hugging Face: `trainer_state.json`, and the `log_history` inside it.

Shape: https://huggingface.co/docs/transformers/main_classes/callback (TrainerState). Losses of training and of
evaluation stand in objects of their own, each with the step at which it was logged.
"""

from __future__ import annotations

import re
from typing import Any

from forecaster.errors import RunsError
from forecaster.runs.readers.frame import Cells, named
from forecaster.runs.readers.shape import CALLED_APART, TRAINING_LOSS, Shape

HISTORY = "log_history"

_EVALUATED = re.compile(r"eval_(.+_)?loss")


def is_trainer_log(value: Any) -> bool:
    """Whether a JSON value is the state of a trainer, or the history of its log."""
    if isinstance(value, dict):
        return isinstance(value.get(HISTORY), list)
    if not (isinstance(value, list) and value and all(isinstance(row, dict) and "step" in row for row in value)):
        return False
    trained = [row for row in value if "loss" in row]
    evaluated = [row for row in value if any(map(_EVALUATED.fullmatch, row))]
    apart = bool(evaluated) and not any("loss" in row for row in evaluated)
    as_logged = any("epoch" in row and {"learning_rate", "grad_norm"} & row.keys() for row in trained)
    return (bool(trained) and (apart or as_logged)) or (apart and any("epoch" in row for row in evaluated))


def read_trainer_log(value: Any, *, name: str) -> Cells:
    """The log as a table, all that was logged at one step in one row.

    Raises:
        RunsError: nothing was logged, or a line of the log is no object with a step.
    """
    import pandas as pd

    logged = value[HISTORY] if isinstance(value, dict) else value
    rows: dict[Any, dict[str, Any]] = {}
    for number, line in enumerate(logged, 1):
        if not (isinstance(line, dict) and isinstance(line.get("step"), int | float)):
            raise RunsError("each line of the log must be an object with a step", where=f"{name} row {number}")
        rows.setdefault(line["step"], {}).update(line)
    if not rows:
        raise RunsError(f"its {HISTORY} is empty, so there is no loss to read", where=name)
    frame = pd.DataFrame(list(rows.values()))
    evaluated = [str(header) for header in frame.columns if _EVALUATED.fullmatch(str(header))]
    called = {"loss": TRAINING_LOSS} if "loss" in frame and TRAINING_LOSS not in frame else {}
    text = f"the log of a Hugging Face trainer, {len(frame):,} steps"
    text += f"; {CALLED_APART}" if called else ""
    cure = "say what D is, such as `columns` D=step"
    if not evaluated:
        cure = 'no loss on held-out data was logged; evaluate with eval_strategy="steps"'
        cure += f", or take that of training knowingly, by `columns` loss={TRAINING_LOSS}" if called else ""
    elif "eval_loss" not in evaluated:
        cure = f"say which loss is meant and what D is, such as `columns` loss={evaluated[0]},D=step"
    places = [f"step {step}" for step in rows]
    shape = Shape(text, cure, renamed=tuple(called.items()))
    return named(frame.rename(columns=called), name=name, places=places)._replace(shapes=(shape,))
