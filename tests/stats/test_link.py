"""Links: the scale of the noise is kept from the density to the printed range, and known errors add to the noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs
from scipy import stats

from forecaster.backtests.backtest import backtest
from forecaster.backtests.folds import holdout
from forecaster.errors import RunsError, ScenarioError
from forecaster.fits.design import Design, references
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import Extrapolation
from forecaster.fits.fit import fit
from forecaster.fits.predict import log_density, predict
from forecaster.fits.sampling.compile import compile_density
from forecaster.fits.sampling.pymc import build_model
from forecaster.forecasts.forecast import forecast
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs
from forecaster.stats.link import LOG, Link, LinkName, spread_of
from forecaster.stats.mixture import Band

PAGES = {
    "own": """
title = "A line that may cross zero"
formula = "a - b * log(N / N0)"
[inputs]
N = "parameters"
[sampled]
shift = "Normal(0, 2)"
slope = "LogNormal(log(0.3), 1)"
[natural]
a = "L0 + S0 * shift"
b = "S0 * slope"
[response]
link = "own"
""",
    "logit": """
title = "A share that grows"
formula = "top / (1 + exp(-place - rate * log(N / N0)))"
[inputs]
N = "parameters"
[sampled]
top   = "Beta(8, 1.5)"
place = "Normal(0, 1.5)"
rate  = "LogNormal(log(0.5), 0.7)"
[response]
link = "logit"
""",
}


def law_on(link: LinkName) -> Law:
    return read_law(PAGES[link], name=link)


def truth(link: LinkName, N: np.ndarray) -> np.ndarray:
    x = np.log(N / 1e9)
    return -1.0 - 0.4 * x if link == "own" else 0.9 / (1 + np.exp(0.3 - 0.6 * x))


def runs_on(link: LinkName, *, noise: float = 0.02, seed: int = 3, **more: float) -> Runs:
    N = np.geomspace(1e7, 1e11, 30)
    scale = Link("own", 1.2) if link == "own" else Link(link)
    z = scale.on(truth(link, N)) + noise * np.random.default_rng(seed).standard_normal(30)
    table = pd.DataFrame({"N": N, "loss": scale.back(z)}).assign(**more)
    return read_runs(table, response="score" if link == "logit" else None)


@pytest.mark.parametrize("link", [LOG, Link("own", 2.5), Link("logit")])
def test_a_link_goes_there_and_back_and_scales_small_errors(link: Link) -> None:
    response = np.array([0.03, 0.4, 0.97])
    np.testing.assert_allclose(link.back(link.on(response)), response, rtol=1e-12)
    step = 1e-6
    slope = (link.on(response + step) - link.on(response - step)) / (2 * step)
    np.testing.assert_allclose(link.error(response, 0.01), 0.01 * slope, rtol=1e-6)
    assert link.threshold(0.4) == pytest.approx(float(link.on(0.4)))


def test_thresholds_outside_what_a_response_can_be_are_certain() -> None:
    for link, low, high in ((LOG, 0.0, 1.0), (Link("logit"), 0.0, 1.0)):
        band = Band(np.linspace(-2, 2, 50)[None], np.ones(1), 1, link)
        assert band.probability(below=-1.0) == low
        if link.name == "logit":
            assert band.probability(below=1.5) == high
    assert Band(np.linspace(-2, 2, 50)[None], np.ones(1), 1, Link("own", 2.0)).probability(below=0.0) == 0.5


@pytest.mark.parametrize("link", ["own", "logit"])
def test_a_law_on_another_scale_recovers_its_curve_beyond_the_data(link: LinkName) -> None:
    runs = runs_on(link)
    found = fit(law_on(link), runs)
    assert found.verdict.status == "pass", found.verdict.text
    answer = forecast(found, "N=1T", weights="equal")
    low, high = answer.interval(0.9)
    assert low < float(truth(link, np.array([1e12]))[0]) < high
    if link == "logit":
        assert 0 < low < high < 1
    assert [note.code for note in answer.notes].count("other-response") == 1
    assert answer.probability(below=high) == pytest.approx(0.95, abs=0.002)


@pytest.mark.parametrize("link", ["own", "logit"])
def test_the_density_takes_the_noise_on_the_laws_own_scale(link: LinkName) -> None:
    runs, page = runs_on(link), law_on(link)
    fixed = references(page, runs)
    rows, constants = Design(page, runs).density_data()
    scale = Link(link, fixed.spread if link == "own" else 1.0)
    np.testing.assert_allclose(rows[-1], scale.on(runs.column("loss")) - scale.on(fixed.level))
    model = build_model(page, rows, constants)
    x = np.zeros(len(page.priors))
    by_pymc = float(model.compile_logp()(dict(zip([v.name for v in model.value_vars], x, strict=True))))
    assert compile_density(page).of(rows, constants).value(x)[0] == pytest.approx(by_pymc, rel=1e-10)


def test_laws_on_different_scales_are_not_mixed() -> None:
    runs = runs_on("logit")
    fits = [fit(law_on("logit"), runs), fit(law("power_floor"), runs)]
    with pytest.raises(ScenarioError, match="different scales"):
        forecast(fits, "N=1T", weights="equal")


def test_responses_that_have_no_place_on_the_scale_are_refused_with_their_line() -> None:
    with pytest.raises(RunsError, match=r"row 8: loss is .*logit.*between 0 and 1"):
        references(law_on("logit"), runs_on("own"))
    with pytest.raises(RunsError, match=r"above 0"):
        references(law("power_floor"), runs_on("own"))


@pytest.mark.parametrize("link", ["own", "logit"])
def test_a_backtest_scores_on_the_laws_scale(link: LinkName) -> None:
    runs = runs_on(link)
    found = backtest(runs, [law_on(link)], [holdout(runs, holdout=0.3)], basis="equal")
    scores = {score.law: score for score in found.scores}
    assert set(scores) == {link, "mixture", "naive-last", "naive-line"}
    assert scores[link].crps < scores["naive-last"].crps
    assert "logit" in found.text or "units of its spread" in found.text


def test_known_errors_widen_the_density_and_loosen_the_fit() -> None:
    bare, known = runs_on("own", noise=0.05), runs_on("own", noise=0.05, loss_se=0.06)
    page = law_on("own")
    loose, tight = fit(page, known), fit(page, bare)
    # With the scatter explained by the known errors, little is left to the run-to-run noise.
    assert loose.posterior["sigma"].median() < 0.6 * tight.posterior["sigma"].median()
    error = 0.06 / spread_of(known.column("loss"))
    near = log_density(loose, known)
    far = log_density(loose, bare)
    assert near.mean() != pytest.approx(far.mean(), abs=1e-3)
    rows, constants = Design(page, known).density_data()
    np.testing.assert_allclose(rows[-1], error)
    x = np.zeros(len(page.priors))
    value = compile_density(page, known_errors=True).of(rows, constants).value(x)[0]
    zeroed = rows.copy()
    zeroed[-1] = 0.0
    plain = compile_density(page).of(rows[:-1], constants).value(x)[0]
    assert compile_density(page, known_errors=True).of(zeroed, constants).value(x)[0] == pytest.approx(plain)
    assert value != pytest.approx(plain, abs=1e-3)


def test_known_errors_enter_the_density_as_added_variance() -> None:
    known = runs_on("own", noise=0.05, loss_se=0.06)
    found = fit(law_on("own"), known)
    first = known.select(np.arange(len(known)) == 0)
    posterior = found.posterior
    m = found.linked_response({"N": first.column("N")[0]}).values.ravel()
    d = np.log(first.column("N")[0] / known.column("N").max())
    scale = found.noise_scale(d).values.ravel()
    error = 0.06 / found.references.spread
    nu = 1 + posterior["tail"].values.ravel()
    y = found.link.on(first.column("loss")[0])
    by_hand = np.log(stats.t(nu, m, np.sqrt(scale**2 + error**2)).pdf(y).mean())
    assert float(log_density(found, first)[0]) == pytest.approx(by_hand, rel=1e-6)


def test_known_errors_widen_the_draws_of_hidden_runs_as_they_do_the_density() -> None:
    known, bare = runs_on("own", noise=0.05, loss_se=0.3), runs_on("own", noise=0.05)
    found = fit(law_on("own"), bare)
    still = Extrapolation(mean=0.0, sd=0.0)
    asked = [predict(Ensemble((found,)), runs, term=still, seed=1) for runs in (known, bare)]
    wide, narrow = (each.predictive.std(axis=1) for each in asked)
    assert (wide > 2 * narrow).all()


def test_a_target_may_be_negative_where_the_response_may() -> None:
    fitted = make_fit(law_on("own"), runs_on("own"))
    asked = {"targets": [-50.0, 50.0], "weights": "equal", "allow_failed_checks": True}
    answer = forecast(fitted, "N=1B", **asked)
    assert answer.probability(below=-50.0) < 0.01 < 0.99 < answer.probability(below=50.0)
    with pytest.raises(ScenarioError, match="a target of -1 cannot be met"):
        forecast(make_fit(law("chinchilla"), make_runs()), "N=70B,D=1.4T", targets=[-1.0], weights="equal")
