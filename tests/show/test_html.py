"""What a notebook shows: compact boxes without scripts, names as text; and the notebook of the docs, run whole."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from making import HELD, make_fit, make_record, make_runs

from forecaster.assess.comparison.compare import compare
from forecaster.assess.comparison.result import Comparison
from forecaster.backtests.weighting import Weighting
from forecaster.fits.posterior import Fit
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.forecasts.tables import answers
from forecaster.laws.shelf import law
from forecaster.notes import Note
from forecaster.reports.result import Report
from forecaster.runs.examples import read_example
from forecaster.runs.table import Runs

NOTEBOOK = Path(__file__).parents[2] / "docs" / "forecast.ipynb"
WEIGHTS = {"chinchilla": 0.75, "coupled": 0.25}
HOSTILE = "<script>alert(1)</script>\" onload='x' \u202eevil"


class Box(HTMLParser):
    """Tags, attributes and text; fails where a tag is closed that was not open."""

    def __init__(self, shown: Any) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.bundle: dict[str, str] = shown._repr_mimebundle_(include=None, exclude=None)
        self.feed(self.bundle["text/html"])
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += f" {data} "


@pytest.fixture(scope="module")
def runs() -> Runs:
    return make_runs(family=["a", "b", "c"] * 10)


@pytest.fixture(scope="module")
def fits(runs: Runs) -> list[Fit]:
    return [make_fit(law(name), runs, E=1.8) for name in WEIGHTS]


@pytest.fixture(scope="module")
def weighting(runs: Runs) -> Weighting:
    return Weighting(WEIGHTS, "extrapolation", "earned", make_record(runs, HELD))


@pytest.fixture(scope="module")
def answer(fits: list[Fit], weighting: Weighting) -> Forecast:
    return forecast(fits, "N=70B,D=1.4T", targets=[1.95], weights=weighting, allow_failed_checks=True)


@pytest.fixture(scope="module")
def comparison(fits: list[Fit], weighting: Weighting) -> Comparison:
    return compare(fits, weighting=weighting, allow_failed_checks=True)


def test_every_noun_has_a_box_and_a_text(
    runs: Runs, fits: list[Fit], weighting: Weighting, answer: Forecast, comparison: Comparison, tmp_path: Path
) -> None:
    report = Report(answer, made="2026-01-31", paths=(tmp_path / "card.html",))
    nouns = [runs, fits[0].law, fits[0], answer, comparison, weighting.record, report]
    for box in map(Box, nouns):
        assert set(box.bundle) == {"text/plain", "text/html"}
        assert box.bundle["text/plain"].strip()
        assert not any(tag in ("script", "link", "iframe", "img") for tag, _ in box.tags)
        assert not any(name.startswith("on") for _, attributes in box.tags for name in attributes)
        assert not re.search(r"\b(None|nan|inf)\b", box.text), box.text
        assert not re.search(r"#[0-9a-f]{6}\b", box.bundle["text/html"]), "a colour that is not the notebook's"
        assert len(box.bundle["text/html"]) < 60_000
    assert "card.html" in Box(report).text


def test_a_box_says_the_numbers_of_every_other_output(answer: Forecast, runs: Runs, fits: list[Fit]) -> None:
    said = answers(answer)[0]
    box = Box(answer)
    for number in (said.median, *said.interval["50"], *said.interval["95"], *(each.median for each in said.laws)):
        assert f" {number} " in box.text
    assert f"90% range {' to '.join(said.interval['90'])}." in box.text
    assert any(tag == "svg" for tag, _ in box.tags)
    assert "1.8172" not in Box(runs).text
    assert "the first 5 of 30" in Box(runs).text
    assert "pass (R-hat 1.000" in Box(fits[0]).text
    assert "E + A / N**alpha + B / D**beta" in Box(fits[0].law).text


def test_two_forecasts_in_one_notebook_share_no_id(answer: Forecast, fits: list[Fit], weighting: Weighting) -> None:
    other = forecast(fits, "N=7B,D=140B", weights=weighting, allow_failed_checks=True)
    ids = [{str(each["id"]) for _, each in Box(shown).tags if "id" in each} for shown in (answer, other)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_the_boxes_of_a_comparison_and_a_backtest_have_a_row_each(comparison: Comparison, weighting: Weighting) -> None:
    box = Box(comparison)
    for name in WEIGHTS:
        assert f" {name} " in box.text
    assert "Extrapolation favours chinchilla, its weights earned." in box.text
    record = Box(weighting.record)
    assert " all, mixed " in record.text
    assert " straight line " in record.text
    assert " 90% " in record.text


def test_failed_checks_are_stamped_in_a_box(answer: Forecast) -> None:
    assert "CHECKS FAILED" in Box(replace(answer, unchecked=True)).text


def test_hostile_names_stay_text_in_a_box(runs: Runs, fits: list[Fit], weighting: Weighting) -> None:
    named = replace(runs, name=HOSTILE, response=HOSTILE, notes=(Note("columns-read", HOSTILE),))
    named = replace(named, table=named.table.assign(family=HOSTILE))
    bad = replace(law("chinchilla"), name=HOSTILE, title=HOSTILE, source=HOSTILE)
    fit = replace(make_fit(bad, named, E=1.8), verdict=Verdict("review", 1.02, 500, 1, (HOSTILE,)))
    weights = Weighting({HOSTILE: 1.0}, "equal", HOSTILE, None)
    answer = forecast([fit], "N=70B,D=1.4T", weights=weights, allow_failed_checks=True)
    for box in map(Box, (named, bad, fit, answer, replace(make_record(named, {HOSTILE: 0.9, "mixture": 0.9})))):
        assert not any(tag == "script" for tag, _ in box.tags)
        assert not any(name.startswith("on") for _, attributes in box.tags for name in attributes)
        assert "\u202e" not in box.bundle["text/html"]
        assert "<script>" in box.text


def outputs(book: Any) -> list[list[dict[str, Any]]]:
    return [cell["outputs"] for cell in book["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_of_the_docs_runs_and_shows_what_it_showed() -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient runs notebooks; it comes with the dev group")
    pytest.importorskip("ipykernel", reason="a notebook needs a kernel; ipykernel comes with the dev group")
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.read(NOTEBOOK, as_version=4)
    stored = json.loads(NOTEBOOK.read_text("utf-8"))
    nbclient.NotebookClient(book, timeout=300, record_timing=False).execute()
    for before, after in zip(outputs(stored), outputs(book), strict=True):
        assert [set(each["data"]) for each in before] == [set(each["data"]) for each in after]
    for number, noun in enumerate((read_example(), law("chinchilla"))):
        # These two depend on no sampler, so the stored box must be today's.
        shown = "".join(outputs(stored)[number][0]["data"]["text/html"])
        assert shown == noun._repr_mimebundle_()["text/html"], "execute the notebook anew and store it"
