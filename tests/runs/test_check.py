import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from forecaster.notes import explanations
from forecaster.runs.check import Check, check
from forecaster.runs.read import read_runs

calm = settings(deadline=None, derandomize=True, max_examples=25)


def real_table(name: str) -> Path:
    folder = os.environ.get("FORECASTER_DATA")
    if not folder or not (Path(folder) / name).is_file():
        pytest.skip(f"{name} is not there: FORECASTER_DATA names the folder of real run tables")
    return Path(folder) / name


def grid(sizes: int = 6, lengths: int = 5, noise: float = 0.002) -> pd.DataFrame:
    n, d = np.meshgrid(np.geomspace(1e7, 3e9, sizes), np.geomspace(1e9, 1e11, lengths))
    loss = 1.8 + 480 / n**0.35 + 2080 / d**0.37
    wobble = np.exp(noise * np.random.default_rng(1).standard_normal(n.shape))
    return pd.DataFrame({"N": n.ravel(), "D": d.ravel(), "loss": (loss * wobble).ravel()})


def changed(table: pd.DataFrame, column: str, row: int, factor: float) -> pd.DataFrame:
    values = table[column].to_numpy(dtype=float, copy=True)
    values[row] *= factor
    return table.assign(**{column: values})


def codes(found: Check) -> set[str]:
    return {note.code for note in found.notes}


def said(found: Check, code: str) -> str:
    return next(note.text for note in found.notes if note.code == code)


def test_a_sound_table_has_no_warning() -> None:
    found = check(read_runs(grid()))
    assert codes(found) == {"C-computed"} and not any(note.warning for note in found.notes)
    assert found.compute == "computed as 6*N*D" and found.ratio is None
    assert [span.name for span in found.spans] == ["N", "D", "C", "loss"]
    assert found.table.loc["D", "decades"] == pytest.approx(2)
    assert found.text.startswith("the table: 30 runs, response loss\n")
    (size,) = (line for line in found.text.splitlines() if line.startswith("  N "))
    assert size.split() == ["N", "10M", "to", "3B", "2.5", "decades", "6"]


def test_a_planted_outlier_is_named_by_its_place_and_kept() -> None:
    table = grid()
    found = check(read_runs(changed(table, "loss", 13, 1.05)))
    assert [outlier.row for outlier in found.outliers] == [13] and found.rows == 30
    assert "row 14" in said(found, "outliers")
    assert found.outliers[0].expected == pytest.approx(table["loss"].to_numpy()[13], rel=0.01)


def test_few_runs_and_few_scales_are_said() -> None:
    assert {"few-runs", "few-scales", "narrow-D"} <= codes(check(read_runs(grid(2, 1))))
    assert "a forecast needs at least 3 and is refused" in said(check(read_runs(grid(2, 1))), "few-runs")
    assert "the priors carry much of a forecast" in said(check(read_runs(grid(2, 2))), "few-runs")
    assert "narrow-span" in codes(check(read_runs(grid().query("1e8 < N < 4e8 and D < 4e9"))))
    assert "few-for-weights" in codes(check(read_runs(grid(3, 4))))
    assert "few-runs" not in codes(check(read_runs(grid(4, 2))))


