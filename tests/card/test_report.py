"""A forecast said to a person: the words, the numbers that must agree, the page that must stay whole."""

import json
import math
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from making import HELD, make_fit, make_record, make_runs

from forecaster.backtests.result import Backtest
from forecaster.backtests.weighting import Weighting
from forecaster.errors import UsageError
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.evidence.grade import grade
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.forecasts.tables import answers, share_table
from forecaster.forecasts.text import question, stamps
from forecaster.laws.shelf import law
from forecaster.notes import Note
from forecaster.reports.files import refuse_unwritable
from forecaster.reports.provenance import forecast_dict, provenance
from forecaster.reports.report import report
from forecaster.reports.result import Report
from forecaster.runs.table import Runs
from forecaster.show.probability import chance
from forecaster.show.table import (
    shown,
    whole_percent,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "\" onload='x' $x^2$ `|*[a](b)",
    "\u202eevil\x1b[31m\n# head",
    "\u05d0\u05d1\u05d2 \u05d3\u05d4",
    "_hidden",
    "x" * 10_000,
)
VOID = {"meta", "br", "input"}
MADE = "2026-01-31"
COMMAND = "forecaster report runs.csv --at N=70B,D=1.4T --target 1.95 -o card.html"
WEIGHTS = {"chinchilla": 0.75, "coupled": 0.25}
EARNED = "earned by how each law did, at 3 cuts"
FARTHEST = 20.0


def ask(
    runs: Runs, at: Any = "N=70B,D=1.4T", targets: Any = (1.95, 1.9), record: Backtest | None = None, why: str = EARNED
) -> Forecast:
    """A forecast of made fits, whose weights came with a track record or, by default, without one."""
    fits = [make_fit(law(name), runs, E=1.8) for name in WEIGHTS]
    weighting = Weighting(WEIGHTS, "extrapolation", why, record)
    return forecast(fits, at, targets=targets, weights=weighting, allow_failed_checks=True)


@pytest.fixture(scope="module")
def answer() -> Forecast:
    runs = make_runs()
    held = HELD | {"huber-bootstrap": 0.65}
    return replace(ask(runs, record=make_record(runs, held, farthest=FARTHEST, repeats=2)), unchecked=False)


@pytest.fixture(scope="module")
def said(answer: Forecast) -> Report:
    return Report(answer, COMMAND, MADE)


@pytest.fixture(scope="module")
def page(said: Report) -> str:
    return said.html


@pytest.fixture(scope="module")
def hostile() -> Report:
    runs = make_runs(family=[HOSTILE[row % len(HOSTILE)] for row in range(30)])
    runs = replace(runs, name=HOSTILE[0] + HOSTILE[5], response=HOSTILE[1])
    found = ask(runs, record=make_record(runs, HELD), why=HOSTILE[0])
    notes = tuple(Note("columns-read", text, warning=True) for text in HOSTILE)
    verdicts = {
        name: replace(verdict, notes=HOSTILE, rhat=float("inf"), ess=float("nan"))
        for name, verdict in found.verdicts.items()
    }
    return Report(replace(found, notes=notes, verdicts=verdicts), " ".join(HOSTILE), MADE)


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails where a tag is closed that was not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.open:
            self.scripts.append(data)
        elif "style" not in self.open:
            self.text += f" {data} "


def said_first(page: str) -> str:
    """The page before its explorer and its annex, which say things of their own."""
    return page[: page.index('<section class="panel explore">')]


def without_data(page: str) -> str:
    """The page without its embedded JSON, where names stand as they were given."""
    return re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)


def assert_no_foreign_script(page: str) -> None:
    """Scripts are the explorer's and the numbers it starts from; no name from a file became one."""
    found = Page(page)
    assert found.open == []
    assert "<script>alert" not in page
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    for tag, attributes in found.tags:
        if tag == "script":
            assert set(attributes) <= {"type", "id"}
    programs = [text for text in found.scripts if not text.lstrip().startswith("{")]
    assert not any("alert(" in text for text in programs)


def test_the_question_names_metric_scale_and_data(answer: Forecast) -> None:
    asked = question(answer, answer.points[0])
    assert asked.startswith("What loss (nats per token) will a run with 70B parameters and 1.4T tokens (5.9e23 FLOP)")
    assert f"30 runs in {answer.runs.name}?" in asked


