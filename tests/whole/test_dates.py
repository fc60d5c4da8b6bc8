"""A table in time: what is asked, said, drawn and written of it speaks of days, and of no largest run."""

import html
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsing import seen, text_of
from making import make_fit

from forecaster.errors import ScenarioError
from forecaster.forecasts.evidence.grade import grade
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.plot import fan_exhibits
from forecaster.forecasts.result import Forecast
from forecaster.laws.shelf import law
from forecaster.reports.figures.exhibits import front_exhibits
from forecaster.reports.interactive.page import explorer
from forecaster.reports.report import report
from forecaster.runs.read import read_runs

DAYS = pd.date_range("2022-01-15", "2025-12-15", 20)
SCORES = 1 / (1 + np.exp(-(DAYS - pd.Timestamp("2024-01-01")).days.to_numpy() / 365.25))
RUNS = read_runs(pd.DataFrame({"date": DAYS.strftime("%Y-%m-%d"), "mmlu": SCORES}), columns={"loss": "mmlu"})
FIT = make_fit(
    law("logistic"), RUNS,
    {"low": 1e-3, "high": 0.99, "middle": RUNS.along.read("2024-01-01"), "rate": 1.0}, spread=1e-3,
)  # fmt: skip


def asked(*at: Any) -> Forecast:
    return forecast(FIT, list(at), targets=[">=0.9"], weights="equal", allow_failed_checks=True)


@pytest.fixture(scope="module")
def answer() -> Forecast:
    return asked("date=2026-12-31")


def test_a_law_of_one_input_is_a_law_in_time(answer: Forecast) -> None:
    years = (pd.Timestamp("2026-12-31") - pd.Timestamp("2024-01-01")).days / 365.25
    assert answer.median == pytest.approx(0.99 / (1 + np.exp(-years)), abs=0.01)


def test_a_period_is_asked_for_by_its_last_day(answer: Forecast) -> None:
    for at in ("date=2026Q4", {"date": "2026"}, {"date": "2026-12"}):
        assert asked(at).median == answer.median
    assert "2026-12-31" in asked("date=2026Q4").text


def test_the_words_are_of_time(answer: Forecast) -> None:
    said = " ".join(answer.text.split())
    assert "What mmlu will a run of 2026-12-31 reach" in said
    assert "2026-12-31: 13 months after the last row (2025-12-15)." in said
    assert "sd 0.1 per year" in said and "largest run" not in said and "times" not in said
    inside = " ".join(asked("date=2025-06-15").text.split())
    assert "6 months before the last row (2025-12-15), so within the time that was measured." in inside


def test_json_has_days_and_no_ratio(answer: Forecast) -> None:
    (said,) = json.loads(json.dumps(answer.as_dict()))["forecast"]
    assert said["at"] == {"date": "2026-12-31"} and said["asked"] == "date=2026-12-31"
    assert said["distance"] == {"compute_ratio": None, "days": 381}
    assert asked(said["at"]).median == answer.median


def test_far_in_time_is_warned_of_in_years_and_graded_by_them() -> None:
    far = asked("date=2034-12-31")
    note = next(each for each in far.points[0].notes if each.code == "beyond-studied")
    assert "9 years after the last row; extrapolation in time was never studied" in note.text
    line = next(each for each in grade(far, far.points[0]).criteria if each.name == "distance")
    assert line.letter == "D" and "9 years after the last row" in line.value and "4.6 years" in line.rule


def test_the_fan_has_an_axis_of_dates_and_no_linear_twin(answer: Forecast) -> None:
    (only,) = fan_exhibits(answer)
    assert only.name == "fan" and "2026-12-31, the point asked" in only.table.text
    ax = answer.plot()
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "Date"
    assert [each.get_text() for each in ax.get_xticklabels()] == ["2022", "2023", "2024", "2025", "2026", "2027"]


def test_a_point_without_its_date_or_with_what_no_law_reads_is_refused() -> None:
    with pytest.raises(ScenarioError, match="gives N, which no law here reads; give date"):
        asked("N=70B")
    with pytest.raises(ScenarioError, match="could be two dates"):
        asked("date=03/04/2027")


def test_the_card_is_written_in_every_form(answer: Forecast, tmp_path: Path) -> None:
    report(answer, output=tmp_path / "card.html", also="md,json,xlsx")
    page = (tmp_path / "card.md").read_text("utf-8")
    assert "After the last row" in page and "Years" not in page and "beyond the largest run" not in page
    assert json.loads((tmp_path / "card.json").read_text("utf-8"))["forecast"][0]["distance"]["days"] == 381


def test_several_laws_in_time_have_one_fan_and_their_own_figure(tmp_path: Path) -> None:
    other = make_fit(law("score_of_loss"), RUNS, spread=1e-3)
    both = forecast([FIT, other], "date=2026-12-31", weights="equal", allow_failed_checks=True)
    report(both, output=tmp_path / "card.html")
    page = (tmp_path / "card.html").read_text("utf-8")
    assert "Horizontal axis" not in page and page.count('class="linear-scale') == 0
    fans, by_law = front_exhibits(both)
    assert (len(fans), len(by_law)) == (1, 1) and by_law[0].sentence in html.unescape(page)


MOVE = """
const field = document.querySelector("[data-input]");
const says = (name) => document.querySelector(`[data-${name}]`).textContent;
const said = [field.value, says("distance")];
for (const day of ["2027-06", "2030-02-31"]) {
  field.value = day;
  field.dispatchEvent(new Event("input"));
  said.push(says("distance"), says("refusal"));
}
document.getElementById("said").textContent = JSON.stringify(said);
"""


def test_the_explorer_takes_and_says_days(answer: Forecast, tmp_path: Path) -> None:
    page = f"<!DOCTYPE html><body>{explorer(answer)}<pre id='said'></pre><script>{MOVE}</script>"
    shown, first, moved, nothing, still, refused = json.loads(text_of(seen(page, tmp_path), "said"))
    assert shown == "2026-12-31" and first == "2026-12-31: 13 months after the last row (2025-12-15)."
    assert moved == still == "2027-06-30: 18 months after the last row (2025-12-15)." and nothing == ""
    assert refused == "Date: not a date; write one such as 2026-12-31."
