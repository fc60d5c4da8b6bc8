import pytest

from forecaster.runs.columns.headers import counted, meaning, words_of

MEANT = {
    "N": (
        "params_total", "config.model.n_params", "Number of parameters", "# params", "numParams", "trainable_params",
        "model_size_params", "config.model.size", "Params (M)", "params_m", "size_in_B", "N [millions]", "N_M",
        "params incl embeddings",
    ),
    "D": (
        "training tokens (total)", "num_tokens_training", "Total Tokens (B)", "tokens_seen_total",
        "num_input_tokens_seen",
        "config.data.num_tokens", "tokens/1e9", "numTokens", "pretraining_tokens", "Training dataset size (datapoints)",
        "samples_seen", "training_data (B tokens)", "ntokens_train", "D (B)",
    ),
    "C": (
        "flops_budget", "total_flos", "Training compute (FLOP)", "Training compute (PF-days)", "FLOPs (1e21)",
        "trainFLOPs",
        "compute_budget", "EFLOPs", "train_tflops", "FLOPs (total)",
    ),
    "U": ("Unique tokens (B)", "n_unique_train_tokens", "distinct_tokens"),
    "loss": (
        "val_bpb", "summary.eval/loss", "eval/lm_loss", "bits_per_byte", "nll (nats/token)", "final_val_bpb",
        "evalLoss",
        "mean_val_loss", "val cross entropy",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("standard", "header"), [(standard, each) for standard in MEANT for each in MEANT[standard]])
def test_a_header_is_known_by_its_words(standard: str, header: str) -> None:
    found = meaning(header)
    assert found is not None and (found.standard, found.rank < 3) == (standard, True)


@pytest.mark.parametrize(
    "header",
    [
        "params_wte", "params_lm_head", "embedding_params", "n_embd", "learning_rate", "lr", "tokens_per_second",
        "tokens/s",
        "tok/sec", "flops_per_second", "FLOP/s", "batch_tokens", "tokens_per_batch", "context_length", "max_tokens",
        "train_time_sec", "n_items", "vocab_size", "tokenizer", "hyperparams", "tokens/param", "flops/token",
        "eval_tokens",
        "aux_loss", "z_loss", "loss_scale", "val_loss_std", "loss_unit", "C_published", "N_vocab", "D/N", "steps",
        "dataset",
        "gpu_hours", "num_characters", "mfu", "model", "time", "",
    ],
)  # fmt: skip
def test_what_only_sounds_alike_means_nothing(header: str) -> None:
    assert meaning(header) is None


@pytest.mark.parametrize(
    ("standard", "header"),
    [
        ("N", "params_transformer"), ("N", "size"), ("N", "log10_params"), ("N", "n_b"), ("D", "wandb.tokens"),
        ("D", "Btokens"), ("D", "train_samples"), ("C", "tflops"), ("C", "GFLOPs"), ("loss", "pile_loss"),
    ],
)  # fmt: skip
def test_a_word_that_is_not_understood_makes_a_header_unsure(standard: str, header: str) -> None:
    found = meaning(header)
    assert found is not None and (found.standard, found.rank) == (standard, 4)


def test_counts_without_embeddings_come_after_those_of_all() -> None:
    for header in ("n_non_embedding_params", "N_nonemb", "params (excl. embeddings)", "num_params_non_embedding"):
        found = meaning(header)
        assert found is not None and (found.standard, found.rank) == ("N", 3)


@pytest.mark.parametrize("header", ["train_loss", "train/loss", "loss/train", "summary.train_loss", "training loss"])
def test_a_training_loss_is_known(header: str) -> None:
    found = meaning(header)
    assert found is not None and found.training


def test_a_plain_loss_and_an_evaluation_of_it_are_twins() -> None:
    said = {header: meaning(header).twin for header in ("loss", "summary.loss", "eval_loss", "val/loss", "loss_c4_val")}
    assert list(said.values()) == ["plain", "plain", "evaluation", "evaluation", ""]


def test_words_are_split_at_signs_capitals_and_where_they_were_run_together() -> None:
    assert words_of("config.numTokens/train") == {"config", "num", "tokens", "train"}
    assert words_of("nparams_nonembedding") == {"n", "params", "non", "embedding"}
    assert words_of("n" * 5000) == {"n" * 5000}


def test_what_a_header_counts_in_words() -> None:
    headers = ("params", "tokens seen", "unique tokens", "flops", "epochs", "D", "tokens/param")
    assert [counted(header) for header in headers] == [
        "N", "D", "U", "C", "", "", "",
    ]  # fmt: skip