def test_an_optimal_split_is_said_to_be_one() -> None:
    found = ask(make_runs(), "C=6e23", ())
    assert "of 6e23 FLOP at its compute-optimal split (" in question(found, found.points[0])


@pytest.mark.parametrize(
    ("header", "said", "unit"),
    [
        ("val_loss", "What val_loss (nats per token) will", "nats per token"),
        ("bits_per_byte", "What bits_per_byte will", "bits per byte"),
        ("c4_bpb", "What c4_bpb (bits per byte) will", "bits per byte"),
        ("loss_bits", "What loss_bits will", ""),
        ("surprise", "What surprise will", ""),
    ],
)
def test_the_response_keeps_its_name_and_has_a_unit_only_where_known(header: str, said: str, unit: str) -> None:
    found = ask(replace(make_runs(), response=header, measure=None))
    text = found.text
    assert said in text
    assert ("nats" in text) is (unit == "nats per token")
    middle = f" {unit}" if unit else ""
    assert f"  {answers(found)[0].median}{middle}\n  90% range: " in text


def test_the_text_says_the_numbers_of_the_json(answer: Forecast) -> None:
    text = answer.text
    said = answer.as_dict()["forecast"][0]
    places = answer.points[0].predictive.digits.places
    for value in (said["median"], *said["interval"]["90"], *said["curve_interval"]["90"], *said["raw_interval"]["90"]):
        assert f"{value:.{places}f}" in text
    for target in said["targets"]:
        assert f"Chance of {target['value']:g} or less: {chance(target['probability'])}" in text
    assert "Weight" in text
    assert "75%" in text
    assert max(map(len, text.splitlines())) <= 100
    low, high = answers(answer)[0].interval["90"]
    assert f"  {answers(answer)[0].median} nats per token\n  90% range: {low} to {high}\n  Chance of 1.95 " in text


def test_each_source_of_uncertainty_says_what_narrows_it(answer: Forecast) -> None:
    rows = share_table(answers(answer)[0]).rows
    assert len(rows) == 3
    assert sum(int(row[1].rstrip("%")) for row in rows) == 100
    assert all(row[3].endswith(".") for row in rows)


def test_without_targets_no_chance_is_mentioned() -> None:
    said = Report(ask(make_runs(), targets=()), made=MADE)
    for text in (said.text, said_first(said.html), said.markdown):
        assert "Chance of" not in text
        assert "Words stand for" not in text


def expected_rows(said: Report) -> list[list[str]]:
    """What the tables of any format must hold, from the JSON alone."""
    whole = json.loads(said.json)
    data, scores = whole["forecast"][0], whole["track_record"]["backtest"]
    places = said.forecast.points[0].predictive.digits.places
    rows = [[f"{mass}%", *(f"{end:.{places}f}" for end in ends)] for mass, ends in data["interval"].items()]
    for name, law_said in data["by_law"].items():
        ranges = [f"{low:.{places}f} to {high:.{places}f}" for low, high in map(law_said["interval"].get, ("50", "90"))]
        weight = f"{whole_percent(law_said['weight'])}%"
        score = next(each for each in scores if each["law"] == name)
        tested = [f"{score['coverage']['90']:.0%}", f"{score['crps']:.4f}"]
        rows.append([name, f"{law_said['median']:.{places}f}", *ranges, weight, *tested])
    names = {"mixture": "all, mixed", "naive-last": "last value", "naive-line": "straight line"}
    names |= {"huber-bootstrap": "usual fit with bootstrap"}
    for score in scores:
        low, high = score["coverage_interval"]["90"]
        held = f"{score['coverage']['90']:.0%} ({100 * low:.0f} to {high:.0%})"
        width = f"{100 * math.expm1(score['width']['90']):.1f}%"
        name = names.get(score["law"], score["law"])
        rows.append([name, held, width, f"{score['crps']:.4f}", f"{score['clusters']}"])
    return rows


