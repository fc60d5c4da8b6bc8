"""One harness for every law: what was simulated is found again, and a wrong law is found out."""

from __future__ import annotations

import numpy as np
import pytest
from harness import bench
from recovery import Recovery, planted, recover
from sbc import DRAWS, chance, widened

from forecaster.fits.design import references
from forecaster.laws.shelf import law, shelf


def test_a_right_law_recovers_its_parameters_and_its_response() -> None:
    found = recover(planted()[0], repetitions=5)
    points = {"smallest run", "centre", "largest run", "100 times its compute"}
    assert set(found.held) == {"E", "A", "alpha", "sigma"} | points
    assert not found.outside
    assert found.share > 0.5
    assert found.verdicts.get("fail", 0) == 0


def test_a_planted_error_in_the_formula_fails_the_same_harness() -> None:
    found = recover(*planted(), repetitions=5)
    assert {"E", "alpha", "sigma", "smallest run", "100 times its compute"} <= set(found.outside)


def test_too_few_and_too_many_intervals_that_hold_are_both_outside() -> None:
    found = Recovery("a", "a", 200, {"few": 160, "right": 180, "many": 198}, {})
    assert set(found.outside) == {"few", "many"}


@pytest.mark.parametrize("name", shelf())
def test_every_law_can_be_simulated_around_reference_values_that_do_not_follow_the_responses(name: str) -> None:
    made = bench(law(name), runs=20, repetitions=3, seed=1)
    for i in range(3):
        runs = made.simulate(i, seed=1)
        assert not np.array_equal(runs.column("loss"), made.design.column("loss"))
        assert references(law(name), runs).centre == made.fixed.centre
        for inputs in made.points.values():
            assert np.isfinite(made.response(i, inputs))
    assert references(law(name), made.design) == made.fixed


def test_simulations_do_not_change_when_more_are_asked_for() -> None:
    few, many = (bench(law("chinchilla"), runs=10, repetitions=count, seed=1) for count in (2, 5))
    assert few.truth(1) == many.truth(1)
    np.testing.assert_array_equal(few.simulate(1, seed=1).column("loss"), many.simulate(1, seed=1).column("loss"))


def test_the_bands_hold_uniform_ranks_and_find_a_posterior_too_wide_or_too_narrow() -> None:
    random = np.random.default_rng(1)
    uniform = [chance(random.integers(0, DRAWS + 1, 200)) for _ in range(400)]
    # Three standard errors of a share of 400.
    assert np.mean(np.array(uniform) < 0.1) == pytest.approx(0.1, abs=0.045)
    for a in (0.5, 2.0):
        assert chance((random.beta(a, a, 200) * (DRAWS + 1)).astype(int)) < 1e-3
    assert chance((random.beta(1.0, 1.5, 200) * (DRAWS + 1)).astype(int)) < 1e-3


@pytest.mark.parametrize("name", shelf())
def test_a_wrong_prior_scale_is_planted_in_every_prior_that_has_one(name: str) -> None:
    right, wrong = law(name), widened(law(name), 2.0)
    fixed = bench(right, runs=10, repetitions=1, seed=1)
    values = {**fixed.fixed.values, **fixed.truth(0)}
    assert wrong.sha256 != right.sha256
    for parameter, prior in right.priors.items():
        if prior.family == "Normal":
            low, high = prior.interval(0.9, values)
            wrong_low, wrong_high = wrong.priors[parameter].interval(0.9, values)
            assert wrong_high - wrong_low == pytest.approx(2 * (high - low))
