"""What orders a table's runs, and what its inputs are called."""

import copy
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from making import make_runs

from forecaster.errors import RunsError
from forecaster.runs.check import check
from forecaster.runs.points import scenario
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs, by_date, ordered_for
from forecaster.runs.text import apart_text, far_text, scale_text

DATES = [f"20{20 + i // 4}-{3 * (i % 4) + 1:02}-10" for i in range(16)]
FALLING = 2 + np.geomspace(1, 100, 16) ** -0.4


def dated(dates: list[str] | None = None, **columns: Any) -> Runs:
    return read_runs(pd.DataFrame({"date": dates or DATES, "loss": FALLING, **columns}))


def of(header: str, *, response: str = "loss", name: str = "D") -> Runs:
    table = pd.DataFrame({header: np.geomspace(100, 12_800, 16), response: FALLING / 3})
    return read_runs(table, columns={name: header, "loss": response})


def test_dates_order_a_table_that_has_nothing_else_and_it_is_said() -> None:
    runs = dated()
    assert runs.scale == "date" and runs.inputs == ("date",)
    years = np.log(runs.column("date"))
    assert years[4] - years[0] == pytest.approx(366 / 365.25)
    assert [note.text for note in runs.notes if note.code == "scale-date"] == [
        "the table has no N, D or C, so runs are ordered by date"
    ]
    assert "date 2020-01-10 to 2023-10-10" in runs.text and "2020-01-10 to 2023-10-10" in check(runs).text
    assert "3.7 years" in check(runs).text and check(runs).as_dict()["spans"][0]["minimum"] == "2020-01-10"


def test_months_and_years_stand_at_their_middle_and_are_counted() -> None:
    runs = dated(["2024-02", "2024", *DATES[2:]])
    assert runs.along.said(runs.column("date")[0]) == "2024-02-15"
    assert runs.along.said(runs.column("date")[1]) == "2024-07-01"
    assert "2 of 16 dates give a month or a year" in next(each for each in runs.notes if each.code == "scale-date").text


@pytest.mark.parametrize(
    ("cell", "why"),
    [("03/04/2024", "could be two dates"), ("soon", "is not a date"), ("", "date != ''"), ("2024-02-30", "calendar")],
)
def test_a_cell_that_is_no_date_is_refused_with_its_place(cell: str, why: str) -> None:
    with pytest.raises(RunsError, match=rf"row 3: date: .*{why}"):
        dated([*DATES[:2], cell, *DATES[3:]])


def test_a_date_beside_parameters_is_but_a_remark_until_it_is_asked_for() -> None:
    runs = make_runs(date=["2024-01-01"] * 29 + ["03/04/2024"])
    assert runs.scale == "C" and ordered_for(runs, scenario("N=70B,D=1T").points) is runs
    with pytest.raises(RunsError, match="could be two dates"):
        ordered_for(runs, scenario("date=2026").points)
    sound = make_runs(date=[f"2024-01-{day:02}" for day in range(1, 31)])
    asked = ordered_for(sound, scenario("date=2026").points)
    assert asked.inputs == ("date",) and asked.sha256 != sound.sha256 and asked.sha256 == by_date(asked).sha256
    assert "N, D, C are not read" in asked.notes[-1].text
    with pytest.raises(RunsError, match="there is no column date"):
        by_date(make_runs())


def test_a_named_column_orders_a_table_that_has_nothing_else() -> None:
    runs = of("epochs", name="x")
    assert runs.scale == "x" and runs.inputs == ("x",) and scale_text(runs, 30) == "30 epochs"
    table = pd.DataFrame({"epochs": [1.0, 0.0], "loss": [2.0, 1.0]})
    with pytest.raises(RunsError, match=r"row 2: x \(column epochs\) is 0.0; a run needs x > 0"):
        read_runs(table, columns="x=epochs")
    with pytest.raises(RunsError, match="x=HEADER"):
        read_runs(table)


def test_what_is_hashed_has_the_column_that_orders_the_runs() -> None:
    runs = of("epochs", name="x")
    other = replace(runs, table=runs.table.assign(x=2 * runs.column("x")))
    assert runs.sha256 != other.sha256
    assert of("epochs").sha256 == of("documents").sha256


@pytest.mark.parametrize(
    ("header", "response", "said"),
    [
        ("documents", "error", "51K documents"),
        ("D", "loss", "51K tokens"),
        ("tokens", "error", "51K tokens"),
        ("D", "error", "D=51K"),
    ],
)
def test_amounts_are_called_what_the_header_calls_them(header: str, response: str, said: str) -> None:
    runs = of(header, response=response)
    assert scale_text(runs, 51_000) == said
    assert far_text(runs, 4.0) == "4 times the largest run" and apart_text(runs, 4.0) == "4"
    assert runs.select(np.arange(16) > 3).along == runs.along


def test_columns_are_called_so_in_a_check() -> None:
    assert "D (documents)" in check(of("documents")).text and "  D (" not in check(of("D")).text


def test_a_distance_in_time_is_said_in_months() -> None:
    runs = dated()
    assert far_text(runs, np.exp(14 / 12)) == "14 months after the last row"
    assert far_text(runs, np.exp(-0.1)) == "37 days before the last row"


def test_what_was_read_survives_pickle_and_copies() -> None:
    runs = of("documents")
    for again in (pickle.loads(pickle.dumps(runs)), copy.deepcopy(runs)):
        assert again.along == runs.along and again.sha256 == runs.sha256
