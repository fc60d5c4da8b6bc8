"""Laws in words: every prior with its interval, for any table or for one."""

import json

import numpy as np
import pytest
from making import make_runs

from forecaster.errors import RunsError
from forecaster.fits.design import references
from forecaster.laws.change_priors import with_priors
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law, shelf
from forecaster.laws.text import law_dict, law_document, prior_intervals, shelf_document
from forecaster.quantity import format_quantity
from forecaster.runs.table import Runs
from forecaster.show.table import Table
from forecaster.show.text import as_text

RUNS = make_runs()
CHINCHILLA = law("chinchilla")


def law_text(found: Law, runs: Runs | None = None) -> str:
    return as_text(law_document(found, references(found, runs).values if runs else None, of="thirty runs"))


def line_of(text: str, name: str) -> str:
    (found,) = (line for line in text.splitlines() if line.split()[:1] == [name] and " to " in line)
    return found


@pytest.mark.parametrize("name", shelf())
def test_every_law_shows_every_prior_with_its_interval(name: str) -> None:
    found = law(name)
    text, data = law_text(found), law_dict(found)
    assert all(line.isprintable() for line in text.splitlines())
    parts = (part for section in law_document(found).sections for part in section.parts)
    (rows,) = (part.rows for part in parts if isinstance(part, Table) and "Prior" in part.columns)
    assert [row[:2] for row in rows] == [(parameter, prior.text) for parameter, prior in found.priors.items()]
    for parameter, prior in found.priors.items():
        assert prior.text.split()[0] in line_of(text, parameter)
        low, high = data["priors"][parameter]["interval"]["90"]
        assert low < high and data["priors"][parameter]["prior"] == prior.text
    assert json.dumps(data, allow_nan=False) and "natural_intervals" not in data
    shelved = " ".join(as_text(shelf_document([found])).split())
    assert f"{name}: " in shelved and str(found.formula) in shelved


def test_exact_intervals_are_the_priors_own() -> None:
    text = law_text(with_priors(CHINCHILLA, {"alpha": "LogNormal 90% in 0.2..0.5"}))
    assert line_of(text, "alpha").endswith("0.2 to 0.5") and "about" not in text


def fixed_of(found: Law, runs: Runs) -> dict[str, float]:
    return references(found, runs).values


@pytest.mark.parametrize("name", ["chinchilla", "coupled", "farseer_lite", "kaplan", "power_floor"])
def test_a_table_gives_natural_parameters_their_intervals(name: str) -> None:
    found = law(name)
    data, text = law_dict(found, fixed_of(found, RUNS), runs_sha256=RUNS.sha256), law_text(found, RUNS)
    drawn = found.draw_priors(fixed_of(found, RUNS), draws=100_000, seed=9)
    natural = [each for each in found.natural if each in found.parameters]
    assert set(data["natural_intervals"]) == set(natural) and data["runs_sha256"] == RUNS.sha256
    for parameter in natural:
        low, high = data["natural_intervals"][parameter]["90"]
        inside = np.mean((drawn[parameter] > low) & (drawn[parameter] < high))
        assert inside == pytest.approx(0.9, abs=0.01)
        assert f"  about {format_quantity(low)} to {format_quantity(high)}" in line_of(text, parameter)
    assert "100,000 draws" in text and json.dumps(data, allow_nan=False)


def test_a_table_says_what_its_reference_names_stand_for() -> None:
    text, data = law_text(CHINCHILLA, RUNS), law_dict(CHINCHILLA, fixed_of(CHINCHILLA, RUNS))
    level = np.median(RUNS.column("loss"))
    assert data["references"] == pytest.approx({"N0": np.sqrt(1e7 * 3e9), "D0": 1e10, "L0": level})
    assert "On thirty runs" in text and "  N0 = 170M" in text and "  D0 = 10B" in text
    assert "N0 = " not in law_text(CHINCHILLA)


LINE = """
title = "A line"
formula = "a + b / N**c"
[inputs]
N = "parameters"
[sampled]
a = "LogNormal(0, 1)"
b = "Normal(log(N0), 2)"
m = "Normal(1, 0.1)"
c = "LogNormal(log(m), 0.5)"
"""


def test_a_prior_in_reference_names_is_exact_and_one_in_parameters_is_drawn() -> None:
    intervals = prior_intervals(read_law(LINE, name="line"), fixed_of(read_law(LINE, name="line"), RUNS))
    centre = np.log(RUNS.column("N")).mean()
    assert intervals["b"].exact and intervals["b"].low == pytest.approx(centre - 2 * 1.6448536)
    assert not intervals["c"].exact and intervals["c"].high == pytest.approx(np.exp(0.5 * 1.6448536), rel=0.05)
    text = law_text(read_law(LINE, name="line"), RUNS)
    assert "  about " in line_of(text, "c") and "about" not in line_of(text, "b")
    assert prior_intervals(read_law(LINE, name="line"))["b"].low == pytest.approx(np.log(1e9) - 2 * 1.6448536)


def test_an_interval_beyond_all_numbers_is_null_and_readable() -> None:
    wide = read_law(LINE.replace("LogNormal(log(m), 0.5)", "LogNormal(900 * m, 0.5)"), name="line")
    data = law_dict(wide, fixed_of(wide, RUNS))
    assert data["priors"]["c"]["interval"]["90"][1] is None
    assert json.dumps(data, allow_nan=False) and "infinity" in line_of(law_text(wide, RUNS), "c")


def test_a_table_without_an_input_is_refused() -> None:
    page = LINE.replace("b / N**c", "b / U**c").replace("N = ", "U = ").replace("N0", "U0")
    with pytest.raises(RunsError, match="no column U"):
        law_text(read_law(page, name="unique"), RUNS)


def test_a_law_lists_its_presets_by_name() -> None:
    found = law("data_constrained")
    assert set(found.presets) == set(law_dict(found)["presets"]) and found.presets
    assert all(name in found.text for name in found.presets)
    assert "Presets" not in law("farseer_lite").text
