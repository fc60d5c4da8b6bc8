import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecaster.errors import RunsError
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

LOG: list[dict[str, Any]] = [
    {"epoch": 0.1, "grad_norm": 0.5, "learning_rate": 3e-4, "loss": 3.9, "step": 500},
    {"epoch": 0.2, "grad_norm": 0.5, "learning_rate": 3e-4, "loss": 3.6, "step": 1000},
    {"epoch": 0.2, "eval_loss": 3.7, "eval_runtime": 1.0, "step": 1000},
    {"epoch": 0.3, "grad_norm": 0.5, "learning_rate": 2e-4, "loss": 3.5, "step": 1500},
    {"epoch": 0.4, "eval_loss": 3.5, "eval_runtime": 1.0, "step": 2000},
    {"epoch": 0.4, "step": 2000, "total_flos": 1e15, "train_loss": 3.7, "train_runtime": 9.0},
]


def read(value: Any, folder: Path, **options: str) -> Runs:
    (folder / "trainer_state.json").write_text(json.dumps(value))
    return read_runs(folder / "trainer_state.json", **options)


@pytest.mark.parametrize("value", [LOG, {"best_metric": None, "global_step": 2000, "log_history": LOG}])
def test_the_evaluation_loss_is_the_response_and_steps_without_it_are_counted(value: Any, tmp_path: Path) -> None:
    runs = read(value, tmp_path, columns="D=step")
    assert runs.response == "eval_loss" and runs.column("loss").tolist() == [3.7, 3.5]
    assert runs.column("D").tolist() == [1000, 2000] and runs.places == ("row 3", "row 5")
    notes = {note.code: note.text for note in runs.notes}
    assert "6 lines; its loss, that of training, is called training_loss" in notes["shape-read"]
    assert notes["rows-unmeasured"] == "left out: 4 of 6 rows, whose eval_loss is blank or not finite"


def test_where_nothing_was_evaluated_the_training_loss_is_not_taken_unasked(tmp_path: Path) -> None:
    trained = [line for line in LOG if "loss" in line]
    for options in ({}, {"columns": "D=step"}):
        with pytest.raises(RunsError, match=r"no loss on held-out data was logged.*`columns` loss=training_loss"):
            read({"log_history": trained}, tmp_path, **options)
    for name in ("training_loss", "loss"):
        runs = read(trained, tmp_path, columns=f"D=step,loss={name}")
        assert runs.column("loss").tolist() == [3.9, 3.6, 3.5] and runs.response == name


def test_the_same_lines_as_a_csv_are_a_log_too(tmp_path: Path) -> None:
    for lines in (LOG, [{key: line[key] for key in ("step", "loss", "eval_loss") if key in line} for line in LOG]):
        pd.DataFrame(lines).to_csv(tmp_path / "log.csv", index=False)
        runs = read_runs(tmp_path / "log.csv", columns="D=step")
        assert runs.response == "eval_loss" and runs.column("loss").tolist() == [3.7, 3.5]
    pd.DataFrame([line for line in LOG if "loss" in line]).to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(RunsError, match="no loss on held-out data was logged"):
        read_runs(tmp_path / "log.csv", columns="D=step")


def test_several_evaluations_have_a_row_each_of_which_one_kind_is_kept(tmp_path: Path) -> None:
    log = [{"step": s, "epoch": 1, f"eval_{name}_loss": 3.0} for s in (1, 2) for name in ("wiki", "code")]
    with pytest.raises(RunsError, match=r"wiki_loss and eval_code_loss could each.*loss=eval_wiki_loss,D=step"):
        read(log, tmp_path)
    assert len(read(log, tmp_path, columns="D=step,loss=eval_code_loss")) == 2


def test_a_damaged_or_empty_log_is_refused(tmp_path: Path) -> None:
    for history, reason in (([], "is empty"), ([3], "row 1"), ([{"loss": 1}], "with a step")):
        with pytest.raises(RunsError, match=reason):
            read({"log_history": history}, tmp_path)


def test_a_table_of_runs_with_a_step_is_no_log(tmp_path: Path) -> None:
    run = {"N": 1e8, "D": 1e9, "loss": 3.0, "step": 5, "epoch": 1, "learning_rate": 1e-3}
    for table in ([run, run | {"N": 2e8}], [run | {"eval_loss": 3.1}, run | {"eval_loss": 3.2, "step": 9}]):
        runs = read(table, tmp_path, columns="loss=loss")
        assert len(runs) == 2 and "shape-read" not in [note.code for note in runs.notes]
