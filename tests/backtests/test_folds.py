"""Folds: what is shown, what is hidden, and which cuts are too small to use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from making import make_runs

from forecaster import read_runs
from forecaster.backtests.folds import ORIGINS, Fold, holdout, rolling_origins
from forecaster.errors import InputError, RunsError, TooFewRuns
from forecaster.runs.table import Runs


def test_a_fold_shows_the_smaller_runs_and_hides_the_larger() -> None:
    runs = make_runs()
    for fold in [*rolling_origins(runs), holdout(runs)]:
        assert len(fold.train) + len(fold.test) == len(runs)
        assert fold.train.column("C").max() < fold.test.column("C").min()
        assert (fold.ratios > 1).all()


def test_origins_stand_at_their_shares_of_the_log_range() -> None:
    runs = make_runs(sizes=20, lengths=20)
    log_C = np.log(runs.column("C"))
    for fold, share in zip(rolling_origins(runs), ORIGINS, strict=True):
        assert np.log(fold.cut) == pytest.approx(log_C.min() + share * np.ptp(log_C))


def test_cuts_that_leave_too_little_are_left_out() -> None:
    few = make_runs(sizes=3, lengths=3)
    assert all(len(fold.train) >= 8 and len(fold.test) >= 2 for fold in rolling_origins(few))
    assert rolling_origins(few.before(1e19)) == ()


@pytest.mark.parametrize(("share", "hidden"), [(0.2, 6), (0.5, 15)])
def test_a_share_hides_that_share_of_the_runs(share: float, hidden: int) -> None:
    assert len(holdout(make_runs(sizes=6, lengths=5), holdout=share).test) == pytest.approx(hidden, abs=1)


def test_a_value_hides_what_lies_above_it_and_another_column_may_order_the_runs() -> None:
    runs = make_runs()
    fold = holdout(runs, by="N", holdout=1e9)
    assert fold.train.column("N").max() <= 1e9 < fold.test.column("N").min()
    dated = make_runs(date=[f"20{20 + i // 6}-01-01" for i in range(30)])
    fold = holdout(dated, by="date", holdout=0.2)
    assert fold.train.table["date"].max() < fold.test.table["date"].min()


@pytest.mark.parametrize(
    ("options", "error"),
    [({"holdout": 0}, InputError), ({"holdout": 0.99}, TooFewRuns), ({"by": "nothing"}, RunsError),
     ({"by": "date"}, InputError)],
)  # fmt: skip
def test_what_cannot_be_cut_is_refused(options: dict[str, Any], error: type[Exception]) -> None:
    runs: Runs = make_runs()
    with pytest.raises(error):
        holdout(runs, **options)


def test_a_date_that_is_none_is_refused_with_its_row() -> None:
    runs = make_runs(sizes=4, lengths=4, date=["2024-05-01"] * 15 + ["soon"])
    with pytest.raises(InputError, match='row 16: date: "soon" is not a date'):
        holdout(runs, by="date")
    dated = make_runs(sizes=4, lengths=4, date=[f"2024-01-{day:02d}" for day in range(1, 17)])
    assert len(holdout(dated, by="date", holdout=0.25).test) == 4


def test_a_column_below_zero_cuts_at_its_own_value() -> None:
    runs = make_runs(sizes=4, lengths=4, depth=[-float(k) for k in range(1, 17)])
    assert len(holdout(runs, by="depth", holdout=0.25).test) == 4


def isoflop(budgets: tuple[float, ...], ways: int) -> Runs:
    """Budgets, each split in so many ways."""
    C = np.repeat(budgets, ways)
    N = np.tile(np.geomspace(0.2, 5, ways), len(budgets)) * np.sqrt(C / 120)
    D = C / (6 * N)
    return read_runs(pd.DataFrame({"N": N, "D": D, "C": C, "loss": 1.8 + 480 / N**0.35 + 2085 / D**0.366}))


def test_two_budgets_split_in_several_ways_tell_parameters_apart() -> None:
    (fold,) = rolling_origins(isoflop((1e19, 1e20, 1e21), 8))
    assert len(fold.train) == 16 and len(fold.test) == 8
    assert rolling_origins(isoflop((1e19, 1e20), 8)) == ()
    # One budget's splits lie on a line, whatever their number; two runs a budget tell sizes from data no better.
    assert not Fold.at(isoflop((1e19, 1e21), 12), by="C", cut=2e19).usable
    runs = isoflop((1e19, 1e20, 1e21), 8)
    same = runs.select(np.isin(np.round(np.log(runs.column("N")), 3), np.round(np.log(runs.column("N")), 3)[:2]))
    assert not Fold.at(same, by="C", cut=2e20).usable
