"""Leave-one-out: the density is that of a fit without the run, and stacking finds the best mixture."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from making import make_fit, make_runs
from scipy import stats
from scipy.optimize import minimize
from scipy.special import logsumexp

from forecaster.backtests.loo import (
    Difference,
    LeaveOneOut,
    difference,
    differences,
    leave_one_out,
    loo_weights,
    stacking_weights,
)
from forecaster.backtests.weighting import weigh
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import joint_log_likelihood, log_likelihood
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law
from forecaster.runs.table import Runs

SIGMA = 0.05
STRAIGHT = """
title   = "A straight line in log size, with Normal noise of known scale"
source  = "none"
formula = "exp(a + b * log(N / N0))"
[inputs]
N = "parameters"
[sampled]
a = "Normal(0, 1)"
b = "Normal(0, 1)"
[noise]
family = "Normal"
scale  = "sigma"
[noise.sampled]
sigma = "LogNormal(log(0.05), 1)"
"""


@pytest.fixture(scope="module")
def runs() -> Runs:
    return make_runs(noise=0.01)


@pytest.fixture(scope="module")
def fits(runs: Runs) -> list[Fit]:
    near = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658, "sigma": 0.01}
    good = make_fit(law("chinchilla"), runs, near, spread=0.002)
    return [good, make_fit(law("kaplan"), runs, spread=0.002)]


def made(name: str, pointwise: np.ndarray) -> LeaveOneOut:
    return LeaveOneOut(name, pointwise, np.zeros(len(pointwise)), 0.0)


def conjugate(runs: Runs, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact mean and covariance of a straight line's posterior, under a standard Normal prior; and the design."""
    x = np.log(runs.column("N"))
    design = np.stack([np.ones(len(x)), x - x.mean()], axis=1)
    y = np.log(runs.column("loss"))
    covariance = np.linalg.inv(design[shown].T @ design[shown] / SIGMA**2 + np.eye(2))
    return covariance @ design[shown].T @ y[shown] / SIGMA**2, covariance, design


def test_leaving_out_agrees_with_the_exact_posterior_without_the_run() -> None:
    straight: Law = read_law(STRAIGHT, name="straight")
    # Lines in log size alone, so that the noise is of the order of SIGMA.
    runs = make_runs(sizes=6, lengths=3, noise=SIGMA, loss=lambda N, D: 3 * (N / 1e8) ** -0.1 * D**0)
    everything = np.ones(len(runs), dtype=bool)
    mean, covariance, design = conjugate(runs, everything)
    draws = np.random.default_rng(1).multivariate_normal(mean, covariance, (4, 5000))
    fixed = {"a": draws[:, :, 0], "b": draws[:, :, 1], "sigma": np.full((4, 5000), SIGMA)}
    found = leave_one_out(make_fit(straight, runs, fixed, draws=5000))
    y = np.log(runs.column("loss"))
    spread = np.sqrt(SIGMA**2 + np.einsum("ij,jk,ik->i", design, covariance, design))
    fitted = stats.norm(design @ mean, spread).logpdf(y)
    exact = []
    for i in range(len(runs)):
        others = everything.copy()
        others[i] = False
        mean, covariance, _ = conjugate(runs, others)
        sd = np.sqrt(SIGMA**2 + design[i] @ covariance @ design[i])
        exact.append(stats.norm(design[i] @ mean, sd).logpdf(y[i]))
    np.testing.assert_allclose(found.pointwise, exact, atol=0.02)
    assert found.elpd == pytest.approx(sum(exact), abs=0.05)
    assert found.worst_k < 0.7 and found.unreliable == ()
    assert found.p_loo == pytest.approx(fitted.sum() - sum(exact), abs=0.05)


def test_the_smoothed_weights_are_those_of_arviz(runs: Runs, fits: list[Fit]) -> None:
    from arviz_stats import loo_i
    from arviz_stats.base import array_stats

    log_p = log_likelihood(fits[0])
    found = leave_one_out(fits[0])
    array = xr.DataArray(log_p, dims=("chain", "draw", "run"), coords={"run": np.arange(len(runs))})
    tree = xr.DataTree.from_dict({"log_likelihood": xr.Dataset({"y": array})})
    for i in (0, 13, len(runs) - 1):
        efficiency = array_stats.ess(np.exp(log_p[:, :, i]), method="mean") / log_p[:, :, i].size
        theirs = loo_i(i, tree, reff=float(efficiency))
        assert found.pointwise[i] == pytest.approx(float(theirs.elpd), abs=1e-6)
        assert found.pareto_k[i] == pytest.approx(theirs.pareto_k.item(), abs=1e-6)
    plain = np.log(log_p[:, :, 0].size) - logsumexp(-log_p, axis=(0, 1))
    np.testing.assert_allclose(found.pointwise, plain, atol=0.1)


def test_a_runs_likelihood_has_the_noise_of_its_distance_below_the_largest_run(runs: Runs) -> None:
    fixed = make_fit(law("chinchilla"), runs, {"sigma": 0.01, "growth": 0.002, "tail": 6.0}, spread=0, draws=5)
    d = np.log(runs.column("C") / runs.column("C").max())
    scale = np.sqrt(0.001**2 + 0.01**2 + (0.002 * d) ** 2)
    m = np.log(
        [np.exp(fixed.linked_response(dict(row)).values[0, 0]) for row in runs.table[["N", "D"]].to_dict("records")]
    )
    expected = stats.t(7, m, scale).logpdf(np.log(runs.column("loss")))
    np.testing.assert_allclose(log_likelihood(fixed), np.broadcast_to(expected, (4, 5, len(runs))), rtol=1e-9)


