"""Tables of a few runs: a wide forecast that says whose it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.assess.comparison.compare import compare
from forecaster.decide.requirement.require import require
from forecaster.fits.fit import fit
from forecaster.forecasts.evidence.grade import grade
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.forecasts.text import stamps
from forecaster.laws.change_priors import with_priors
from forecaster.laws.shelf import law
from forecaster.reports.provenance import forecast_dict
from forecaster.reports.report import report
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

FLOOR = "LogNormal(0.47, 0.03)"


def curve(runs: int, *, noise: float = 0.004, seed: int = 1) -> Runs:
    """Runs from 1e18 to 3e19 FLOP on 1.6 + 1.8 (C / 1e18)^-0.21."""
    C = np.geomspace(1e18, 3e19, runs)
    wobble = np.exp(noise * np.random.default_rng(seed).standard_normal(runs))
    return read_runs(pd.DataFrame({"C": C, "loss": (1.6 + 1.8 * (C / 1e18) ** -0.21) * wobble}))


def asked(runs: Runs, *, floor: str = "") -> Forecast:
    page = law("power_floor")
    return forecast(fit(with_priors(page, {"E": floor}) if floor else page, runs), "C=1e21", weights="equal")


@pytest.fixture(scope="module")
def few() -> Forecast:
    return asked(curve(4))


def test_a_few_runs_are_forecast_wide_and_graded_d(few: Forecast) -> None:
    low, high = few.interval(0.9)
    assert low < 1.6 + 1.8 * 1000**-0.21 < high and high / low > 1.1
    seen = {each.name: each for each in grade(few, few.points[0]).criteria}
    assert seen["runs"].letter == "D" and seen["runs"].value == "4 runs, fewer than 8"
    assert seen["coverage"].letter == "D" and "never studied with so few runs" in few.text
    assert forecast_dict(few)["forecast"][0]["expected_coverage"] is None


def test_a_prior_on_the_floor_narrows_the_range(few: Forecast) -> None:
    low, high = few.interval(0.9)
    lower, higher = asked(curve(4), floor=FLOOR).interval(0.9)
    assert higher - lower < 0.9 * (high - low)


def test_every_output_says_on_its_front_that_runs_are_few(few: Forecast, tmp_path: Path) -> None:
    (stamp,) = stamps(few)
    assert stamp.startswith("FEW RUNS: 4 runs, fewer than 8. ") and "of what moves the response is the priors'" in stamp
    share = grade(few, few.points[0]).criteria[5].value.split()[0]
    assert f"about {share} of what" in stamp
    report(few, output=tmp_path / "card.html", also="md,json")
    needed = require(few.fits, 2.2, weights="equal")
    card = json.loads((tmp_path / "card.json").read_text())
    assert forecast_dict(few)["provenance"]["stamps"] == card["provenance"]["stamps"] == [stamp]
    assert needed.as_dict()["stamps"][0].startswith("FEW RUNS: 4 runs")
    for said in (few.text, needed.text, *((tmp_path / f"card.{kind}").read_text() for kind in ("md", "html"))):
        assert said.index("FEW RUNS: 4 runs") < len(said) / 2
    assert any(note.code == "few-runs" and note.warning for note in few.notes)


def test_a_comparison_says_so_too(few: Forecast) -> None:
    other = fit(law("shifted_power_law"), few.runs)
    (alone,) = compare([*few.fits, other]).as_dict()["compare"]["stamps"]
    assert alone == "FEW RUNS: 4 runs, fewer than 8. The comparison leans on the priors."
    assert "about" in compare([*few.fits, other], "C=1e21").stamps[0]


def test_eight_runs_are_not_stamped() -> None:
    assert stamps(asked(curve(8))) == []
