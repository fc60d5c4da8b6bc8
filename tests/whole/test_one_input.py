"""Laws of one input: their formulas, their own curves found again, and tables that carry no forecast."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from making import make_fit

from forecaster import fit, forecast
from forecaster.errors import RunsError, ScenarioError, TooFewRuns
from forecaster.fits.design import references
from forecaster.fits.posterior import Fit
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.shelf import default_laws, law
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

MIXED = ("power_floor", "shifted_power_law", "broken_power_law")
LAWS = ("power_law", *MIXED)
TOP = 1e11


def power_law(x: float) -> float:
    return 60 * math.exp(-0.15 * math.log(x))


def power_floor(x: float) -> float:
    return 1.2 + 3e3 * math.exp(-0.35 * math.log(x))


def shifted_power_law(x: float) -> float:
    return 0.8 + 3e4 * math.exp(-0.4 * math.log(x + 5e9))


def broken_power_law(x: float) -> float:
    return 0.1 + 2 * math.exp(-0.03 * math.log(x)) * math.exp(
        -0.5 * 1.2 * math.log1p(math.exp(math.log(x / 1e10) / 1.2))
    )


TRUTHS = {each.__name__: each for each in (power_law, power_floor, shifted_power_law, broken_power_law)}
PARAMETERS = {
    "power_law": {"A": 60, "alpha": 0.15},
    "power_floor": {"E": 1.2, "A": 3e3, "alpha": 0.35},
    "shifted_power_law": {"E": 0.8, "A": 3e4, "alpha": 0.4, "S": 5e9},
    "broken_power_law": {"E": 0.1, "B": 2, "c0": 0.03, "c1": 0.5, "d1": 1e10, "f1": 1.2},
}


def curve(name: str, *, runs: int = 24, column: str = "D", noise: float = 0.003) -> Runs:
    x = np.geomspace(3e8, TOP, runs)
    wobble = np.exp(noise * np.random.default_rng(4).standard_normal(runs))
    return read_runs(pd.DataFrame({column: x, "loss": np.array([TRUTHS[name](each) for each in x]) * wobble}))


@cache
def fitted(name: str, *, truth: str = "") -> Fit:
    return fit(law(name), curve(truth or name))


def at_four_times_the_top(found: Fit) -> tuple[float, float, float]:
    draws = np.exp(found.linked_response({"X": 4 * TOP}).values)
    low, middle, high = np.quantile(draws, [0.005, 0.5, 0.995])
    return low, middle, high


@pytest.mark.parametrize("name", LAWS)
def test_a_page_says_its_formula(name: str) -> None:
    for x in (1e6, 1e10, 1e13):
        assert evaluate(law(name).formula, {"X": x, **PARAMETERS[name]}) == pytest.approx(TRUTHS[name](x), rel=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_a_law_finds_its_own_curve_again(name: str) -> None:
    found = fitted(name)
    assert found.verdict.status != "fail"
    low, middle, high = at_four_times_the_top(found)
    truth = TRUTHS[name](4 * TOP)
    assert low < truth < high
    assert middle == pytest.approx(truth, rel=0.05)


def test_a_law_without_a_floor_misses_a_curve_with_one() -> None:
    low, _, high = at_four_times_the_top(fitted("power_law", truth="power_floor"))
    assert not low < power_floor(4 * TOP) < high


def test_a_break_is_found_where_it_is() -> None:
    place = fitted("broken_power_law").posterior["d1"].values
    assert np.quantile(place, 0.05) < 1e10 < np.quantile(place, 0.95)


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_finite_and_falls_wherever_its_priors_put_it(name: str) -> None:
    found = law(name)
    fixed = references(found, curve(name)).values
    values = found.draw_priors(fixed, draws=2000, seed=1)
    steps = [
        evaluate(found.formula, values | fixed | {"X": fixed["X0"] * ratio}) for ratio in (1e-4, 1e-2, 1, 1e2, 1e6)
    ]
    assert np.isfinite(steps).all() and np.min(steps) > 0
    assert (np.diff(steps, axis=0) <= 0).all()


def test_the_exponent_of_a_broken_law_goes_from_early_to_late() -> None:
    found = law("broken_power_law")
    slope = 0.5 * (0.2 + 0.8 / (1 + math.exp(1.0 / 0.7)))
    values = {"level": 0.0, "floor": 0.0, "slope": slope, "early": 0.2, "place": 1.0, "f1": 0.7}
    fixed = {"X0": 1e10, "L0": 2.0}
    natural = found.complete(values, fixed)
    for ratio, exponent in ((1e-9, 0.1), (1e9, 0.5)):
        here, there = (evaluate(found.formula, natural | {"X": 1e10 * ratio * factor}) for factor in (1.0, math.e))
        assert math.log(here / there) == pytest.approx(exponent, rel=1e-3)


@pytest.mark.parametrize("name", MIXED)
def test_the_slope_is_the_exponent_of_the_whole_loss_at_the_centre_and_leaves_the_priors_theirs(name: str) -> None:
    found, fixed = law(name), {"X0": 1e10, "L0": 2.0}
    drawn = found.draw_priors(fixed, draws=20_000, seed=1)
    low, high = (evaluate(found.formula, drawn | fixed | {"X": 1e10 * factor}) for factor in (0.999, 1.001))
    found_slope = -np.log(high / low) / np.log(1.001 / 0.999)
    # A slope near nothing is lost among the digits of a loss.
    steep = drawn["slope"] > 1e-6
    assert steep.mean() > 0.999
    np.testing.assert_allclose(found_slope[steep], drawn["slope"][steep], rtol=1e-3)
    exponent = drawn["c0"] + drawn["c1"] if name == "broken_power_law" else drawn["alpha"]
    middle = 0.4 if name == "broken_power_law" else 0.25
    # Three standard errors of a mean and of a standard deviation.
    assert np.log(exponent).mean() == pytest.approx(np.log(middle), abs=3 * 0.6 / np.sqrt(20_000))
    assert np.log(exponent).std() == pytest.approx(0.6, abs=3 * 0.6 / np.sqrt(40_000))
    # Still independent of the floor.
    assert abs(np.corrcoef(np.log(exponent), drawn["floor"])[0, 1]) < 4 / np.sqrt(20_000)


@pytest.mark.parametrize("column", ["N", "D", "C"])
def test_the_one_input_is_whichever_the_table_has(column: str) -> None:
    runs = curve("power_floor", column=column)
    fits = [make_fit(law(name), runs) for name in MIXED]
    answer = forecast(fits, {column: 4 * TOP}, weights="equal").points[0]
    assert dict(answer.at) == {column: 4 * TOP}
    assert answer.compute_ratio == pytest.approx(4)
    assert set(answer.by_law) == set(MIXED)
    other = "N" if column == "D" else "D"
    with pytest.raises(ScenarioError):
        forecast(fits, {other: 4 * TOP}, weights="equal")


@pytest.mark.parametrize("column", ["N", "D", "C"])
def test_a_table_of_one_input_mixes_three_laws(column: str) -> None:
    assert tuple(each.name for each in default_laws(curve("power_floor", column=column))) == MIXED


def test_a_curve_of_too_few_points_is_refused() -> None:
    for name in LAWS:
        with pytest.raises(TooFewRuns, match="2 runs are too few"):
            forecast(make_fit(law(name), curve(name, runs=2)), {"D": 4 * TOP}, weights="equal")


def test_one_point_measured_often_is_no_curve() -> None:
    runs = read_runs(pd.DataFrame({"D": [1e9] * 6 + [2e9] * 6, "loss": np.linspace(3, 2.9, 12)}))
    with pytest.raises(TooFewRuns, match="2 distinct values of D"):
        forecast(make_fit(law("broken_power_law"), runs), "D=4B", weights="equal")


def test_a_table_without_any_scale_is_refused() -> None:
    with pytest.raises(RunsError, match=r"N, D|N or D"):
        read_runs(pd.DataFrame({"step": np.arange(1.0, 20), "loss": np.linspace(3, 2, 19)}))


@pytest.mark.parametrize("name", MIXED)
def test_a_flat_curve_and_a_rising_one_give_finite_answers(name: str) -> None:
    x = np.geomspace(1e9, 1e11, 12)
    for loss in (np.full(12, 2.5), np.linspace(2.0, 2.2, 12)):
        runs = read_runs(pd.DataFrame({"D": x, "loss": loss}))
        found = fit(law(name), runs, retry=False)
        assert np.isfinite(found.linked_response({"X": 4 * TOP}).values).all()
