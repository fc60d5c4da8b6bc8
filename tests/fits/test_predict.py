"""The one kernel: every answer is its curve, extrapolation term and noise at the same point."""

import numpy as np
import pytest
from making import gamma_of, make_fit, make_runs
from scipy.special import logsumexp

from forecaster.backtests.folds import holdout
from forecaster.backtests.loo import leave_one_out
from forecaster.backtests.trial import DRAWS, Trial, foretell
from forecaster.decide.allocation.allocate import allocate
from forecaster.decide.requirement.search import Search
from forecaster.fits.design import Design
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import LANGUAGE_LOSS, distance
from forecaster.fits.predict import LawDraws, law_draws, log_density, log_likelihood, predict
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.path import path
from forecaster.forecasts.prior_predictive import prior_predictive
from forecaster.forecasts.result import Forecast
from forecaster.laws.shelf import law
from forecaster.reports.figures.run_checks import checked_runs
from forecaster.runs.points import Target
from forecaster.stats.student import log_student

RUNS = make_runs()
NAMES = ("chinchilla", "coupled", "farseer_lite")
AT = {"N": 7e10, "D": 1.4e12, "C": 6 * 7e10 * 1.4e12}
SEED = 3


@pytest.fixture(scope="module")
def answer() -> Forecast:
    # 251 draws: a count that no stretch of strata divides.
    fits = [make_fit(law(name), RUNS, draws=251, seed=i) for i, name in enumerate(NAMES)]
    return forecast(fits, AT, weights={"chinchilla": 0.5, "coupled": 0.3, "farseer_lite": 0.2}, seed=SEED)


def test_a_prediction_is_curve_and_term_and_noise_of_the_very_draws(answer: Forecast) -> None:
    found = predict(answer.ensemble, AT, term=LANGUAGE_LOSS, seed=SEED)
    h = np.log(AT["C"] / RUNS.column("C").max())
    for i, fit in enumerate(answer.fits):
        m = fit.linked_response(fit.design.inputs_at(AT)).values.ravel()
        np.testing.assert_array_equal(found.curve[i, :, 0], m)
        scale = fit.noise_scale(h).values.ravel()
        unit = law_draws(answer.ensemble, term=None, seed=SEED)[i].unit_noise
        np.testing.assert_allclose(found.noise[i, :, 0], scale * unit, rtol=1e-12)
    theta = LANGUAGE_LOSS.draws(found.curve.shape[1], seed=SEED)
    for i, fit in enumerate(answer.fits):
        np.testing.assert_allclose(found.drift[i, :, 0], -theta * gamma_of(fit) * h, rtol=1e-12)
    np.testing.assert_array_equal(found.predictive, found.curve + found.drift + found.noise)
    np.testing.assert_array_equal(found.raw, found.curve + found.noise)
    np.testing.assert_array_equal(found.without_noise, found.curve + found.drift)
    assert sum(part[0] for part in found.shares().values()) == pytest.approx(1)


def test_an_answer_and_a_path_are_the_kernels(answer: Forecast) -> None:
    found = predict(answer.ensemble, AT, term=answer.extrapolation, seed=SEED)
    point = answer.points[0]
    np.testing.assert_array_equal(point.predictive.draws, found.predictive[..., 0])
    np.testing.assert_array_equal(point.raw.draws, found.raw[..., 0])
    np.testing.assert_array_equal(point.curve.draws, found.without_noise[..., 0])
    assert point.share == {name: part[0] for name, part in found.shares().items()}
    along = path(answer, point, [AT["C"] / 7, AT["C"], 3 * AT["C"]])
    np.testing.assert_array_equal(along.draws.predictive[..., 1], found.predictive[..., 0])
    assert along.draws.noise_width()[1] == point.noise_width


