import pytest

from forecaster.runs.columns.units import bracketed, split_unit, unit_said

SAID = {
    "Params (M)": ("Params", 1e6), "Tokens (B)": ("Tokens", 1e9), "D(T)": ("D", 1e12), "N [millions]": ("N", 1e6),
    "FLOPs (1E21)": ("FLOPs", 1e21), "FLOPs (10^21)": ("FLOPs", 1e21), "Params (10⁶)": ("Params", 1e6),
    "tokens (x1e9)": ("tokens", 1e9), "params (1,000,000)": ("params", 1e6), "Params (1M)": ("Params", 1e6),
    "size_in_B": ("size", 1e9), "params_m": ("params", 1e6), "tokens_billions": ("tokens", 1e9), "tokensB": ("tokens",
    1e9),
    "tokens/1e9": ("tokens", 1e9), "tokens * 1e-9": ("tokens", 1e9), "Tokens, bn": ("Tokens", 1e9),
    "million_params": ("params", 1e6), "M params": ("params", 1e6), "flops_e21": ("flops", 1e21),
    "Parameters (in billions)": ("Parameters", 1e9), "tokens (millions of tokens)": ("tokens", 1e6),
    "compute (EFLOP)": ("compute", 1e18), "Compute (zettaFLOPs)": ("Compute", 1e21), "EFLOPs": ("flops", 1e18),
    "Training compute (PF-days)": ("Training compute", 8.64e19), "pfdays": ("flops", 8.64e19),
    "petaflop/s-days": ("flops", 8.64e19), "compute_petaflop_days": ("compute flops", 8.64e19),
    "compute (1e21 FLOP)": ("compute", 1e21), "train_tflops": ("train flops", 1e12),
}  # fmt: skip


@pytest.mark.parametrize("header", SAID)
def test_a_unit_is_told_from_its_header(header: str) -> None:
    bare, unit = split_unit(header)
    assert unit is not None
    assert (bare, unit.scale) == (SAID[header][0], pytest.approx(SAID[header][1]))


@pytest.mark.parametrize(
    "header",
    [
        "params", "training tokens (total)", "Training compute (FLOP)", "params_2", "layer_1", "tokens_per_sec",
        "FLOPs",
        "loss (nats)", "exaflop/s", "gpu_days", "dataset", "run time (s)", "", "()", "(M)x", "e5", "M",
    ],
)  # fmt: skip
def test_what_is_no_unit_is_left(header: str) -> None:
    assert split_unit(header) == (header, None)


def test_what_may_be_a_speed_or_a_small_letter_is_not_sure() -> None:
    assert [unit_said(text).sure for text in ("M", "m", "EFLOP", "TFLOPs", "PF-days")] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_a_power_beyond_all_numbers_is_no_unit() -> None:
    assert unit_said("1e999") is None and unit_said("10^999") is None
    assert bracketed("params (1)")[1].scale == 1
