"""Smoothed weights are ArviZ's, and where the tail cannot be smoothed the raw ones, which nobody may rely on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from arviz_stats.base import array_stats

from forecaster.stats.psis import efficiency, smooth, smoothed, tail_length

RATIOS = {
    "near": lambda z: 0.1 * z,
    "usual": lambda z: z,
    "far": lambda z: 5 * z,
    "heavy": lambda z: z / np.abs(z[:, ::-1]),
    "bounded above": lambda z: -(z**2),
    "unbounded": lambda z: 3 * z**2,
    "ties": lambda z: np.round(z, 1),
    "a walk": lambda z: 0.1 * np.cumsum(z, axis=1),
    "far down": lambda z: z - 1e5,
}


def ratios(kind: str, shape: tuple[int, int], seed: int) -> np.ndarray:
    return np.asarray(RATIOS[kind](np.random.default_rng(seed).standard_normal(shape)))


@pytest.mark.parametrize("shape", [(4, 1000), (4, 25), (1, 333), (3, 11)])
@pytest.mark.parametrize("kind", RATIOS)
def test_weights_and_shape_are_those_of_arviz(kind: str, shape: tuple[int, int]) -> None:
    compared = 0
    for seed in range(4):
        log_ratio = ratios(kind, shape, seed)
        relative = float(array_stats.ess(np.exp(log_ratio - log_ratio.max()), method="mean")) / log_ratio.size
        assert efficiency(log_ratio) == pytest.approx(relative, rel=1e-12)
        try:
            expected, k = array_stats.psislw(-log_ratio.ravel(), r_eff=relative)
        except ValueError:
            continue
        found, shape_found = smooth(log_ratio.ravel(), tail_length(log_ratio.size, relative))
        np.testing.assert_allclose(np.exp(found), np.exp(expected), rtol=1e-12)
        assert shape_found == (pytest.approx(float(k), rel=1e-12) if np.isfinite(k) else math.inf)
        assert smoothed(log_ratio).pareto_k == shape_found
        compared += 1
    assert compared == 4


@pytest.mark.parametrize(
    "log_ratio",
    [np.arange(20.0), np.r_[np.linspace(-3, -2, 80), np.zeros(40)], np.r_[np.full(110, -1.0), np.linspace(0, 1, 10)]],
    ids=["few", "a tail of one value", "no Pareto"],
)
def test_a_tail_that_cannot_be_smoothed_keeps_its_weights_and_is_not_relied_on(log_ratio: np.ndarray) -> None:
    found, k = smooth(log_ratio, len(log_ratio) // 5)
    weights = np.exp(log_ratio - log_ratio.max())
    np.testing.assert_allclose(np.exp(found), weights / weights.sum(), rtol=1e-12)
    assert k == math.inf and not smoothed(log_ratio[None]).reliable


def test_a_tail_drawn_from_a_pareto_distribution_has_its_shape() -> None:
    random = np.random.default_rng(1)
    for shape in (0.2, 0.5, 0.9):
        weights = (random.uniform(size=200_000) ** -shape - 1) / shape + 1
        assert smooth(np.log(weights), tail_length(len(weights), 1.0))[1] == pytest.approx(shape, abs=0.08)
