import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs

from forecaster.errors import ScenarioError
from forecaster.forecasts.evidence.grade import grade
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.points import refuse_incomplete, unread_of
from forecaster.laws.shelf import law
from forecaster.runs.points import scenario
from forecaster.runs.read import read_runs

SIZES = np.geomspace(1e7, 3e9, 12)
OF_SIZE = read_runs(pd.DataFrame({"N": SIZES, "loss": 1.8 + 480 / SIZES**0.35}))


@pytest.mark.parametrize(
    ("given", "read", "unread"),
    [
        ("N D", "N", "D"), ("N C", "N", "C"), ("N U", "N", "U"), ("C", "N", "C"), ("C D", "N", ""), ("N D", "C", ""),
        ("N", "C", "N"), ("C", "N D C", ""), ("N D C", "N D C", ""), ("N D U", "N D C", "U"), ("N D U", "N D U C", ""),
        ("D", "D", ""), ("D C", "D", "C"), ("N C", "N D C", ""),
    ],
)  # fmt: skip
def test_an_input_is_read_as_it_is_or_in_what_follows_from_it(given: str, read: str, unread: str) -> None:
    assert unread_of(set(given.split()), set(read.split())) == unread.split()


@pytest.mark.parametrize("point", ["N=3B,D=60B", "N=3B,D=60M", "N=3B,U=5B", "N=3B,C=1e20"])
def test_a_point_that_gives_what_no_law_reads_is_refused_with_what_they_read(point: str) -> None:
    with pytest.raises(ScenarioError, match=r"which no law here reads; give N$"):
        refuse_incomplete(scenario(point), [law("power_floor")], OF_SIZE)


def test_a_point_a_billion_times_too_far_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"N=70,D=1.4T.*did you mean N=70B"):
        refuse_incomplete(scenario("N=70,D=1.4T"), [law("chinchilla")], make_runs())


def test_a_point_below_the_smallest_run_is_an_extrapolation_wherever_its_distance_is_said() -> None:
    runs = make_runs()
    answer = forecast(make_fit(law("chinchilla"), runs, draws=1000), ["N=2M,D=200M", "N=100M,D=10B"], weights="equal")
    below, within = answer.points
    assert below.below_smallest == pytest.approx(25) and within.below_smallest == 1
    assert [note.code for note in below.notes] == ["below-smallest"]
    assert within.notes == ()
    text = " ".join(answer.text.split())
    assert "25 times below the smallest run (6e16 FLOP), so nothing was measured there." in text
    letter, value = next((each.letter, each.value) for each in grade(answer, below).criteria if each.name == "distance")
    assert (letter, value) == ("C", "25 times below the smallest run, nothing backtested")
    assert answer.as_dict()["forecast"][0]["distance"]["below_smallest"] == pytest.approx(25)
    assert answer.as_dict()["forecast"][0]["expected_coverage"] is None
