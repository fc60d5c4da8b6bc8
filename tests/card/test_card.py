"""The whole card in a browser: nothing fails, the explorer moves, it fits a phone and two sheets of paper."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from browsing import printed, seen, text_of
from making import HELD, make_fit, make_record, make_runs

from forecaster.assess.sensitivity.result import Bar, Sensitivity
from forecaster.backtests.weighting import Weighting
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.laws.shelf import law
from forecaster.quantity import Digits
from forecaster.reports.result import Report
from forecaster.reports.template import OURS

HOSTILE = ("</script><script>alert(1)</script>", "\u202e\"'&<img src=x onerror=alert(1)>", "x" * 10_000, "שלום")
WEIGHTS = {"chinchilla": 0.5, "coupled": 0.3, "farseer_lite": 0.2}
PAIRS = (
    ("ink", "paper"), ("muted", "paper"), ("accent", "paper"), ("alarm", "alarm-paper"), ("ink", "shade"),
    ("muted", "shade"), ("ink", "band90"),
)  # fmt: skip
"""Words and what they stand on."""


def ask() -> Forecast:
    runs = make_runs(family=[HOSTILE[i % len(HOSTILE)] for i in range(30)])
    runs = replace(runs, name=HOSTILE[0])
    fits = [make_fit(law(name), runs, spread=0.05, draws=500, seed=i) for i, name in enumerate(WEIGHTS)]
    weighting = Weighting(WEIGHTS, "extrapolation", "earned", make_record(runs, HELD))
    return forecast(fits, "N=70B,D=1.4T", targets=[1.95], weights=weighting, allow_failed_checks=True)


def hang(answer: Forecast) -> Sensitivity:
    """Made-up bars, as many as a table of several families has, one under a hostile name."""
    point = answer.points[0]
    low, high = point.predictive.interval(0.9)
    base = Bar("as forecast", "base", point.predictive.median, low, high, "exact", None, (0.6,))
    names = ["Normal noise", f"without family {HOSTILE[1]}", *(f"without family {i}" for i in range(10))]
    bars = [replace(base, name=name, kind="families", low=low - i / 200) for i, name in enumerate(names)]
    return Sensitivity(
        point=point.asked.text, targets=answer.targets, base=base, bars=tuple(bars), power=(), left_out={},
        digits=Digits(3), runs=answer.runs,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page() -> str:
    answer = ask()
    return Report(answer, command=f"forecaster report {HOSTILE[0]}", sensitivities=(hang(answer),)).html


LISTEN = """
const faults = [];
addEventListener("error", (event) => faults.push(String(event.message)));
addEventListener("securitypolicyviolation", (event) => faults.push(event.violatedDirective));
for (const name of ["error", "warn"]) console[name] = (...words) => faults.push(words.join(" "));
globalThis.alert = () => faults.push("a name ran as a script");
"""
MOVE = """
const text = (selector) => document.querySelector(selector).textContent;
const unlabelled = [...document.querySelectorAll("input, button, summary")].filter(
  (each) => !(each.labels?.length || each.ariaLabel || each.textContent.trim()) || each.tabIndex < 0);
const before = [text(".explorer [data-median]"), text(".headline .number")];
const field = document.querySelector(".explorer [data-input]");
field.value = "700B";
field.dispatchEvent(new Event("input"));
setTimeout(() => {
  document.getElementById("told").textContent = JSON.stringify({
    faults, before, after: [text(".explorer [data-median]"), text(".headline .number")],
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    unlabelled: unlabelled.map((each) => each.outerHTML), images: document.images.length,
  });
}, 300);
"""

OPEN = """
for (const each of document.querySelectorAll("details")) each.open = true;
document.getElementById("told").textContent = JSON.stringify(document.querySelector("main").innerText);
"""


def told_by(page: str, folder: Path, *, width: int, asked: str = MOVE) -> Any:
    """What the card says in a window of that width, with two scripts more that its policy is told of."""
    for script, where in ((LISTEN, "<body>"), (asked, "</body>")):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
        told = "<pre id='told' hidden></pre>" if where == "</body>" else ""
        added = f"{told}<script>{script}</script>"
        page = page.replace(where, where + added if where == "<body>" else added + where, 1)
    return json.loads(text_of(seen(page, folder, width=width), "told"))


SOURCE = ("Markup(", "{'", "Table(", "<svg", "Exhibit(", "Section(", "Sentence(", "Bullets(", "object at 0x")
"""What a page shows where it prints a Python object, or a picture's source, in place of what it holds."""


