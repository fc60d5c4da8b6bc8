"""Sensitivity: weighted draws stand for the posterior they claim to, the rest is sampled anew or says why not."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs
from scipy import stats

from forecaster.assess.sensitivity.result import Bar, Sensitivity
from forecaster.assess.sensitivity.reweight import importance
from forecaster.assess.sensitivity.sensitivity import sensitivity
from forecaster.assess.sensitivity.text import left_out_sentences
from forecaster.assess.sensitivity.variations import variations
from forecaster.errors import NotConverged
from forecaster.fits.cache import cache_folder
from forecaster.fits.posterior import Fit
from forecaster.fits.power_scaling import ANSWER, Power, power_scale
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.laws.change_priors import with_priors
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law
from forecaster.runs.points import Target
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs
from forecaster.stats.mixture import weighted_quantile
from forecaster.stats.psis import Reweighting, smoothed

SIGMA = 0.05
STRAIGHT = """
title   = "A straight line in log size, with Normal noise of known scale"
source  = "none"
formula = "exp(floor + b * log(N / N0))"
[inputs]
N = "parameters"
[sampled]
floor = "Normal(1, 0.03)"
b     = "Normal(0, 0.2)"
[noise]
family = "Normal"
scale  = "sigma"
[noise.sampled]
sigma = "LogNormal(log(0.05), 1)"
"""
DRAWS = 1000


def exact(law: Law, runs: Runs, *, centre: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the straight line's posterior; log sizes are centred on the runs' own unless told."""
    x = np.log(runs.column("N"))
    design = np.stack([np.ones(len(x)), x - (x.mean() if centre is None else centre)], axis=1)
    prior = [[float(evaluate(argument, {})) for argument in law.sampled[name].arguments] for name in ("floor", "b")]
    middle, sd = np.array(prior).T
    covariance = np.linalg.inv(design.T @ design / SIGMA**2 + np.diag(sd**-2))
    return covariance @ (design.T @ np.log(runs.column("loss")) / SIGMA**2 + middle / sd**2), covariance


def exact_fit(law: Law, runs: Runs, *, seed: int = 1, **more: Any) -> Fit:
    """The verb fit for the straight line: independent draws of the exact posterior."""
    mean, covariance = exact(law, runs)
    draws = np.random.default_rng(seed + 5).multivariate_normal(mean, covariance, (4, DRAWS))
    fixed = {"floor": draws[:, :, 0], "b": draws[:, :, 1], "sigma": np.full((4, DRAWS), SIGMA)}
    return make_fit(law, runs, {k: v for k, v in fixed.items() if k in law.priors}, draws=DRAWS, seed=seed)


def line_runs(**columns: Any) -> Runs:
    return make_runs(sizes=8, lengths=3, noise=SIGMA, loss=lambda N, D: 3 * (N / 1e8) ** -0.1 * D**0, **columns)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Forecast:
    """A forecast by the straight line, whose refits are exact."""
    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.fit", exact_fit)
    families = ["low", "high"] * 12
    fit = exact_fit(read_law(STRAIGHT, name="straight"), line_runs(family=families))
    return forecast(fit, "N=20B,D=400B", targets=[1.5, 1.8], weights="equal")


def names(made: Sensitivity) -> dict[str, Bar]:
    return {bar.name: bar for bar in made.bars}


def mixed(names: tuple[str, ...] = ("chinchilla", "coupled"), **columns: Any) -> Forecast:
    runs = make_runs(**columns)
    return forecast(
        [make_fit(law(name), runs) for name in names], "N=70B,D=1.4T", targets=[1.9], weights="equal",
        allow_failed_checks=True,
    )  # fmt: skip


