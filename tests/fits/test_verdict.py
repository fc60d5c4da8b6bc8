"""The verdict: what passes, what is shown with a stamp, what is refused, and what the remedy names."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.fits.verdict import Verdict, better, judge
from forecaster.stats.convergence import effective_draws, rhat

NONE = np.zeros((4, 1000), dtype=bool)


def independent(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((4, 1000))


def apart(gap: float, seed: int = 1) -> np.ndarray:
    """One chain shifted against the others by some standard deviations."""
    draws = independent(seed)
    draws[0] += gap
    return draws


def sticky(correlation: float, seed: int = 1) -> np.ndarray:
    """Autocorrelated chains, whose effective draws are far fewer than their draws."""
    random = np.random.default_rng(seed)
    draws = np.zeros((4, 1000))
    for i in range(1, 1000):
        draws[:, i] = correlation * draws[:, i - 1] + random.standard_normal(4)
    return draws


def test_independent_draws_pass() -> None:
    verdict = judge(parameters={"alpha": independent(1)}, quantities={"the response": independent(2)}, diverging=NONE)
    assert verdict.status == "pass"
    assert verdict.notes == ()
    assert verdict.rhat <= 1.01
    assert verdict.ess > 3000


def test_a_slow_parameter_behind_good_quantities_is_for_review_and_named() -> None:
    parameters = {"alpha": independent(1), "floor": apart(0.5)}
    assert 1.01 < rhat(parameters["floor"]) <= 1.05
    verdict = judge(parameters=parameters, quantities={"the response": independent(2)}, diverging=NONE)
    assert verdict.status == "review"
    assert "floor" in verdict.notes[0]
    assert "prior" in verdict.notes[0]


@pytest.mark.parametrize("bad", [apart(0.6), sticky(0.9), np.full((4, 1000), np.nan)])
def test_a_bad_printed_quantity_fails(bad: np.ndarray) -> None:
    verdict = judge(parameters={"alpha": independent(1)}, quantities={"the response at X": bad}, diverging=NONE)
    assert verdict.status == "fail"
    assert "The response at X" in verdict.notes[0]


def test_a_parameter_that_never_mixed_fails() -> None:
    verdict = judge(parameters={"alpha": apart(3)}, quantities={"the response": independent(2)}, diverging=NONE)
    assert verdict.status == "fail"
    assert verdict.rhat > 1.05


@pytest.mark.parametrize(("count", "status"), [(0, "pass"), (4, "review"), (5, "fail")])
def test_divergences_are_counted_against_a_thousandth_of_the_draws(count: int, status: str) -> None:
    parameters = {"alpha": independent(1), "floor": independent(2)}
    diverging = NONE.copy()
    extreme = np.argsort(parameters["floor"], axis=None)[:count]
    diverging[np.unravel_index(extreme, diverging.shape)] = True
    verdict = judge(parameters=parameters, quantities={"the response": independent(3)}, diverging=diverging)
    assert verdict.status == status
    assert verdict.divergences == count
    if count:
        assert "where floor is small" in verdict.notes[0]


def test_a_constant_has_converged() -> None:
    assert rhat(np.ones((4, 100))) == 1.0
    assert effective_draws(np.ones((4, 100))) == 400


def test_better_is_strict() -> None:
    good, bad = Verdict("pass", 1.0, 500, 0), Verdict("review", 1.0, 500, 0)
    assert better(good, bad)
    assert not better(bad, good)
    assert not better(good, good)


def test_a_verdict_without_a_number_is_null_in_json() -> None:
    data = Verdict("fail", float("inf"), 0.0, 3, ("why",)).as_dict()
    assert data == {
        "status": "fail", "rhat": None, "ess": 0, "divergences": 3, "notes": ["why"], "retried": False,
    }  # fmt: skip
