"""Exhibits: what each figure says and draws, that it stays light, and that its numbers are the forecast's."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from making import HELD, make_fit, make_record, make_runs
from matplotlib.figure import Figure

from forecaster.backtests.weighting import Weighting
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.path import path
from forecaster.forecasts.prior_predictive import prior_predictive
from forecaster.forecasts.result import Forecast
from forecaster.laws.change_noise import with_noise
from forecaster.laws.shelf import law
from forecaster.reports.figures import run_checks as checked_runs_module
from forecaster.reports.figures.calibration import calibration
from forecaster.reports.figures.exhibits import exhibits, front_exhibits
from forecaster.reports.figures.laws import parting
from forecaster.reports.figures.priors import learned, priors
from forecaster.reports.figures.residuals import residuals
from forecaster.reports.figures.run_checks import checked_runs
from forecaster.reports.figures.shares import range_layers, shares
from forecaster.runs.table import Runs
from forecaster.show.figure import Absent, Exhibit, svg
from forecaster.show.style import ACCENT, some
from forecaster.stats.mixture import weighted_quantile

TRUTH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658, "sigma": 0.002, "growth": 1e-4}
NAMES = ["shares", "laws", "calibration", "residuals", "predictive", "priors"]


def ask(runs: Runs, *, held: Mapping[str, float] | None = None, E: float = 1.8, **more: Any) -> Forecast:
    fits = [make_fit(law("chinchilla"), runs, TRUTH), make_fit(law("coupled"), runs, E=E)]
    weights = {"chinchilla": 0.75, "coupled": 0.25}
    record = None if held is None else make_record(runs, held)
    weighting = Weighting(weights, "extrapolation", "earned", record)
    return forecast(fits, "N=70B,D=1.4T", weights=weighting, allow_failed_checks=True, **more)


@pytest.fixture(scope="module")
def answer() -> Forecast:
    return ask(make_runs(), held=HELD)


def drawn(exhibit: Exhibit | Absent, *, narrow: bool = False) -> Figure:
    assert isinstance(exhibit, Exhibit)
    return exhibit.figure(narrow=narrow)


def words(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(lambda each: hasattr(each, "get_text")))


def test_quantiles_of_many_points_are_those_of_each() -> None:
    random = np.random.default_rng(1)
    draws, weights = random.standard_normal((3, 50, 4)), np.array([0.5, 0.0, 0.5])
    for point in range(4):
        one = weighted_quantile(draws[:, :, point], np.array([0.05, 0.5]), weights)
        assert weighted_quantile(draws, (0.05, 0.5), weights)[:, point] == pytest.approx(one)
    draws[0, :25, 0] = np.nan
    kept = np.concatenate([draws[0, 25:, 0], draws[2, :, 0]])
    assert weighted_quantile(draws, (0.5,), weights)[0, 0] == pytest.approx(
        weighted_quantile(kept[None], 0.5, np.ones(1))
    )
    draws[:, :, 1] = np.inf
    assert np.isnan(weighted_quantile(draws, (0.5,), weights)[0, 1])


def test_a_path_says_what_the_forecast_says_along_it(answer: Forecast) -> None:
    point = answer.points[0]
    along = path(answer, point, [1e20, point.at["C"], 1e26])
    at = [{"N": 70e9 * s, "D": 1.4e12 * s, "C": c} for c in along.scale for s in [np.sqrt(c / point.at["C"])]]
    for step, found in enumerate(answer.along(at)):
        low, median, high = along.predictive[:, step]
        assert (low, high) == pytest.approx(found.predictive.interval(0.9), rel=1e-12)
        assert median == pytest.approx(found.predictive.median, rel=1e-12)
        assert along.draws.noise_width()[step] == pytest.approx(found.noise_width, rel=1e-9)
        for name, band in found.by_law.items():
            assert along.by_law[name][1, step] == pytest.approx(band.median, rel=1e-12)
        assert {name: part[step] for name, part in along.draws.shares().items()} == pytest.approx(found.share)


def test_layers_end_at_the_ranges_of_the_forecast(answer: Forecast) -> None:
    point = answer.points[0]
    layers = range_layers(path(answer, point, [point.at["C"]]))
    for name, band in (("extrapolation", point.curve), ("noise", point.predictive)):
        low, high = band.interval(0.9)
        assert layers[name][0] == pytest.approx(100 * (high / low - 1))
    widths = [float(layers[name][0]) for name in ("parameters", "law", "extrapolation", "noise")]
    assert widths == sorted(widths)
    said = shares(answer).sentence
    assert said.startswith("At the point asked, 330 times the largest run,")
    assert f"{widths[0]:.1f}% wide from the parameters alone" in said


def test_a_run_off_the_curve_is_hollow_ringed_named_and_listed() -> None:
    plain = make_runs()
    table = plain.table.assign(loss=plain.column("loss") * np.where(np.arange(30) == 12, 1.05, 1.0))
    runs = Runs(table=table, name="runs.csv")
    found = forecast(make_fit(law("chinchilla"), runs, TRUTH, spread=0.001), "N=70B,D=1.4T", weights="equal")
    exhibit = residuals(found, checked_runs(found))
    assert "the farthest, row 13, is +4.8%" in exhibit.sentence
    assert "1 ringed run is an outlier" in exhibit.sentence
    row = next(row for row in exhibit.table.rows if row[0] == "row 13")
    assert row[-1] == "outlier"
    assert row[-2] == "+4.8%"
    figure = exhibit.figure()
    assert "row 13" in words(figure)
    assert {"90% range of run-to-run noise", "outside the noise's 90% range"} <= {
        text.get_text() for legend in figure.axes[0].findobj(lambda each: hasattr(each, "get_texts"))
        for text in legend.get_texts()
    }  # fmt: skip


def test_ranges_before_the_data_are_those_of_the_prior_predictive() -> None:
    runs = make_runs()
    fit = make_fit(law("chinchilla"), runs, TRUTH)
    checked = checked_runs(forecast(fit, "N=70B,D=1.4T", weights="equal"))
    row = int(checked.rows[-1])
    at = {name: float(runs.column(name)[row]) for name in "NDC"}
    low, high = prior_predictive(fit.law, runs, [at]).points[0].band.interval(0.9)
    assert (np.exp(checked.before[0][-1]), np.exp(checked.before[1][-1])) == pytest.approx((low, high), rel=0.15)
    assert (checked.after[1] - checked.after[0] < checked.before[1] - checked.before[0]).all()


def test_a_posterior_like_its_prior_is_said_not_to_be_learned() -> None:
    runs = make_runs()
    the_law = law("chinchilla")
    random = np.random.default_rng(3)
    same = the_law.priors["tail"].quantile(random.uniform(size=(4, 250)), {})
    edge = np.full((4, 250), float(the_law.priors["alpha"].quantile(0.95, {})))
    fit = make_fit(the_law, runs, {"tail": same, "alpha": edge})
    by_name = {each.name: each for each in learned(fit)}
    assert by_name["tail"].share == pytest.approx(1, abs=0.1)
    assert by_name["alpha"].z[2] == pytest.approx(1.645, abs=0.06)
    assert by_name["alpha"].share == pytest.approx(0, abs=1e-9)
    sentence = priors(forecast(fit, "N=70B,D=1.4T", weights="equal", allow_failed_checks=True)).sentence
    assert sentence.startswith("The runs hardly narrowed tail (chinchilla)")


def test_calibration_draws_the_shares_held(answer: Forecast) -> None:
    exhibit = calibration(answer)
    ax = drawn(exhibit).axes[0]
    marks = [line for line in ax.lines if line.get_marker() == "o" and line.get_color() == ACCENT]
    heights = [float(line.get_ydata()[0]) for line in marks if len(line.get_ydata())]
    assert heights == pytest.approx([90.0] * 4)
    assert isinstance(exhibit, Exhibit)
    assert exhibit.sentence.startswith("Of 40 hidden runs, the laws, mixed, held 90% in the 50% range")
    assert "last value 20% and straight line 30%" in exhibit.sentence
    assert [row[0] for row in exhibit.table.rows] == [
        "all, mixed",
        "last value",
        "straight line",
        "chinchilla",
        "coupled",
    ]


def test_what_cannot_be_shown_says_why() -> None:
    runs = make_runs()
    found = forecast(make_fit(law("chinchilla"), runs, TRUTH), "N=70B,D=1.4T", weights="equal")
    shown = exhibits(found)
    assert [each.name for each in shown.shown] == ["shares", "residuals", "predictive", "priors"]
    assert set(shown.absent) == {"Where the laws part", "Calibration of the backtest"}
    assert all(why.endswith(".") and "\n" not in why for why in shown.absent.values())
    fans, by_law = front_exhibits(found)
    assert [each.name for each in fans] == ["fan", "fan-linear"] and by_law == ()


def test_laws_part_where_they_differ_by_more_than_noise() -> None:
    runs = make_runs()
    # Equal where the path meets the largest run, at 3.9B parameters, and apart from there on.
    quiet = TRUTH | {"sigma": 5e-4}
    steeper = {"alpha": 0.5, "A": 482.01 * 3.87e9 ** (0.5 - 0.3478)}
    fits = [
        make_fit(law("chinchilla"), runs, quiet, spread=1e-4),
        make_fit(replace(law("chinchilla"), name="steeper"), runs, quiet | steeper, spread=1e-4),
    ]
    exhibit = parting(forecast(fits, "N=70B,D=1.4T", weights="equal", allow_failed_checks=True))
    assert isinstance(exhibit, Exhibit)
    assert re.search(r"; from about .* FLOP, .* times the largest run, on they differ by more than", exhibit.sentence)
    assert "parted by more than noise" in words(exhibit.figure())
    early = parting(ask(runs, E=1.0))
    assert isinstance(early, Exhibit)
    assert "; from the largest run on they differ by more than" in early.sentence
    fits = [make_fit(law(name), make_runs(), sigma=0.5) for name in ("chinchilla", "coupled")]
    noisy = parting(forecast(fits, "N=10B,D=200B", weights="equal", allow_failed_checks=True))
    assert isinstance(noisy, Exhibit)
    assert "would say little about which law holds" in noisy.sentence
    assert "parted by more than noise" not in words(noisy.figure())


@pytest.mark.parametrize("narrow", [False, True])
def test_every_exhibit_is_whole_light_and_themed(answer: Forecast, narrow: bool) -> None:
    found = exhibits(answer)
    assert [each.name for each in found.shown] == NAMES
    assert not found.absent
    for each in found.shown:
        picture = svg(each.figure(narrow=narrow), title=each.title, description=each.alt, name=each.name, themed=True)
        assert len(picture) < 60_000, each.name
        assert not re.findall(r"#[0-9a-fA-F]{6}\b", picture), each.name
        assert each.sentence.endswith(".")
        assert each.sentence in each.alt
        assert each.table.rows
        assert all(len(row) == len(each.table.columns) for row in each.table.rows)


def test_every_axis_says_its_unit(answer: Forecast) -> None:
    said = {each.name: " ".join(words(each.figure()).split()) for each in exhibits(answer).shown}
    assert "Width of the 90% range (% of the loss)" in said["shares"]
    assert "Off the mixed median (%)" in said["laws"]
    assert "Hidden runs inside (%)" in said["calibration"]
    assert "above or below the curve (%)" in said["residuals"]
    assert "Loss (nats per token)" in said["predictive"]
    assert "Percentile of the prior" in said["priors"]
    for name in ("laws", "residuals"):
        assert "Training compute (FLOP)" in said[name]


@pytest.mark.parametrize("link", ["own", "logit"])
def test_other_links_have_their_own_measure(link: str) -> None:
    runs = make_runs()
    loss = runs.column("loss") - (4.0 if link == "own" else 0.0)
    scores = Runs(
        table=runs.table.assign(loss=loss / (1.0 if link == "own" else 10.0)), name="scores", response="score"
    )
    fit = make_fit(with_noise(law("chinchilla"), f"{link}, constant"), scores, spread=0.01)
    found = forecast(fit, "N=70B,D=1.4T", weights="equal", allow_failed_checks=True)
    for each in exhibits(found).shown:
        picture = svg(each.figure(), name=each.name)
        assert "nan" not in re.sub(r">[^<]*<", "><", picture).lower()
    assert ("logits" if link == "logit" else "score") in residuals(found, checked_runs(found)).sentence


def test_hostile_names_stay_text() -> None:
    hostile = ["<b>&amp;", "_y", "$x", "عائلة", "x" * 10_000, "a\nb"]
    found = ask(make_runs(family=[hostile[row % 6] for row in range(30)]))
    each = residuals(found, checked_runs(found))
    picture = svg(each.figure(narrow=True), title=each.title, description=each.alt, name="r", themed=True)
    assert "&lt;b&gt;&amp;amp;" in picture
    assert "<b>" not in picture
    assert len(picture) < 60_000


def test_a_table_of_one_input_has_every_exhibit() -> None:
    import pandas as pd

    from forecaster.runs.read import read_runs

    D = np.geomspace(1e9, 1e12, 20)
    runs = read_runs(pd.DataFrame({"D": D, "loss": 1.5 + 300 / D**0.3}))
    fits = [make_fit(law(name), runs) for name in ("power_floor", "shifted_power_law")]
    found = forecast(fits, "D=10T", weights="equal", allow_failed_checks=True)
    shown = {each.name: each for each in exhibits(found).shown}
    assert set(shown) == set(NAMES) - {"calibration"}
    assert "Training tokens" in words(shown["laws"].figure())
    assert "Tokens of the run asked for, times the largest run" in words(shown["shares"].figure())


def test_of_many_runs_evenly_spaced_ones_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_runs_module, "MOST_RUNS", 20)
    found = ask(make_runs())
    checked = checked_runs(found)
    assert len(checked.observed) == 20
    assert (np.diff(checked.runs.column("C")) >= 0).all()
    assert {checked.rows[0], checked.rows[-1]} == {0, 29}
    assert "of 20 runs evenly spaced among all 30 (" in residuals(found, checked).sentence


def test_what_is_thinned_keeps_to_what_was_marked() -> None:
    which = np.arange(1000) % 2 == 0
    kept = some(which, 100)
    assert 80 <= kept.sum() <= 100
    assert which[kept].all()
    assert (some(which[:150], 100) == which[:150]).all()


def test_a_backtest_draws_its_own_calibration_with_the_mixture_first() -> None:
    from matplotlib.figure import Figure

    record = make_record(make_runs(), HELD)
    ax = record.plot(Figure().subplots())
    legend = ax.get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels[:2] == ["should hold", "all laws, mixed"]
    assert len(labels) == 1 + len(record.scores)
    heights = {float(y) for line in ax.lines for y in np.atleast_1d(line.get_ydata())}
    (mixture,) = [score for score in record.scores if score.law == "mixture"]
    assert {100 * share for share in mixture.coverage.values()} <= heights