def test_weighted_draws_stand_for_the_exact_posterior_under_another_prior_and_without_a_run() -> None:
    straight = read_law(STRAIGHT, name="straight")
    runs = line_runs()
    before = exact_fit(straight, runs)
    kept = runs.select(np.arange(len(runs)) != 4)
    moved = with_priors(straight, {"floor": "Normal(1.03, 0.03)"})
    held = before.references
    centre = held.log_centre["N0"]
    cases = [
        (replace(before, law=moved), exact(moved, runs, centre=centre)),
        (replace(before, runs=kept, held=held), exact(straight, kept, centre=centre)),
        (replace(before, law=moved, runs=kept, held=held), exact(moved, kept, centre=centre)),
    ]
    for changed, (mean, covariance) in cases:
        found = importance(before, changed)
        assert found is not None and found.reliable
        for index, name in enumerate(("floor", "b")):
            draws = before.posterior[name].values.ravel()
            sd = math.sqrt(covariance[index, index])
            said = weighted_quantile(draws[None], np.array([0.05, 0.5, 0.95]), found.weights[None])
            wanted = stats.norm(mean[index], sd).ppf([0.05, 0.5, 0.95])
            # Monte Carlo error of an extreme quantile, of as many draws as the weights are worth.
            assert np.abs(said - wanted).max() < 4 * 2.1 * sd / math.sqrt(found.effective)
        # The unweighted draws are far enough off to be told apart.
        raw = before.posterior["floor"].values.mean()
        assert abs(raw - mean[0]) > 3 * math.sqrt(covariance[0, 0] / found.effective)


