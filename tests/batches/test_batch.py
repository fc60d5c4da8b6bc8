"""A batch: the numbers that `forecast` prints, errors in place of an abort, and a start that goes on where it ended."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from batching import HOW, POINT, TYPED, small_table, timeless, write_tables

from forecaster.batches.batch import batch
from forecaster.batches.outcome import QUANTILES
from forecaster.batches.result import Batch
from forecaster.cli.main import main
from forecaster.errors import ForecasterError
from forecaster.fits.cache import cache_folder
from forecaster.forecasts.forecast import forecast_table
from forecaster.laws.change_priors import with_priors
from forecaster.laws.shelf import law
from forecaster.runs.points import scenario
from forecaster.runs.read import read_runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("batch") / "runs", 2)


@pytest.fixture(scope="module")
def made(folder: Path) -> Batch:
    return batch(folder, POINT, **HOW, workers=1)


def test_a_table_has_the_numbers_that_forecast_prints(
    made: Batch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = folder / "good1.csv"
    assert main(["forecast", str(good), *TYPED, "--json", "--quiet"]) == 0
    said = json.loads(capsys.readouterr().out)
    (row,) = (row for row in made.rows if row["table"] == str(good))
    point = said["forecast"][0]
    printed = [end for mass in ("95", "90", "80", "50") for end in point["interval"][mass]] + [point["median"]]
    assert [row[name] for name in QUANTILES] == sorted(printed)
    assert QUANTILES == ("2.5%", "5%", "10%", "25%", "50%", "75%", "90%", "95%", "97.5%")
    assert row["P(<= 2)"] == point["targets"][0]["probability"]
    assert row["grade"] == said["grade"][0]["letter"]
    assert row["verdict"] == said["verdict"]["chinchilla"]["status"] and row["weights"] == "chinchilla=1"
    assert row["notes"].split(",") == list(dict.fromkeys(n["code"] for n in (*said["notes"], *point["notes"])))
    facts = said["provenance"]
    assert (row["sha256"], row["seed"]) == (facts["runs_sha256"], facts["seed"])
    assert row["versions"] == ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    assert row["error"] is None and row["message"] is None and row["seconds"] > 0


def test_bad_tables_among_good_ones_have_an_error_in_their_rows(made: Batch, folder: Path) -> None:
    assert made.answered == (str(folder / "good0.csv"), str(folder / "good1.csv"))
    errors = {Path(row["table"]).name: row["error"] for row in made.rows if row["error"]}
    assert errors == {"bad.csv": "bad-runs", "few.csv": "too-few-runs"}
    assert 'bad.csv line 2: loss is "high"' in made.refused[str(folder / "bad.csv")]
    assert "4 tables: 2 answered, 2 refused." in made.text and "few.csv: 2 runs" in " ".join(made.text.split())
    said = made.as_dict()["batch"]
    assert (said["answered"], said["refused"], len(said["rows"])) == (2, 2, 4)


def test_every_table_has_a_row_for_each_point(tmp_path: Path) -> None:
    write_tables(tmp_path / "runs", 0)
    found = batch(tmp_path / "runs", [POINT, "C=1e22"], cache=False, workers=1)
    names = [(Path(row["table"]).name, row["point"]) for row in found.rows]
    assert names == [(name, point) for name in ("bad.csv", "few.csv") for point in (POINT, "C=1e22")]


def test_families_are_counted_in_each_table_by_itself() -> None:
    frame = small_table(1)
    tables = {
        "two": frame.assign(lab=["a", "b"] * 6),
        "three": frame.assign(lab=["x", "b", "c"] * 4),
        "one": frame.assign(lab="a"),
    }
    found = batch(tables, POINT, laws=["kaplan"], weights="equal", group="lab", family="b", workers=1, cache=False)
    assert [row["error"] for row in found.rows] == [None, None, "bad-runs"]
    assert "family-asked" in found.rows[0]["notes"]
    both = forecast_table(
        *_grouped(tables["two"], ["a", "b"]), scenario({"N": 1e10, "D": 2e11, "family_code": 1.0}), weights="equal"
    )
    assert found.rows[0]["50%"] == both.as_dict()["forecast"][0]["median"]


def _grouped(frame: pd.DataFrame, names: list[str]) -> tuple[Any, Any]:
    from forecaster.laws.families import with_families
    from forecaster.runs.table import with_codes

    return with_codes(read_runs(frame), "lab"), [with_families(law("kaplan"), names, "lab")]


def test_a_batch_that_was_interrupted_goes_on_where_it_ended(
    made: Batch, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    output = tmp_path / "batch.csv"
    shutil.copytree(folder, tmp_path / "runs")

    def interrupt(line: str) -> None:
        lines.append(line)
        # Two are refused at once and one was answered.
        if line.startswith(("3 of", "4 of")):
            raise KeyboardInterrupt

    how = HOW | {"seed": 2, "output": output, "workers": 1}
    # A quick table's line is kept back, so every one is asked for.
    monkeypatch.setattr("forecaster.batches.progress.PAUSE", -1.0)
    with pytest.raises(KeyboardInterrupt):
        batch(tmp_path / "runs", POINT, **how, say=interrupt)
    assert not output.exists()
    again: list[str] = []
    found = batch(tmp_path / "runs", POINT, **how, say=again.append)
    assert (
        found.earlier == 3 and again[0] == "3 tables finished before, 1 to go" and again[1].startswith("1 of 1 table")
    )
    assert output.exists() and len(found.answered) == 2
    assert timeless(found) == timeless(batch(tmp_path / "runs", POINT, **how))
    assert [row["97.5%"] for row in found.rows] != [row["97.5%"] for row in made.rows]


def test_only_a_changed_table_option_or_version_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = write_tables(tmp_path / "runs", 0)
    small_table(3)[:6].to_csv(runs / "six.csv", index=False)

    def earlier(**other: Any) -> int:
        return batch(runs, **({"at": POINT, "workers": 1} | other)).earlier

    assert [earlier(), earlier()] == [0, 3]
    small_table(4)[:6].to_csv(runs / "six.csv", index=False)
    assert [earlier(), earlier()] == [2, 3]
    others: list[dict[str, Any]] = [
        {"at": "N=10B,D=201B"}, {"targets": [2.0]}, {"seed": 2}, {"weights": "equal"}, {"laws": ["chinchilla"]},
        {"laws": ["kaplan"]}, {"noise": "Normal"}, {"laws": ["chinchilla"], "priors": ["alpha=Normal(0.3, 0.1)"]},
        {"where": "N > 1"}, {"columns": "N=N"}, {"allow_failed_checks": True},
    ]  # fmt: skip
    for other in others:
        assert earlier(**other) == 0, other
        assert earlier(**other) == 3, other
    assert earlier(cache=False) == 0
    page = tmp_path / "own.toml"
    page.write_text(law("kaplan").text)
    assert [earlier(laws=[page]), earlier(laws=[page])] == [0, 3]
    page.write_text(with_priors(law("kaplan"), {"sigma": "LogNormal(log(0.02), 1)"}).text)
    assert earlier(laws=[page]) == 0
    for place in ("recipe", "ask"):
        monkeypatch.setattr(f"forecaster.batches.{place}.versions", lambda: {"forecaster": "9"})
    assert [earlier(), earlier()] == [0, 3]


def test_what_was_kept_is_safe_to_delete_and_damage_counts_as_absent(tmp_path: Path) -> None:
    runs = write_tables(tmp_path / "runs", 0)
    pages = cache_folder().with_name("pages")
    before = set(pages.iterdir()) if pages.is_dir() else set()

    def earlier() -> int:
        return batch(runs, POINT, seed=77, workers=1).earlier

    assert earlier() == 0
    one, other = sorted(set(pages.iterdir()) - before)
    one.unlink()
    assert earlier() == 1
    for damage in ("", "[]", "[1]", '[{"table": 1}]', "{", "null"):
        other.write_text(damage)
        assert earlier() == 1, damage


def test_the_output_is_untouched_where_no_table_is_answered(tmp_path: Path) -> None:
    runs = write_tables(tmp_path / "runs", 0)
    output = tmp_path / "batch.csv"
    output.write_text("table,point,at\n")
    found = batch(runs, POINT, output=output, workers=1)
    assert found.answered == () and len(found.refused) == 2
    assert output.read_text() == "table,point,at\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batch.csv", "runs"]


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({"at": "N=ten"}, "not a quantity"),
        ({"laws": ["nonsense"]}, "no law `nonsense`"),
        ({"laws": ["kaplan", "kaplan"]}, "two laws are called kaplan"),
        ({"laws": ["kaplan"], "priors": ["E=Normal(0, 1)"]}, "E"),
        ({"priors": ["alpha"]}, "names no parameter"),
        ({"laws": ["kaplan"], "noise": "loud"}, "is no noise"),
        ({"laws": ["kaplan"], "weights": {"chinchilla": 1.0}}, "do not fit the laws kaplan"),
        ({"weights": "best"}, "not best"),
        ({"own_exponents": True}, "needs `group`"),
        ({"workers": 0}, "one at least"),
        ({"client": "tcp://127.0.0.1:8786"}, "Client is needed, not str"),
        ({"output": "batch.txt"}, ".parquet or .csv or .jsonl"),
        ({"where": "N > 1", "tables": read_runs(small_table(1))}, "still to be read"),
    ],
)
def test_what_is_wrong_for_every_table_is_refused_at_once(how: dict[str, Any], match: str, folder: Path) -> None:
    with pytest.raises(ForecasterError, match=match):
        batch(**({"tables": folder, "at": POINT} | how))
