import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from forecaster.errors import ScenarioError
from forecaster.runs.points import Point, Scenario, Target, parse_point, parse_target, scenario

calm = settings(deadline=None, derandomize=True, max_examples=200)


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("N=70B,D=1.4T", {"N": 70e9, "D": 1.4e12}),
        ("C=6e23", {"C": 6e23}),
        ("Date=2000-01-01", {"date": 1.0}),
        (" n = 70b , d = 1.4t ", {"N": 70e9, "D": 1.4e12}),
        ("N=7B,D=2T,C=1e23,temperature=-1.5", {"N": 7e9, "D": 2e12, "C": 1e23, "temperature": -1.5}),
    ],
)
def test_a_point_is_read_as_it_is_typed(text: str, inputs: dict[str, float]) -> None:
    assert dict(parse_point(text).inputs) == inputs


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("", "``"),
        ("70B", "`70B`"),
        ("N=70B,", "``"),
        ("N=70X", '"70X"'),
        ("N=", '""'),
        ("=3", "`=3`"),
        ("N=1B,n=2B", "N twice"),
        ("N=0", "N is 0"),
        ("D=-5", "D is -5"),
        ("2N=5", "`2N=5`"),
        ("N=1e999", "N:"),
        ("N=70B D=1.4T", "N:"),
        ("date=03/04/2027", "could be two dates"),
    ],
)
def test_a_point_that_cannot_be_read_is_refused_with_the_culprit(text: str, culprit: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_point(text)
    said = str(refused.value)
    assert culprit in said and said.startswith("point: ") and said.isprintable()


@pytest.mark.parametrize(
    ("inputs", "culprit"),
    [
        ({}, "at least one input"),
        ({"N": math.nan}, "N is nan"),
        ({"x": math.inf}, "x is inf"),
        ({"U": 0}, "U > 0"),
    ],
)
def test_numbers_that_no_run_has_are_refused(inputs: dict[str, float], culprit: str) -> None:
    with pytest.raises(ScenarioError, match=culprit):
        Point(inputs)


def test_the_third_of_n_d_and_c_follows_from_two() -> None:
    full = {"N": 1e9, "D": 2e10, "C": 1.2e20}
    for absent in full:
        known = {name: value for name, value in full.items() if name != absent}
        assert dict(Point(known).completed().inputs) == pytest.approx(full)
    assert dict(Point({"N": 1e9, "D": 2e10, "C": 5e20}).completed().inputs)["C"] == 5e20
    assert dict(Point({"C": 6e23}).completed().inputs) == {"C": 6e23}
    assert dict(Point({"D": 1e9, "U": 5e8}).completed().inputs) == {"D": 1e9, "U": 5e8}


def test_a_point_cannot_be_changed_from_outside() -> None:
    inputs = {"N": 1e9}
    point = Point(inputs)
    inputs["N"] = 5.0
    assert point.inputs["N"] == 1e9 and point == Point({"N": 1e9})
    with pytest.raises(TypeError):
        point.inputs["N"] = 5.0  # type: ignore[index]


@calm
@given(st.floats(1e-3, 1e30), st.floats(1e-3, 1e30))
def test_the_text_of_a_point_reads_back_to_six_digits(n: float, d: float) -> None:
    read = parse_point(Point({"N": n, "D": d}).text)
    np.testing.assert_allclose([read.inputs["N"], read.inputs["D"]], [n, d], rtol=6e-6)


def test_points_that_differ_have_texts_that_differ() -> None:
    assert str(Point({"N": 1.21e9})) != str(Point({"N": 1.24e9}))
    assert Point({"N": 70e9, "D": 1.4e12}).text == "N=70B,D=1.4T" and Point({"C": 6e23}).text == "C=6e23"


def test_a_scenario_is_made_from_anything_that_names_points() -> None:
    one = Point({"N": 1e9, "D": 2e10})
    for at in (
        "N=1B,D=20B",
        {"N": 1e9, "D": 2e10},
        one,
        [one],
        ["N=1B,D=20B"],
        iter([{"N": 1e9, "D": 2e10}]),
    ):
        assert scenario(at).points == (one,)
    assert len(scenario(["C=1e22", one]).points) == 2
    already = Scenario((one,), (2.0,))
    assert scenario(already) == already and scenario(already, targets=[3.0]).targets == (Target(2.0), Target(3.0))


@pytest.mark.parametrize("target", [-math.inf, math.nan, math.inf])
def test_a_target_that_no_response_can_meet_is_refused(target: float) -> None:
    with pytest.raises(ScenarioError, match="target"):
        scenario("C=1e22", targets=[target])


def test_no_points_at_all_are_refused() -> None:
    with pytest.raises(ScenarioError, match="at least one point"):
        scenario([])


@pytest.mark.parametrize(
    ("said", "value", "above"),
    [
        ("1.95", 1.95, None), (1.95, 1.95, None), ("<=1.95", 1.95, False), ("< 1.95", 1.95, False),
        (">=0.9", 0.9, True), ("> 90%", 0.9, True), ("80%", 0.8, None), (">=2K", 2000.0, True),
        ("\N{GREATER-THAN OR EQUAL TO}0.9", 0.9, True),
    ],
)  # fmt: skip
def test_a_target_is_a_number_with_a_direction(said: str | float, value: float, above: bool | None) -> None:
    found = parse_target(said)
    assert found.value == pytest.approx(value) and found.above is above
    assert found.towards(above=True).above is (True if above is None else above)


@pytest.mark.parametrize("said", ["", ">=", "==1", "<>1", "1.9 <=", "high", "nan", "inf"])
def test_what_is_no_target_is_refused(said: str) -> None:
    with pytest.raises(ScenarioError, match="target"):
        parse_target(said)


def test_a_target_says_its_direction() -> None:
    assert (Target(0.8, above=True).text, Target(0.8, above=True).column) == ("0.8 or more", "P(>= 0.8)")
    assert (Target(1.9, above=False).text, Target(1.9, above=False).direction) == ("1.9 or less", "below")


def test_a_date_is_typed_and_printed_as_a_day() -> None:
    assert parse_point("date=2026Q4").text == parse_point("date=2026-12-31").text == "date=2026-12-31"
    assert scenario({"date": "2026-12"}).points[0] == parse_point("date=2026-12-31")
    assert scenario({"N": 7e10, "D": "1.4T"}).points[0].text == "N=70B,D=1.4T"
