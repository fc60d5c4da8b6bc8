import json
import math

import numpy as np
import pandas as pd
import pytest
from making import make_runs
from scipy import stats

from forecaster.errors import LawError, RunsError, ScenarioError
from forecaster.forecasts.prior_predictive import PriorPredictive, prior_predictive
from forecaster.laws.page import read_law
from forecaster.laws.shelf import DEFAULT_RISING, law, shelf
from forecaster.notes import explanations
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

RUNS = make_runs()
LINE = """
title = "A line in log compute"
formula = "exp(a) * (C / C0)**-0.1"
[inputs]
C = "FLOP"
[sampled]
a = "Normal({mean}, 0.2)"
[noise]
family = "Normal"
scale = "sqrt(0.01 + (s * d)**2)"
[noise.sampled]
s = "Uniform(0.0999, 0.1001)"
"""


def by_compute(rows: int = 5) -> Runs:
    c = np.geomspace(1e18, 1e20, rows)
    return read_runs(pd.DataFrame({"C": c, "loss": 3 * (c / 1e19) ** -0.1}))


def codes(found: PriorPredictive) -> set[str]:
    return {note.code for note in found.notes}


ON_A_TABLE_OF_N_AND_D = [n for n in shelf() if set(law(n).inputs) <= {"N", "D", "X"} and law(n).link == "log"]


@pytest.mark.parametrize("name", ON_A_TABLE_OF_N_AND_D)
@pytest.mark.parametrize("rows", [1, 2, 30])
def test_every_law_speaks_on_tables_of_any_length(name: str, rows: int) -> None:
    runs = RUNS.select(np.arange(len(RUNS)) >= len(RUNS) - rows)
    asked = ["N=70B,D=1.4T", "N=1B,C=1e22" if "N" in law(name).inputs else "N=1B,D=1666666666666"]
    found = prior_predictive(law(name), runs, asked, draws=500)
    low, high = found.points[0].band.interval(0.9)
    assert 0 < low < found.points[0].band.median < high
    # A law that rises can only miss a loss that falls.
    assert name in DEFAULT_RISING or (high < 20 and found.inside > 0.9)
    missed = {"prior-misses-data"} if name in DEFAULT_RISING and rows > 2 else set()
    assert dict(found.points[1].at) == pytest.approx({"N": 1e9, "C": 1e22, "D": 1e22 / 6e9})
    assert codes(found) - missed == {"C-computed"}


def test_the_ranges_are_those_of_the_priors_and_the_noise() -> None:
    runs = by_compute()
    found = prior_predictive(read_law(LINE.format(mean=1.1), name="line"), runs, "C=1e22", draws=40_000)
    band = found.points[0].band
    sd = math.sqrt(0.2**2 + 0.1**2 + (0.1 * math.log(100)) ** 2)
    centre = 1.1 - 0.1 * math.log(1e22 / 1e19)
    for p in (0.025, 0.25, 0.5, 0.95):
        assert math.log(float(band.quantile(p))) == pytest.approx(stats.norm(centre, sd).ppf(p), abs=0.02)
    assert found.inside == 1.0


def test_priors_that_miss_the_data_are_said() -> None:
    found = prior_predictive(read_law(LINE.format(mean=4), name="line"), by_compute(), "C=1e22")
    assert found.inside == 0.0 and "prior-misses-data" in codes(found)
    assert "0% of 5 runs" in next(note.text for note in found.notes if note.code == "prior-misses-data")
    assert any(line.startswith("- Warning, prior-misses-data") for line in found.text.splitlines())


def test_draws_without_a_response_are_left_out_and_said() -> None:
    page = LINE.replace("exp(a) * (C / C0)**-0.1", "a - log(C / C0) / 100").format(mean=0.3)
    found = prior_predictive(read_law(page, name="line"), by_compute(), "C=1e22")
    assert "prior-without-response" in codes(found) and codes(found) <= explanations().keys()
    assert found.points[0].band.draws.size < 4000
    with pytest.raises(LawError, match="no finite response above zero in 100%"):
        prior_predictive(read_law(page.replace("Normal(0.3", "Normal(-9"), name="line"), by_compute(), "C=1e22")


def test_the_same_seed_gives_the_same_ranges() -> None:
    one, same, other = (prior_predictive(law("coupled"), RUNS, "N=70B,D=1.4T", seed=seed) for seed in (1, 1, 2))
    assert one.as_dict() == same.as_dict()
    assert one.points[0].band.median != other.points[0].band.median


def test_table_text_and_json_say_the_same() -> None:
    found = prior_predictive(law("chinchilla"), RUNS, ["N=70B,D=1.4T", {"N": 1e9, "D": 2e10}])
    data = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert set(data) == {"points", "inside", "notes"} and len(data["points"]) == 2
    first = data["points"][0]
    assert first["at"] == {"N": 70e9, "D": 1.4e12, "C": 5.88e23} and first["asked"] == "N=70B,D=1.4T"
    assert set(first["interval"]) == {"50", "80", "90", "95"}
    assert found.table.loc[0, "90% low"] == pytest.approx(first["interval"]["90"][0], abs=0.1)
    assert data["notes"] == [{"code": "C-computed", "text": RUNS.notes[0].text}]
    row = f"N=70B,D=1.4T {found.points[0].band.median:.4g} "
    assert str(found) == found.text and row in " ".join(found.text.split())
    assert all(line.isprintable() for line in found.text.splitlines())


@pytest.mark.parametrize("page", [LINE.replace("0.2)", "900)"), LINE.replace("0.1001", "5000")])
def test_ranges_wider_than_any_number_are_still_json(page: str) -> None:
    found = prior_predictive(read_law(page.format(mean=1), name="line"), by_compute(), "C=1e22")
    assert json.dumps(found.as_dict(), allow_nan=False)
    assert ("prior-without-response" in codes(found)) is ("900" in page)
    assert (found.as_dict()["points"][0]["interval"]["95"][1] is None) is ("5000" in page)


def test_compute_alone_is_refused_for_laws_of_n_and_d_with_the_cure() -> None:
    with pytest.raises(ScenarioError, match=r"C=6e23 cannot be split .*give both, such as N=70B,D=1\.4T"):
        prior_predictive(law("chinchilla"), RUNS, "C=6e23")
    assert prior_predictive(law("power_floor"), RUNS, "C=6e23").points[0].at == {"C": 6e23}


def test_a_point_or_table_without_an_input_is_refused_by_name() -> None:
    with pytest.raises(ScenarioError, match=r"lacks C and D; chinchilla needs D, N"):
        prior_predictive(law("chinchilla"), RUNS, "N=70B")
    with pytest.raises(ScenarioError, match=r"gives U, which chinchilla does not read; give D, N"):
        prior_predictive(law("chinchilla"), RUNS, "N=70B,D=1.4T,U=1B")
    with pytest.raises(RunsError, match="no column N"):
        prior_predictive(law("chinchilla"), by_compute(), "C=1e22")
    with pytest.raises(RunsError, match="no runs"):
        prior_predictive(law("chinchilla"), RUNS.select(np.zeros(len(RUNS), dtype=bool)), "N=70B,D=1.4T")
