"""What a response is, judged by its header, its values and what a person says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.errors import RunsError
from forecaster.notes import explain
from forecaster.runs.columns.response import looks_like_error, looks_like_loss, looks_like_score
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

RISING = np.array([0.31, 0.38, 0.44, 0.52, 0.58, 0.66, 0.71, 0.77])
FALLING = 1 - RISING
D = np.geomspace(1e8, 1e10, 8)


def table(header: str, values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"D": D, header: values})


def read(header: str, values: np.ndarray, response: str | None = None) -> Runs:
    return read_runs(table(header, values), columns={"loss": header}, response=response)


@pytest.mark.parametrize("header", ["loss", "val_loss", "Validation-Loss", "NLL", "cross entropy", "xent", "val_bpb"])
def test_losses_are_told_by_name(header: str) -> None:
    assert looks_like_loss(header) and read(header, 3 * FALLING + 2).measured.kind == "loss"
    assert not read(header, 3 * FALLING + 2).improves_upward


@pytest.mark.parametrize(
    "header",
    [
        "accuracy",
        "val_acc",
        "acc,none",
        "F1",
        "NDCG@10",
        "MMLU",
        "pass@1",
        "exact_match",
        "win_rate",
        "BLEU",
    ],
)
def test_scores_are_told_by_name_and_improve_upward(header: str) -> None:
    assert looks_like_score(header)
    runs = read(header, RISING)
    assert (runs.measured.kind, runs.improves_upward, runs.course) == ("score", True, "score")
    # Whatever its runs do: a score that falls is still a score.
    assert read(header, FALLING).improves_upward


@pytest.mark.parametrize("header", ["error", "top-1 error", "word_error_rate", "WER", "test_err", "misclassification"])
def test_error_rates_are_told_by_name_and_improve_downward(header: str) -> None:
    assert looks_like_error(header)
    runs = read(header, FALLING)
    assert (runs.measured.kind, runs.improves_upward, runs.course) == ("error", False, "error")


@pytest.mark.parametrize("header", ["embedding", "stderr", "mean squared error", "step", "horizon"])
def test_names_that_only_hold_such_a_word_are_not_taken_for_one(header: str) -> None:
    assert not looks_like_score(header) and not looks_like_error(header)


def test_an_unknown_name_is_judged_by_its_values_and_by_its_course() -> None:
    assert read("y", RISING).measured.kind == "score"
    assert read("y", FALLING).measured.kind == "error"
    rising, falling = read("minutes_saved", 40 * RISING), read("surprise", 40 * FALLING)
    assert (rising.measured.kind, rising.improves_upward, rising.course) == ("positive", True, "rising")
    assert (falling.measured.kind, falling.improves_upward, falling.course) == ("positive", False, "falling")
    assert read("y", RISING - 0.5).measured.kind == "signed"


def test_of_a_perplexity_less_is_better_however_it_runs() -> None:
    assert not read("perplexity", 30 * RISING).improves_upward
    assert read("ppl", 30 * FALLING).measured.kind == "positive"


@pytest.mark.parametrize(("header", "values"), [("accuracy", RISING), ("WER", FALLING), ("score (%)", RISING)])
def test_percents_are_divided_by_a_hundred_and_that_is_said(header: str, values: np.ndarray) -> None:
    runs = read(header, 100 * values)
    np.testing.assert_allclose(runs.column("loss"), values)
    assert runs.measured.is_bounded
    said = next(note for note in runs.notes if note.code == "response-kind")
    assert "percents and were divided by 100" in said.text and explain(said.code)


def test_standard_errors_are_percents_with_their_scores() -> None:
    cells = table("accuracy", 100 * RISING).assign(se=2.0)
    runs = read_runs(cells, columns={"loss": "accuracy", "loss_se": "se"})
    np.testing.assert_allclose(runs.column("loss_se"), 0.02)


def test_rows_are_chosen_by_what_stands_in_the_file() -> None:
    runs = read_runs(table("accuracy", 100 * RISING), columns="loss=accuracy", where="accuracy > 40")
    assert len(runs) == 6 and runs.column("loss").min() == pytest.approx(0.44)


def test_what_a_person_says_stands_above_name_and_values() -> None:
    assert read("loss", FALLING, "error").measured.kind == "error"
    assert read("y", FALLING, "loss").measured.kind == "loss"
    assert read("accuracy", RISING, "positive").course == "rising"
    assert read("accuracy", 9 * RISING, "score").column("loss").max() == pytest.approx(0.09 * RISING.max())
    with pytest.raises(RunsError, match=r"Score is no kind of response; those are loss, score, error, positive"):
        read("y", RISING, "Score")
    with pytest.raises(RunsError, match=r"y goes from 31 to 770|y goes from .* between 0 and 1"):
        read("y", 1000 * RISING, "score")
    with pytest.raises(RunsError, match=r"goes down to .*above 0 is needed"):
        read("y", RISING - 0.5, "positive")


def test_what_contradicts_itself_is_refused_with_the_cure() -> None:
    with pytest.raises(RunsError, match=r"loss rises with scale and lies between 0 and 1.*`response`, score or loss"):
        read("loss", RISING)
    with pytest.raises(RunsError, match=r"accuracy goes up to .*percents, or marks\?.*score.*positive"):
        read("accuracy", 9 * RISING)


def test_scores_beyond_a_hundred_are_quantities_that_rise() -> None:
    runs = read("elo score", 1500 * RISING)
    assert (runs.measured.kind, runs.course) == ("positive", "rising")


def test_part_of_a_table_is_of_the_same_kind_as_the_whole() -> None:
    values = np.array([0.60, 0.55, 0.50, 0.45, 0.62, 0.70, 0.78, 0.85])
    runs = read("y", values)
    few = runs.select(np.arange(8) < 4)
    assert runs.measured.kind == "score" and few.rises() < 0 and few.measured == runs.measured


def test_a_table_in_memory_is_taken_as_it_is() -> None:
    runs = Runs(pd.DataFrame({"D": D, "loss": 100 * RISING}), "by hand", response="accuracy")
    assert runs.measured.kind == "positive" and runs.improves_upward
    assert Runs(pd.DataFrame({"D": D, "loss": RISING}), "by hand", response="accuracy").measured.kind == "score"


def test_more_of_a_likelihood_is_better_unless_it_is_negative() -> None:
    assert looks_like_loss("negative_log_likelihood") and not looks_like_loss("log_likelihood")
    runs = read("log_likelihood", RISING - 3)
    assert (runs.measured.kind, runs.improves_upward) == ("signed", True)


def test_a_loss_below_one_may_be_an_error_rate_and_that_is_said() -> None:
    (note,) = (each for each in read("loss", FALLING).notes if each.code == "response-kind")
    assert note.warning and "an error rate must be said to be one" in note.text
    for runs in (read("val_bpb", FALLING), read("loss", 2 + FALLING)):
        assert runs.measured.kind == "loss" and "response-kind" not in [each.code for each in runs.notes]
