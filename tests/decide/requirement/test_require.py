"""The compute that a target takes: its distribution, its reachability, and its agreement with a forecast."""

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs

from forecaster.decide.requirement.require import require
from forecaster.decide.requirement.result import Requirement
from forecaster.errors import ScenarioError
from forecaster.fits.posterior import Fit
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


def of_one_input(**columns: str) -> Fit:
    """A law of one input whose truth is met at 1e6 times (0.2 / (loss - 1.7))**5."""
    n = np.geomspace(1e6, 1e9, 16)
    table = pd.DataFrame({"documents": n, "loss": 1.7 + 0.2 * (1e6 / n) ** 0.2})
    made = read_runs(table, columns=columns)
    noiseless = {"sigma": np.full((4, 250), 1e-9), "growth": np.full((4, 250), 1e-9)}
    return make_fit(law("power_floor"), made, {"E": 1.7, "A": 0.2 * 1e6**0.2, "alpha": 0.2}, spread=1e-3, **noiseless)


@pytest.mark.parametrize("name", ["D", "N", "x"])
def test_the_amount_of_a_tables_one_input_is_solved_for(name: str) -> None:
    found = require(of_one_input(**{name: "documents"}), 1.72, weights="equal")
    (each,) = found.targets
    assert each.median == pytest.approx(1e6 * 10**5, rel=0.3)
    said = each.as_dict()
    assert set(said[name]) == {"median", "interval"} and said["direction"] == "below" and said["trained"] == {}
    assert {name, "probability"} == set(said["curve"][0]) and name in said["by_law"]["power_floor"]
    assert "How many documents bring loss to 1.72 or less, judging by" in found.text
    assert "FLOP" not in found.text and "  documents " in found.text
    assert list(found.table)[3] == f"median {name}"


def test_a_price_is_of_compute_alone() -> None:
    with pytest.raises(ScenarioError, match=r"a price is of compute.*C=HEADER"):
        require(of_one_input(D="documents"), 1.72, weights="equal", price="default")


def score(*, above: bool = True) -> Fit:
    """A score that rises from .2 towards .9 with documents, or an error that mirrors it."""
    d = np.geomspace(1e3, 1e7, 20)
    rising = 0.2 + 0.7 / (1 + (1e6 / d) ** 0.8)
    table = pd.DataFrame({"documents": d, "accuracy" if above else "error": rising if above else 1 - rising})
    made = read_runs(table, columns={"D": "documents", "loss": table.columns[1]})
    low, high = (0.2, 0.9) if above else (0.8, 0.1)
    return make_fit(law("logistic"), made, {"low": low, "high": high, "middle": 1e6, "rate": 0.8}, spread=1e-3)


@pytest.mark.parametrize("target", [0.8, ">=0.8", "80%"])
def test_a_score_is_to_be_met_from_below(target: str | float) -> None:
    found = require(score(), target, weights="equal", allow_failed_checks=True)
    (each,) = found.targets
    assert each.as_dict()["direction"] == "above"
    assert each.median == pytest.approx(1e6 * 6**1.25, rel=0.3)
    # Near its ceiling a score rises less than a drift without direction may take away again.
    assert each.chance[0] < 0.1 and each.chance.max() > 0.9 and np.all(np.diff(each.chance) > -0.005)
    assert "How many documents bring accuracy to 0.8 or more" in found.text
    assert "0.8 or more" in plot_labels(found)


def plot_labels(found: Requirement) -> str:
    return " ".join(each.get_text() for each in found.plot().get_legend().get_texts())


def test_the_chance_of_a_score_is_that_of_a_forecast() -> None:
    made = score()
    (each,) = require(made, 0.8, weights="equal", allow_failed_checks=True).targets
    at = dict(each.curve_at[16])
    asked = forecast(made, at, weights="equal", allow_failed_checks=True)
    assert asked.probability(above=0.8) == pytest.approx(each.chance[16], abs=1e-12)


def test_a_target_that_scale_moves_away_from_is_refused_in_true_words() -> None:
    with pytest.raises(ScenarioError, match=r"accuracy rises with documents .* a larger number of documents never"):
        require(score(), "<=0.3", weights="equal", allow_failed_checks=True)
    with pytest.raises(ScenarioError, match=r"loss falls with compute .* more compute never brings it to 3 or more"):
        require(FITS, ">=3", weights="equal")


