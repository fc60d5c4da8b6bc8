import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from forecaster.quantity import decimals
from forecaster.stats.mixture import Band, weighted_quantile

P = np.array([0.025, 0.05, 0.25, 0.5, 0.9, 0.975])


def test_equal_weights_give_the_ordinary_quantile() -> None:
    draws = np.random.default_rng(1).standard_normal((3, 101))
    expected = np.quantile(draws.ravel(), P, method="hazen")
    np.testing.assert_allclose(weighted_quantile(draws, P, np.full(3, 1 / 3)), expected, rtol=1e-12)


def test_a_mixture_has_the_quantiles_of_the_mixed_distribution() -> None:
    p = (np.arange(20_000) + 0.5) / 20_000
    parts = [stats.norm(0, 1), stats.norm(3, 0.5), stats.t(3, -1, 2)]
    weights = np.array([0.3, 0.6, 0.1])
    draws = np.stack([part.ppf(p) for part in parts])
    for q in P:
        exact = brentq(lambda x, q=q: sum(w * f.cdf(x) for w, f in zip(weights, parts, strict=True)) - q, -50, 50)
        assert float(weighted_quantile(draws, q, weights)) == pytest.approx(exact, abs=2e-3)


def test_a_law_without_weight_does_not_speak() -> None:
    draws = np.stack([np.linspace(0, 1, 100), np.full(100, 1e9)])
    assert weighted_quantile(draws, np.array([0.0, 1.0]), np.array([1.0, 0.0])).tolist() == [0.0, 1.0]


def test_ranges_are_in_the_unit_of_the_response_and_nest() -> None:
    band = Band(np.random.default_rng(2).normal(math.log(2), 0.1, (1, 40_000)), np.ones(1), 4)
    assert band.median == pytest.approx(2, rel=0.005)
    ranges = [band.interval(mass) for mass in (0.5, 0.8, 0.9, 0.95)]
    assert all(a > c and b < d for (a, b), (c, d) in pairwise(ranges))
    assert ranges[2] == pytest.approx((2 * math.exp(-0.1645), 2 * math.exp(0.1645)), rel=0.01)
    assert band.quantile(P).shape == P.shape and band.quantile(0.5).shape == ()


@pytest.mark.parametrize("mass", [0.0, 1.0, -0.1, 90.0])
def test_a_mass_that_is_no_share_is_refused(mass: float) -> None:
    with pytest.raises(ValueError, match=r"such as 0\.9"):
        Band(np.zeros((1, 100)), np.ones(1), 4).interval(mass)


def test_the_chance_of_a_target_is_the_weighted_share_of_draws_below() -> None:
    draws = np.log(np.array([[1.0, 2.0, 3.0, 4.0], [3.0, 3.0, 5.0, 5.0]]))
    band = Band(draws, np.array([0.25, 0.75]), 1)
    assert band.probability(below=3.0000001) == pytest.approx(0.25 * 0.75 + 0.75 * 0.5)
    assert band.probability(below=0.0) == band.probability(below=-1.0) == 0.0
    assert band.probability(below=100.0) == 1.0


def autocorrelated(random: np.random.Generator, chains: int, length: int, rho: float) -> np.ndarray:
    """First-order autoregressive chains with sd 0.1, side by side."""
    draws = np.empty((chains, length))
    draws[:, 0] = random.standard_normal(chains)
    steps = math.sqrt(1 - rho**2) * random.standard_normal((chains, length))
    for i in range(1, length):
        draws[:, i] = rho * draws[:, i - 1] + steps[:, i]
    return 0.1 * draws.reshape(1, -1)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_the_stated_error_is_within_a_factor_of_two_of_the_true_one(rho: float) -> None:
    random = np.random.default_rng(3)
    bands = [Band(autocorrelated(random, 4, 500, rho), np.ones(1), 4) for _ in range(60)]
    for p in (0.05, 0.5, 0.95):
        true = np.std([band.quantile(p) for band in bands])
        stated = np.sqrt(np.mean([band.error(p) ** 2 for band in bands]))
        assert 0.5 < stated / true < 2


def test_too_few_draws_have_no_known_error() -> None:
    band = Band(np.zeros((1, 10)), np.ones(1), 4)
    assert band.error(P).tolist() == [math.inf] * len(P)


@pytest.mark.parametrize(
    ("error", "places"),
    [
        (0.01, 2),
        (0.004, 2),
        (0.011, 1),
        (0.0001, 4),
        (1e-9, 6),
        (0.3, 0),
        (7.0, 0),
        (1e5, 0),
        (0.0, 6),
        (math.inf, 6),
    ],
)
def test_decimals_are_no_finer_than_the_error(error: float, places: int) -> None:
    assert decimals(error) == places


def test_more_draws_leave_more_decimals() -> None:
    random = np.random.default_rng(4)
    few, many = (Band(random.normal(0.5, 0.05, (1, n)), np.ones(1), 4) for n in (400, 400_000))
    assert few.digits.places < many.digits.places


def test_equal_weights_of_draws_are_those_of_their_laws() -> None:
    draws = np.random.default_rng(3).standard_normal((3, 400))
    shares, p = np.array([0.2, 0.5, 0.3]), np.array([0.05, 0.5, 0.95])
    weights = np.repeat(shares / 400, 400).reshape(3, 400)
    np.testing.assert_allclose(weighted_quantile(draws, p, weights), weighted_quantile(draws, p, shares), rtol=1e-12)