def test_markdown_and_page_hold_the_numbers_of_the_json(said: Report, page: str) -> None:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in said.markdown.splitlines()
        if line.startswith("|")
    ]
    in_page = [
        re.findall(r"<t[hd][^>]*>(?:<span[^>]*></span>)?(.*?)</t[hd]>", row)
        for row in re.findall(r"<tr>.*?</tr>", page)
    ]
    for row in expected_rows(said):
        assert row in cells
        assert row in in_page
        # The front has no room for the 50% range of each law.
        assert len(row) < 7 or [*row[:2], *row[3:]] in in_page
    data = json.loads(said.json)
    shares = answers(said.forecast)[0].shares
    assert sum(shares.values()) == 100
    for name, share in data["forecast"][0]["share"].items():
        assert abs(shares[name] - 100 * share) <= 1
        assert any(row[:2] == [name.capitalize(), f"{shares[name]}%"] for row in cells)
        assert f"<strong>{shares[name]}% {name}.</strong>" in page
    for target in data["forecast"][0]["targets"]:
        sentence = f"Chance of {target['value']:g} or less: {chance(target['probability'])}"
        assert sentence in said.markdown
        assert sentence in re.sub(r"<.*?>", "", page)
    for sha256 in (data["provenance"]["runs_sha256"], *data["provenance"]["laws"].values()):
        assert sha256 in said.markdown
        assert sha256 in page


def without_breaks(text: str) -> str:
    return " ".join(text.split())


def outputs(said: Report, *, with_page: bool = True) -> dict[str, str]:
    """The words of each format, unbroken and unescaped; the page takes a second to draw."""
    words = {
        "text": without_breaks(said.text),
        "markdown": without_breaks(re.sub(r"\\(.)", r"\1", said.markdown)),
    }
    if not with_page:
        return words
    page = re.sub(r"<(style|svg).*?</\1>", "", said.html, flags=re.DOTALL)
    return words | {"html": without_breaks(Page(page).text)}


def test_every_output_says_the_track_record_and_its_numbers(said: Report) -> None:
    data = json.loads(said.json)["track_record"]["backtest"]
    held = {score["law"]: f"{score['coverage']['90']:.0%}" for score in data}
    for kind, text in outputs(said).items():
        assert f"held {held['mixture']} of 40 larger runs in their 90% ranges, up to 20 times the largest" in text, kind
        assert f"a straight line {held['naive-line']}, the usual fit with bootstrap {held['huber-bootstrap']}." in text
        assert f"Weights: {EARNED}." in text, kind
        assert "passed their checks with reservations" not in text


def test_without_a_track_record_its_reason_stands_in_its_place() -> None:
    why = "the table has no cut, so the laws get equal weights"
    found = Report(ask(make_runs(), why=why), made=MADE)
    for kind, text in outputs(found).items():
        assert f"There is none: no run of this table was hidden and forecast. Weights: {why}." in text, kind
        assert "straight line" not in text
        assert "Held larger runs" not in text
        assert "such 90% ranges held" in text
    assert json.loads(found.json)["track_record"] is None
    row = next(line for line in found.markdown.splitlines() if line.startswith("| chinchilla") and " 75% " in line)
    assert row.count("|") == 6


def test_a_law_that_was_never_tested_says_so() -> None:
    runs = make_runs()
    held = {name: share for name, share in HELD.items() if name != "coupled"}
    found = Report(ask(runs, record=make_record(runs, held)), made=MADE)
    for text in (found.text, found.markdown, Page(found.html).text):
        assert "not available" in text


def test_fits_behind_the_record_that_fell_short_are_counted() -> None:
    runs = make_runs()
    some = Report(ask(runs, record=make_record(runs, HELD, review=2, failed=1)), made=MADE)
    said = "Of the fits behind the track record, 2 passed their checks with reservations and 1 failed and was left out."
    for kind, text in outputs(some).items():
        assert said in text, kind
    one = Report(ask(runs, record=make_record(runs, HELD, failed=3)), made=MADE)
    assert "Of the fits behind the track record, 3 failed and were left out." in outputs(one)["text"]


def test_a_point_beyond_all_that_was_backtested_is_called_so() -> None:
    runs = make_runs()
    largest = runs.column("C").max()
    record = make_record(runs, HELD, farthest=FARTHEST)
    beyond = "nothing beyond 20 times was backtested on this table."
    for ratio, said in ((45, True), (21, True), (20.2, False), (19, False), (0.5, False)):
        at = {"N": 1e10, "D": ratio * largest / 6e10}
        asked = ask(runs, [at], (), record)
        if ratio > 1:
            far = grade(asked, asked.points[0]).criteria[0].value
            assert far.startswith(f"{answers(asked)[0].ratio} times the largest run")
        found = outputs(Report(asked, made=MADE), with_page=ratio in (45, 19))
        for kind, text in found.items():
            assert (beyond in text) is said, (kind, ratio)
            assert (f"This asks for {ratio:g} times the largest run; " in text) is said
    assert not any(beyond in text for text in outputs(Report(ask(runs), made=MADE)).values())


