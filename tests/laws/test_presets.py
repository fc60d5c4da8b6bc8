import csv
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.errors import LawError, ScenarioError
from forecaster.laws.law import Preset
from forecaster.laws.page import read_law
from forecaster.laws.presets import predict
from forecaster.laws.shelf import law, shelf

needs_data = pytest.mark.skipif("FORECASTER_DATA" not in os.environ, reason="FORECASTER_DATA is not set")
ALL = [(name, preset) for name in shelf() for preset in law(name).presets]
TABLE = {
    ("chinchilla", "hoffmann2022"): "hoffmann2022_approach3",
    ("chinchilla", "besiroglu2024"): "besiroglu2024",
    ("chinchilla_tied", "gadre2024_c4"): "gadre2024_c4",
    ("chinchilla_tied", "gadre2024_redpajama"): "gadre2024_redpajama",
    ("chinchilla_tied", "gadre2024_refinedweb"): "gadre2024_refinedweb",
    ("data_constrained", "muennighoff2023"): "muennighoff2023",
}
"""Each preset with the name of its rows in the table of published constants."""


def optimum(parameters: Any, compute: float) -> tuple[float, float]:
    """The parameters that C = 6 N D buys best, and the exponent with which they grow (Hoffmann et al. 2022, eq. 4)."""
    alpha, beta = parameters["alpha"], parameters["beta"]
    share = beta / (alpha + beta)
    scale = (alpha * parameters["A"] / (beta * parameters["B"])) ** (1 / (alpha + beta))
    return scale * (compute / 6) ** share, share


def test_hoffmann_2022_buys_forty_billion_parameters_with_gophers_compute() -> None:
    # Figure 4 of the paper: 40B at 5.76e23 FLOP; table 2: N grows as C**0.46.
    size, exponent = optimum(law("chinchilla").presets["hoffmann2022"].parameters, 5.76e23)
    assert round(size / 1e9) == 40 and round(exponent, 2) == 0.46


def test_besiroglu_2024_grows_size_with_the_published_exponent() -> None:
    _, exponent = optimum(law("chinchilla").presets["besiroglu2024"].parameters, 1e21)
    assert exponent == pytest.approx(0.5126, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "E", "A", "B", "alpha", "beta"),
    [
        ("hoffmann2022", 1.6934, 406.4, 410.7, 0.3392, 0.2849),
        ("besiroglu2024", 1.8172, 482.01, 2085.43, 0.3478, 0.3658),
    ],
)
def test_a_chinchilla_preset_is_the_sum_of_its_three_terms(
    name: str, E: float, A: float, B: float, alpha: float, beta: float
) -> None:
    by_hand = E + A * math.exp(-alpha * math.log(70e9)) + B * math.exp(-beta * math.log(1.4e12))
    assert predict(law("chinchilla"), name, {"N": 70e9, "D": 1.4e12}) == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize(
    ("at", "printed"), [((6.34e9, 242e9, 25e9), 2.2256440889984477), ((8.67e9, 178e9, 25e9), 2.2269634075087867)]
)
def test_muennighoff_2023_prints_these_losses(at: tuple[float, float, float], printed: float) -> None:
    N, D, U = at
    found = predict(law("data_constrained"), "muennighoff2023", {"N": N, "D": D, "U": U})
    assert found == pytest.approx(printed, rel=1e-9)


@pytest.mark.parametrize("data", ["c4", "redpajama", "refinedweb"])
def test_gadre_2024_is_the_printed_law_of_over_training(data: str) -> None:
    """L(C, M) = E + (a M**eta + b M**-eta) C**-eta, with C = 6 N D and M = D / N, is one exponent in N and D."""
    preset = law("chinchilla_tied").presets[f"gadre2024_{data}"]
    E, A, B, alpha = (preset.parameters[key] for key in ("E", "A", "B", "alpha"))
    eta = alpha / 2
    a, b = A * 6**eta, B * 6**eta
    for N, D in ((1.1e7, 5e7), (4.1e8, 1.3e11), (6.9e9, 1.4e11)):
        C, M = 6 * N * D, D / N
        printed = E + (a * M**eta + b * M**-eta) * C**-eta
        assert predict(law("chinchilla_tied"), preset, {"N": N, "D": D}) == pytest.approx(printed, rel=1e-12)


@needs_data
@pytest.mark.parametrize(
    ("data", "family", "errors"),
    [("c4", "c4_original", (1.5, 4.3)), ("redpajama", "rpj", (0.7, 0.7)), ("refinedweb", "rw_original", (0.0, 1.6))],
)
def test_gadre_2024_misses_its_two_largest_runs_by_the_published_errors(
    data: str, family: str, errors: tuple[float, float]
) -> None:
    # Figure 5 of the paper: relative errors in percent at 1.4B with the most tokens, and at 6.9B.
    with (Path(os.environ["FORECASTER_DATA"]) / "gadre_overtrain.csv").open() as lines:
        runs = [row for row in csv.DictReader(lines) if row["family"] == family]
    for low, high, error in ((1e9, 2e9, errors[0]), (6e9, 8e9, errors[1])):
        run = max((row for row in runs if low < float(row["N"]) < high), key=lambda row: float(row["D"]))
        at = {"N": float(run["N"]), "D": float(run["D"])}
        found = predict(law("chinchilla_tied"), f"gadre2024_{data}", at)
        assert 100 * abs(found / float(run["loss"]) - 1) == pytest.approx(error, abs=0.05)


