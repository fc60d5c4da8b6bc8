"""Structure in residuals: a smooth surface is told from noise, whatever its unit, and misprints are neither."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.stats.structure import structure


def grid(count: int) -> np.ndarray:
    return np.random.default_rng(count).uniform(-2, 3, (2, count))


@pytest.mark.parametrize("count", [12, 40, 300])
def test_a_smooth_surface_is_all_structure(count: int) -> None:
    x, y = grid(count)
    noise = 0.01 * np.random.default_rng(1).standard_normal(count)
    found = structure(0.2 * x * y - 0.1 * x**2 + noise, np.stack([x, y]))
    assert found is not None and found.p < 1e-4
    assert 0.98 < found.share <= 1
    assert found.sd == pytest.approx(np.std(0.2 * x * y - 0.1 * x**2), rel=0.2)


def test_noise_has_structure_as_often_as_the_chance_says() -> None:
    p = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        found = structure(random.standard_normal(25), random.standard_normal((2, 25)))
        assert found is not None
        p.append(found.p)
    assert np.mean(np.array(p) < 0.1) == pytest.approx(0.1, abs=0.04)


def test_the_unit_of_residuals_and_coordinates_does_not_matter() -> None:
    x = np.linspace(0, 5, 20)
    residuals = np.sin(x) + 0.1 * np.random.default_rng(2).standard_normal(20)
    one, other = structure(residuals, x[None]), structure(1000 * residuals, 7 - 1e6 * x[None])
    assert one is not None and other is not None
    assert other.share == pytest.approx(one.share) and other.p == pytest.approx(one.p, rel=1e-6)
    assert other.sd == pytest.approx(1000 * one.sd)


def test_a_misprint_is_no_structure() -> None:
    random = np.random.default_rng(3)
    x, residuals = np.linspace(0, 1, 30), 0.01 * random.standard_normal(30)
    residuals[-1] = 5.0
    found = structure(residuals, x[None])
    assert found is not None and found.p > 0.001


@pytest.mark.parametrize(
    ("residuals", "coordinates"),
    [
        (np.arange(6.0), np.arange(6.0)[None]),
        (np.arange(30.0), np.ones((1, 30))),
        (np.zeros(30), np.arange(30.0)[None]),
    ],
)
def test_nothing_is_told_without_room(residuals: np.ndarray, coordinates: np.ndarray) -> None:
    assert structure(residuals, coordinates) is None
