import math

import numpy as np
import pytest
from scipy import stats

from forecaster.fits.extrapolation import (
    LANGUAGE_LOSS,
    ONE_INPUT,
    OTHER_RESPONSE,
    OTHER_SCALE,
    SCORE,
    STUDIED,
    Extrapolation,
    distance,
    extrapolation_for,
    studied,
    study,
)
from forecaster.stats.student import STRETCH, stratified_student

P = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])


def test_the_term_grows_from_the_largest_run_to_the_limit_of_the_study() -> None:
    asked = np.array([1e18, 1e20, math.e * 1e20, STUDIED * 1e20, 1e30])
    np.testing.assert_allclose(distance(asked, 1e20), [0, 0, 1, math.log(1000), math.log(1000)])
    assert float(distance(5e20, 1e20)) == pytest.approx(math.log(5))


@pytest.mark.parametrize("nu", [1.5, 4.0, 30.0])
def test_draws_have_the_quantiles_of_student_t_almost_exactly(nu: float) -> None:
    draws = stratified_student(nu, 4000, seed=1)
    np.testing.assert_allclose(stats.t(nu).cdf(np.quantile(draws, P, method="hazen")), P, atol=2e-3)


@pytest.mark.parametrize("count", [1000, 1100])
def test_every_stretch_holds_one_draw_from_each_stratum(count: int) -> None:
    p = stats.t(4).cdf(stratified_student(4.0, count, seed=1))
    whole = p[: count // STRETCH * STRETCH].reshape(-1, STRETCH)
    strata = np.floor(whole * STRETCH + 1e-9)
    assert (np.sort(strata, axis=1) == np.arange(STRETCH)).all() and p.shape == (count,)


def test_infinite_degrees_of_freedom_are_the_normal_distribution() -> None:
    draws = stratified_student(np.inf, 4000, seed=1)
    np.testing.assert_allclose(stats.norm.cdf(np.quantile(draws, P, method="hazen")), P, atol=2e-3)
    mixed = stratified_student(np.where(np.arange(4000) % 2, np.inf, 4.0), 4000, seed=1)
    assert (mixed[1::2] == draws[1::2]).all() and (mixed[::2] != draws[::2]).any()


def test_each_draw_has_its_own_degrees_of_freedom() -> None:
    nu = np.linspace(1.1, 50, 4000)
    p = stats.t(nu).cdf(stratified_student(nu, 4000, seed=2))
    np.testing.assert_allclose(np.quantile(p, P), P, atol=2e-3)


def test_the_order_follows_the_seed_and_is_no_trend() -> None:
    first, again, other = (stratified_student(4.0, 2000, seed=seed) for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()
    assert abs(np.corrcoef(np.argsort(np.argsort(first)), np.arange(2000))[0, 1]) < 0.1


@pytest.mark.parametrize("term", [LANGUAGE_LOSS, OTHER_RESPONSE, Extrapolation(mean=0.1, sd=0.02, nu=8.0)])
def test_the_number_has_its_mean_and_sd(term: Extrapolation) -> None:
    draws = term.draws(100_000, seed=3)
    assert draws.mean() == pytest.approx(term.expected, abs=0.005 * term.sd)
    assert draws.std() == pytest.approx(term.spread, rel=0.04)
    assert term.expected == term.mean and term.spread == pytest.approx(math.hypot(term.sd, term.blur))


def test_cuts_that_say_nothing_leave_the_prior() -> None:
    silent = LANGUAGE_LOSS.informed([np.zeros(len(LANGUAGE_LOSS.grid))])
    middle = P[1:-1]
    np.testing.assert_allclose(
        np.quantile(silent.draws(60_000, seed=1), middle), np.quantile(LANGUAGE_LOSS.draws(60_000, seed=1), middle),
        atol=5e-4,
    )  # fmt: skip
    assert LANGUAGE_LOSS.informed([]) is LANGUAGE_LOSS


def test_cuts_inform_by_bayes_rule_and_what_one_said_fades_with_the_next() -> None:
    prior = Extrapolation(mean=0.05, sd=0.04, nu=200.0, by_exponent=True, walk=0.03, blur=0.0)

    def cut(where: float, sd: float) -> np.ndarray:
        return -0.5 * ((prior.grid - where) / sd) ** 2

    once = prior.informed([cut(0.2, 0.05)])
    weight = 0.05**-2 / (0.05**-2 + 0.04**-2)
    assert once.expected == pytest.approx(0.05 + weight * 0.15, rel=0.02)
    assert once.spread == pytest.approx((0.05**-2 + 0.04**-2) ** -0.5, rel=0.03)
    still = prior.informed([cut(0.2, 0.05), np.zeros(len(prior.grid))])
    assert still.expected == pytest.approx(once.expected, rel=0.02)
    assert still.spread == pytest.approx(math.hypot(once.spread, 0.03), rel=0.1)
    early, late = (prior.informed([cut(a, 0.02), cut(b, 0.02)]) for a, b in ((0.2, 0.0), (0.0, 0.2)))
    assert late.expected > early.expected + 0.03
    draws = once.draws(100_000, seed=2)
    assert draws.mean() == pytest.approx(once.expected, abs=2e-3) and draws.std() == pytest.approx(
        once.spread, rel=0.05
    )


def test_only_language_losses_have_a_direction() -> None:
    assert (LANGUAGE_LOSS.mean, LANGUAGE_LOSS.sd, LANGUAGE_LOSS.nu) == (0.045, 0.04, 3.0)
    assert LANGUAGE_LOSS.by_exponent and not OTHER_RESPONSE.by_exponent
    assert (OTHER_RESPONSE.mean, OTHER_RESPONSE.sd) == (0.0, 0.006)


@pytest.mark.parametrize("informed", [True, False])
def test_the_study_tells_of_every_distance_once(informed: bool) -> None:
    for ratio in (0.1, 1.0, 3.0, 3.1, 30.0, 99.0, 1e6):
        steps = studied(ratio, 10.0, informed=informed)
        assert [step.by for step in steps] == ["distance", "beyond"][: 1 + informed]
        assert all(0 <= step.between[0] <= step.share <= step.between[1] <= 1 for step in steps)
    assert len(studied(5.0, 0.0, informed=informed)) == 1
    assert all(step.told == (step.publications >= 3) for step in study(informed=informed))


def test_tables_of_one_input_and_other_scales_get_a_wider_term_without_direction() -> None:
    assert extrapolation_for(language_loss=True) == LANGUAGE_LOSS
    assert extrapolation_for(language_loss=False) == OTHER_RESPONSE
    for scale in ("N", "D"):
        assert extrapolation_for(language_loss=True, scale=scale) == ONE_INPUT
    assert extrapolation_for(language_loss=True, link="logit") == SCORE
    assert extrapolation_for(language_loss=False, scale="D", link="own") == OTHER_SCALE
    assert SCORE.sd > ONE_INPUT.sd > OTHER_RESPONSE.sd and ONE_INPUT.mean == SCORE.mean == OTHER_SCALE.mean == 0
