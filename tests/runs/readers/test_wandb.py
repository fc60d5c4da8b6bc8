import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.errors import RunsError
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

RUNS = pd.DataFrame({
    "Name": ["a", "b", "c", "d", "e", "f"],
    "State": ["finished", "crashed", "finished", "running", "finished", "finished"],
    "Created": ["2025-01-01T00:00:00.000Z"] * 6,
    "n_params": [1e8, 1e8, 2e8, 2e8, 4e8, 4e8],
    "train_tokens": [1e9, 4e9, 1e9, 4e9, 1e9, 4e9],
    "eval/loss": ["3.4", "", "3.2", "3.3", "NaN", "2.9"],
})  # fmt: skip


def read(table: pd.DataFrame, folder: Path, **options: str) -> Runs:
    table.to_csv(folder / "wandb.csv", index=False)
    return read_runs(folder / "wandb.csv", **options)


def said(runs: Runs) -> dict[str, str]:
    return {note.code: note.text for note in runs.notes}


def test_only_finished_runs_with_a_loss_are_read_and_the_others_counted(tmp_path: Path) -> None:
    runs = read(RUNS, tmp_path)
    assert runs.column("loss").tolist() == [3.4, 3.2, 2.9] and runs.places == ("line 2", "line 4", "line 7")
    text = said(runs)["shape-read"]
    assert "Weights & Biases" in text and "4 that finished" in text and "1 crashed and 1 running are left out" in text
    assert said(runs)["rows-unmeasured"] == "left out: 1 of 4 rows, whose eval/loss is blank or not finite"


def test_a_table_in_which_all_finished_says_so_and_other_tables_keep_their_state(tmp_path: Path) -> None:
    assert "all 6 finished" in said(read(RUNS.assign(State="finished", **{"eval/loss": 3.0}), tmp_path))["shape-read"]
    plain = pd.DataFrame({"N": [1e8, 2e8], "loss": [3.0, 2.0], "state": ["crashed", "finished"]})
    assert len(read(plain, tmp_path)) == 2 and "shape-read" not in said(read(plain, tmp_path))
    states_of_america = RUNS.assign(State=["Ohio"] * 6, **{"eval/loss": 3.0})
    assert len(read(states_of_america, tmp_path)) == 6


def test_a_cell_that_is_neither_blank_nor_a_number_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(RunsError, match=r"line 7: loss \(column eval/loss\) is \"low\""):
        read(RUNS.assign(**{"eval/loss": ["3.4", "", "3.2", "3.3", "3.1", "low"]}), tmp_path)


def test_prefixes_are_left_off_while_names_stay_apart(tmp_path: Path) -> None:
    table = pd.DataFrame({
        "name": ["a", "b"], "state": ["finished"] * 2, "config.n_params": [1e8, 2e8], "config.loss": ["ce", "mse"],
        "summary.loss": [3.0, 2.5], "config.model.depth": [4, 8], "summary.lr": [1, 2], "config.lr": [3, 4],
    })  # fmt: skip
    runs = read(table, tmp_path)
    assert runs.column("loss").tolist() == [3.0, 2.5] and runs.column("N").tolist() == [1e8, 2e8]
    assert {"config.loss", "model.depth", "lr", "config.lr"} <= set(runs.table.columns)
    assert "without summary. and config." in said(runs)["shape-read"]


def test_a_header_may_be_named_as_the_file_has_it(tmp_path: Path) -> None:
    table = RUNS.rename(columns={"n_params": "config.width", "eval/loss": "summary.x"})
    for columns in ("N=config.width,loss=summary.x", "N=width,loss=x"):
        assert read(table, tmp_path, columns=columns).column("N").tolist() == [1e8, 2e8, 4e8]
    runs = read(table, tmp_path, columns="N=config.width,loss=x", where="`config.width` > 1.5e8")
    assert runs.column("N").tolist() == [2e8, 4e8]


def test_plain_loss_beside_one_of_held_out_data_is_that_of_training(tmp_path: Path) -> None:
    table = RUNS.assign(loss=[1.0] * 6)
    runs = read(table, tmp_path)
    assert runs.response == "eval/loss" and "its loss, that of training, is called training_loss" in str(said(runs))
    named = read(table, tmp_path, columns="loss=loss")
    assert named.column("loss").tolist() == [1.0] * 4 and "was asked for" in said(named)["shape-read"]


