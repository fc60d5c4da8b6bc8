"""The forecast: its bands hold what they should, its parts add up, and it refuses what it cannot answer."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from making import gamma_of, make_fit, make_runs
from scipy import stats

from forecaster.errors import NotConverged, ScenarioError, TooFewRuns
from forecaster.fits.extrapolation import LANGUAGE_LOSS, STUDIED
from forecaster.fits.fit import fit
from forecaster.fits.posterior import Fit
from forecaster.forecasts.forecast import forecast as forecast_with_weights
from forecaster.forecasts.tables import answers
from forecaster.laws.shelf import DEFAULT_MIXTURE, law
from forecaster.runs.points import Target, scenario
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

TOP = 6 * 3e9 * 1e11

# How weights are earned is tested in test_weighting.py; nothing here turns on it.
forecast = partial(forecast_with_weights, weights="equal")


@pytest.fixture(scope="module")
def runs() -> Runs:
    return make_runs()


@pytest.fixture(scope="module")
def fits(runs: Runs) -> list[Fit]:
    return [make_fit(law(name), runs, draws=1000, seed=i) for i, name in enumerate(DEFAULT_MIXTURE)]


def test_one_law_with_fixed_parameters_gives_the_recipes_distribution(runs: Runs) -> None:
    fixed = {"sigma": 0.01, "growth": 0.002, "tail": 6.0}
    one = make_fit(law("chinchilla"), runs, fixed, spread=0.0, draws=5000)
    N, D = 3e10, 1e12
    C = 6 * N * D
    answer = forecast(one, {"N": N, "D": D}).points[0]
    h = np.log(C / TOP)
    m = float(one.linked_response({"N": N, "D": D}).values.ravel()[0])
    scale = np.sqrt(0.001**2 + 0.01**2 + (0.002 * h) ** 2)
    random = np.random.default_rng(1)
    theta = 0.045 + 0.04 / np.sqrt(3) * random.standard_t(3, 2_000_000)
    s = -gamma_of(one)[0] * (theta + 0.02 / np.sqrt(2) * random.standard_t(4, 2_000_000))
    y = m + s * h + scale * random.standard_t(7, 2_000_000)
    for mass in (0.5, 0.8, 0.9):
        expected = np.exp(np.quantile(y, [(1 - mass) / 2, (1 + mass) / 2]))
        # Prior, change and noise are stratified each, but meet at random.
        np.testing.assert_allclose(answer.predictive.interval(mass), expected, rtol=1.2e-3)
    raw = np.exp(m + scale * stats.t(7).ppf([0.05, 0.95]))
    np.testing.assert_allclose(answer.raw.interval(0.9), raw, rtol=6e-4)
    curve = np.exp(m + h * np.quantile(s, [0.05, 0.95]))
    np.testing.assert_allclose(answer.curve.interval(0.9), curve, rtol=1.2e-3)
    assert answer.share["extrapolation"] == pytest.approx(1)
    width = np.exp(m + h * np.median(s)) * scale * 2 * stats.t(7).ppf(0.95)
    assert answer.noise_width == pytest.approx(width, rel=2e-3)


def test_the_shares_sum_to_one_and_follow_the_law_of_total_variance(fits: list[Fit]) -> None:
    answer = forecast(fits, "N=30B,D=1T").points[0]
    assert sum(answer.share.values()) == pytest.approx(1)
    m = np.stack([each.linked_response({"N": 3e10, "D": 1e12}).values.ravel() for each in fits])
    h = np.log(answer.compute_ratio)
    lever = -h * np.stack([np.broadcast_to(gamma_of(each), m.shape[1]) for each in fits])
    m = m + LANGUAGE_LOSS.mean * lever
    beyond = (0.04**2 + 0.02**2) * (lever**2).mean()
    total = m.var() + beyond
    assert answer.share["law"] == pytest.approx(m.mean(axis=1).var() / total)
    assert answer.share["parameters"] == pytest.approx(m.var(axis=1).mean() / total)


def test_inside_the_table_there_is_no_extrapolation(fits: list[Fit]) -> None:
    answer = forecast(fits, "N=100M,D=10B").points[0]
    assert answer.compute_ratio < 1
    assert answer.share["extrapolation"] == 0
    assert answer.predictive.interval(0.9) == answer.raw.interval(0.9)


def test_one_weight_of_one_is_that_law_alone(fits: list[Fit]) -> None:
    alone = forecast(fits[1], "N=30B,D=1T")
    mixed = forecast(fits, "N=30B,D=1T", weights={"chinchilla": 0, "coupled": 1, "farseer_lite": 0})
    assert mixed.interval(0.9) == alone.interval(0.9)
    assert mixed.points[0].share["law"] == 0


def test_all_points_share_one_slope(fits: list[Fit]) -> None:
    near, far = forecast(fits, ["N=10B,D=300B", "N=100B,D=3T"]).points
    slope_near = (near.curve.draws - (near.raw.draws - _noise(near))) / np.log(near.compute_ratio)
    slope_far = (far.curve.draws - (far.raw.draws - _noise(far))) / np.log(far.compute_ratio)
    np.testing.assert_allclose(slope_near, slope_far, atol=1e-12)


def _noise(answer) -> np.ndarray:  # type: ignore[no-untyped-def]
    return answer.predictive.draws - answer.curve.draws


def test_the_chance_of_a_target_agrees_with_the_ranges(fits: list[Fit]) -> None:
    low, high = forecast(fits, "N=30B,D=1T").interval(0.9)
    answer = forecast(fits, "N=30B,D=1T", targets=[low, high])
    chances = [target["probability"] for target in answer.as_dict()["forecast"][0]["targets"]]
    assert chances == pytest.approx([0.05, 0.95], abs=2e-3)
    assert answer.probability(below=high) == pytest.approx(0.95, abs=2e-3)


def test_json_has_the_contracts_keys_and_only_finite_numbers(fits: list[Fit]) -> None:
    answer = forecast(fits, ["N=30B,D=1T", "C=1e23"], targets=[2.0])
    data = json.loads(json.dumps(answer.as_dict(), allow_nan=False))
    for point in data["forecast"]:
        assert {"at", "median", "interval", "raw_interval", "curve_interval", "share", "noise_width", "by_law"} <= set(
            point
        )
        assert {"N", "D", "C"} <= set(point["at"])
        for kind in ("interval", "raw_interval", "curve_interval"):
            assert list(point[kind]) == ["50", "80", "90", "95"]
        assert set(point["share"]) == {"parameters", "law", "extrapolation"}
        assert sum(each["weight"] for each in point["by_law"].values()) == pytest.approx(1, abs=1e-5)
        assert point["distance"]["compute_ratio"] > 1
        assert point["targets"][0]["value"] == 2.0
    assert set(data["verdict"]) == set(DEFAULT_MIXTURE)


def test_printed_digits_are_no_finer_than_the_monte_carlo_error(fits: list[Fit]) -> None:
    answer = forecast(fits, "N=30B,D=1T")
    band = answer.points[0].predictive
    error = band.error(np.array([0.05, 0.5, 0.95])).max()
    assert 10.0**-band.digits.places >= error
    low, high = band.interval(0.9)
    assert f"90% range: {low:.{band.digits.places}f} to {high:.{band.digits.places}f}\n" in answer.text


def test_json_has_every_number_at_full_precision_with_its_monte_carlo_error(fits: list[Fit]) -> None:
    answer = forecast(fits, "N=30B,D=1T", targets=[1.9])
    (said,), band = answer.as_dict()["forecast"], answer.points[0].predictive
    assert said["median"] == band.median and said["interval"]["95"] == list(band.interval(0.95))
    assert said["targets"][0]["probability"] == band.probability(below=1.9)
    assert said["at"]["C"] == 6 * 30e9 * 1e12 and said["distance"]["compute_ratio"] == answer.points[0].compute_ratio
    low, median, high = band.error(np.array([0.05, 0.5, 0.95]))
    assert said["mcse"] == {"median": median, "interval": {"90": [low, high]}}
    for name, alone in said["by_law"].items():
        assert alone["median"] == answer.points[0].by_law[name].median and alone["weight"] == answer.weights[name]


def test_amounts_that_were_asked_are_said_as_they_were_typed(fits: list[Fit]) -> None:
    text = forecast(fits, "N=40.5B,D=1.025T").text
    assert "40.5B parameters and 1.025T tokens (2.5e23" in " ".join(text.split())
    assert "The point: N=40.5B, D=1.025T, C=2.5e23 FLOP." in text
    assert "2.525e23 FLOP at its compute-optimal split" in " ".join(forecast(fits, "C=2.525e23").text.split())


def test_a_skewed_range_prints_its_small_end(fits: list[Fit]) -> None:
    answer = forecast(fits, "N=30B,D=1T")
    point = answer.points[0]
    wide = replace(point.predictive, draws=45 * (point.predictive.draws - np.log(answer.median)) - 1)
    said = answers(replace(answer, points=(replace(point, predictive=wide),)))[0]
    low, high = wide.interval(0.9)
    assert high > 100 * low and float(said.interval["90"][0]) == pytest.approx(low, rel=0.05)


def test_compute_alone_is_put_at_the_median_of_the_optimal_split(fits: list[Fit]) -> None:
    answer = forecast(fits, "C=1e23").points[0]
    assert 6 * answer.at["N"] * answer.at["D"] == pytest.approx(1e23)
    given = forecast(fits, {"N": answer.at["N"], "D": answer.at["D"]}).points[0]
    assert given.predictive.median == pytest.approx(answer.predictive.median, rel=1e-6)


def test_the_same_seed_gives_the_same_numbers(fits: list[Fit]) -> None:
    one, two, other = (forecast(fits, "C=1e23", seed=seed).as_dict() for seed in (1, 1, 2))
    assert one == two
    assert one != other


def test_notes_name_a_far_split_and_a_distance_beyond_the_study(fits: list[Fit]) -> None:
    codes = [note.code for note in forecast(fits, "N=1B,D=100T").points[0].notes]
    assert "split-outside" in codes
    codes = [note.code for note in forecast(fits, {"N": 3e12, "D": 1e14}).points[0].notes]
    assert 3e12 * 1e14 * 6 / TOP > STUDIED
    assert "beyond-studied" in codes
    assert forecast(fits, "N=10B,D=300B").points[0].notes == ()


def test_another_response_widens_the_term_and_says_so(runs: Runs) -> None:
    table = runs.table[["N", "D", "loss"]].rename(columns={"loss": "reward"})
    other = read_runs(table, columns="loss=reward")
    made = make_fit(law("chinchilla"), other, draws=500)
    answer = forecast(made, "N=30B,D=1T")
    assert answer.extrapolation.sd == 0.006
    assert answer.extrapolation.mean == 0
    assert "other-response" in [note.code for note in answer.notes]


def test_a_failed_law_is_dropped_with_its_weight_and_named(runs: Runs, fits: list[Fit]) -> None:
    broken = make_fit(law("kaplan"), runs, draws=1000)
    level = broken.draws["posterior"].to_dataset()
    shift = np.zeros((4, 1))
    shift[0] = 0.5
    for name in ("level", "Nc", "Dc"):
        level[name] = level[name] * np.exp(shift)
    spoiled = replace(broken, draws=_with(broken, level))
    answer = forecast([*fits, spoiled], "N=30B,D=1T")
    assert answer.verdicts["kaplan"].status == "fail"
    assert "kaplan" not in answer.weights
    assert sum(answer.weights.values()) == pytest.approx(1)
    assert any(note.code == "law-dropped" and "kaplan" in note.text for note in answer.notes)
    with pytest.raises(NotConverged, match="kaplan"):
        forecast(spoiled, "N=30B,D=1T")
    shown = forecast(spoiled, "N=30B,D=1T", allow_failed_checks=True)
    assert shown.unchecked


def _with(made: Fit, posterior):  # type: ignore[no-untyped-def]
    import xarray as xr

    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": made.draws["sample_stats"].to_dataset()})


@pytest.mark.parametrize(
    ("keep", "reason"), [(slice(0, 2), "2 runs are too few"), (slice(0, None), "distinct values of C")]
)
def test_too_small_a_table_is_refused_and_the_prior_named(runs: Runs, keep: slice, reason: str) -> None:
    table = runs.table.iloc[keep].copy()
    if keep.stop is None:
        table = table.iloc[:8].assign(N=[1e8, 2e8] * 4, D=1e10)
        table["C"] = 6 * table["N"] * table["D"]
    made = make_fit(law("chinchilla"), read_runs(table), draws=100)
    with pytest.raises(TooFewRuns, match=reason) as refusal:
        forecast(made, "N=30B,D=1T")
    assert "forecaster prior" in str(refusal.value)
    assert refusal.value.exit_status == 3


def test_a_point_without_what_the_laws_need_is_refused(fits: list[Fit]) -> None:
    with pytest.raises(ScenarioError, match="lacks"):
        forecast(fits, "N=30B")
    with pytest.raises(ScenarioError, match="different tables"):
        forecast([fits[0], make_fit(law("coupled"), make_runs(seed=2), draws=100)], "N=30B,D=1T")


def test_a_table_of_compute_alone_is_forecast_along_compute() -> None:
    random = np.random.default_rng(1)
    C = 10 ** random.uniform(18, 21, 20)
    import pandas as pd

    table = read_runs(pd.DataFrame({"C": C, "loss": 1.8 + 50 * C**-0.1 * np.exp(0.002 * random.standard_normal(20))}))
    fitted = fit(law("power_floor"), table)
    answer = forecast(fitted, "C=1e22", targets=[2.2])
    assert dict(answer.points[0].at) == {"C": 1e22}
    truth = 1.8 + 50 * 1e22**-0.1
    low, high = answer.interval(0.95)
    assert low < truth < high


def test_scenarios_pass_through(fits: list[Fit]) -> None:
    asked = scenario("N=30B,D=1T", targets=[2.0])
    assert forecast(fits, asked).targets == (Target(2.0, above=False),)
    table = forecast(fits, asked).table
    assert list(table.columns[:4]) == ["N", "D", "C", "median"]


def test_compute_alone_is_counted_as_the_table_counts_it(runs: Runs) -> None:
    table = runs.table.copy()
    table["C"] *= 3
    tripled = read_runs(table)
    plain = forecast(make_fit(law("chinchilla"), runs, draws=500), "C=1e23").points[0]
    counted = forecast(make_fit(law("chinchilla"), tripled, draws=500), "C=3e23").points[0]
    assert counted.at["N"] == pytest.approx(plain.at["N"])
    assert counted.predictive.interval(0.9) == pytest.approx(plain.predictive.interval(0.9))
    assert counted.notes == plain.notes == ()
    given = forecast(make_fit(law("chinchilla"), tripled, draws=500), {"C": 3e23, "N": plain.at["N"]}).points[0]
    assert given.at["D"] == pytest.approx(plain.at["D"])


def test_an_input_that_no_law_reads_is_refused(fits: list[Fit]) -> None:
    with pytest.raises(ScenarioError, match="gives X"):
        forecast(fits, "N=30B,D=1T,X=3")


def test_small_responses_keep_their_digits(runs: Runs) -> None:
    small = read_runs(runs.table.assign(loss=runs.table["loss"] * 1e-8))
    answer = forecast(make_fit(law("chinchilla"), small, draws=500), "N=30B,D=1T").as_dict()["forecast"][0]
    low, high = answer["interval"]["90"]
    assert 0 < low < answer["median"] < high


def test_scales_that_differ_only_by_rounding_are_one_scale(runs: Runs) -> None:
    table = runs.table.iloc[:12].assign(N=1e9, D=np.linspace(1e10, 1.001e10, 12) * (1 + 1e-5), C=lambda t: 6e19)
    table["C"] *= 1 + 1e-5 * np.arange(12)
    with pytest.raises(TooFewRuns, match="1 distinct"):
        forecast(make_fit(law("chinchilla"), read_runs(table), draws=100), "N=30B,D=1T")


def test_what_a_check_warns_of_stands_with_the_forecast(runs: Runs) -> None:
    mixed = read_runs(runs.table.assign(family=["a", "b"] * 15))
    answer = forecast(make_fit(law("chinchilla"), mixed, draws=200), "N=30B,D=1T")
    assert "mixed-families" in [note.code for note in answer.notes]
