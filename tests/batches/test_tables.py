"""The tables of a batch: found, split, named apart, and known by all that they hold."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pandas as pd
import pytest
from batching import small_table, write_tables
from making import make_runs

from forecaster.batches.tables import Table, tables_of
from forecaster.errors import InputError, RunsError
from forecaster.runs.read import read_runs


def names(found: tuple[Table, ...]) -> list[str]:
    return [table.name for table in found]


def read(table: Table, where: str | None = None) -> pd.DataFrame:
    return table.loaded.runs(columns=None, where=where, response=None, group="").table


def test_files_folders_and_patterns_are_found_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tables(tmp_path / "runs")
    (tmp_path / "runs" / ".hidden.csv").write_text("N\n1\n")
    (tmp_path / "runs" / "notes.txt").write_text("nothing")
    (tmp_path / "runs" / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    whole = ["bad.csv", "few.csv", "good0.csv", "good1.csv", "good2.csv"]
    assert names(tables_of("runs")) == [str(Path("runs", name)) for name in whole]
    assert names(tables_of(["runs/good[12]*", Path("runs/bad.csv")])) == [
        str(Path("runs", name)) for name in ("good1.csv", "good2.csv", "bad.csv")
    ]
    assert len(tables_of(str(tmp_path / "**" / "*.csv"))) == 6
    assert names(tables_of("runs", output=tmp_path / "runs" / "good0.csv")) == [
        str(Path("runs", name)) for name in whole if name != "good0.csv"
    ]


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ("nowhere.csv", "no such file or folder"),
        ("runs/none*.csv", "no file is called so"),
        ("empty", "holds no table of runs"),
        ([], "no table was given"),
    ],
)
def test_a_place_without_tables_is_refused(
    given: object, match: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=match):
        tables_of(given)


def test_tables_in_memory_are_taken_and_named_apart() -> None:
    frame, runs = small_table(1), make_runs(sizes=3, lengths=3)
    assert names(tables_of([frame, frame, runs])) == ["table", "table (2)", "the table"]
    assert names(tables_of({"a": frame, "b": runs})) == ["a", "b"]
    assert read(tables_of(runs)[0]).equals(runs.table)


def test_a_long_table_is_split_into_what_a_filter_would_keep(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    parts = {"b": small_table(1), "a, 1": small_table(2)}
    mixed = pd.concat([part.assign(lab=lab) for lab, part in parts.items()]).sample(frac=1, random_state=3)
    mixed.to_csv(path, index=False)
    found = tables_of(path, split_by="lab")
    assert set(names(found)) == set(parts)
    for table in found:
        kept = read_runs(path, where=f"lab == '{table.name}'").table
        assert read(table).equals(kept)
    runs = read_runs(path)
    for table in tables_of(runs, split_by="lab"):
        assert read(table).equals(runs.select((runs.table["lab"] == table.name).to_numpy()).table)
    several = tables_of({"one": mixed, "two": mixed}, split_by="lab")
    assert len(several) == 4 and several[0].name.startswith("one: ")


def test_what_cannot_be_split_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("N,D,loss,lab\n1e9,2e9,3,a\n1e9,2e9,3, \n")
    with pytest.raises(RunsError, match=r"long.csv line 3: column lab is blank"):
        tables_of(path, split_by="lab")
    with pytest.raises(RunsError, match="no column team to split by; columns: N, D, loss, lab"):
        tables_of(path, split_by="team")


def test_a_bad_cell_is_the_fault_of_its_part_alone(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("N,D,loss,lab\n1e9,2e9,3,a\n1e9,2e9,high,b\n")
    good, bad = tables_of(path, split_by="lab")
    assert len(read(good)) == 1
    with pytest.raises(RunsError, match=r"long\.csv, b line 3: loss"):
        read(bad)


def test_a_hash_follows_all_that_a_table_holds(tmp_path: Path) -> None:
    frame = small_table(1).assign(lab="1")
    same = tables_of({"other name": frame.copy()})[0].sha256
    assert tables_of({"one": frame})[0].sha256 == same
    others = [
        frame.assign(loss=frame["loss"] * (1 + 1e-15)),
        frame.assign(lab=1),
        frame.assign(lab=None),
        frame.assign(more=2.0),
        frame[::-1],
        frame.rename(columns={"lab": "team"}),
    ]
    hashes = [tables_of({"one": other})[0].sha256 for other in others]
    assert len({same, *hashes}) == len(others) + 1
    path = tmp_path / "runs.csv"
    frame.to_csv(path, index=False)
    first = tables_of(path)[0].sha256
    os.utime(path, (1, 1))
    assert tables_of(path)[0].sha256 == first
    path.write_bytes(path.read_bytes() + b"\n")
    assert tables_of(path)[0].sha256 != first
    runs = read_runs(path)
    assert tables_of(runs)[0].sha256 == tables_of(read_runs(path))[0].sha256


def test_a_folder_s_packed_tables_and_those_of_trackers_are_read_as_such(tmp_path: Path) -> None:
    text = "Name,State,n_params,tokens,val_loss\na,finished,1e8,1e9,3\nb,crashed,2e8,1e9,\nc,finished,4e8,2e9,2.5\n"
    (tmp_path / "runs.csv.gz").write_bytes(gzip.compress(text.encode()))
    (table,) = tables_of(tmp_path)
    assert read(table)["N"].tolist() == [1e8, 4e8]
    parts = tables_of(tmp_path, split_by="Name")
    assert names(parts) == ["a", "c"] and [len(read(part)) for part in parts] == [1, 1]
    with pytest.raises(RunsError, match="forecaster fetch"):
        tables_of("wandb:lab/scaling")
