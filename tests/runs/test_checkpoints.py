from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from making import chinchilla_loss, make_runs

from forecaster.errors import RunsError, UsageError
from forecaster.notes import Note
from forecaster.runs.checkpoints import with_checkpoints
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

SIZES = np.geomspace(1e8, 1e9, 5)


def trained(points: int = 12, seeds: int = 1, *, geometric: bool = False) -> pd.DataFrame:
    """Runs of five sizes and some seeds, each with its checkpoints in order, D to three digits."""
    space, least = (np.geomspace, 1e-3) if geometric else (np.linspace, 1 / points)
    rows = [
        {"run": f"{k}-{seed}", "seed": seed, "N": n, "D": float(f"{20 * n * (1 + seed / 4) * part:.3g}")}
        for k, n in enumerate(SIZES)
        for seed in range(seeds)
        for part in space(least, 1, points)
    ]
    return pd.DataFrame(rows).assign(loss=lambda t: chinchilla_loss(t["N"], t["D"]))


def notes(runs: Runs) -> dict[str, Note]:
    return {note.code: note for note in runs.notes if "checkpoints" in note.code}


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("columns", [["run", "N", "D", "loss"], ["seed", "N", "D", "loss"]])
def test_the_last_row_of_each_run_is_kept_and_said(columns: list[str], shuffled: bool) -> None:
    table = trained(seeds=2)[columns]
    runs = read_runs(table.sample(frac=1, random_state=1) if shuffled else table)
    ends = np.sort(np.concatenate([20 * SIZES, 25 * SIZES]))
    np.testing.assert_allclose(np.sort(runs.column("D")), ends, rtol=0.005)
    said = notes(runs)["checkpoints"]
    assert said.warning and "120 rows lie on 10 curves (12 rows share each" in said.text
    assert "not independent" in said.text and "10 in all; --checkpoints all" in said.text


def test_a_column_of_runs_decides_however_few_and_however_spaced_the_rows_are() -> None:
    assert len(read_runs(trained(3, geometric=True))) == 5
    # Each row a run of its own, said to be one, though D rises by equal steps.
    own = trained().assign(run=[f"{word}-{k}" for k, word in enumerate(["a", "b", "c"] * 20)])
    assert len(read_runs(own)) == 60 and not notes(read_runs(own))
    # A mere count of the rows says nothing.
    for counted in (range(60), [f"row_{k:03d}" for k in range(60)]):
        assert len(read_runs(trained().assign(run=list(counted)))) == 5


def test_names_that_end_in_a_step_name_the_run_before_it() -> None:
    steps = [f"size{k // 6}-step{1000 * (k % 6)}" for k in range(30)]
    assert len(read_runs(trained(6).drop(columns="run").assign(name=steps))) == 5


def test_a_name_of_many_sizes_or_of_all_rows_names_no_run() -> None:
    table = make_runs(sizes=5, lengths=4).table[["N", "D", "loss"]]
    assert len(read_runs(table.assign(run=["sweep 1"] * 10 + ["sweep 2"] * 10))) == 20
    assert len(read_runs(table.assign(run="sweep"))) == 20


def test_several_tasks_of_one_run_are_not_its_checkpoints() -> None:
    table = make_runs(sizes=5, lengths=1).table[["N", "D", "loss"]]
    tasks = pd.concat([table.assign(run=["a", "b", "c", "d", "e"], task=k) for k in range(4)])
    assert len(read_runs(tasks)) == 20 and not notes(read_runs(tasks))


@pytest.mark.parametrize(("sizes", "lengths"), [(5, 3), (5, 8), (10, 11), (3, 4)])
def test_a_grid_of_runs_is_no_curve_of_checkpoints(sizes: int, lengths: int) -> None:
    runs = make_runs(sizes=sizes, lengths=lengths)
    assert len(runs) == sizes * lengths and not notes(runs)


def test_budgets_that_are_split_are_no_checkpoints() -> None:
    n, c = np.meshgrid(np.geomspace(1e8, 1e9, 12), [1e19, 3e19, 1e20, 3e20])
    table = pd.DataFrame({"N": n.ravel(), "C": c.ravel(), "loss": chinchilla_loss(n, c / (6 * n)).ravel()})
    assert len(read_runs(table)) == 48 and not notes(read_runs(table))


def test_what_may_be_checkpoints_is_said_and_kept() -> None:
    for table in (trained(14, geometric=True), trained(6)):
        runs = read_runs(table[["N", "D", "loss"]])
        assert len(runs) == len(table) and not notes(runs)["perhaps-checkpoints"].warning
        assert len(read_runs(table[["N", "D", "loss"]], checkpoints="last")) == 5
        assert not notes(read_runs(table[["N", "D", "loss"]], checkpoints="all"))


def test_runs_without_names_are_told_apart_by_other_columns_or_by_their_order() -> None:
    table = trained(seeds=3).drop(columns="run").rename(columns={"seed": "vocabulary size"})
    assert len(read_runs(table.sort_values("D", kind="stable"))) == 15
    assert len(read_runs(table[["N", "D", "loss"]])) == 15


def test_repeats_at_the_end_of_runs_without_names_are_all_kept() -> None:
    table = pd.concat([trained().drop(columns="run")] * 2)[["N", "D", "loss"]].sort_values(["N", "D"])
    assert len(read_runs(table)) == 10
    # A checkpoint of a named run that was evaluated twice counts once.
    twice = pd.concat([trained(), trained().query("D > 19.9 * N").assign(loss=2.0)])
    assert read_runs(twice).column("loss").tolist() == [2.0] * 5


def test_all_rows_are_kept_where_asked_for_and_warned_of() -> None:
    runs = read_runs(trained(), checkpoints="all")
    assert len(runs) == 60 and notes(runs)["checkpoints"].warning
    assert "ranges are too narrow" in notes(runs)["checkpoints"].text
    last = read_runs(trained(), checkpoints="last")
    assert len(last) == 5 and notes(last)["checkpoints"].text.endswith("5 of 60 rows")
    assert last.places[0] == "row 12"


def test_steps_order_the_rows_of_a_run_where_nothing_else_rises() -> None:
    table = trained(3).assign(step=[1, 2, 3] * 5)[["run", "step", "N", "loss"]]
    assert read_runs(table).table["step"].tolist() == [3] * 5


def test_what_cannot_be_chosen_is_refused() -> None:
    with pytest.raises(UsageError, match="`first` is none of last, all"):
        read_runs(trained(), checkpoints="first")
    curve = read_runs(pd.DataFrame({"D": np.geomspace(1e9, 1e11, 9), "loss": np.linspace(3, 2, 9)}))
    with pytest.raises(RunsError, match="which rows are checkpoints of one run"):
        with_checkpoints(curve, "last")