class Shown(HTMLParser):
    """The words of a page, those in folds included, without scripts, styles and its title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.silent, self.words = 0, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.silent += tag in ("script", "style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "title")

    def handle_data(self, data: str) -> None:
        self.words += "" if self.silent else data


def test_no_fold_of_the_page_shows_source(page: str) -> None:
    words = Shown(page).words
    assert "The laws' medians lie between" in words
    assert not [each for each in SOURCE if each in words]
    drawn = re.search(r"<summary>Forecast under each law</summary>\s*<figure>(.*?)</figure>", page, flags=re.DOTALL)
    assert drawn and drawn[1].count("<svg") == 2


def test_in_a_browser_every_fold_opens_on_words_and_pictures(page: str, tmp_path: Path) -> None:
    words = told_by(page, tmp_path, width=1280, asked=OPEN)
    assert "The laws' medians lie between" in words
    assert not [each for each in SOURCE if each in words]


@pytest.mark.parametrize("width", [375, 1280])
def test_in_a_browser_nothing_fails_and_the_explorer_moves_without_the_headline(
    page: str, tmp_path: Path, width: int
) -> None:
    told = told_by(page, tmp_path, width=width)
    assert told["faults"] == []
    assert told["images"] == 0
    assert told["over"] <= 0
    assert told["unlabelled"] == []
    (explored, headline), (moved, kept) = told["before"], told["after"]
    assert float(moved) < float(explored)
    assert kept == headline


def test_it_prints_on_two_sheets_without_the_annex(page: str, tmp_path: Path) -> None:
    from pypdf import PdfReader

    sheets = [sheet.extract_text() for sheet in PdfReader(BytesIO(printed(page, tmp_path))).pages]
    assert len(sheets) == 2
    said = " ".join(" ".join(sheets).split())
    for part in ("90% range", "Evidence grade", "Track record", "Not in the range", "Provenance", "SHA-256"):
        assert part in said
    assert "Annex" not in said
    assert "Explore" not in said


def themes() -> list[dict[str, tuple[float, float, float]]]:
    """Light, dark and paper: each variable of the style sheet with its colour, in that theme."""
    css = (OURS / "card.css").read_text("utf-8")
    found: list[dict[str, tuple[float, float, float]]] = []
    for block in re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL):
        own = {}
        for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", block):
            full = value if len(value) == 6 else "".join(2 * digit for digit in value)
            red, green, blue = (int(full[i : i + 2], 16) / 255 for i in (0, 2, 4))
            own[name] = (red, green, blue)
        found.append(own)
    return found


def luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance. Source: WCAG 2.2, definition of relative luminance."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_stand_out_from_what_they_stand_on_in_every_theme() -> None:
    found = themes()
    assert len(found) == 3
    for theme in found:
        for words, ground in PAIRS:
            light, dark = sorted((luminance(theme[words]), luminance(theme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (words, ground)


def test_an_element_that_cannot_be_given_says_why() -> None:
    runs = make_runs()
    answer = forecast([make_fit(law("chinchilla"), runs)], "N=70B,D=1.4T", weights="equal", allow_failed_checks=True)
    page = Report(answer, no_sensitivity="Not computed: --fast leaves it out.").html
    for reason in (
        "Not computed: --fast leaves it out.",
        "There is none: no run of this table was hidden",
        "not computed",
    ):
        assert reason in page


def test_a_long_table_leaves_a_page_that_can_be_sent() -> None:
    runs = make_runs(sizes=60, lengths=50)
    answer = forecast([make_fit(law("chinchilla"), runs)], "N=70B,D=1.4T", weights="equal", allow_failed_checks=True)
    page = Report(answer).html
    assert len(page.encode()) < 1_400_000
    assert "Of the 3,000 runs 1,000 are drawn, evenly through the table." in page
