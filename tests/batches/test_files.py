"""The file of a batch: the same rows in every format, and nothing else replaced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs

from forecaster.batches.files import FORMATS, refuse_unwritable, write_batch
from forecaster.batches.outcome import answered, refused
from forecaster.batches.recipe import Recipe
from forecaster.batches.result import Batch
from forecaster.errors import UsageError
from forecaster.forecasts.forecast import forecast
from forecaster.laws.shelf import law
from forecaster.runs.points import Target, scenario


def made(*, bad: bool = True) -> Batch:
    recipe = Recipe(scenario(["N=70B,D=1.4T", "C=1e23"], targets=["<=2"]))
    answer = forecast(make_fit(law("chinchilla"), make_runs()), recipe.asked, weights="equal")
    outcomes = [answered(answer, table="a, b.csv", recipe=recipe).took(1.23456)]
    if bad:
        outcomes.append(refused("bad-runs", 'line 2: "high"', table="c.csv", recipe=recipe))
    return Batch(tuple(row for outcome in outcomes for row in outcome.rows), (Target(2.0, above=False),))


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("bad", [True, False])
def test_every_format_holds_the_rows(suffix: str, bad: bool, tmp_path: Path) -> None:
    batch, path = made(bad=bad), tmp_path / f"batch{suffix}"
    write_batch(batch, path)
    if suffix == ".jsonl":
        assert [json.loads(line) for line in path.read_text().splitlines()] == [dict(row) for row in batch.rows]
        return
    read = pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path)
    assert list(read.columns) == list(batch.rows[0])
    for name in read.columns:
        for found, row in zip(read[name], batch.rows, strict=True):
            assert pd.isna(found) if row[name] is None else found == row[name], name


def test_parquet_has_the_same_types_whatever_came_out(tmp_path: Path) -> None:
    kinds = []
    for name, batch in {"some": made(), "all": made(bad=False)}.items():
        write_batch(batch, tmp_path / f"{name}.parquet")
        kinds.append(pd.read_parquet(tmp_path / f"{name}.parquet").dtypes.to_dict())
    assert kinds[0] == kinds[1]
    assert kinds[0]["runs"] == "Int64" and kinds[0]["50%"] == np.float64


@pytest.mark.parametrize("suffix", FORMATS)
def test_only_an_earlier_batch_is_replaced(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"batch{suffix}"
    path.write_bytes(b"years of work\n")
    with pytest.raises(UsageError, match="already exists and is something else"):
        refuse_unwritable(path)
    path.unlink()
    write_batch(made(), path)
    refuse_unwritable(path)
    make_runs().table.to_csv(tmp_path / "runs.csv", index=False)
    with pytest.raises(UsageError, match="already exists and is something else"):
        refuse_unwritable(tmp_path / "runs.csv")


@pytest.mark.parametrize(
    ("name", "match"), [("batch.xlsx", ".parquet or .csv or .jsonl"), ("nowhere/batch.csv", "there is no folder")]
)
def test_a_place_that_cannot_be_written_is_refused_before_any_work(name: str, match: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=match):
        refuse_unwritable(tmp_path / name)
