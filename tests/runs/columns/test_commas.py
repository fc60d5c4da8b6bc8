import pytest

from forecaster.errors import RunsError
from forecaster.runs.columns.commas import point_for_comma, sign_of, with_decimal_commas


@pytest.mark.parametrize(
    ("cell", "sign"),
    [
        ("3,628", "?,"), ("0,35", ","), ("0,350", ","), ("1,234,567", "."), ("1,234.5", "."), ("1.234,5", ","),
        ("3.628", "?."),
        ("3.5", "."), ("1.000.000", ","), ("1,5e9", ","), ("1,234e5", ","), ("1,5B", ","), ("1,234M", "?,"), ("12", ""),
        ("1,23,4", ""), ("10, 20", ""), ("a,b", ""), ("1234,567", ","), ("", ""), (" 3,62 ", ","),
    ],
)  # fmt: skip
def test_a_cell_tells_which_sign_stands_before_decimals(cell: str, sign: str) -> None:
    assert sign_of(cell) == sign


def told(others: tuple[list[object], ...] = (), **columns: list[object]) -> bool:
    places = [f"line {i + 2}" for i in range(9)]
    return with_decimal_commas(columns, others, loss="loss", places=places, name="t.csv")


def test_a_column_of_losses_has_decimals_whatever_their_sign() -> None:
    assert told(loss=["3,628", "3,289"], N=["50M", "1B"])
    assert told(loss=["3,628"], D=["1,234"])
    assert not told(loss=["3.628"], D=["1,234"])


def test_one_cell_that_tells_decides_for_the_file() -> None:
    assert told(D=["1,234", "1,5"], loss=["3"]) and not told(D=["1,234", "1,234,567"], loss=["3"])
    assert told((["0,1"],), D=["1,234"], loss=["3"]) and not told(([0.1],), D=["1,234"], loss=["3"])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"loss": ["3,628"], "D": ["1,000,000"]},
            't.csv line 2: loss is "3,628", a decimal comma, while D is "1,000,000"',
        ),
        ({"loss": ["2.53", "3,628"]}, 't.csv line 3: loss is "3,628"'),
        ({"loss": ["3"], "D": ["1,234"]}, 't.csv line 2: D is "1,234": 1234 or 1.234? No other cell tells'),
        ({"loss": ["3,62"], "D": ["1.234"]}, 't.csv line 2: D is "1.234": 1234 or 1.234?'),
    ],
)
def test_cells_that_contradict_or_do_not_tell_are_refused(columns: dict[str, list[object]], said: str) -> None:
    with pytest.raises(RunsError) as refused:
        told(**columns)
    assert str(refused.value).startswith(said)


def test_points_stand_for_commas_and_nothing_between_thousands() -> None:
    assert [point_for_comma(cell) for cell in ("3,628", "1.234,5", "1.000.000", 3.5)] == [
        "3.628",
        "1234.5",
        "1000000",
        3.5,
    ]
