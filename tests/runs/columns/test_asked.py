from typing import Any

import pytest

from forecaster.errors import RunsError
from forecaster.runs.columns.asked import asked_columns

HEADERS = ["p", "acc,none", 'the "loss"', "a=b,c", "tokens", "bs", "x", "x,D=tokens"]


def asked(columns: Any) -> dict[str, str]:
    return {name: each.header for name, each in asked_columns(columns, HEADERS, name="t.csv").items()}


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ("N=p,loss=acc,none", {"N": "p", "loss": "acc,none"}),
        ("loss=acc,none,N=p", {"N": "p", "loss": "acc,none"}),
        ('loss="acc,none", N = p', {"N": "p", "loss": "acc,none"}),
        ("loss='acc,none'", {"loss": "acc,none"}),
        ('loss="the ""loss"""', {"loss": 'the "loss"'}),
        ('loss=the "loss"', {"loss": 'the "loss"'}),
        ("loss=a=b,c,N=p", {"loss": "a=b,c", "N": "p"}),
        ("N=x,D=tokens", {"N": "x", "D": "tokens"}),
        ('N="x,D=tokens"', {"N": "x,D=tokens"}),
        ("n=p,d=tokens,Loss=x", {"N": "p", "D": "tokens", "loss": "x"}),
        ("batch=bs,date=x", {"batch": "bs", "date": "x"}),
        ("tokens=tokens", {"tokens": "tokens"}),
        ({"N": "p"}, {"N": "p"}),
        (None, {}),
    ],
)  # fmt: skip
def test_names_and_headers_are_found(columns: Any, found: dict[str, str]) -> None:
    assert asked(columns) == found


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("params=p", "params is not a standard column.* say N=p"),
        ("tokens=p", "say D=p"),
        ("accuracy_loss=p,loss", "not of the form"),
        ("loss=gone,none", "not of the form"),
        ("my loss=p", "is no name"),
        ("loss=gone", "no column gone; columns: p, acc,none"),
        ("n=p,N=x", "N is named twice"),
        ("N=p,D=p", "p is named twice"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_cure(columns: str, said: str) -> None:
    with pytest.raises(RunsError, match=said):
        asked(columns)


def test_a_unit_may_follow_a_header() -> None:
    found = asked_columns("N=p (M)", HEADERS, name="t.csv")["N"]
    assert found.header == "p" and found.unit is not None and found.unit.scale == 1e6