def many(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(5)
    n, d = np.exp(random.uniform(16, 23, rows)), np.exp(random.uniform(20, 27, rows))
    loss = (1.8 + 480 / n**0.35 + 2080 / d**0.37) * np.exp(0.004 * random.standard_normal(rows))
    return pd.DataFrame({"N": n, "D": d, "loss": loss})


def test_very_many_runs_of_a_smooth_spread_are_not_taken_for_one_scale() -> None:
    found = check(read_runs(many(60_000)))
    assert "few-scales" not in codes(found)
    # A value for each thousandth at most: seven e-folds of N hold 7,000.
    assert 5_000 < found.table.loc["N", "distinct"] <= 7_001


def test_a_part_of_the_runs_tells_only_where_the_surface_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    table = changed(changed(many(3_000), "loss", 70, 1.3), "loss", 700, 0.8)
    whole = check(read_runs(table)).outliers
    monkeypatch.setattr("forecaster.runs.outliers.MANY_RUNS", 1_000)
    monkeypatch.setattr("forecaster.runs.outliers.PART", 500)
    part = check(read_runs(table)).outliers
    assert [each.row for each in whole] == [each.row for each in part] and {70, 700} <= {each.row for each in part}
    for one, other in zip(whole, part, strict=True):
        assert one.expected == pytest.approx(other.expected, rel=1e-6)
        assert one.sds == pytest.approx(other.sds, rel=1e-4)


def test_least_squares_over_all_of_very_many_runs_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    solved, whole = [], np.linalg.lstsq

    def counted(a: np.ndarray, *more: Any, **options: Any) -> Any:
        solved.append(len(a))
        return whole(a, *more, **options)

    monkeypatch.setattr(np.linalg, "lstsq", counted)
    check(read_runs(many(30_000)))
    assert max(solved) == 30_000 and solved.count(30_000) <= 24


def test_two_budgets_split_in_several_ways_are_enough() -> None:
    n = np.tile(np.geomspace(1e8, 1e9, 6), 2)
    budgets = pd.DataFrame({"N": n, "C": np.repeat([1e19, 1e20], 6), "loss": 2 + 100 / n**0.3})
    assert "few-scales" not in codes(check(read_runs(budgets)))
    assert "few-scales" in codes(check(read_runs(budgets.assign(C=1e19))))


def test_equal_budgets_count_as_one_scale_despite_rounding() -> None:
    table = grid().assign(C=lambda t: 1e20 * np.exp(1e-5 * np.arange(len(t))))
    assert "1 distinct value of C" in said(check(read_runs(table)), "few-scales")


def test_inputs_that_move_together_are_said_with_a_run_that_would_help() -> None:
    n = np.geomspace(1e7, 1e10, 12)
    found = check(read_runs(pd.DataFrame({"N": n, "D": 20 * n, "loss": 2 + 100 / n**0.3})))
    text = said(found, "not-separable")
    assert "N=" in text and "D=" in text


def test_an_input_that_hardly_varies_is_said() -> None:
    assert "has a single value" in said(check(read_runs(grid(1, 12))), "narrow-N")
    assert "narrow-D" in codes(check(read_runs(grid(12, 1))))
    assert "not-separable" not in codes(check(read_runs(grid(12, 1))))


def test_repeats_measure_noise_and_copies_are_suspected() -> None:
    table = grid()
    copies = check(read_runs(pd.concat([table, table.head(3)])))
    assert "6 runs" in said(copies, "duplicates") and "counted twice" in said(copies, "duplicates")
    seeds = pd.concat([table, table.assign(loss=table["loss"] * 1.01)])
    assert "0.70%" in said(check(read_runs(seeds)), "duplicates")


def test_compute_counted_otherwise_is_said() -> None:
    table = grid().assign(C=lambda t: 8 * t["N"] * t["D"])
    found = check(read_runs(table))
    assert found.ratio == pytest.approx((8 / 6, 8 / 6)) and "C-not-6ND" in codes(found)
    within = check(read_runs(grid().assign(C=lambda t: 6.6 * t["N"] * t["D"])))
    assert "C-not-6ND" not in codes(within) and within.compute == "given, 1.1 to 1.1 times 6*N*D"


def test_a_response_that_is_no_loss_is_said() -> None:
    table = grid().rename(columns={"loss": "reward"})
    assert read_runs(table, columns="loss=reward").measured.kind == "positive"
    assert "a quantity above 0" in said(check(read_runs(table, columns="loss=reward")), "response-kind")
    assert "perplexity" in said(check(read_runs(grid().assign(loss=lambda t: np.exp(t["loss"])))), "response-not-loss")
    assert "worse-with-scale" in codes(check(read_runs(grid().assign(loss=lambda t: 9 / t["loss"]))))
    assert "loss-one-value" in codes(check(read_runs(grid().assign(loss=2.0))))


def test_mixed_families_and_other_counts_of_parameters_are_said() -> None:
    table = grid().assign(family=["a", "b"] * 15, N_nonemb=1)
    assert {"mixed-families", "N-counting"} <= codes(check(read_runs(table)))


def test_a_lone_value_is_taken_for_a_slip_of_units() -> None:
    text = said(check(read_runs(changed(grid(), "D", 29, 1000))), "lone-value")
    assert "row 30" in text and "unit" in text


def test_a_single_input_and_no_runs_at_all_can_be_checked() -> None:
    c = np.geomspace(1e18, 1e22, 20)
    table = pd.DataFrame({"C": c, "loss": 1.7 + (1e18 / c) ** 0.2})
    found = check(read_runs(changed(table, "loss", 10, 0.9)))
    assert [outlier.row for outlier in found.outliers] == [10] and found.compute == "given"
    empty = check(read_runs(table).select(np.zeros(20, dtype=bool)))
    assert json.dumps(empty.as_dict(), allow_nan=False) and empty.as_dict()["spans"][0]["minimum"] is None
    assert "0 runs" in empty.text


@calm
@given(st.lists(st.tuples(*[st.floats(1e-300, 1e300)] * 4), min_size=1, max_size=15), st.integers(1, 300))
def test_any_table_that_reads_can_be_checked_said_and_written_as_json(rows: list[list[float]], root: int) -> None:
    table = pd.DataFrame(np.array(rows) ** (1 / root), columns=["N", "D", "C", "loss"])
    found = check(read_runs(table, columns={name: f"{name} (1)" for name in "NDC"}))
    json.dumps(found.as_dict(), allow_nan=False)
    assert all(line.isprintable() for line in found.text.splitlines())
    assert codes(found) <= explanations().keys()


def test_the_misprint_among_the_public_models_is_found() -> None:
    found = check(read_runs(real_table("published_models.csv")))
    assert [outlier.loss for outlier in found.outliers] == [1.889]


def test_a_mistyped_loss_among_the_240_chinchilla_runs_is_found() -> None:
    runs = read_runs(real_table("chinchilla_epoch.csv"), where="excluded_by_besiroglu == 0")
    middle = int(np.argsort(runs.column("C"))[120])
    found = check(read_runs(changed(runs.table, "loss", middle, 1.60 / runs.column("loss")[middle])))
    assert found.outliers[0].row == middle and len(found.outliers) <= 0.03 * 240


@pytest.mark.parametrize("name", ["chinchilla_epoch.csv", "gadre_overtrain.csv", "llama3_isoflop.csv"])
def test_few_rows_of_an_ordinary_table_are_called_outliers(name: str) -> None:
    runs = read_runs(real_table(name))
    assert len(check(runs).outliers) <= 0.03 * len(runs)


def test_a_token_count_a_thousand_times_too_large_is_found() -> None:
    path = real_table("obs_scaling.csv")
    found = check(read_runs(path, columns="loss=MMLU", where="C > 0 and MMLU > 0"))
    assert "D is 630T" in said(found, "lone-value") and "response-kind" in codes(found)
