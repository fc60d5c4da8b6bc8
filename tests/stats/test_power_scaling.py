"""Power-scaling is ArviZ's, and right where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from forecaster.stats.power_scaling import POWERS, scaled_weights, sensitivity

DENSITIES = {
    "normal": lambda z: -(z**2) / 2,
    "flat": lambda z: 1e-3 * z,
    "steep": lambda z: -50 * z**2,
    "heavy": lambda z: -1e3 * np.abs(z / z[:, ::-1]),
    "ties": lambda z: np.round(z, 1),
    "a walk": lambda z: np.cumsum(z, axis=1),
}


@pytest.mark.parametrize("shape", [(4, 1000), (4, 999), (3, 41), (1, 155), (2, 8)])
@pytest.mark.parametrize("kind", DENSITIES)
def test_weights_and_sensitivities_are_those_of_arviz(kind: str, shape: tuple[int, int]) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        z = random.standard_normal(shape)
        density = np.asarray(DENSITIES[kind](z))
        ours = [scaled_weights(density.ravel(), power) for power in POWERS]
        with pytest.warns(UserWarning, match="tail draws") if density.size < 25 else np.errstate():
            logs = [array_stats.power_scale_lw(density, alpha=power, axis=[0, 1]) for power in POWERS]
        theirs = [np.exp(log - log.max()) for log in logs]
        np.testing.assert_allclose(ours, [each.ravel() for each in theirs], rtol=1e-12)
        for draws in (z, z + random.standard_normal(shape), np.exp(z), np.round(z, 1)):
            expected = array_stats.power_scale_sense(draws, *theirs, lower_alpha=POWERS[0], upper_alpha=POWERS[1])
            assert sensitivity(draws.ravel(), *ours) == pytest.approx(float(expected), rel=1e-12)


def test_what_the_density_does_not_touch_does_not_move() -> None:
    random = np.random.default_rng(1)
    density, other = -(random.standard_normal(40_000) ** 2) / 2, random.standard_normal(40_000)
    own = np.sqrt(-2 * density)
    weights = [scaled_weights(density, power) for power in POWERS]
    assert sensitivity(other, *weights) < 0.03 < 0.2 < sensitivity(own, *weights)
    assert sensitivity(7 + 3 * own, *weights) == pytest.approx(sensitivity(own, *weights))
