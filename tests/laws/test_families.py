"""Families: each has its own level, little data pools it, and a new one is less certain than one that was seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs

from forecaster.cli.main import main
from forecaster.errors import LawError, RunsError, ScenarioError
from forecaster.fits.fit import fit
from forecaster.fits.posterior import Fit
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.points import asked_of, code_of
from forecaster.inputs import CODE
from forecaster.laws.families import families_of, with_families
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law
from forecaster.runs.points import scenario
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs, family_names, with_codes

LEVELS = {"high": 0.02, "low": -0.02, "mid": 0.0}


def table_of(levels: dict[str, float]) -> pd.DataFrame:
    random = np.random.default_rng(4)
    N = np.geomspace(3e7, 3e9, 9)
    curve = 1.8 + (N / 3e8) ** -0.35
    parts = [
        pd.DataFrame({"N": N, "family": name, "loss": curve * np.exp(level + 0.003 * random.standard_normal(len(N)))})
        for name, level in levels.items()
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def runs() -> Runs:
    return with_codes(read_runs(table_of(LEVELS)), "family")


@pytest.fixture(scope="module")
def grouped(runs: Runs) -> Fit:
    return fit(with_families(law("power_floor"), family_names(runs, "family"), "family"), runs)


def test_families_get_their_own_levels_and_a_new_one_a_wider_range(grouped: Fit) -> None:
    assert grouped.verdict.status == "pass", grouped.verdict.text
    answers = {}
    for family in (*LEVELS, "new"):
        at = {"N": 1e9, **code_of([grouped.law], family)}
        answers[family] = forecast(grouped, at, weights="equal").points[0]
    middle = np.log(answers["mid"].raw.median)
    for family, level in LEVELS.items():
        assert np.log(answers[family].raw.median) - middle == pytest.approx(level, abs=0.006)

    def width(family: str) -> float:
        low, high = answers[family].curve.interval(0.9)
        return float(np.log(high / low))

    assert width("new") > 2 * max(width(family) for family in LEVELS)
    low, high = answers["new"].raw.interval(0.9)
    assert low < answers["low"].raw.median and answers["high"].raw.median < high


def test_families_have_their_own_exponents_about_the_tables_centre() -> None:
    page = with_families(law("power_floor"), ["flat", "steep"], "family", exponents=True)
    N = np.geomspace(1e7, 1e10, 10)
    table = pd.DataFrame({"N": N, "loss": 2 + N**-0.3, "family": ["flat", "steep"] * 5})
    runs = with_codes(read_runs(table), "family")
    given = {
        "alpha": 0.3,
        "pooling_alpha": 0.5,
        "unit_alpha_0": -0.4,
        "unit_alpha_1": 0.6,
        "unit_0": 0.0,
        "unit_1": 0.0,
    }
    made = make_fit(page, runs, given, spread=0.0, draws=4)
    E, A = (float(made.posterior[name][0, 0]) for name in ("E", "A"))
    N0 = made.references.centre["X0"]
    for code, unit in ((0.0, -0.4), (1.0, 0.6)):
        alpha = 0.3 * np.exp(0.5 * unit)
        for x in (N0, 30 * N0):
            expected = np.log(E + A * N0**-0.3 * (x / N0) ** -alpha)
            assert float(made.linked_response({"X": x, CODE: code})[0, 0]) == pytest.approx(expected, rel=1e-12)
    for name, why in (("coupled", "beta stands outside"), ("kaplan", "no such exponent")):
        with pytest.raises(LawError, match=why):
            with_families(law(name), ["a", "b"], "family", exponents=True)


def test_families_that_do_not_differ_are_pooled() -> None:
    same = with_codes(read_runs(table_of(dict.fromkeys(LEVELS, 0.0))), "family")
    found = fit(with_families(law("power_floor"), family_names(same, "family"), "family"), same)
    assert float(found.posterior["pooling"].median()) < 0.012


def test_the_page_says_the_families_and_reads_back(grouped: Fit) -> None:
    assert families_of(grouped.law) == ["high", "low", "mid"]
    again = read_law(grouped.law.text, name="power_floor")
    assert again.sha256 == grouped.law.sha256 and families_of(again) == families_of(grouped.law)
    assert families_of(law("chinchilla")) == []
    odd = ['a "quoted" one', "[brackets]", "naïve"]
    assert families_of(with_families(law("chinchilla"), odd, "family")) == odd


def test_what_is_no_family_is_refused(runs: Runs, grouped: Fit) -> None:
    with pytest.raises(ScenarioError, match=r"no family fourth; there are high, low, mid, or new"):
        code_of([grouped.law], "fourth")
    with pytest.raises(ScenarioError, match="know no families"):
        code_of([law("chinchilla")], "high")
    assert code_of([law("chinchilla")], "") == {}
    plain = read_runs(table_of({"one": 0.0}))
    with pytest.raises(RunsError, match="has 1 families"):
        with_codes(plain, "family")
    with pytest.raises(RunsError, match="no column colour"):
        with_codes(plain, "colour")
    with pytest.raises(RunsError, match="of its own"):
        with_codes(runs, "family")
    with pytest.raises(LawError, match="logit"):
        with_families(replace(law("chinchilla"), link="logit"), ["a", "b"], "family")


def test_a_point_keeps_the_family_that_it_names(grouped: Fit) -> None:
    asked = asked_of(scenario([{"N": 1e10, CODE: 1.0}, "N=1B"]), [grouped.law], "mid")
    assert [point.inputs[CODE] for point in asked.points] == [1.0, 2.0]


def test_the_command_names_the_family_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "runs.csv"
    table_of(LEVELS).to_csv(path, index=False)
    common = [str(path), "--law", "power_floor", "--group", "family", "--fast", "--quiet"]
    assert main(["forecast", *common, "--at", "N=20B", "--family", "low"]) == 0
    said = capsys.readouterr().out
    assert "a run of family low" in " ".join(said.split()) and CODE not in said
    assert main(["fit", *common, "-o", str(tmp_path / "fits")]) == 0
    capsys.readouterr()
    assert main(["forecast", str(tmp_path / "fits"), "--at", "N=10B", "--json", "--quiet"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["forecast"][0]["at"][CODE] == 3
    assert "family-asked" in [note["code"] for note in data["forecast"][0]["notes"]]
    assert "mixed-families" not in [note["code"] for note in data["notes"]]
    assert main(["forecast", *common, "--at", "N=10B", "--family", "other"]) == 2


def test_a_budget_is_split_for_the_family_that_is_asked() -> None:
    runs = with_codes(make_runs(family=["a", "b"] * 15), "family")
    page = with_families(law("chinchilla"), ["a", "b"], "family")
    made = make_fit(page, runs, draws=100)
    answer = forecast(made, {"C": 1e22, CODE: 1.0}, weights="equal", allow_failed_checks=True).points[0]
    plain = forecast(make_fit(law("chinchilla"), runs, draws=100), "C=1e22", weights="equal", allow_failed_checks=True)
    assert answer.at[CODE] == 1.0
    assert answer.at["N"] == pytest.approx(plain.points[0].at["N"], rel=0.1)
