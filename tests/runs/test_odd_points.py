import pytest
from making import make_runs

from forecaster.errors import ScenarioError
from forecaster.runs.odd_points import absurd, refuse_absurd_point
from forecaster.runs.points import parse_point

RUNS = make_runs()


@pytest.mark.parametrize(
    ("point", "said"),
    [
        (
            "N=70,D=1.4T",
            "N at 70 parameters, 140,000 times below the smallest run (10M parameters); did you mean N=70B or",
        ),
        ("N=70B,D=60", "D at 60 tokens"),
        ("N=70B,D=1e18", "D at 10M times the largest run (100B tokens); did you mean D="),
        ("C=6e40", "times the largest run"),
        ("C=6e2", "times below the smallest run"),
    ],
)
def test_a_point_that_was_mistyped_is_refused_with_what_was_meant(point: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        refuse_absurd_point(parse_point(point), RUNS)
    assert said in str(refused.value) and len(str(refused.value)) < 400


@pytest.mark.parametrize("point", ["N=70B,D=1.4T", "N=1T,D=1e15", "N=100K,D=10M", "C=1e27", "C=1e15"])
def test_a_point_that_is_merely_far_is_answered(point: str) -> None:
    assert absurd(parse_point(point), RUNS) == ""
