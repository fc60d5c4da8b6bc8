import pytest

from forecaster.errors import RunsError
from forecaster.runs.columns.assign import Assignment, assign_columns


def assigned(*headers: str, columns: str | None = None, words: tuple[str, ...] = ()) -> Assignment:
    return assign_columns(list(headers), columns, name="t.csv", counts=lambda header: header not in words)


def refusal(*headers: str, columns: str | None = None) -> str:
    with pytest.raises(RunsError) as refused:
        assigned(*headers, columns=columns)
    return str(refused.value)


def codes(found: Assignment) -> list[str]:
    return [note.code for note in found.notes]


def test_a_table_of_a_tracker_is_read_by_its_words() -> None:
    found = assigned("config.model.n_params", "config.data.num_tokens", "summary.eval/loss", "summary.train/loss")
    assert found.headers == {
        "N": "config.model.n_params", "D": "config.data.num_tokens", "loss": "summary.eval/loss",
    }  # fmt: skip


def test_parts_of_a_count_are_left_for_the_whole_of_it() -> None:
    found = assigned("flops_budget", "params_wte", "params_transformer", "params_total", "tokens_trained", "val_bpb")
    assert found.headers == {"N": "params_total", "D": "tokens_trained", "C": "flops_budget", "loss": "val_bpb"}


def test_an_exact_name_wins_over_a_usual_one_and_that_over_words() -> None:
    assert assigned("N", "params", "params_total", "loss").headers["N"] == "N"
    assert assigned("params", "params_total", "loss").headers["N"] == "params"
    assert assigned("params_total", "n_non_embedding_params", "loss").headers["N"] == "params_total"
    assert assigned("n_non_embedding_params", "loss").headers["N"] == "n_non_embedding_params"


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ("wandb.tokens", "looks like D (tokens) and was not read; say `columns` D=wandb.tokens, or other=wandb.tokens"),
        ("GFLOPs", "looks like C (compute)"),
        ("unique_tokens_kept", "looks like U (unique tokens)"),
    ],
)
def test_a_table_is_never_half_read(left: str, said: str) -> None:
    assert said in refusal("params", left, "loss")
    found = assigned("params", left, "loss", columns=f"other={left}")
    assert found.headers == {"N": "params", "loss": "loss", "other": left}
    assert assigned("params", left, "loss", words=(left,)).headers.keys() == {"N", "loss"}


def test_a_header_that_may_be_compute_is_named_where_compute_follows_from_n_and_d() -> None:
    assert codes(assigned("params", "tokens", "GFLOPs", "loss")) == ["left-unread"]


def test_two_headers_for_one_column_are_refused_with_the_cure() -> None:
    assert "columns params_total and params_active could each be N; say `columns` N=params_total" in refusal(
        "params_total", "params_active", "loss"
    )
    assert "val_loss and test_loss could each be loss" in refusal("N", "loss", "val_loss", "test_loss")
    assert "c4_loss and pile_loss could each be loss" in refusal("N", "c4_loss", "pile_loss")


def test_a_plain_loss_beside_an_evaluation_is_taken_for_training_and_said() -> None:
    found = assigned("N", "loss", "eval_loss")
    assert found.headers["loss"] == "eval_loss" and codes(found) == ["training-loss"]
    assert "name loss=loss where it is meant" in found.notes[0].text
    assert assigned("N", "loss", "eval_loss", columns="loss=loss").headers["loss"] == "loss"
    assert assigned("N", "loss", "eval_loss", words=("eval_loss",)).headers["loss"] == "loss"
    assert assigned("N", "loss", "loss_c4_val").headers["loss"] == "loss"


def test_a_training_loss_is_never_taken_unasked() -> None:
    said = refusal("N", "train_loss")
    assert "train_loss is a training loss and is not taken unasked" in said and "loss=train_loss if it is meant" in said
    assert assigned("N", "train_loss", columns="loss=train_loss").headers["loss"] == "train_loss"


def test_units_come_from_headers_and_from_whoever_names_them() -> None:
    found = assigned("Params (M)", "tokens", "loss", columns="D=tokens (B)")
    assert {name: unit.scale for name, unit in found.units.items()} == {"N": 1e6, "D": 1e9}
    found = assigned("Width (M)", "minutes (m)", "loss", columns="N=Width (M),D=minutes (m)")
    assert {name: unit.scale for name, unit in found.units.items()} == {"N": 1e6}


def test_any_other_name_names_a_column() -> None:
    found = assigned("N", "bs", "loss", columns="batch=bs")
    assert found.headers == {"N": "N", "loss": "loss", "batch": "bs"} and found.asked == {"batch"}


def test_the_only_score_or_error_rate_is_taken_where_there_is_no_loss() -> None:
    found = assign_columns(["D", "error", "note"], None, name="t")
    assert found.headers["loss"] == "error" and [note.code for note in found.notes] == ["response-found"]
    for headers in (["D", "accuracy", "f1"], ["D", "accuracy", "train_loss"]):
        with pytest.raises(RunsError, match="there is no column loss"):
            assign_columns(headers, None, name="t")
    assert assign_columns(["D", "loss", "accuracy"], None, name="t").headers["loss"] == "loss"
