"""Ridges: what cannot be told apart is found before anything is sampled, and the cure means the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from forecaster.cli.main import main
from forecaster.fits.design import references
from forecaster.fits.ridges import NOTABLE, ridges, with_ridges
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.recentre import cured
from forecaster.laws.shelf import DEFAULT_MIXTURE, DEFAULT_ONE_INPUT, law
from forecaster.runs.check import check
from forecaster.runs.table import Runs

PAGE = """
title = "As a paper writes it"
formula = "{formula}"
[inputs]
N = "parameters"
D = "tokens"
[sampled]
E = "Normal(1.7, 0.3)"
A = "{size}"
B = "{data}"
alpha = "Normal(0.35, 0.1)"
beta = "Normal(0.35, 0.1)"
"""
AS_POWERS = "E + A / N**alpha + B / D**beta"
AS_LOGS = "E + exp(A - alpha * log(N)) + exp(B - beta * log(D))"


def written(size: str, data: str, formula: str = AS_POWERS) -> Law:
    return read_law(PAGE.format(formula=formula, size=size, data=data), name="mine")


def test_a_coefficient_and_its_exponent_are_found_with_the_line_that_cures_them(small_runs: Runs) -> None:
    found = {ridge.parameters: ridge for ridge in ridges(written("HalfNormal(1000)", "HalfNormal(3000)"), small_runs)}
    assert {frozenset(pair) for pair in found} == {frozenset(("A", "alpha")), frozenset(("B", "beta"))}
    for ridge in found.values():
        assert abs(ridge.correlation) > NOTABLE
        assert not ridge.bent
    said = {str(ridge.cure) for ridge in found.values()}
    assert (
        'under [sampled] A_centre = "HalfNormal(1000 / N0**alpha)" in place of A, '
        'and under [natural] A = "A_centre * N0**alpha"'
    ) in said


def test_a_ridge_is_bent_where_the_coefficient_is_sampled_as_itself(small_runs: Runs) -> None:
    # With these priors the sampler takes 55 to 117 steps a draw and fails its checks, against 8 to 25 on the others.
    found = ridges(written("Normal(500, 300)", "Normal(2000, 1000)"), small_runs)
    assert found and all(ridge.bent for ridge in found)
    assert "several times the steps" in found[0].text
    noted = with_ridges(check(small_runs), [written("Normal(500, 300)", "LogNormal(7, 1)")], small_runs).notes
    assert {note.warning for note in noted if note.code == "ridge"} == {True, False}


@pytest.mark.parametrize("name", [*DEFAULT_MIXTURE, *DEFAULT_ONE_INPUT, "kaplan", "power_law", "farseer"])
def test_the_shelf_has_no_ridges(name: str, small_runs: Runs) -> None:
    assert ridges(law(name), small_runs) == ()


@pytest.mark.parametrize(
    ("size", "formula"),
    [
        ("Normal(500, 300)", AS_POWERS),
        ("StudentT(4, 500, 100)", AS_POWERS),
        ("LogNormal(6, 1.5)", AS_POWERS),
        ("LogNormal(6, 1.5)", "E + A * N**(-alpha) + B / D**beta"),
        ("LogNormal(6, 1.5)", "E + A / (N / 1000)**alpha + B / D**beta"),
        ("HalfNormal(1000)", AS_POWERS),
        ("Exponential(0.001)", AS_POWERS),
        ("Gamma(2, 0.004)", AS_POWERS),
        ("Normal(6, 3)", AS_LOGS),
        ("StudentT(4, 6, 1)", AS_LOGS),
    ],
)
def test_a_cure_takes_the_ridge_away_and_leaves_the_prior_what_it_was(
    size: str, formula: str, small_runs: Runs
) -> None:
    data = "Normal(7, 3)" if formula == AS_LOGS else "LogNormal(7.6, 1.5)"
    before = written(size, data, formula)
    (ridge,) = [ridge for ridge in ridges(before, small_runs) if "A" in ridge.parameters]
    assert ridge.cure is not None
    after = cured(before, ridge.cure)
    assert after is not None
    assert not [ridge for ridge in ridges(after, small_runs) if {"A", "A_centre"} & set(ridge.parameters)]
    fixed = references(after, small_runs).values
    own, follows = (each.draw_priors(fixed, draws=40_000, seed=seed) for each, seed in ((before, 1), (after, 2)))
    # Joint with the exponent, so that a prior right on average and wrong given alpha is found out.
    upper = [draws["alpha"] > np.median(draws["alpha"]) for draws in (own, follows)]
    for chosen in (upper, [~each for each in upper]):
        values = [draws["A"][rows] for draws, rows in zip((own, follows), chosen, strict=True)]
        ranks = [np.searchsorted(np.sort(own["A"]), each) for each in values]
        for p in (0.1, 0.5, 0.9):
            # Five standard errors of the difference of two shares of 20,000.
            share = [np.mean(each < p * 40_000) for each in ranks]
            assert share[0] == pytest.approx(share[1], abs=5 * np.sqrt(2 * p * (1 - p) / 20_000))


@pytest.mark.parametrize(
    ("size", "formula"), [("Uniform(10, 5000)", AS_POWERS), ("Beta(2, 2)", "E + 1000 * A / N**alpha + B / D**beta")]
)
def test_a_family_that_has_no_such_prior_at_the_centre_gets_no_line(size: str, formula: str, small_runs: Runs) -> None:
    found = ridges(written(size, "LogNormal(7, 1)", formula), small_runs)
    (ridge,) = [ridge for ridge in found if "A" in ridge.parameters]
    assert ridge.cure is None
    assert "as on the page of chinchilla" in ridge.text


def test_a_law_without_a_response_is_said_and_not_a_traceback(small_runs: Runs) -> None:
    page = written("HalfNormal(1000)", "HalfNormal(3000)", "E + A / N**alpha + B / D**beta - 1e9")
    noted = with_ridges(check(small_runs), [page], small_runs).notes
    (note,) = [note for note in noted if note.code == "prior-without-response"]
    assert note.warning


def test_check_names_the_cure_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PAGE.format(formula=AS_POWERS, size="Normal(500, 300)", data="HalfNormal(3000)"), "utf-8")
    runs = tmp_path / "runs.csv"
    assert main(["example", "public_models", "-o", str(runs), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["check", str(runs), "--law", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["check"]["ridges"]
    assert {frozenset(ridge["parameters"]) for ridge in found} == {frozenset(("A", "alpha")), frozenset(("B", "beta"))}
    assert {ridge["cure"]["old"]: ridge["cure"]["formula"] for ridge in found}["B"] == "B_centre * D0**beta"
    assert main(["check", str(runs), "--law", str(path)]) == 0
    assert "- Warning, ridge: " in capsys.readouterr().out