def test_weighted_bars_equal_refitted_ones(line: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    weighted = sensitivity(line, cache=False)
    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.importance", lambda *args, **more: None)
    anew = sensitivity(line, cache=False)
    # A whole family gone moves the centre that a fit of its own takes; the others must agree.
    for name in (
        "prior on the floor moved down", "prior on the floor moved up", "floor prior twice as wide",
        "without the largest run",
    ):  # fmt: skip
        bar, other = names(weighted)[name], names(anew)[name]
        assert (bar.how, other.how, other.pareto_k) == ("importance", "refit", None)
        assert (bar.median, bar.low, bar.high) == pytest.approx((other.median, other.low, other.high), rel=0.003)
        assert bar.probability == pytest.approx(other.probability, abs=0.01)
    assert names(weighted)["without the largest run"].median < 0.99 * weighted.base.median
    assert names(weighted)["prior on the floor moved up"].median > 1.002 * weighted.base.median


def test_the_base_is_the_forecast_and_the_bars_fall_from_the_largest_effect(line: Forecast) -> None:
    made = sensitivity(line, cache=False)
    assert (made.base.low, made.base.high) == line.interval(0.9)
    assert made.base.median == line.median
    assert made.base.probability == tuple(line.probability(below=target) for target in (1.5, 1.8))
    effects = [bar.moved(made.base) for bar in made.bars]
    assert effects == sorted(effects, reverse=True) and effects[0] > 0
    assert list(made.table.index) == ["as forecast", *(bar.name for bar in made.bars)]


def test_a_bar_whose_weights_cannot_be_relied_on_is_fitted_anew(
    line: Forecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = []

    def fit(law: Law, runs: Runs, **more: Any) -> Fit:
        fitted.append((law.sampled["floor"].text, len(runs)))
        return exact_fit(law, runs, **more)

    poor = Reweighting(np.full(4 * DRAWS, 1 / (4 * DRAWS)), 0.93)
    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.importance", lambda *args, **more: poor)
    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.fit", fit)
    made = names(sensitivity(line, cache=False))
    assert ("Normal(1 + 1 * 0.03, 1 * 0.03)", 24) in [(text.replace("(0.03)", "0.03"), n) for text, n in fitted]
    assert ("Normal(1, 0.03)", 23) in fitted
    assert {made["prior on the floor moved up"].how, made["without family low"].how} == {"refit"}
    assert made["without family low"].pareto_k == 0.93


def test_weights_are_relied_on_only_below_the_threshold_and_with_enough_effective_draws() -> None:
    flat = np.full(6000, 1 / 6000)
    assert Reweighting(flat, 0.69).reliable and not Reweighting(flat, 0.7).reliable
    lumpy = np.r_[np.full(300, 1 / 300), np.zeros(5700)]
    assert not Reweighting(lumpy, 0.1).reliable
    heavy = smoothed(np.random.default_rng(1).standard_cauchy((4, 500)))
    assert heavy.pareto_k > 0.7 and not heavy.reliable
    alike = smoothed(np.zeros((4, 500)))
    assert alike.reliable and alike.pareto_k == 0
    assert not smoothed(np.full((4, 500), np.nan)).reliable


def test_a_refit_that_fails_is_left_out_with_the_reason(line: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(law: Law, runs: Runs, **more: Any) -> Fit:
        raise NotConverged("the sampler finds no start")

    def stuck(law: Law, runs: Runs, **more: Any) -> Fit:
        made = exact_fit(law, runs)
        verdict = Verdict("fail", 1.3, 12.0, 0, ("R-hat is 1.3; give more runs.",))
        draws = {name: np.arange(4.0)[:, None] + made.posterior[name].values for name in ("floor", "b")}
        return replace(make_fit(law, runs, draws, draws=DRAWS), verdict=verdict)

    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.importance", lambda *args, **more: None)
    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.fit", refuse)
    made = sensitivity(line, cache=False)
    assert [bar.kind for bar in made.bars] == ["drift"]
    assert made.left_out["floor prior twice as wide"] == "straight sampled anew: the sampler finds no start"
    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.fit", stuck)
    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.refit", lambda first, **more: first)
    made = sensitivity(line, cache=False)
    assert "did not pass its checks: R-hat is 1.3" in made.left_out["floor prior twice as wide"]


def test_without_sampling_only_weighted_bars_are_given(line: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(*args: Any, **more: Any) -> Fit:
        raise AssertionError("sampled")

    monkeypatch.setattr("forecaster.assess.sensitivity.reweight.fit", fit)
    made = sensitivity(line, refit=False, cache=False)
    assert {bar.how for bar in made.bars if bar.kind != "drift"} == {"importance"}
    assert {bar.how for bar in made.bars if bar.kind == "drift"} == {"exact"}
    assert "a saved fit does not" in made.left_out["Student-t noise"]
    (line_said,) = (line for line in left_out_sentences(made) if "Student-t noise" in line)
    assert "noise growing away from the largest run" in line_said


def test_laws_are_left_out_exactly_with_their_weight_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mixed()
    made = names(sensitivity(asked, refit=False, cache=False))
    bar, alone = made["without the coupled law"], asked.points[0].by_law["chinchilla"]
    assert bar.how == "exact" and bar.pareto_k is None
    assert (bar.low, bar.high) == pytest.approx(alone.interval(0.9), rel=1e-12)
    assert bar.probability[0] == pytest.approx(alone.probability(below=1.9), abs=1e-12)


def reasons(asked: Forecast) -> dict[str, str]:
    return variations(asked)[1]


def test_what_cannot_be_varied_says_why() -> None:
    said = reasons(mixed(("chinchilla",)))
    assert said["other laws"] == "only one law speaks, chinchilla"
    assert said["C taken as 6ND"] == "C is computed as 6*N*D"
    assert said["families"] == "the table has no column family"
    assert reasons(mixed(family="one"))["families"] == "all runs are of one family, one"
    assert "no sampled floor" in reasons(mixed(("kaplan",)))["floor prior"]
    assert "kaplan law has no sampled floor" in reasons(mixed(("chinchilla", "kaplan")))["floor prior of kaplan"]
    few = reasons(mixed(family=["small"] * 5 + ["large"] * 25))
    assert few["without family large"] == "5 runs are too few to forecast from; 8 are needed"


def test_at_most_eight_families_are_left_out_and_the_largest_run_once() -> None:
    families = [f"f{i:02d}" for i in range(29)] + ["f00"]
    tried, said = variations(mixed(("chinchilla",), family=families))
    assert sum(each.kind == "families" for each in tried) == 8
    assert "only the 8 with the most runs" in said["21 more families"]
    tried, said = variations(mixed(("chinchilla",), family=["rest"] * 29 + ["<top>"]))
    assert "without family <top>" in said and "largest run alone" in said["without family <top>"]
    largest = next(each for each in tried if each.name == "without the largest run")
    assert len(largest.runs) == 29 and largest.runs.column("C").max() < 1.8e21


def test_compute_as_6ND_moves_the_runs_and_the_point() -> None:
    n, d = make_runs().column("N"), make_runs().column("D")
    given = mixed(("chinchilla",), C=6 * n * d * (1 + 20 * n**-0.15))
    (varied,) = (each for each in variations(given)[0] if each.kind == "compute")
    np.testing.assert_allclose(varied.runs.column("C"), 6 * n * d)
    assert varied.at["C"] == pytest.approx(6 * 70e9 * 1.4e12)
    assert reasons(mixed(("chinchilla",), C=6.01 * n * d))["C taken as 6ND"] == "C is given, and equal to 6ND"
    table = pd.DataFrame({"N": n, "C": 7 * n * d, "loss": make_runs().column("loss")})
    derived = forecast(make_fit(law("chinchilla"), read_runs(table)), "N=70B,D=1.4T", weights="equal")
    assert reasons(derived)["C taken as 6ND"] == "C is given, and D computed from it"


def base_of(found: Sensitivity) -> Any:
    return json.loads(json.dumps(asdict(found.base)))


def test_the_finished_sensitivity_is_kept_and_a_damaged_page_counts_as_absent(
    line: Forecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sensitivity(line)
    counted = []
    # The package's own name for it is the verb.
    module = sys.modules["forecaster.assess.sensitivity.sensitivity"]
    real: Callable[..., Any] = module.variations
    monkeypatch.setattr(module, "variations", lambda of, **more: counted.append(of) or real(of, **more))
    assert sensitivity(line) == first and sensitivity(line, refit=False) == first and not counted
    pages = cache_folder().with_name("pages")
    # Other tests leave pages here, too.
    texts = {path: path.read_text("utf-8") for path in pages.iterdir()}
    (page,) = [path for path, text in texts.items() if '"power"' in text and json.loads(text)["base"] == base_of(first)]
    whole = page.read_text("utf-8")
    for damaged in ("", whole[:200], "[]", whole.replace('"median": ', '"median": "x", "m": ')):
        page.write_text(damaged, "utf-8")
        counted.clear()
        assert sensitivity(line) == first and len(counted) == 1
    counted.clear()
    other = forecast(line.fits, "N=20B,D=400B", targets=[1.6], weights="equal")
    assert sensitivity(other).targets == (Target(1.6, above=False),) and counted


def test_as_dict_is_finite_and_at_full_precision(line: Forecast) -> None:
    made = sensitivity(line, cache=False)
    odd = replace(made.bars[0], pareto_k=math.inf, high=math.inf)
    made = replace(made, bars=(odd, *made.bars[1:]), power=(Power("straight", "b", math.nan, 0.2), *made.power))
    said = json.loads(json.dumps(made.as_dict(), allow_nan=False))
    assert said["bars"][0]["pareto_k"] is None and said["bars"][0]["interval"]["90"][1] is None
    assert said["base"]["median"] == line.median
    assert said["power_scaling"][0] == {
        "law": "straight", "quantity": "b", "prior": None, "likelihood": 0.2, "diagnosis": "cannot be told",
    }  # fmt: skip
    assert "- Other laws: only one law speaks, straight." in made.text


def test_power_scaling_tells_a_prior_that_carries_the_answer_from_one_that_does_not() -> None:
    runs = line_runs()
    at = {"N": 2e10, "D": 4e11, "C": 4.8e22}

    def of_floor(prior: str) -> tuple[Power, Power]:
        made = with_priors(read_law(STRAIGHT, name="straight"), {"floor": prior})
        found = {power.quantity: power for power in power_scale(exact_fit(made, runs), at)}
        return found["floor"], found[ANSWER]

    mean = exact(read_law(STRAIGHT, name="straight"), runs)[0][0]
    for power in of_floor("Normal(1, 3)"):
        assert power.prior < 0.05 < power.likelihood and power.diagnosis == "the prior matters little"
    for power in of_floor(f"Normal({mean + 0.1}, 0.012)"):
        assert power.prior > 0.05 and "may conflict" in power.diagnosis
    fit = exact_fit(read_law(STRAIGHT, name="straight"), runs)
    assert power_scale(fit, at, only_response=True) == power_scale(fit, at)[:1]
    assert of_floor(f"Normal({mean}, 0.0005)")[0].diagnosis == "the prior is strong or the data weak"
