"""The comparison: near-ties are called so, a warning stands where the measures disagree, and nothing is invented."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs

from forecaster.assess.comparison import compare as comparison
from forecaster.assess.comparison.compare import compare
from forecaster.assess.comparison.result import Comparison, NearTie
from forecaster.backtests.folds import rolling_origins
from forecaster.backtests.loo import LeaveOneOut
from forecaster.backtests.result import Backtest
from forecaster.backtests.weighting import Weighting
from forecaster.errors import NotConverged, ScenarioError, TooFewRuns, UsageError
from forecaster.fits.posterior import Fit
from forecaster.fits.verdict import Verdict
from forecaster.laws.shelf import law
from forecaster.runs.table import Runs
from forecaster.stats.mixture import MASSES

TRUE = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658, "sigma": 0.01}
POINT = "N=30B,D=1T"


@pytest.fixture(scope="module")
def runs() -> Runs:
    return make_runs(noise=0.01)


@pytest.fixture(scope="module")
def fits(runs: Runs) -> list[Fit]:
    """The law that made the table, and one that is far off it."""
    good = make_fit(law("chinchilla"), runs, TRUE, spread=0.002, draws=500)
    return [good, make_fit(law("kaplan"), runs, {"sigma": 0.01}, spread=0.002, draws=500)]


def weighted(chinchilla: float, *, basis: str = "extrapolation", record: Backtest | None = None) -> Weighting:
    return Weighting({"chinchilla": chinchilla, "kaplan": 1 - chinchilla}, basis, "given for a test", record)


def made(elpd: dict[str, float], *, noise: float = 0.01, k: float = 0.1) -> dict[str, LeaveOneOut]:
    """Leave-one-out results with given sums, whose differences vary by `noise` from run to run."""
    random = np.random.default_rng(1)
    found = {}
    for name, total in elpd.items():
        wobble = noise * random.standard_normal(30)
        found[name] = LeaveOneOut(name, total / 30 + wobble - wobble.mean(), np.full(30, k), 5.0)
    return found


def side_by_side(runs: Runs, elpd: dict[str, float], weights: dict[str, float], *, noise: float = 0.01) -> Comparison:
    verdicts = {name: Verdict("pass", 1.0, 1000.0, 0) for name in elpd}
    weighting = Weighting(weights, "extrapolation", "given for a test")
    return Comparison(runs, verdicts, made(elpd, noise=noise), dict(weights), weighting, None)


def record_of(runs: Runs, names: list[str]) -> Backtest:
    """A track record whose law number i covers a share of i / 4 and has a CRPS of .01 i."""
    points = []
    for i, name in enumerate([*names, "mixture"], start=1):
        rows = pd.DataFrame({"pit": np.full(4, 0.5), "crps": 0.01 * i, "log_score": 1.0, "error": 0.0})
        for mass in MASSES:
            rows[f"covered {100 * mass:g}"] = (np.arange(4) < i).astype(float)
            rows[f"width {100 * mass:g}"] = 0.1
        points.append(rows.assign(law=name, ratio=2.0, cluster=list("abcd"), shown=20))
    folds = rolling_origins(runs)[:1]
    return Backtest(runs, folds, pd.concat(points, ignore_index=True), ({},), "extrapolation", 0, 0)


def codes(found: Comparison) -> list[str]:
    return [note.code for note in found.notes]


def test_every_law_is_shown_under_every_measure(runs: Runs, fits: list[Fit]) -> None:
    found = compare(fits, POINT, weighting=weighted(0.7, record=record_of(runs, ["chinchilla", "kaplan"])))
    good, bad = found.rows
    assert good["law"] == "chinchilla" and good["difference"] == 0 and good["elpd"] == found.loos["chinchilla"].elpd
    assert bad["difference"] == pytest.approx(bad["elpd"] - good["elpd"]) and bad["difference_se"] > 0
    assert good["loo_weight"] > 0.99 and good["extrapolation_weight"] == 0.7
    assert (good["coverage"], good["crps"]) == (0.25, pytest.approx(0.01))
    assert (bad["coverage"], bad["crps"]) == (0.5, pytest.approx(0.02))
    assert found.winners == {"loo": "chinchilla", "extrapolation": "chinchilla"} and found.near_ties == ()
    assert "winners-differ" not in codes(found) and "The two agree." in found.text


def test_the_forecasts_are_those_of_the_verb(fits: list[Fit]) -> None:
    found = compare(fits, [POINT, "N=70B,D=2T"], weighting=weighted(0.7))
    assert found.answer is not None
    point = found.answer.points[1]
    assert found.table.loc["kaplan", "median at N=70B,D=2T"] == point.by_law["kaplan"].median
    assert found.table.loc["kaplan", "90% low at N=70B,D=2T"] == point.by_law["kaplan"].interval(0.9)[0]
    assert [said["asked"] for said in found.as_dict()["compare"]["points"]] == [POINT, "N=70B,D=2T"]
    places = point.predictive.digits.places
    for band, weight in ((point.by_law["kaplan"], "30%"), (point.predictive, "100%")):
        low, high = band.interval(0.9)
        line = f"{band.median:.{places}f} {low:.{places}f} to {high:.{places}f} {weight}"
        assert line in " ".join(found.text.split())


def test_a_warning_where_the_measures_name_different_winners(fits: list[Fit]) -> None:
    found = compare(fits, weighting=weighted(0.2))
    assert found.winners == {"loo": "chinchilla", "extrapolation": "kaplan"}
    (note,) = [note for note in found.notes if note.code == "winners-differ"]
    assert note.warning and note == found.notes[0]
    assert "leave-one-out names chinchilla" in note.text and "extrapolation kaplan" in note.text
    assert "They name different laws." in found.text and "Warning, winners-differ" in found.text


def test_no_warning_where_the_winners_are_a_near_tie_by_either_measure(
    fits: list[Fit], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_weight = compare(fits, weighting=weighted(0.46))
    assert by_weight.winners == {"loo": "chinchilla", "extrapolation": "kaplan"}
    close = made({"chinchilla": 100.0, "kaplan": 97.0})
    monkeypatch.setattr(comparison, "leave_one_out", lambda fit: close[fit.law.name])
    by_elpd = compare(fits, weighting=weighted(0.2))
    assert by_elpd.winners == by_weight.winners
    for found in (by_weight, by_elpd):
        assert "winners-differ" not in codes(found)
        assert "They name different laws, but those are a near-tie." in found.text


def test_near_ties_are_those_pairs_that_a_measure_does_not_tell_apart(runs: Runs) -> None:
    elpd = {"a": 100.0, "b": 103.0, "c": 90.0}
    found = side_by_side(runs, elpd, {"a": 0.5, "b": 0.26, "c": 0.24})
    assert [(tie.by, tie.laws) for tie in found.near_ties] == [("loo", ("a", "b")), ("extrapolation", ("b", "c"))]
    first, second = found.near_ties
    assert first.apart == pytest.approx(-3) and second.apart == pytest.approx(0.02) and second.se is None
    said = " ".join(found.text.split())
    assert "Near-ties: a and b, 3.0 (se" in said and "Near-ties: b and c, 0.02 apart." in said
    # The same sums, when they vary a lot from run to run, tell none of the three apart.
    noisy = side_by_side(runs, elpd, {"a": 0.5, "b": 0.26, "c": 0.24}, noise=2.0)
    assert sum(tie.by == "loo" for tie in noisy.near_ties) == 3
    clear = side_by_side(runs, {"a": 100.0, "b": 80.0}, {"a": 0.7, "b": 0.3})
    assert clear.near_ties == () and clear.text.count("No near-ties.") == 2
    assert str(NearTie("loo", ("a", "b"), -3.0, 1.25)) == "a and b, 3.0 (se 1.2) apart"


def test_without_weights_by_extrapolation_it_says_why_and_names_no_winner(fits: list[Fit]) -> None:
    found = compare(fits, weighting=weighted(0.2, basis="equal"))
    assert found.winners == {"loo": "chinchilla", "extrapolation": None}
    assert [row["extrapolation_weight"] for row in found.rows] == [None, None]
    assert "winners-differ" not in codes(found)
    assert "Extrapolation names no winner: given for a test." in found.text


def test_runs_with_a_large_pareto_k_are_named(fits: list[Fit], monkeypatch: pytest.MonkeyPatch) -> None:
    loos = made({"chinchilla": 100.0, "kaplan": 50.0})
    k = np.full(30, 0.2)
    k[[2, 7]] = 0.9, math.inf
    loos["kaplan"] = replace(loos["kaplan"], pareto_k=k)
    monkeypatch.setattr(comparison, "leave_one_out", lambda fit: loos[fit.law.name])
    found = compare(fits, POINT, weighting=weighted(0.7))
    (note,) = [note for note in found.notes if note.code == "pareto-k"]
    assert note.warning and "kaplan has a Pareto k above 0.7 at 2 runs (row 3, row 8)" in note.text
    data = json.loads(json.dumps(found.as_dict(), allow_nan=False))["compare"]
    assert data["laws"][1]["pareto_k"] is None and data["laws"][1]["unreliable_runs"] == 2
    assert data["laws"][0]["pareto_k"] == 0.1


def test_a_law_that_fails_its_checks_keeps_its_verdict_and_loses_its_numbers(runs: Runs, fits: list[Fit]) -> None:
    apart = 0.3 + 0.1 * np.repeat(np.arange(4.0), 500).reshape(4, 500)
    stuck = make_fit(law("coupled"), runs, {"alpha": apart}, draws=500)
    weights = Weighting({"chinchilla": 0.5, "kaplan": 0.1, "coupled": 0.4}, "extrapolation", "given for a test")
    asked = compare([*fits, stuck], POINT, weighting=weights)
    failed = replace(stuck, verdict=Verdict("fail", 2.0, 10.0, 0, ("The chains differ.",)))
    for found in (asked, compare([*fits, failed], weighting=weights)):
        row = found.rows[2]
        assert row["status"] == "fail" and {row[key] for key in row if key not in ("law", "status")} == {None}
        assert found.rows[0]["extrapolation_weight"] == pytest.approx(0.5 / 0.6)
        assert codes(found).count("law-dropped") == 1 and not found.unchecked
        assert json.dumps(found.as_dict(), allow_nan=False)
        assert "coupled" in found.text and max(map(len, found.text.splitlines())) <= 100
    assert math.isnan(asked.table.loc["coupled", f"median at {POINT}"])
    shown = compare([*fits, failed], weighting=weights, allow_failed_checks=True)
    assert shown.unchecked and shown.rows[2]["elpd"] is not None and "CHECKS FAILED" in shown.text
    with pytest.raises(NotConverged, match="no law passed"):
        compare([replace(each, verdict=failed.verdict) for each in fits], weighting=weighted(0.5))


def test_reservations_of_a_check_are_told(fits: list[Fit]) -> None:
    doubtful = replace(fits[1], verdict=Verdict("review", 1.02, 500.0, 1, ("One draw diverged.",)))
    found = compare([fits[0], doubtful], weighting=weighted(0.7))
    assert found.rows[1]["status"] == "review" and found.rows[1]["elpd"] is not None
    assert "The checks of kaplan passed with reservations: One draw diverged." in found.text


def test_one_law_left_has_nobody_to_win_against(fits: list[Fit]) -> None:
    failed = replace(fits[1], verdict=Verdict("fail", 2.0, 10.0, 0, ("The chains differ.",)))
    found = compare([fits[0], failed], weighting=weighted(0.2))
    assert found.winners == {"loo": None, "extrapolation": None}
    assert "Leave-one-out names no winner: only one law speaks." in found.text


def test_the_text_fits_a_page_and_the_json_holds_only_numbers_that_exist(runs: Runs, fits: list[Fit]) -> None:
    long = replace(fits[1], law=replace(fits[1].law, name="a_law_with_a_name_that_goes_on_and_on"))
    weights = Weighting({"chinchilla": 0.7, long.law.name: 0.3}, "extrapolation", "given for a test")
    found = compare([fits[0], long], POINT, weighting=weights)
    assert max(map(len, found.text.splitlines())) <= 100
    data = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert set(data) == {"compare"}
    assert {"laws", "points", "winners", "near_ties", "notes"} <= set(data["compare"])
    assert data["compare"]["laws"][1]["law"] == long.law.name
    assert data["compare"]["laws"][0]["coverage"] is None


def test_what_cannot_be_compared_is_refused(runs: Runs, fits: list[Fit]) -> None:
    with pytest.raises(UsageError, match="two laws or more, got chinchilla; add one"):
        compare(fits[:1])
    with pytest.raises(UsageError, match="got none"):
        compare([])
    other = make_fit(law("kaplan"), make_runs(seed=2))
    with pytest.raises(ScenarioError, match="different tables"):
        compare([fits[0], other])
    with pytest.raises(ScenarioError, match="one name"):
        compare([fits[0], fits[0]])
    with pytest.raises(ScenarioError, match="no weight for kaplan"):
        compare(fits, weighting=Weighting({"chinchilla": 1.0}, "equal", "given for a test"))
    few = runs.select(np.arange(len(runs)) < 2)
    with pytest.raises(TooFewRuns):
        compare([make_fit(law("chinchilla"), few), make_fit(law("kaplan"), few)], weighting=weighted(0.5))
