"""The verb batch on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from batching import TYPED, small_table, write_tables
from typed import Run


def test_a_batch_is_written_and_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_tables(tmp_path / "runs", 2)
    asked = ("batch", "runs", *TYPED, "--seed", "11", "--workers", "1")
    done = run(*asked, "-o", "out.parquet")
    assert done.status == 0 and done.out.startswith("4 tables: 2 answered, 2 refused.")
    assert done.out.endswith("wrote out.parquet\n")
    assert "of 4 tables" in done.err and "so far, about" in done.err
    read = pd.read_parquet("out.parquet")
    assert list(read["error"].fillna("")) == ["bad-runs", "too-few-runs", "", ""]
    said = run(*asked, "-o", "runs/out.csv", "--json", "--quiet")
    assert said.status == 0 and said.err == ""
    data = json.loads(said.out)
    assert (data["batch"]["answered"], data["batch"]["earlier"], data["paths"]) == (2, 4, ["runs/out.csv"])
    # The rows stand among the tables, and are none of them.
    assert run(*asked, "-o", "runs/out.csv").out.startswith("4 tables")


def test_a_long_table_is_split_and_every_part_has_its_number(run: Run, tmp_path: Path) -> None:
    parts = [small_table(seed).assign(lab=f"lab {seed}") for seed in range(2)]
    pd.concat([*parts, small_table(8)[:2].assign(lab="small")]).to_csv(tmp_path / "long.csv", index=False)
    output = tmp_path / "out.jsonl"
    split = ("--split-by", "lab", "-o", str(output), "--workers", "1", "--quiet")
    assert run("batch", str(tmp_path / "long.csv"), *TYPED, *split).status == 0
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(row["table"], row["error"]) for row in rows] == [
        ("lab 0", None), ("lab 1", None), ("small", "too-few-runs"),
    ]  # fmt: skip
    where = ("--where", "lab == 'lab 1'", "--json", "--quiet")
    alone = json.loads(run("forecast", str(tmp_path / "long.csv"), *TYPED, *where).out)
    assert rows[1]["50%"] == alone["forecast"][0]["median"]
    assert [rows[1]["5%"], rows[1]["95%"]] == alone["forecast"][0]["interval"]["90"]


def test_where_every_table_is_refused_the_status_is_3_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    runs, output = write_tables(tmp_path / "runs", 0), tmp_path / "out.csv"
    output.write_text("table,point,at,earlier\n")
    done = run("batch", str(runs), *TYPED, "-o", str(output), "--workers", "1", "--json", "--quiet")
    assert done.status == 3 and len(done.err.splitlines()) == 1
    assert "no table was answered, so nothing is written" in done.err and "2 runs are too few" in done.err
    assert json.loads(done.out)["error"]["code"] == "none-answered"
    assert output.read_text() == "table,point,at,earlier\n"


@pytest.mark.parametrize(
    ("more", "match"),
    [
        (["-o", "out.xlsx"], "error: -o: a batch is written as"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:9"], "error: --workers: a cluster has workers"),
        (["--weights", "loo"], "--fast means equal weights"),
        (["--own-exponents"], "--own-exponents needs --group"),
        (["--prior", "gamma=Normal(0, 1)"], "gamma"),
    ],
)
def test_bad_options_are_refused_in_one_line_before_any_work(
    run: Run, more: list[str], match: str, tmp_path: Path
) -> None:
    done = run("batch", str(write_tables(tmp_path / "runs", 1)), *TYPED, *more)
    assert done.status == 2 and match in done.err and len(done.err.splitlines()) == 1


def test_a_cluster_without_dask_is_refused_with_the_cure(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = run("batch", str(write_tables(tmp_path / "runs", 1)), *TYPED, "--scheduler", "tcp://127.0.0.1:9")
    assert (done.status, done.err) == (2, "error: --scheduler: a cluster needs Dask: install forecaster[dask]\n")


@pytest.mark.skipif(os.name == "nt", reason="a signal cannot be sent to one child on Windows")
def test_an_interrupt_ends_with_130_and_the_next_batch_does_the_rest(run: Run, tmp_path: Path) -> None:
    runs, output = write_tables(tmp_path / "runs", 40), tmp_path / "out.csv"
    command = ["batch", str(runs), *TYPED, "--seed", "5", "-o", str(output)]
    process = subprocess.Popen(
        [sys.executable, "-m", "forecaster", *command, "--workers", "2"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("1 of"):
            break
    # As a terminal does: to the workers, too.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted; finished fits stay in the cache" and "Traceback" not in err
    assert err.count("interrupted") == 1 and not output.exists()
    data = json.loads(run(*command, "--workers", "1", "--json", "--quiet").out)["batch"]
    assert data["answered"] == 40 and 1 <= data["earlier"] < 42 and output.exists()
