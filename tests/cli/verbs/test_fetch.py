import json
import sys
from pathlib import Path

import pytest
from typed import Run

from forecaster.runs.fetch import fetch as module


def test_the_file_and_its_hash_are_printed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"Name": "a", "State": "finished", "summary.loss": 2.5}]
    monkeypatch.setitem(module.TRACKERS, "wandb", ("State", lambda name, uri: rows))
    path = tmp_path / "runs.csv"
    outcome = run("fetch", "wandb:lab/scaling", "-o", str(path))
    assert outcome.status == 0 and outcome.out.startswith(f"wrote {path}: 1 run of wandb:lab/scaling (1 finished)")
    said = json.loads(run("fetch", "wandb:lab/scaling", "-o", str(path), "--json").out)["fetch"]
    assert said["sha256"] in outcome.out and said["runs"] == 1 and said["states"] == {"finished": 1}


def test_what_is_wrong_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    outcome = run("fetch", "wandb:lab/scaling", "-o", str(tmp_path / "runs.csv"))
    assert outcome.status == 2 and outcome.err == (
        "error: wandb:lab/scaling: needs the client of Weights & Biases: install forecaster[wandb]\n"
    )


@pytest.mark.parametrize("command", ["check {}", "forecast {} --at N=1B", "batch {} --at N=1B -o {}.csv"])
def test_no_other_command_takes_a_link(command: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for link in ("wandb:lab/scaling", "mlflow:scaling", "https://host/runs.csv", "s3://bucket/runs.csv"):
        outcome = run(*command.replace("{}.csv", "out.csv").format(link).split())
        assert outcome.status == 2 and "is a link" in outcome.err and "forecaster fetch" in outcome.err
        assert len(outcome.err.strip().splitlines()) == 1 and not list(tmp_path.iterdir())
