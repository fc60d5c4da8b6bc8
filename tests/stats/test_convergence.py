"""R-hat and effective draws are ArviZ's, whatever the draws look like, one quantity at a time or many."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from forecaster.stats.convergence import effective_draws, mean_draws, rhat, tail_draws

SHAPES = [(4, 1000), (4, 999), (1, 400), (2, 7), (3, 5), (6, 4), (1, 4), (2, 63), (5, 250)]


def sticky(z: np.ndarray, correlation: float) -> np.ndarray:
    draws = z.copy()
    for i in range(1, z.shape[1]):
        draws[:, i] += correlation * draws[:, i - 1]
    return draws


KINDS = {
    "independent": lambda z: z,
    "autocorrelated": lambda z: sticky(z, 0.95),
    "antithetic": lambda z: sticky(z, -0.8),
    "a walk": lambda z: sticky(z, 1.0),
    "heavy tails": lambda z: (z / np.abs(z[:, ::-1])) ** 3,
    "ties": lambda z: np.round(z, 1),
    "two values": lambda z: (z > 0).astype(float),
    "mostly one value": lambda z: np.where(z > 1.5, z, 0.0),
    "apart": lambda z: z + 3.0 * np.arange(len(z))[:, None],
    "huge": lambda z: z * 1e140,
    "a small range": lambda z: z * 1e-17,
    "on a large level": lambda z: 1e6 + z * 1e-6,
    "skewed": lambda z: np.exp(3 * z),
}


def draws(kind: str, shape: tuple[int, int], seed: int = 1) -> np.ndarray:
    return np.asarray(KINDS[kind](np.random.default_rng(seed).standard_normal(shape)))


def theirs(values: np.ndarray) -> tuple[float, float]:
    with np.errstate(divide="ignore", invalid="ignore"):
        bulk, tail = (
            array_stats.ess(values, method=each, prob=prob) for each, prob in (("bulk", None), ("tail", (0.05, 0.95)))
        )
        return float(array_stats.rhat(values)), float(min(bulk, tail))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_both_are_those_of_arviz(kind: str, shape: tuple[int, int]) -> None:
    many = [draws(kind, shape, seed) for seed in range(60)]
    vary = [values for values in many if np.ptp(values) > 0][:5]
    assert len(vary) == 5
    for values in vary:
        np.testing.assert_allclose((rhat(values), effective_draws(values)), theirs(values), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_of_effective_draws_are_those_of_arviz(kind: str) -> None:
    values = draws(kind, (4, 501))
    tail = array_stats.ess(values, method="tail", prob=(0.05, 0.95))
    np.testing.assert_allclose(tail_draws(values), tail, rtol=1e-12)
    np.testing.assert_allclose(mean_draws(values), array_stats.ess(values, method="mean"), rtol=1e-12)


@pytest.mark.parametrize("most", [1, 3000, 10**9])
def test_many_quantities_at_once_are_each_by_itself(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecaster.stats.convergence.MOST_AT_ONCE", most)
    many = np.stack([*(draws(kind, (4, 300)) for kind in KINDS), np.ones((4, 300)), np.full((4, 300), np.nan)])
    for measure in (rhat, effective_draws):
        assert measure(many).tolist() == [measure(one) for one in many]
        assert measure(many[None, :4]).shape == (1, 4)
    np.testing.assert_array_equal(tail_draws(many[:5]), [tail_draws(one) for one in many[:5]])


def test_what_does_not_vary_has_converged_and_what_is_not_finite_has_not() -> None:
    assert rhat(np.full((4, 100), 0.1)) == 1.0 and effective_draws(np.full((4, 100), 0.1)) == 400
    for value in (np.nan, np.inf, -np.inf):
        spoiled = draws("independent", (4, 100))
        spoiled[2, 7] = value
        assert rhat(spoiled) == np.inf and effective_draws(spoiled) == 0
        assert rhat(np.full((4, 100), value)) == np.inf


def test_chains_that_each_stand_still_have_not_converged() -> None:
    apart = np.repeat(np.arange(4.0)[:, None], 50, axis=1)
    assert rhat(apart) > 1e6
    assert effective_draws(apart) < 5


@pytest.mark.parametrize("shape", [(1, 100), (4, 3), (4, 2)])
def test_too_few_chains_or_draws_have_no_answer(shape: tuple[int, int]) -> None:
    values = draws("independent", shape)
    assert np.isnan(rhat(values))
    assert np.isnan(effective_draws(values)) == (shape[1] < 4)