@pytest.mark.parametrize("printed", [repr, json.dumps])
def test_objects_of_the_public_api_are_spread(printed: object, tmp_path: Path) -> None:
    config = {"model": {"n_params": 2e8}, "tokens": 1e9, "flag": True, "_wandb": {"x": 1}}
    summary = [{"val_loss": 3.0, "note": "a"}, {"val_loss": float("nan"), "_step": 7}]
    assert callable(printed)
    table = pd.DataFrame({
        "summary": [printed(each) for each in summary], "config": [printed(config)] * 2, "name": ["a", "b"],
    })  # fmt: skip
    runs = read(table, tmp_path, columns="N=model.n_params")
    assert runs.column("N").tolist() == [2e8] and runs.column("D").tolist() == [1e9]
    assert runs.column("loss").tolist() == [3.0] and "rows-unmeasured" in said(runs)
    frame = table.assign(summary=summary, config=[config] * 2)
    assert read_runs(frame, columns="N=model.n_params").sha256 == runs.sha256


def test_a_table_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunsError, match=r"wandb.csv: none of its runs finished \(6 running\); .*column State"):
        read(RUNS.assign(State="running"), tmp_path)
    with pytest.raises(RunsError, match="none of 4 rows has a finite eval/loss; name another by `columns`"):
        read(RUNS.assign(**{"eval/loss": "NaN"}), tmp_path)


def test_the_history_of_a_run_has_steps_without_an_evaluation(tmp_path: Path) -> None:
    table = pd.DataFrame({"_step": [1, 2, 3], "_runtime": [1.0, 2.0, 3.0], "loss": 1.0, "val/loss": [3.0, None, 2.5]})
    runs = read(table, tmp_path, columns="D=_step")
    assert runs.column("D").tolist() == [1, 3] and runs.response == "val/loss"
    assert "3 steps of one run" in said(runs)["shape-read"] and "rows-unmeasured" in said(runs)


def chart(*, twins: bool = True, metric: str = "eval/loss") -> pd.DataFrame:
    columns: dict[str, object] = {"Step": [1, 2, 3]}
    for run, values in {"a - b": [3.0, 2.5, np.nan], "c": [4.0, 3.5, 3.0]}.items():
        header = f"{run} - {metric}"
        columns |= {header: values}
        columns |= {f"{header}__MIN": values, f"{header}__MAX": values} if twins else {}
    return pd.DataFrame(columns)


@pytest.mark.parametrize("twins", [True, False])
def test_a_chart_becomes_a_row_a_run_and_step(twins: bool, tmp_path: Path) -> None:
    runs = read(chart(twins=twins), tmp_path, columns="D=Step", where="run == 'c'")
    assert runs.column("D").tolist() == [1, 2, 3] and runs.column("loss").tolist() == [4.0, 3.5, 3.0]
    assert runs.places[0] == "line 2, c" and runs.response == "eval/loss"
    text = said(runs)["shape-read"]
    assert "2 runs in columns made into 5 rows of run, Step and eval/loss" in text and ("__MIN" in text) is twins


def test_a_chart_alone_is_no_table_of_runs_and_the_error_says_what_was_made_of_it(tmp_path: Path) -> None:
    with pytest.raises(RunsError, match=r"columns: run, Step, eval/loss; .*chart, 2 runs .*`columns` D=Step"):
        read(chart(), tmp_path)
    with pytest.raises(RunsError, match=r"steps of runs whose N is not known, 2 of them by column run \(a - b, c\)"):
        read(chart(), tmp_path, columns="D=Step")
    with pytest.raises(RunsError, match=r"no column a - b - eval/loss; columns: run, Step, eval/loss; .*chart"):
        read(chart(), tmp_path, columns="D=Step,loss=a - b - eval/loss")


def test_a_chart_of_two_metrics_has_a_column_each_and_a_training_loss_is_not_taken(tmp_path: Path) -> None:
    both = chart(metric="eval/loss").merge(chart(metric="tokens"), on="Step")
    counted = [header for header in both if "tokens" in header]
    both[counted] *= 1e9
    runs = read(both, tmp_path, where="run == 'c'")
    assert runs.column("D").tolist() == [4e9, 3.5e9, 3e9] and runs.column("loss").tolist() == [4.0, 3.5, 3.0]
    with pytest.raises(RunsError, match="there is no column loss"):
        read(chart(metric="train/loss"), tmp_path, columns="D=Step")


def test_tables_that_only_look_like_charts_are_left_alone(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"N": [1e8, 2e8], "D": [1e9, 2e9], "loss": [3.0, 2.0], "note - mine": [1, 2], "x__MIN": [1, 2]}
    )
    assert "shape-read" not in said(read(table, tmp_path)) and len(read(table, tmp_path)) == 2
