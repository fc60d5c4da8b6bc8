"""Runners: the same rows on one process, on two, and on a cluster, whatever dies meanwhile."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from batching import HOW, POINT, small_table, timeless, write_tables

from forecaster.batches.batch import batch
from forecaster.batches.result import Batch
from forecaster.batches.runner import connected
from forecaster.errors import UsageError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process cannot be killed by a signal on Windows")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("runner") / "runs", 3)


@pytest.fixture(scope="module")
def alone(folder: Path) -> Batch:
    return batch(folder, POINT, **HOW, workers=1, cache=False)


class Killer:
    """Kills a worker once the first table is done, and knows what was said."""

    def __init__(self, workers: Any) -> None:
        self.workers, self.killed, self.lines = workers, 0, []  # type: ignore[var-annotated]

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if line.startswith("1 of") and not self.killed:
            # A table that cannot be read is refused while the workers are still starting.
            end = time.monotonic() + 30
            while not (found := self.workers()) and time.monotonic() < end:
                time.sleep(0.05)
            self.killed = found[0]
            os.kill(self.killed, signal.SIGKILL)


def children() -> list[int]:
    """Of this process, those that joblib started to work."""
    found = subprocess.run(
        ["ps", "-ww", "--ppid", str(os.getpid()), "-o", "pid=,args="], capture_output=True, text=True
    )
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "popen_loky" in line]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ps speaks otherwise")
def test_a_process_that_dies_loses_no_table(alone: Batch, folder: Path) -> None:
    killer = Killer(children)
    found = batch(folder, POINT, **HOW, workers=2, cache=False, say=killer)
    assert killer.killed and killer.killed not in children()
    assert killer.lines[-1].startswith("5 of 5 tables, 2 refused") and killer.lines[-1].endswith("done")
    assert timeless(found) == timeless(alone)


class Deadly:
    """What ends the process that reads it; copies of it are itself."""

    def __reduce__(self) -> Any:
        return os._exit, (1,)

    def __deepcopy__(self, memo: object) -> Deadly:
        return self

    def __repr__(self) -> str:
        return "deadly"


def test_a_table_that_kills_every_process_has_an_error_and_the_others_their_numbers(alone: Batch, folder: Path) -> None:
    frame = small_table(5)
    frame.attrs["deadly"] = Deadly()
    assert copy.deepcopy(frame.attrs["deadly"]) is frame.attrs["deadly"]
    tables: dict[str, Any] = {"deadly": frame} | {str(path): path for path in sorted(folder.glob("*.csv"))}
    found = batch(tables, POINT, **HOW, workers=2, seed=1)
    assert found.rows[0]["error"] == "worker-died"
    assert timeless(found, alone.answered) == timeless(alone, alone.answered)
    again = batch(tables, POINT, **HOW, workers=2, seed=1)
    assert again.earlier == 5 and again.rows[0]["error"] == "worker-died"


def test_a_cluster_gives_the_same_rows_though_a_worker_dies(alone: Batch, folder: Path) -> None:
    from distributed import LocalCluster

    local = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50)
    with local as cluster, connected(cluster.scheduler_address) as client:
        killer = Killer(lambda: list(client.run(os.getpid).values()))
        found = batch(folder, POINT, **HOW, client=client, cache=False, say=killer)
        assert killer.killed not in client.run(os.getpid).values()
        with pytest.raises(UsageError, match="workers of its own"):
            batch(folder, POINT, **HOW, client=client, workers=2)
    assert killer.lines[-1].startswith("5 of 5 tables, 2 refused")
    assert timeless(found) == timeless(alone)


def test_without_dask_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"install forecaster\[dask\]"), connected("tcp://127.0.0.1:8786"):
        pass
    with pytest.raises(UsageError, match=r"install forecaster\[dask\]"):
        batch({"a": small_table(1)}, POINT, client=object())  # type: ignore[arg-type]
