"""What is said of a result: every section in its text and in its box, whatever the names in it are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from making import make_fit, make_record, make_runs

import forecaster
from forecaster.assess.comparison.compare import compare
from forecaster.assess.sensitivity.result import Bar, Sensitivity
from forecaster.backtests.weighting import Weighting
from forecaster.batches import outcome
from forecaster.batches.recipe import Recipe
from forecaster.batches.result import Batch
from forecaster.decide.allocation.allocate import allocate
from forecaster.decide.requirement.require import require
from forecaster.fits.posterior import Fit
from forecaster.fits.power_scaling import Power
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.prior_predictive import prior_predictive
from forecaster.laws.shelf import law
from forecaster.notes import Note
from forecaster.quantity import Digits
from forecaster.reports.result import Report
from forecaster.runs.check import check
from forecaster.runs.points import Target, scenario
from forecaster.runs.table import Runs
from forecaster.show.document import (
    Bullets,
    Document,
    Headline,
    Section,
    Sentence,
    Stamp,
    Verbatim,
    bullets,
    note_lines,
)
from forecaster.show.figure import Exhibit
from forecaster.show.html import as_box
from forecaster.show.result import Shown
from forecaster.show.table import ISOLATES, NARROWEST, Table
from forecaster.show.text import as_text

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\u05d0\u05d1'\"&\nx"
POINT = "N=70B,D=1.4T"


def named(name: str) -> tuple[Runs, list[Fit]]:
    """A table and two fits; all that may be named by a user bears the name, if there is one."""
    runs = make_runs(family=["a", "b", "c"] * 10)
    laws = [law("chinchilla"), law("coupled")]
    if name:
        note = Note("columns-read", name, warning=True)
        table = runs.table.assign(family=[f"{name}{each}" for each in runs.table["family"]])
        runs = replace(runs, name=name, response=name, notes=(note,), table=table)
        laws = [replace(each, name=name + each.name, title=name, source=name) for each in laws]
    fits = [make_fit(each, runs, E=1.8) for each in laws]
    verdict = Verdict("review", 1.02, 500, 1, (name or "One draw diverged.",))
    return runs, [replace(fit, verdict=verdict) for fit in fits]


def weighted(runs: Runs, fits: list[Fit]) -> Weighting:
    names = [fit.law.name for fit in fits]
    record = make_record(runs, dict.fromkeys([*names, "mixture", "naive-last"], 0.8))
    return Weighting(dict.fromkeys(names, 0.5), "extrapolation", "earned", record)


def answered(runs: Runs, fits: list[Fit]) -> Any:
    return forecast(fits, POINT, targets=[1.95], weights=weighted(runs, fits), allow_failed_checks=True)


def sensitive(runs: Runs, fits: list[Fit]) -> Sensitivity:
    base = Bar("as forecast", "base", 1.95, 1.90, 2.01, "exact", None, (0.4,))
    other = Bar(runs.name, "runs", 1.97, 1.92, 2.04, "importance", 0.31, (0.2,))
    power = Power(fits[0].law.name, runs.name, 0.01, 0.2)
    return Sensitivity(
        POINT, (Target(1.95, above=False),), base, (other,), (power,), {runs.name: runs.name}, Digits(2), runs
    )


def batched(runs: Runs, fits: list[Fit]) -> Batch:
    recipe = Recipe(scenario(POINT, targets=["<=1.95"]), weights="equal")
    rows = outcome.answered(answered(runs, fits), table=runs.name, recipe=recipe).rows
    failed = outcome.refused("too-few", f"{runs.name}: 3 runs are too few", table=f"{runs.name} 2", recipe=recipe)
    return Batch((*rows, *failed.rows), (1.95,), earlier=1)


MAKERS: dict[str, Callable[[Runs, list[Fit]], Any]] = {
    "Allocation": lambda _, fits: allocate(
        fits, ["1e22", "1e21"], weights="equal", inference_tokens="1T..20T", params="2B", price="default"
    ),
    "Backtest": lambda runs, fits: weighted(runs, fits).record,
    "Batch": batched,
    "Check": lambda runs, _: check(runs),
    "Comparison": lambda runs, fits: compare(fits, [POINT], weighting=weighted(runs, fits), allow_failed_checks=True),
    "Fit": lambda _, fits: fits[0],
    "Forecast": answered,
    "Law": lambda _, fits: fits[0].law,
    "PriorPredictive": lambda runs, fits: prior_predictive(fits[0].law, runs, POINT),
    "Report": lambda runs, fits: Report(answered(runs, fits), made="2026-01-31"),
    "Requirement": lambda _, fits: require(fits, [1.97, 2.2], weights="equal", price="default"),
    "Runs": lambda runs, _: runs,
    "Sensitivity": sensitive,
}
"""How each result of the public API comes about."""

PUBLIC = {name: getattr(forecaster, name) for name in forecaster.__all__}
RESULTS = [name for name, each in PUBLIC.items() if isinstance(each, type) and issubclass(each, Shown)]


class Box(HTMLParser):
    """The text that a reader of a box sees, and its tags; fails where a tag is closed that was not open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script" and not any(name.startswith("on") for name, _ in attrs)
        self.seen.add(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += f" {data} "


def pieces(sections: tuple[Section, ...]) -> Iterator[str]:
    """Every string that sections say; of a table each cell."""
    for section in sections:
        yield section.title
        for part in section.parts:
            match part:
                case Bullets(items):
                    yield from items
                case Table():
                    yield from (cell for row in (part.columns, *part.rows) for cell in row)
                case Exhibit():
                    yield part.sentence
                case _:
                    yield part.text
        yield from pieces(section.sections)


def printed(text: str) -> list[str]:
    """The words of a text as a writer prints them."""
    return "".join(c if c.isprintable() or c in ISOLATES or c.isspace() else "?" for c in text).split()


def test_every_result_of_the_public_names_is_held_to_this_page() -> None:
    assert set(RESULTS) | {"Forecast", "Report"} == set(MAKERS)


@pytest.fixture(scope="module", params=["", HOSTILE], ids=["plain", "hostile"])
def made(request: pytest.FixtureRequest) -> tuple[Runs, list[Fit]]:
    return named(request.param)


@pytest.mark.parametrize("name", RESULTS)
def test_every_section_is_in_the_text_and_in_the_box(name: str, made: tuple[Runs, list[Fit]]) -> None:
    result = MAKERS[name](*made)
    document = result.document
    bundle = result._repr_mimebundle_()
    text, box = bundle["text/plain"], Box(bundle["text/html"])
    said = [document.title, *pieces(document.sections)]
    assert sum(map(bool, said)) > 3
    joined, boxed = " ".join(text.split()), " ".join(box.text.split())
    for piece in said:
        words = printed(piece)
        # A cell may go on in the next line, beside another one's, and a long word there be broken.
        assert " ".join(words) in joined or all(word[:NARROWEST] in joined for word in words)
        assert " ".join(words) in boxed
    for shown in (text, box.text):
        assert not re.search(r"\{'|Markup\(|(?<!\w)(Table|Section|Sentence)\(|\b(None|nan|inf)\b", shown), shown
        assert all(c.isprintable() or c in ISOLATES or c == "\n" for c in shown), shown
    assert max(map(len, text.splitlines())) <= 100
    if name != "Runs" and name != "Law":
        assert result.text == str(result) == text


SAID = Document(
    "What is it?",
    (
        Section("", (Stamp("Beware."),)),
        Section(
            "First",
            (
                Headline("1.95, 90% range 1.90 to 2.01"),
                Sentence("A sentence " * 12 + "ends."),
                Bullets(("one " * 30 + "end", "two")),
                Verbatim("a  = 1\nbb = 2"),
            ),
            sections=(Section("Inside", (Table("Numbers", ("Law", "Median"), (("a<b", "1.95"), ("c", "22.00"))),)),),
        ),
        Section("", (Table("On its own", ("Law", "Why"), (("a", "b"),), frozenset({"Why"})),)),
        Section("Behind", (Sentence("An annex."),), annex=True),
        Section(""),
    ),
)


def test_a_document_as_text() -> None:
    text = as_text(SAID)
    blocks = text.split("\n\n")
    assert blocks[:2] == ["What is it?", "Beware."]
    first = blocks[2].splitlines()
    assert first[0] == "First" and first[1] == "  1.95, 90% range 1.90 to 2.01"
    assert max(map(len, first)) <= 80 and all(line.startswith("  ") for line in first[1:])
    assert first[-4].startswith("    ") and first[-3:] == ["  - two", "  a  = 1", "  bb = 2"]
    assert blocks[3].splitlines() == ["Inside", "  Law  Median", "  a<b    1.95", "  c     22.00"]
    assert blocks[4].splitlines() == ["On its own", "  Law  Why", "  a    b"]
    assert blocks[5:] == ["Behind\n  An annex."]


def test_a_document_as_a_box() -> None:
    html = as_box(SAID)
    box = Box(html)
    assert '<p class="stamp">Beware.</p>' in html and "a&lt;b" in html and "<pre>a  = 1\nbb = 2</pre>" in html
    assert "An annex." not in box.text and "On its own" in box.text
    assert {"ul", "li", "table", "th", "td", "caption", "pre"} <= box.seen
    assert html.count("<caption>") == 2


def test_a_caption_that_the_title_says_is_said_once() -> None:
    table = Table("Ranges", ("Range", "From"), (("90%", "1.9"),))
    document = Document("", (Section("Ranges", (table,)),))
    assert as_text(document).count("Ranges") == 1 and as_box(document).count("Ranges") == 1


def test_what_cannot_be_printed_never_reaches_a_reader() -> None:
    part = (Sentence(HOSTILE), Verbatim(HOSTILE), Bullets((HOSTILE,)), Table(HOSTILE, (HOSTILE,), ((HOSTILE,),)))
    document = Document(HOSTILE, (Section(HOSTILE, part), Section("", part)))
    for shown in (as_text(document), Box(as_box(document)).text):
        assert "\x1b" not in shown and "\u202e" not in shown and "<script>" in shown


def test_a_wide_table_gives_way_in_its_headers_first_and_then_in_its_words() -> None:
    numbers = Table("", ("Law", *(f"A long header {i}" for i in range(8))), (("chinchilla", *["1.234"] * 8),))
    lines = numbers.text.splitlines()
    assert max(map(len, lines)) <= 98 and lines[-1].split() == ["chinchilla", *["1.234"] * 8]
    # Headers stand at the bottom, so that a name is beside its numbers.
    assert len(lines) == 3 and "Law" in lines[1] and "Law" not in lines[0]
    assert re.findall(r"\d", lines[1]) == list("01234567")
    words = Table("", ("Law", "Formula", "Value"), (("a", "b + c * " * 30 + "d", "1"),), frozenset({"Formula"}))
    assert max(map(len, words.text.splitlines())) <= 98
    assert words.text.splitlines()[1].endswith("  1") and words.text.count("b +") == 30


def test_notes_are_said_once_with_warnings_first() -> None:
    note, warning = Note("C-computed", "one"), Note("outliers", "two", warning=True)
    said = bullets(note_lines([note, warning, note]))
    assert said == (Bullets(("Warning, outliers: two", "Note, C-computed: one")),)
    assert bullets(note_lines([])) == () and note.as_dict() == {"code": "C-computed", "text": "one"}