def test_every_output_gives_the_same_grade_for_each_point(answer: Forecast, said: Report) -> None:
    found = grade(answer, answer.points[0])
    assert json.loads(said.json)["grade"] == [found.as_dict()] == forecast_dict(answer)["grade"]
    for kind, text in outputs(said).items():
        assert f"Evidence grade {found.letter}" in text, kind
        for each in found.criteria:
            assert each.value in text
            assert (each.rule in text) is (kind != "text")
    several = Report(ask(answer.runs, ["N=70B,D=1.4T", "N=1B,D=20B"], ()), made=MADE)
    assert len(json.loads(several.json)["grade"]) == 2
    assert several.markdown.count("### Evidence grade") == 2
    assert several.markdown.count("## Track record") == several.html.count("<h2>Track record</h2>") == 1


def test_the_grade_stands_apart_from_the_likelihood(answer: Forecast, page: str, said: Report) -> None:
    chances = re.findall(r'<p class="range">Chance.*?</p>', page)
    assert len(chances) == 2
    assert not any("grade" in chance.lower() for chance in chances)
    start = page.index('<section class="panel grade">')
    section = page[start : page.index("</section>", start)]
    assert "not how likely the outcome is" in section
    assert "in 20" not in section
    assert "very likely" not in section
    for line in said.text.splitlines():
        assert not ("grade" in line and "Chance" in line)


def test_hostile_law_names_stay_text() -> None:
    runs = make_runs()
    names = HOSTILE[:4]
    fits = [make_fit(replace(law("chinchilla"), name=name), runs, E=1.8) for name in names]
    record = make_record(runs, dict.fromkeys((*names, "mixture", "naive-line"), 0.9))
    weighting = Weighting(dict.fromkeys(names, 0.25), "extrapolation", EARNED, record)
    found = Report(forecast(fits, "N=70B,D=1.4T", weights=weighting, allow_failed_checks=True), made=MADE)
    assert_no_foreign_script(found.html)
    for text in (found.text, found.markdown, without_data(found.html)):
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert not re.search(r"^# head", text, flags=re.MULTILINE)
    assert "<script>" not in found.markdown


def test_the_page_fetches_nothing(page: str) -> None:
    # The name of SVG's namespace is no address that anything is fetched from.
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    for tag, attributes in Page(page).tags:
        assert tag not in ("link", "iframe", "img", "object", "embed", "base")
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "xlink:href", "action", "data", "srcset"):
                assert value is not None
                assert value.startswith("#")
    assert "@import" not in page
    assert all(found.startswith("#") for found in re.findall(r"url\((.*?)\)", page))


def test_the_page_is_well_formed_and_small(page: str) -> None:
    parsed = Page(page)
    assert parsed.open == []
    assert len(page.encode()) < 800_000
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in parsed.tags:
        if tag == "svg":
            assert set(str(attributes["aria-labelledby"]).split()) <= set(ids)
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_hostile_names_stay_text(hostile: Report) -> None:
    page = hostile.html
    assert_no_foreign_script(page)
    assert "<script>alert(1)</script>" in Page(page).text
    assert len(page.encode()) < 1_600_000
    page = without_data(page)
    assert "x" * 2000 not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert HOSTILE[3] in page
    for text in (hostile.text, hostile.markdown):
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert not re.search(r"^# head", text, flags=re.MULTILINE)
    assert "<script>" not in hostile.markdown.replace("\\<script\\>", "").replace(
        f"    {shown(hostile.command, 2000)}", ""
    )


def test_no_output_says_none_or_nan(said: Report, page: str, hostile: Report) -> None:
    for text in (said.text, Page(page).text, said.markdown, said.json, hostile.text, hostile.markdown):
        assert not re.search(r"\b(None|nan|NaN|inf|Infinity|null|Undefined)\b", text.replace("null,", "")), text