def test_a_backtest_scores_the_kernels_draws(answer: Forecast) -> None:
    fold = holdout(RUNS, holdout=0.3)
    fits = tuple(make_fit(law(name), fold.train, draws=1000, seed=i) for i, name in enumerate(NAMES))
    draws, density = foretell(Trial(fold, fits, {}), seed=SEED)
    found = predict(Ensemble(fits), fold.test, term=LANGUAGE_LOSS, seed=SEED)
    np.testing.assert_array_equal(draws, found.predictive[:, :: 4000 // DRAWS])
    # The share of draws near what was observed is their density there.
    y = np.log(fold.test.column("loss"))
    width = 0.02
    near = (np.abs(found.predictive - y) < width / 2).mean(axis=1) / width
    np.testing.assert_allclose(np.exp(density), near, rtol=0.35, atol=0.1 * near.max())


def test_densities_are_those_of_the_kernels_curve_and_noise(answer: Forecast) -> None:
    fit = answer.fits[0]
    (draws,) = law_draws(Ensemble((fit,)), term=None, seed=SEED)
    m, scale = draws.curve(RUNS), draws.noise_scale(RUNS)
    nu = fit.degrees_of_freedom().values.reshape(-1, 1)
    expected = log_student((np.log(RUNS.column("loss")) - m) / scale, nu) - np.log(scale)
    np.testing.assert_allclose(log_likelihood(fit).reshape(expected.shape), expected, rtol=1e-12)
    fitted = logsumexp(expected, axis=0) - np.log(len(expected))
    assert leave_one_out(fit).p_loo == pytest.approx(float((fitted - leave_one_out(fit).pointwise).sum()))
    np.testing.assert_allclose(log_density(fit, RUNS), fitted, rtol=1e-12)


def test_an_allocation_and_a_requirement_ask_the_kernel(answer: Forecast) -> None:
    budget = 10 * float(RUNS.column("C").max())
    (each,) = allocate(answer.fits, budget, weights=answer.weights, seed=SEED, allow_failed_checks=True).budgets
    found = predict(answer.ensemble, each.point.at, term=LANGUAGE_LOSS, seed=SEED)
    np.testing.assert_array_equal(each.point.predictive.draws, found.predictive[..., 0])
    search = Search.of(answer, {}, "C")
    at = search.point(budget)
    target = float(np.exp(np.median(predict(answer.ensemble, at, term=LANGUAGE_LOSS, seed=SEED).predictive[0])))
    draws = predict(answer.ensemble, at, term=answer.extrapolation, seed=SEED).predictive[..., 0]
    chance = answer.ensemble.shares @ (draws <= np.log(target)).mean(axis=1)
    assert search.chance(Target(target, above=False), np.array([budget]))[0] == chance
    flop, _ = search.amounts(Target(target, above=False))
    # At the compute that a draw needs its own run stands at the target, whichever law it is of.
    for law_of, needed in zip(search._laws, flop, strict=True):
        able = np.isfinite(needed)
        C = np.where(able, needed, budget)[:, None]
        there = search.inputs(np.log(C))
        run = law_of.run(there)
        assert able.mean() > 0.9
        np.testing.assert_allclose(run[able, 0], np.log(target), atol=1e-4)


def test_run_checks_hold_the_runs_against_the_kernel(answer: Forecast) -> None:
    found = checked_runs(answer)
    said = predict(answer.ensemble, found.runs, term=None, seed=0)
    middle = np.sort(said.curve[0, :, 0])
    assert middle[0] < found.curve[0] < middle[-1]
    for i in (0, len(RUNS) - 1):
        low, high = said.band(said.raw, i).quantile(np.array([0.05, 0.95]))
        np.testing.assert_allclose(np.exp([found.after[0][i], found.after[1][i]]), [low, high], rtol=2e-3)


def test_priors_alone_speak_through_the_same_law() -> None:
    found = prior_predictive(law("chinchilla"), RUNS, AT, draws=400, seed=SEED)
    drawn = LawDraws.of_priors(Design(law("chinchilla"), RUNS), draws=400, seed=SEED, noise_seed=SEED + 1)
    runs = drawn.run(AT)[:, 0]
    np.testing.assert_array_equal(found.points[0].band.draws[0], runs[np.isfinite(runs)])
    prior = drawn.values
    h = distance(AT["C"], float(RUNS.column("C").max()))
    m = np.log(prior["E"] + prior["A"] / AT["N"] ** prior["alpha"] + prior["B"] / AT["D"] ** prior["beta"])
    np.testing.assert_allclose(drawn.curve(AT)[:, 0], m, rtol=1e-10)
    assert h > 0 and np.std(runs) > np.std(m)
