"""The compute that a target takes: its distribution, its reachability, and its agreement with a forecast."""

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs

from forecaster.decide.requirement.require import require
from forecaster.decide.requirement.result import Requirement
from forecaster.errors import ScenarioError
from forecaster.forecasts.forecast import forecast
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs
from forecaster.stats.mixture import quantiles

RUNS = make_runs()
LARGEST = float(RUNS.column("C").max())
PARAMETERS = {"E": 1.8172, "A": 482.01, "alpha": 0.3478, "B": 2085.43, "beta": 0.3658}
FITS = [
    make_fit(law("chinchilla"), RUNS, PARAMETERS),
    make_fit(law("farseer_lite"), RUNS),
    make_fit(law("coupled"), RUNS),
]
TARGET = 1.97


@pytest.fixture(scope="module")
def requirement() -> Requirement:
    return require(FITS, TARGET, weights="equal", price="default")


def test_the_chance_over_compute_is_that_of_a_forecast_at_the_same_point(requirement: Requirement) -> None:
    (each,) = requirement.targets
    assert each.chance[0] < 0.05 and each.chance[-1] > 0.6
    for i in (8, 16, 24):
        at = dict(each.curve_at[i])
        answer = forecast(FITS, [at, {"C": at["C"]}], weights="equal")
        assert answer.probability(below=TARGET, point=0) == pytest.approx(each.chance[i], abs=1e-12)
        assert answer.probability(below=TARGET, point=1) == pytest.approx(each.chance[i], abs=0.01)


def test_the_range_of_the_compute_is_where_the_chance_crosses_its_quantiles(requirement: Requirement) -> None:
    (each,) = requirement.targets
    assert each.reachable_probability > 0.99
    for chance in (0.2, 0.5, 0.7):
        budget = each.budget(chance)
        assert budget is not None
        C = [at["C"] for at in each.curve_at]
        assert np.interp(np.log(budget), np.log(C), each.chance) == pytest.approx(chance, abs=0.02)


def test_without_noise_and_drift_every_draw_meets_the_target_exactly() -> None:
    random = np.random.default_rng(3)
    spread = {name: value * np.exp(0.01 * random.standard_normal((4, 250))) for name, value in PARAMETERS.items()}
    noiseless = {"sigma": np.full((4, 250), 1e-9), "growth": np.full((4, 250), 1e-9)}
    made = make_fit(law("chinchilla"), RUNS, spread | noiseless)
    (each,) = require(made, 2.75, weights="equal", at="N=1B").targets
    E, A, B, alpha, beta = (spread[name].ravel() for name in ("E", "A", "B", "alpha", "beta"))
    exact = 6 * 1e9 * (B / (2.75 - E - A / 1e9**alpha)) ** (1 / beta)
    inside = exact < LARGEST
    assert inside.mean() > 0.9
    # The noise keeps a floor of a thousandth of the loss.
    assert np.abs(np.log(each.amounts[0] / exact))[inside].max() < 0.25
    assert float(np.median(each.amounts[0] / exact)) == pytest.approx(1, abs=0.01)


def test_reachability_is_asked_of_the_curve_alone() -> None:
    floor = np.full((4, 250), 1.8)
    floor[:1] = 2.1
    made = make_fit(law("chinchilla"), RUNS, PARAMETERS | {"E": floor})
    (each,) = require(made, 2.0, weights="equal", allow_failed_checks=True).targets
    assert each.reachable_probability == pytest.approx(0.75)
    assert np.isinf(each.amounts[0][each.reached[0] == 0]).all()
    assert each.median is not None
    assert 0.95 not in each.trained
    assert each.interval(0.9)[1] is None and each.as_dict()["C"]["interval"]["90"][1] is None
    assert "target-unreachable" in {note.code for note in each.notes}
    assert "never" in require(made, 2.0, weights="equal", allow_failed_checks=True).text