def test_failed_and_doubtful_checks_are_stamped_on_every_output(answer: Forecast) -> None:
    failed = Report(replace(answer, unchecked=True), made=MADE)
    doubtful = replace(
        answer, verdicts={name: Verdict("review", 1.02, 500, 1, ("One draw diverged.",)) for name in answer.verdicts}
    )
    for found, word in ((failed, "CHECKS FAILED: "), (Report(doubtful, made=MADE), "REVIEW: ")):
        for text in (found.text, found.html, found.markdown, found.json):
            assert word in text
    passed = replace(answer, verdicts={name: Verdict("pass", 1.0, 4000, 0) for name in answer.verdicts})
    assert stamps(passed) == []
    assert 'class="stamp"' not in Report(passed, made=MADE).html


def test_a_law_left_out_is_listed_among_the_checks(answer: Forecast) -> None:
    verdicts = dict(answer.verdicts) | {"kaplan": Verdict("fail", 1.4, 20, 7, ("It did not mix.",))}
    text = replace(answer, verdicts=verdicts).text
    assert "kaplan failed" in text
    assert "fail, left out" in text
    assert "- kaplan: It did not mix." in text


def test_the_same_inputs_give_the_same_bytes(answer: Forecast, page: str) -> None:
    again = Report(answer, COMMAND, MADE)
    assert again.html == page


def test_several_points_have_a_block_each() -> None:
    found = Report(ask(make_runs(), ["N=70B,D=1.4T", "N=1B,D=20B"], ()), made=MADE)
    parsed = Page(found.html)
    assert sum(tag == "article" for tag, _ in parsed.tags) == 2
    assert "What loss (nats per token) will 2 new runs reach" in parsed.text
    assert found.text.count("Where the uncertainty comes from") == 2
    assert "so within the scale that was measured" in found.markdown.replace("\n", " ")
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_table_with_one_input_is_reported_along_it() -> None:
    runs = make_runs()
    runs = replace(runs, table=runs.table[["C", "loss"]])
    fits = [make_fit(law("power_floor"), runs)]
    found = forecast(fits, "C=6e23", targets=[1.9], weights="equal", allow_failed_checks=True)
    said = Report(found, made=MADE)
    assert "will a run of 6e23 FLOP reach" in said.text
    assert "The law power_floor holds; no other was asked." in said.html
    assert Page(said.html).open == []


def test_provenance_tells_how_to_make_it_again(answer: Forecast) -> None:
    facts = provenance(answer, COMMAND)
    assert facts["runs_sha256"] == answer.runs.sha256
    assert facts["laws"] == {fit.law.name: fit.law.sha256 for fit in answer.fits}
    assert facts["seed"] == answer.seed
    assert facts["command"] == COMMAND
    assert "numpy" in facts["versions"]


def test_a_report_is_written_with_all_its_files(answer: Forecast, tmp_path: Path) -> None:
    written = report(answer, output=tmp_path / "card.html", also="md,json", command=COMMAND, made=date(2026, 1, 31))
    assert [path.name for path in written.paths] == ["card.html", "card.md", "card.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.html", "card.json", "card.md"]
    assert json.loads(written.paths[2].read_text("utf-8"))["provenance"]["made"] == MADE
    before = {path: path.read_bytes() for path in written.paths}
    report(answer, output=tmp_path / "card.html", also=["md", "json"], command=COMMAND, made=MADE)
    assert {path: path.read_bytes() for path in written.paths} == before


def test_an_unknown_kind_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="known are md, json, xlsx, pdf"):
        refuse_unwritable(tmp_path / "card.html", also=["docx"])


def test_nothing_but_an_earlier_report_is_overwritten(answer: Forecast, tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text('[{"N": 1}]', "utf-8")
    with pytest.raises(UsageError, match="something else"):
        report(answer, output=tmp_path / "runs.html", also="json")
    assert [path.name for path in tmp_path.iterdir()] == ["runs.json"]
    for name in ("card.csv", "card", "missing/card.html"):
        with pytest.raises(UsageError):
            refuse_unwritable(tmp_path / name)


def test_a_failure_while_replacing_leaves_what_stood_there(
    answer: Forecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = report(answer, output=tmp_path / "card.html", made="2026-01-01")
    before = written.paths[0].read_bytes()
    replace_file = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if Path(target).suffix == ".md":
            raise OSError(28, "No space left on device")
        return replace_file(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(UsageError, match="No space left"):
        report(answer, output=tmp_path / "card.html", also="md", made=MADE)
    assert written.paths[0].read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["card.html"]