def test_a_run_that_holds_the_fit_in_place_is_called_unreliable() -> None:
    runs = make_runs(noise=0.002)
    table = runs.table.copy()
    table.loc[4, "loss"] *= 1.2
    pulled = make_runs(noise=0.002, loss=lambda N, D: table["loss"].to_numpy().reshape(N.shape))
    straight = make_fit(
        read_law(STRAIGHT, name="straight"), pulled, {"a": 0.85, "b": -0.05, "sigma": 0.01}, spread=0.02, draws=1000
    )
    found = leave_one_out(straight)
    assert 4 in found.unreliable and found.worst_k > 0.7
    assert all(found.pareto_k[run] > 0.7 for run in found.unreliable)


def test_draws_that_cannot_be_smoothed_are_not_relied_on_and_do_not_stop_the_rest(runs: Runs) -> None:
    alike = leave_one_out(make_fit(law("chinchilla"), runs, spread=0.0, draws=50))
    np.testing.assert_allclose(alike.pointwise, log_likelihood(make_fit(law("chinchilla"), runs, spread=0.0))[0, 0])
    assert alike.unreliable == () and alike.p_loo == pytest.approx(0, abs=1e-9)
    few = leave_one_out(make_fit(law("chinchilla"), runs, draws=4))
    assert np.isfinite(few.pointwise).all() and len(few.unreliable) == len(runs)
    assert few.worst_k == math.inf


def test_the_standard_error_of_a_difference_is_that_of_paired_differences() -> None:
    random = np.random.default_rng(1)
    shared = random.normal(2, 1, 50)
    better, worse = made("better", shared + 0.1), made("worse", shared - random.normal(0, 0.01, 50))
    found = difference(worse, better)
    assert found.elpd == pytest.approx(worse.elpd - better.elpd)
    assert found.se == pytest.approx(np.sqrt(50) * np.std(worse.pointwise - better.pointwise, ddof=1))
    assert found.se < 0.1 < better.se
    by_name = differences([worse, better])
    assert by_name["better"] == Difference(0.0, 0.0) and by_name["worse"] == found


@pytest.mark.parametrize(
    ("elpd", "se", "tie"), [(3.9, 0.1, True), (-4.1, 0.1, False), (30, 16, True), (-30, 14, False)]
)
def test_a_small_or_uncertain_difference_is_a_near_tie(elpd: float, se: float, tie: bool) -> None:
    assert Difference(elpd, se).near_tie is tie


@pytest.mark.parametrize("apart", [0.01, 0.3, 3.0])
def test_stacking_finds_the_maximum(apart: float) -> None:
    random = np.random.default_rng(3)
    log_p = random.normal(2, 1, (60, 1)) + apart * random.normal([0.0, 0.1, -0.1], 1, (60, 3))
    weights = stacking_weights([made(name, log_p[:, k]) for k, name in enumerate("abc")])
    w = np.array([weights[name] for name in "abc"])

    def objective(z: np.ndarray) -> float:
        return -float(logsumexp(log_p + z - logsumexp(z), axis=1).mean())

    best = minimize(objective, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14})
    assert w.sum() == pytest.approx(1) and (w >= 0).all()
    assert float(logsumexp(log_p, b=w, axis=1).mean()) >= -best.fun - 1e-9
    # At the maximum of a concave objective no law's slope exceeds that of the mixture, which is 1.
    slope = np.exp(log_p - logsumexp(log_p, b=w, axis=1)[:, None]).mean(axis=0)
    assert slope.max() == pytest.approx(1, abs=1e-6)


def test_a_law_that_is_far_worse_gets_no_weight_and_one_that_is_better_somewhere_gets_some() -> None:
    base = np.random.default_rng(1).normal(2, 1, 40)
    helps = np.where(np.arange(40) < 10, base + 3, base - 3)
    weights = stacking_weights([made("base", base), made("far", base - 900), made("helps", helps)])
    assert weights["far"] < 1e-6
    assert 0.1 < weights["helps"] < 0.5
    assert stacking_weights([made("one", base)]) == {"one": pytest.approx(1)}


def test_weights_by_leave_one_out_go_to_the_law_that_made_the_table(fits: list[Fit]) -> None:
    weights = loo_weights(fits)
    assert weights["chinchilla"] > 0.99 and sum(weights.values()) == pytest.approx(1)
    weighting = weigh(fits, basis="loo")
    assert weighting.basis == "loo" and weighting.weights == weights


def test_the_joint_density_is_the_sum_over_runs_however_few_fit_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = make_fit(law("chinchilla"), make_runs(loss_se=np.linspace(0, 0.1, 30)), draws=50)
    whole = log_likelihood(fitted).sum(axis=2)
    for most in (1, 7 * 200, 10**9):
        monkeypatch.setattr("forecaster.fits.predict.MOST_AT_ONCE", most)
        np.testing.assert_allclose(joint_log_likelihood(fitted), whole, rtol=1e-12)