def test_what_would_be_trained_is_said_at_each_quantile_of_the_compute(requirement: Requirement) -> None:
    (each,) = requirement.targets
    assert each.median is not None
    middle = each.trained[0.5]
    assert 6 * middle["N"] * middle["D"] == pytest.approx(each.median, rel=1e-6)
    split = forecast(FITS, f"C={each.median}", weights="equal").points[0].at
    assert middle["N"] == pytest.approx(split["N"], rel=0.05)
    (held,) = require(FITS, TARGET, weights="equal", at="N=70B").targets
    assert held.median is not None
    assert held.trained[0.5]["D"] == pytest.approx(held.median / 6 / 70e9, rel=1e-6)
    assert "  tokens " in requirement.text and "  parameters " in requirement.text


def test_a_held_input_stays_and_costs_compute() -> None:
    free = require(FITS, 2.4, weights="equal").targets[0]
    held = require(FITS, 2.4, weights="equal", at="N=500M").targets[0]
    assert all(at["N"] == pytest.approx(5e8) for at in held.curve_at)
    assert all(at["C"] == pytest.approx(6 * at["N"] * at["D"]) for at in held.curve_at)
    assert free.median is not None and (held.median is None or held.median > free.median)
    data = require(FITS, 2.2, weights="equal", at={"D": 2e11}).targets[0]
    assert all(at["D"] == pytest.approx(2e11) for at in data.curve_at)


def test_laws_of_compute_alone_are_solved_along_it() -> None:
    c = np.geomspace(1e18, 1e21, 16)
    runs = read_runs(pd.DataFrame({"C": c, "loss": 1.7 + (1e18 / c) ** 0.2}))
    found = require(make_fit(law("power_floor"), runs), 1.9, weights="equal")
    assert found.targets[0].median == pytest.approx(1e18 * 0.2**-5, rel=3) and "along compute" in found.text


def test_a_harder_target_takes_more_and_costs_more(requirement: Requirement) -> None:
    both = require(FITS, [2.05, TARGET], weights="equal", price="default").targets
    assert both[0].median is not None and both[1].median is not None and both[0].median < both[1].median
    assert both[1].cost is not None and both[0].cost is not None
    assert (both[0].cost.median() or 0) < (both[1].cost.median() or 0)
    assert both[1].median == pytest.approx(requirement.targets[0].median)


def test_the_keys_of_the_contract_are_there(requirement: Requirement) -> None:
    (said,) = requirement.as_dict()["requirement"]
    assert {"target", "reachable_probability", "C", "curve"} <= set(said)
    assert set(said["C"]) == {"median", "interval"} and {"C", "probability"} <= set(said["curve"][0])
    assert len(requirement.table) == 1 and max(map(len, requirement.text.splitlines())) <= 80


@pytest.mark.parametrize("target", [-1.0, float("nan")])
def test_a_target_that_is_none_is_refused(target: float) -> None:
    with pytest.raises(ScenarioError, match="cannot be met"):
        require(FITS, target, weights="equal")


def test_a_target_below_every_floor_is_refused_with_the_lowest_that_is_reached() -> None:
    with pytest.raises(ScenarioError, match=r"below what every draw reaches.*5% of the draws"):
        require(FITS, 0.2, weights="equal")


def test_compute_and_both_sizes_cannot_be_held() -> None:
    for at in ("C=1e22", "N=1B,D=1T"):
        with pytest.raises(ScenarioError, match="hold N or D alone"):
            require(FITS, TARGET, weights="equal", at=at)


def test_a_table_without_compute_is_refused() -> None:
    n = np.geomspace(1e6, 1e9, 16)
    runs = read_runs(pd.DataFrame({"N": n, "loss": 1.7 + (1e6 / n) ** 0.2}))
    with pytest.raises(ScenarioError, match="has N alone"):
        require(make_fit(law("power_floor"), runs), 1.8, weights="equal")


def test_quantiles_among_infinite_draws_do_not_exist() -> None:
    draws = np.array([[1.0, 2.0, 3.0, np.inf]])
    assert quantiles(draws, np.ones(1), [0.2, 0.5, 0.9])[2] is None
    assert quantiles(draws, np.ones(1), 0.2)[0] is not None
    assert quantiles(np.full((1, 4), np.inf), np.ones(1), 0.01) == [None]
