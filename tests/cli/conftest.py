"""What the tests of the command line share: a command run in this process, and a table on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from typed import Outcome, Run

from forecaster.cli.main import main
from forecaster.runs.table import Runs


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(status, out, err)

    return call


@pytest.fixture
def table(small_runs: Runs, tmp_path: Path) -> Path:
    path = tmp_path / "runs.csv"
    small_runs.table.to_csv(path, index=False)
    return path
