"""Earned weights: the density is the recipe's, and stacking finds the maximum."""

from __future__ import annotations

import numpy as np
import pytest
from making import gamma_of, make_fit, make_runs
from scipy import stats
from scipy.optimize import minimize

from forecaster.backtests.folds import holdout
from forecaster.fits.extrapolation import LANGUAGE_LOSS
from forecaster.fits.predict import log_density
from forecaster.laws.shelf import law
from forecaster.stats.stacking import stack


@pytest.fixture(scope="module")
def folds() -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.normal([2.0, 2.2, 1.0], 0.7, (n, 3)) for n in (20, 5, 40)]


def test_stacking_finds_the_maximum_of_the_penalised_score(folds: list[np.ndarray]) -> None:
    def objective(z: np.ndarray) -> float:
        w = np.exp(z - np.logaddexp.reduce(z))
        score = sum(2 / len(fold) * np.log(np.exp(fold) @ w).sum() for fold in folds)
        return -float(score + np.log(w).sum())

    best = minimize(objective, np.zeros(3), tol=1e-12)
    expected = np.exp(best.x - np.logaddexp.reduce(best.x))
    np.testing.assert_allclose(stack(folds), expected, atol=1e-5)


def test_a_fold_counts_as_two_observations_however_many_runs_it_hides(folds: list[np.ndarray]) -> None:
    repeated = [np.repeat(fold, 10, axis=0) for fold in folds]
    np.testing.assert_allclose(stack(repeated), stack(folds), atol=1e-8)


def test_a_law_that_always_wins_earns_most_but_never_all() -> None:
    fold = np.tile([0.0, -50.0, -50.0], (30, 1))
    weights = stack([fold] * 4)
    assert weights.sum() == pytest.approx(1)
    # Eight observations for the first and one pseudo-observation for each.
    np.testing.assert_allclose(weights, [9 / 11, 1 / 11, 1 / 11], atol=1e-8)


def test_the_density_is_the_recipes() -> None:
    runs = make_runs()
    fold = holdout(runs)
    fixed = make_fit(law("chinchilla"), fold.train, {"sigma": 0.01, "growth": 0.002, "tail": 6.0}, spread=0, draws=4000)
    top = fold.train.column("C").max()
    h = np.log(fold.test.column("C") / top)
    m = [
        float(fixed.linked_response({"N": N, "D": D}).values.ravel()[0])
        for N, D in zip(fold.test.column("N"), fold.test.column("D"), strict=True)
    ]
    y = np.log(fold.test.column("loss"))
    scale = np.sqrt(0.001**2 + 0.01**2 + (0.002 * h) ** 2)
    widened = np.sqrt(scale**2 + (0.004 * h) ** 2)
    np.testing.assert_allclose(log_density(fixed, fold.test), stats.t(7, m, widened).logpdf(y), rtol=1e-6)
    random = np.random.default_rng(1)
    prior, change = random.standard_t(3, 400_000), random.standard_t(4, 400_000)
    s = -gamma_of(fixed)[0] * (0.045 + 0.04 / np.sqrt(3) * prior + 0.02 / np.sqrt(2) * change)
    exact = [np.log(stats.t(7, m[i] + s * h[i], scale[i]).pdf(y[i]).mean()) for i in range(len(y))]
    np.testing.assert_allclose(log_density(fixed, fold.test, extrapolation=LANGUAGE_LOSS), exact, atol=0.2)