@needs_data
@pytest.mark.parametrize(("name", "preset"), ALL)
def test_a_preset_repeats_rows_that_were_read_in_a_primary_source(name: str, preset: str) -> None:
    with (Path(os.environ["FORECASTER_DATA"]) / "published_laws.csv").open() as lines:
        rows = {row["parameter"]: row for row in csv.DictReader(lines) if row["law"] == TABLE[name, preset]}
    assert rows and all(row["verified"].startswith("primary") for row in rows.values())
    found = dict(law(name).presets[preset].parameters)
    if preset.startswith("gadre"):
        exponent = float(rows["alpha (=2 eta)"]["estimate"])
        expected = {"A": float(rows["a"]["estimate"]), "B": float(rows["b"]["estimate"]) * 6 ** (-exponent / 2)}
        expected |= {"alpha": exponent, "E": float(rows["E"]["estimate"])}
    else:
        names = {"RD": "R_D_star", "RN": "R_N_star"}
        expected = {key: float(rows[names.get(key, key)]["estimate"]) for key in found}
    assert found == pytest.approx(expected, rel=1e-7)


def test_every_preset_on_the_shelf_is_one_of_these_and_says_where_it_comes_from() -> None:
    assert set(ALL) == set(TABLE)
    for name, preset in ALL:
        found = law(name).presets[preset]
        assert found.law_name == name and found.name == preset and tuple(found.parameters) == law(name).parameters
        assert "arXiv:" in found.source and "nats" in found.source and found.source in str(found)


def test_inputs_are_numbers_of_any_kind_and_arrays_broadcast() -> None:
    found = predict(law("chinchilla"), "besiroglu2024", {"N": 10**12, "D": 10**13, "C": 6 * 10**25})
    assert isinstance(found, float) and 1.8172 < found < 1.95
    N, D = np.geomspace(1e8, 1e11, 4)[:, None], np.array([10**10, 10**12])
    grid = predict(law("chinchilla"), "besiroglu2024", {"N": N, "D": D})
    assert grid.shape == (4, 2) and (np.diff(grid, axis=0) < 0).all() and (np.diff(grid, axis=1) < 0).all()


def test_what_cannot_be_predicted_is_refused_in_one_line() -> None:
    chinchilla = law("chinchilla")
    with pytest.raises(LawError, match="no preset `nonsense`; it has hoffmann2022, besiroglu2024"):
        predict(chinchilla, "nonsense", {"N": 1e9, "D": 1e10})
    with pytest.raises(LawError, match="no preset `besiroglu2024`; it has none"):
        predict(law("coupled"), "besiroglu2024", {"N": 1e9, "D": 1e10})
    with pytest.raises(LawError, match="belongs to the chinchilla law"):
        predict(law("coupled"), chinchilla.presets["besiroglu2024"], {"N": 1e9, "D": 1e10})
    with pytest.raises(ScenarioError, match="needs D; given: N"):
        predict(chinchilla, "besiroglu2024", {"N": 1e9})
    for bad in (0, -1e9, math.nan):
        with pytest.raises(ScenarioError, match="no finite value"):
            predict(chinchilla, "besiroglu2024", {"N": bad, "D": 1e10})


PAGE = """
title = "A line"
source = "nowhere"
formula = "a + b / N**c"
[inputs]
N = "parameters"
[sampled]
a = "LogNormal(0, 1)"
b = "LogNormal(0, 1)"
c = "LogNormal(log(0.3), 0.5)"
"""
GIVEN = '[presets.paper]\nsource = "a paper"\na = 1\nb = 2.5\nc = 0.5\n'


def test_a_page_may_bring_presets_and_its_hash_does_not_know_them() -> None:
    found = read_law(PAGE + GIVEN, name="mine")
    assert found.presets["paper"] == Preset("mine", "paper", "a paper", {"a": 1.0, "b": 2.5, "c": 0.5})
    assert predict(found, "paper", {"N": 100}) == pytest.approx(1.25)
    assert found.sha256 == read_law(PAGE, name="mine").sha256
    assert not read_law(PAGE, name="mine").presets


@pytest.mark.parametrize(
    ("old", "new", "culprit"),
    [
        ("b = 2.5", "", "`b` of the formula is missing"),
        ("b = 2.5", "b = 2.5\nN = 3", "`N` is no parameter"),
        ("b = 2.5", "b = 2.5\nbeta = 3", "those are a, b, c"),
        ("b = 2.5", 'b = "2.5"', "`b` is 2.5; a finite number"),
        ("b = 2.5", "b = true", "`b` is True"),
        ("b = 2.5", "b = inf", "`b` is inf"),
        ('source = "a paper"', "", "source"),
        ('source = "a paper"', 'source = " "', "source"),
        ('source = "a paper"', "source = 2024", "source"),
        ("[presets.paper]", '[presets."a paper"]', "name of a preset"),
        ("[presets.paper]", "[presets]", "presets.source"),
    ],
)
def test_a_preset_with_a_fault_is_refused_with_the_culprit(old: str, new: str, culprit: str) -> None:
    with pytest.raises(LawError) as refused:
        read_law(PAGE + GIVEN.replace(old, new), name="mine")
    said = str(refused.value)
    assert culprit in said and said.startswith("mine.toml") and said.isprintable() and len(said) < 300


def test_a_formula_with_the_tables_own_references_has_no_presets() -> None:
    with pytest.raises(LawError, match="uses N0, which each table sets for itself"):
        read_law(PAGE.replace("/ N**c", "/ (N / N0)**c") + GIVEN, name="mine")
