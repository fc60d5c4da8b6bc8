"""Weightings: earned and cached with their record, saved with a fit, and asked for in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from making import make_runs

from forecaster.backtests.weighting import Weighting, given, load_weighting, read_page, weigh
from forecaster.cli.main import main
from forecaster.cli.source import weights_said
from forecaster.errors import ScenarioError, UsageError
from forecaster.fits.cache import cache_folder
from forecaster.fits.fit import fit
from forecaster.fits.posterior import Fit
from forecaster.fits.store import load_fits, save_fits
from forecaster.forecasts.forecast import forecast
from forecaster.laws.shelf import law
from forecaster.runs.table import Runs

LAWS = ("chinchilla", "kaplan")


@pytest.fixture(scope="module")
def runs() -> Runs:
    return make_runs(sizes=6, lengths=5, noise=0.004)


@pytest.fixture(scope="module")
def fits(runs: Runs) -> list[Fit]:
    return [fit(law(name), runs) for name in LAWS]


@pytest.fixture(scope="module")
def earned(fits: list[Fit]) -> Weighting:
    return weigh(fits)


def test_the_default_forecast_earns_its_weights_and_carries_the_record(fits: list[Fit], earned: Weighting) -> None:
    answer = forecast(fits, "N=30B,D=1T")
    assert answer.weighting.basis == "extrapolation"
    assert answer.weights == pytest.approx(earned.weights)
    assert answer.weights["chinchilla"] > 0.5
    data = json.loads(json.dumps(answer.as_dict(), allow_nan=False))
    assert data["weights"]["basis"] == "extrapolation"
    assert {row["law"] for row in data["track_record"]["backtest"]} >= {*LAWS, "mixture", "naive-line"}


def test_the_same_weighting_comes_from_cache_and_page(fits: list[Fit], earned: Weighting, runs: Runs) -> None:
    said: list[str] = []
    again = weigh(fits, say=said.append)
    assert said == []
    assert again.page == earned.page
    found = read_page(earned.page, runs)
    assert found.record is not None and earned.record is not None
    assert found.record.as_dict() == earned.record.as_dict()


def test_a_damaged_cache_entry_is_made_again(fits: list[Fit], earned: Weighting) -> None:
    pages = list(cache_folder().with_name("pages").glob("*.json"))
    assert pages
    for page in pages:
        page.write_text('{"weights": 3}', "utf-8")
    assert weigh(fits).page == earned.page


def test_a_saved_fit_keeps_its_weighting(fits: list[Fit], earned: Weighting, tmp_path: Path) -> None:
    folder = save_fits(fits, tmp_path / "fits", weighting=earned.page)
    loaded = load_fits(folder)
    kept = load_weighting(folder, loaded[0].runs)
    assert kept is not None and kept.page == earned.page
    bare = save_fits(fits, tmp_path / "bare")
    assert load_weighting(bare, loaded[0].runs) is None


def test_the_command_forecasts_a_saved_fit_with_its_own_weights(
    fits: list[Fit], earned: Weighting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def weights_of(folder: Path, *more: str) -> dict[str, object]:
        assert main(["forecast", str(folder), "--at", "N=30B,D=1T", "--json", "--quiet", *more]) == 0
        found: dict[str, object] = json.loads(capsys.readouterr().out)["weights"]
        return found

    full = save_fits(fits, tmp_path / "fits", weighting=earned.page)
    assert weights_of(full) == json.loads(json.dumps(earned.as_dict()))
    assert weights_of(full, "--fast")["weights"] == {"chinchilla": 0.5, "kaplan": 0.5}
    assert weights_of(full, "--weights", "kaplan=3,chinchilla=1")["weights"] == {"chinchilla": 0.25, "kaplan": 0.75}
    assert weights_of(full, "--law", "kaplan")["weights"] == {"kaplan": 1.0}
    bare = weights_of(save_fits(fits, tmp_path / "bare"))
    assert bare["basis"] == "equal" and "without earned weights" in str(bare["why"])


def test_few_runs_get_equal_weights_and_say_why(runs: Runs) -> None:
    few = runs.select(runs.column("C") <= np.sort(runs.column("C"))[11])
    found = weigh([fit(law(name), few) for name in LAWS])
    assert found.basis == "equal"
    assert "15 runs" in found.why or "no cut" in found.why


def test_some_of_the_laws_share_the_weight_and_the_mixture_leaves_the_record(earned: Weighting) -> None:
    alone = earned.of(["kaplan"])
    assert alone.weights == {"kaplan": 1.0}
    assert alone.record is not None
    assert {score.law for score in alone.record.scores} == {"kaplan", "naive-last", "naive-line", "huber-bootstrap"}
    with pytest.raises(ScenarioError, match="all weight"):
        Weighting({"a": 0.0, "b": 1.0}, "given", "").of(["a"])


@pytest.mark.parametrize("weights", [{"x": 1.0}, {"a": -1.0, "b": 2.0}, {"a": 0.0}, {"a": float("nan")}])
def test_weights_that_do_not_fit_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ScenarioError, match="do not fit"):
        given(weights, ["a", "b"])


def test_weights_are_said_in_words() -> None:
    assert weights_said("", fast=False) == ""
    assert weights_said("", fast=True) == "equal"
    assert weights_said("loo", fast=False) == "loo"
    assert weights_said("a=0.5, b=1", fast=False) == {"a": 0.5, "b": 1.0}
    with pytest.raises(UsageError, match="neither"):
        weights_said("best", fast=False)
    with pytest.raises(UsageError, match="give one"):
        weights_said("loo", fast=True)
