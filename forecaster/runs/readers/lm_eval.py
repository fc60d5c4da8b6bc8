"""lm-evaluation-harness: the JSON of its results, one model a file, one task a row; a list or lines of such files.

Shape: https://github.com/EleutherAI/lm-evaluation-harness, whose `results` hold scores such as "acc,none" by task.
"""

from __future__ import annotations

import re
from typing import Any

from forecaster.errors import RunsError, clipped, listed
from forecaster.runs.readers.frame import Cells, named
from forecaster.runs.readers.shape import Shape

SIZE = "model_num_parameters"

_METRIC = re.compile(r"[^,]+,[^,]+")


def is_results(value: Any) -> bool:
    """Whether a JSON value is the results of one model, or a list of such."""
    several = value if isinstance(value, list) else [value]
    return bool(several) and all(map(_is_one, several))


def _is_one(value: Any) -> bool:
    tasks = value.get("results") if isinstance(value, dict) else None
    if not (isinstance(tasks, dict) and tasks and all(isinstance(task, dict) for task in tasks.values())):
        return False
    by_filter = any(_METRIC.fullmatch(str(metric)) for task in tasks.values() for metric in task)
    return by_filter or bool({"config", "versions", "configs"} & value.keys())


def read_results(value: Any, *, name: str) -> Cells:
    """The scores: one row a model and task, one column a metric.

    Raises:
        RunsError: there is no score.
    """
    import pandas as pd

    several = value if isinstance(value, list) else [value]
    rows = [
        {"model": _model(each), "task": task} | _size(each) | {key: v for key, v in scores.items() if _is_number(v)}
        for each in several
        for task, scores in each["results"].items()
    ]
    frame = pd.DataFrame(rows)
    metrics = [str(header) for header in frame.columns if str(header) not in ("model", "task", SIZE)]
    scores = [metric for metric in metrics if "stderr" not in metric]
    if not scores:
        raise RunsError("its results hold no score", where=name)
    models, tasks = frame["model"].nunique(), frame["task"].nunique()
    text = (
        f"results of the LM evaluation harness, {models} model{'s' if models > 1 else ''} on {tasks} "
        f"task{'s' if tasks > 1 else ''}, one row each"
    )
    size = f"N={SIZE}" if SIZE in frame else "N=HEADER"
    cure = f'name a score ({listed(scores, 6)}) and the size, such as `columns` loss="{clipped(scores[0])}",{size}'
    if SIZE not in frame:
        cure += "; the file has no size of the model, so add one to each row"
    places = [f"{clipped(str(row['model']))}, {clipped(str(row['task']))}" for row in rows]
    return named(frame, name=name, places=places)._replace(shapes=(Shape(text, cure, one_of="task"),))


def _model(value: dict[str, Any]) -> str:
    """What the model is called: by the file, else by the arguments that loaded it."""
    config = value.get("config")
    config = config if isinstance(config, dict) else {}
    said = value.get("model_name") or config.get("model_args") or config.get("model") or ""
    if isinstance(said, dict):
        said = said.get("pretrained") or said.get("model") or ""
    found = re.search(r"(?:^|,)(?:pretrained|model)=([^,]+)", str(said))
    return found[1] if found else str(said)


def _size(value: dict[str, Any]) -> dict[str, Any]:
    config = value.get("config")
    found = value.get(SIZE, config.get(SIZE) if isinstance(config, dict) else None)
    return {SIZE: found} if found is not None and _is_number(found) and found > 0 else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
