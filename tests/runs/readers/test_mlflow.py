from pathlib import Path

import pandas as pd

from forecaster.runs.read import read_runs

RUNS = pd.DataFrame({
    "run_id": list("abcd"), "experiment_id": ["1"] * 4, "status": ["FINISHED", "FAILED", "FINISHED", "RUNNING"],
    "metrics.val_loss": [3.0, None, 2.5, 2.7], "params.n_params": ["1e8", "2e8", "2e8", "4e8"],
    "params.tokens": ["1B", "2B", "2B", "4B"], "params.val_loss": ["ce"] * 4, "tags.mlflow.runName": list("wxyz"),
})  # fmt: skip


def test_finished_runs_are_read_and_the_others_counted(tmp_path: Path) -> None:
    RUNS.to_csv(tmp_path / "mlflow.csv", index=False)
    runs = read_runs(tmp_path / "mlflow.csv")
    assert runs.column("N").tolist() == [1e8, 2e8] and runs.column("D").tolist() == [1e9, 2e9]
    assert runs.response == "val_loss" and "params.val_loss" in runs.table
    text = runs.notes[0].text
    assert "MLflow" in text and "2 that finished" in text and "1 failed and 1 running are left out" in text


def test_the_page_s_download_has_no_prefixes_and_is_recognised(tmp_path: Path) -> None:
    table = RUNS.rename(columns={"run_id": "Run ID", "status": "Status", "metrics.val_loss": "val_loss"})
    table = table.rename(columns={"params.n_params": "n_params", "params.tokens": "tokens"})
    table.drop(columns="params.val_loss").to_csv(tmp_path / "runs.csv", index=False)
    assert len(read_runs(tmp_path / "runs.csv")) == 2


def test_another_table_with_a_status_keeps_its_rows() -> None:
    table = pd.DataFrame({"N": [1e8, 2e8], "loss": [3.0, 2.0], "status": ["FINISHED", "RUNNING"]})
    assert len(read_runs(table)) == 2 and read_runs(table).notes == ()