def test_a_target_above_every_ceiling_is_refused_with_the_highest_that_is_reached() -> None:
    with pytest.raises(ScenarioError, match=r"above what every draw reaches.*highest.*or more in 5% of the draws"):
        require(score(), 0.97, weights="equal", allow_failed_checks=True)
    with pytest.raises(ScenarioError, match=r"must be below 1; did you mean 0\.8\?"):
        require(score(), 80, weights="equal", allow_failed_checks=True)


def test_tokens_are_solved_for_with_parameters_held() -> None:
    (of_compute,) = require(FITS, TARGET, weights="equal", at="N=70B").targets
    found = require(FITS, TARGET, weights="equal", at="N=70B", solve_for="D", price="default")
    (each,) = found.targets
    assert of_compute.median is not None and each.median is not None
    assert each.median == pytest.approx(of_compute.median / 6 / 70e9, rel=0.02)
    assert each.trained[0.5] == {"C": pytest.approx(6 * 70e9 * each.median)}
    assert "How many tokens bring loss to 1.97 or less, with N=70B held" in found.text and "USD" in found.text
    assert "C" in each.as_dict()["curve"][0] and "D" in each.as_dict()


def test_what_cannot_be_solved_for_is_refused_with_the_cure() -> None:
    with pytest.raises(ScenarioError, match="to solve for D, N must be held, as in `at` N=70B"):
        require(FITS, TARGET, weights="equal", solve_for="D")
    with pytest.raises(ScenarioError, match="there is no input Q to solve for; there are C, D, N"):
        require(FITS, TARGET, weights="equal", solve_for="Q")
    with pytest.raises(ScenarioError, match="do not hold D"):
        require(FITS, TARGET, weights="equal", at="D=1T", solve_for="D")


def test_another_input_of_a_law_is_solved_for_at_a_held_run() -> None:
    made = make_runs(U=np.tile([1e8, 1e9, 1e10, 1e11, 1e12, 1e13], 5))
    fits = make_fit(law("data_constrained"), made)
    held = forecast(fits, {"N": 1e9, "D": 1e11, "U": 1e9}, weights="equal", allow_failed_checks=True)
    found = require(
        fits, held.median, weights="equal", at="N=1B,D=100B", solve_for="U", allow_failed_checks=True
    ).targets[0]
    assert found.median == pytest.approx(1e9, rel=1.0)
    assert all(at["N"] == 1e9 and at["C"] == pytest.approx(6e20) for at in found.curve_at)


def test_a_date_is_solved_for() -> None:
    days = pd.date_range("2022-01-15", "2025-12-15", 20)
    years = (days - pd.Timestamp("2024-01-01")).days.to_numpy() / 365.25
    table = pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "mmlu": 1 / (1 + np.exp(-years))})
    made = read_runs(table, columns={"loss": "mmlu"})
    middle = made.along.read("2024-01-01")
    fits = make_fit(law("logistic"), made, {"low": 1e-6, "high": 1 - 1e-3, "middle": middle, "rate": 1.0}, spread=1e-4)
    found = require(fits, ">=0.95", weights="equal", allow_failed_checks=True)
    (each,) = found.targets
    assert each.median is not None
    assert np.log(each.median / middle) == pytest.approx(np.log(0.95 / 0.049), abs=0.1)
    assert "When will mmlu be 0.95 or more, judging by the 20 runs" in found.text
    assert "after the last row" in found.text and "12 months" in found.text
    said = each.as_dict()
    assert said["date"]["median"].startswith("2026-12") and len(said["curve"][0]["date"]) == len("2026-12-10")
    assert said["budget"][0]["date"] == said["date"]["median"]
    assert found.table["median date"][0] == said["date"]["median"]
    assert found.plot().get_xlabel() == "Date"


def test_quantiles_among_infinite_draws_do_not_exist() -> None:
    draws = np.array([[1.0, 2.0, 3.0, np.inf]])
    assert quantiles(draws, np.ones(1), [0.2, 0.5, 0.9])[2] is None
    assert quantiles(draws, np.ones(1), 0.2)[0] is not None
    assert quantiles(np.full((1, 4), np.inf), np.ones(1), 0.01) == [None]
