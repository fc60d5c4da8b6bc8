"""Fewer rows: an even part of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster import thin
from forecaster.errors import RunsError
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs


def crowded() -> Runs:
    """A thousand runs within a tenth of one scale, and fifty over four more decades."""
    c = np.concatenate([np.geomspace(1e18, 1.1e18, 1000), np.geomspace(2e18, 1e22, 50)])
    return read_runs(pd.DataFrame({"C": c[::-1], "loss": 1.7 + (1e18 / c[::-1]) ** 0.2}))


def test_rows_are_left_out_where_they_lie_closest_and_keep_their_order() -> None:
    runs = crowded()
    kept = thin(runs, most=100)
    scale = kept.column("C")
    assert len(kept) == 100 and (np.diff(scale) < 0).all()
    assert (scale > 1.5e18).sum() == 50
    assert scale.max() == runs.column("C").max() and scale.min() == runs.column("C").min()
    assert [kept.place(row) for row in range(2)] == ["row 1", "row 2"]


def test_every_stretch_of_the_scale_gives_as_many_rows_as_it_has_or_as_any_other() -> None:
    random = np.random.default_rng(3)
    c = np.exp(random.triangular(0, 1, 10, 5000))
    kept = thin(read_runs(pd.DataFrame({"C": c, "loss": 2 + 1 / c})), most=1000)
    place = (np.log(kept.column("C")) - np.log(c.min())) / np.log(c.max() / c.min())
    whole = np.bincount(np.minimum((np.log(c / c.min()) / np.log(c.max() / c.min()) * 100), 99).astype(int))
    part = np.bincount(np.minimum(place * 100, 99).astype(int), minlength=100)
    assert part.sum() == 1000 and part.max() < whole.max()
    assert (part >= np.minimum(whole, part.max() - 1)).all()


def test_the_seed_decides_which_and_a_note_says_how_many() -> None:
    runs = crowded()
    one, again, other = (thin(runs, most=100, seed=seed) for seed in (1, 1, 2))
    assert one.sha256 == again.sha256 != other.sha256 != runs.sha256
    (note,) = (note for note in one.notes if note.code == "rows-thinned")
    assert "100 of 1,050 rows" in note.text and "seed 1" in note.text
    assert thin(runs, most=1050) is runs and thin(runs, most=10**6) is runs


def test_runs_of_one_scale_are_thinned_and_fewer_than_two_refused() -> None:
    runs = read_runs(pd.DataFrame({"C": np.full(30, 1e20), "loss": np.linspace(2, 3, 30)}))
    assert len(thin(runs, most=7)) == 7
    with pytest.raises(RunsError, match="need 2 rows"):
        thin(runs, most=1)
