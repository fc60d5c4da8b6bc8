"""The outputs of a report besides the page: read back, they say the same printed numbers; nothing in them runs."""

import importlib
import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from making import HELD, make_fit, make_record, make_runs
from markupsafe import escape

from forecaster.assess.sensitivity.result import Bar, Sensitivity
from forecaster.backtests.weighting import Weighting
from forecaster.errors import UsageError
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.forecasts.tables import answers
from forecaster.laws.shelf import law
from forecaster.notes import Note
from forecaster.quantity import Digits
from forecaster.reports import caveats as prose
from forecaster.reports.files import WRITERS, refuse_unwritable
from forecaster.reports.pdf import is_pdf
from forecaster.reports.report import report
from forecaster.reports.result import Report
from forecaster.reports.xlsx import SHEETS, cell_of, is_workbook
from forecaster.show.document import Bullets, Headline, Section, Sentence, Stamp, Verbatim
from forecaster.show.figure import Exhibit
from forecaster.show.probability import chance, read_words
from forecaster.show.table import Table, escaped, percent, times, whole_percent

MADE = "2026-01-31"
COMMAND = "=forecaster report runs.csv --at N=70B,D=1.4T -o card.html"
WEIGHTS = {"chinchilla": 0.75, "coupled": 0.25}
METHODS = {
    "mixture": "all, mixed", "naive-last": "last value", "naive-line": "straight line",
    "huber-bootstrap": "usual fit with bootstrap",
}  # fmt: skip
TARGETS = (1.95, 1.9)


def ask(at: Any = "N=70B,D=1.4T", *, tested: bool = True, **columns: Any) -> Forecast:
    runs = make_runs(**columns)
    fits = [make_fit(law(name), runs, E=1.8) for name in WEIGHTS]
    record = make_record(runs, HELD | {"huber-bootstrap": 0.65}) if tested else None
    weighting = Weighting(WEIGHTS, "extrapolation", "earned at 3 cuts", record)
    return forecast(fits, at, targets=TARGETS, weights=weighting, allow_failed_checks=True)


def hanging(answer: Forecast) -> Sensitivity:
    median, (low, high) = answer.median, answer.interval(0.9)
    base = Bar("as forecast", "base", median, low, high, "exact", None, (0.5, 0.25))
    bars = (
        Bar("without coupled", "laws", median + 0.02, low, high + 0.03, "refit", None, (0.4, 0.2)),
        Bar("floor prior twice as wide", "prior", median - 0.01, low, high, "importance", 0.31, (0.5, 0.3)),
    )
    return Sensitivity(
        "N=70B,D=1.4T", answer.targets, base, bars, (), {"families": "the table has none"}, Digits(3), answer.runs
    )


@pytest.fixture(scope="module")
def said() -> Report:
    answer = ask()
    return Report(answer, COMMAND, MADE, sensitivities=(hanging(answer),))


@pytest.fixture(scope="module")
def sheets(said: Report) -> dict[str, list[list[str]]]:
    return read_back(said.render("xlsx"))


@pytest.fixture(scope="module")
def paper(said: Report) -> str:
    return paper_text(said.render("pdf"))


def as_printed(cell: Any) -> str:
    """A cell as a spreadsheet prints it by its own format."""
    value, form = cell.value, cell.number_format
    if isinstance(value, str) or value is None:
        return value or ""
    if form == "General":
        return f"{value:.6g}"
    whole, _, power = form.rstrip("%").partition("E")
    places = len(whole.partition(".")[2])
    if power:
        mantissa, exponent = f"{value:.{places}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:,.{places}%}" if form.endswith("%") else f"{value:{',' if ',' in form else ''}.{places}f}"


def read_back(content: bytes) -> dict[str, list[list[str]]]:
    openpyxl = pytest.importorskip("openpyxl", reason="xlsx needs openpyxl")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == list(SHEETS)
    return {sheet.title: [[as_printed(cell) for cell in row] for row in sheet.iter_rows()] for sheet in book}


def paper_text(content: bytes) -> str:
    pypdf = pytest.importorskip("pypdf", reason="a PDF is read back with pypdf")
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def expected(said: Report) -> dict[str, list[list[str]]]:
    """Every printed number, from the JSON alone: rows of words by the sheet that they stand on."""
    whole = json.loads(said.json)
    data, scores = whole["forecast"][0], whole["track_record"]["backtest"]
    places = said.forecast.points[0].predictive.digits.places
    by_method = {score["law"]: score for score in scores}

    def ends(interval: Iterable[float]) -> list[str]:
        return [f"{end:.{places}f}" for end in interval]

    median = f"{data['median']:.{places}f}"
    answer = [[f"{mass}%", *ends(pair)] for mass, pair in data["interval"].items()]
    answer.append([f"{median} nats per token", median])
    answer.append(["90% without run-to-run noise", *ends(data["curve_interval"]["90"])])
    answer.append(["90% without the extrapolation term", *ends(data["raw_interval"]["90"])])
    shares = answers(said.forecast)[0].shares
    answer += [[name.capitalize(), f"{share}%"] for name, share in shares.items()]
    for target in data["targets"]:
        words = f"Chance of {target['value']:g} or less: {chance(target['probability'], said.words)}"
        answer.append([words, percent(target["probability"])])
    headers = {"N": "N (parameters)", "D": "D (tokens)", "C": "C (FLOP)"}
    answer += [[headers[name], f"{value:.6g}".replace("e+", "e")] for name, value in data["at"].items()]
    answer.append(["Times the largest run", times(data["distance"]["compute_ratio"])])
    answer.append(["Width of the 90% range from noise alone", f"{data['noise_width']:.{places + 1}f}"])
    bars = whole["sensitivity"][0]
    for bar in (bars["base"], *bars["bars"]):
        answer.append([bar["name"], *(f"{end:.3f}" for end in (bar["median"], *bar["interval"]["90"]))])
    laws = []
    for name, each in data["by_law"].items():
        score = by_method[name]
        tested = [f"{score['coverage']['90']:.0%}", f"{score['crps']:.4f}"]
        weight = f"{whole_percent(each['weight'])}%"
        ranges = [*ends(each["interval"]["50"]), *ends(each["interval"]["90"])]
        laws.append([name, f"{each['median']:.{places}f}", *ranges, weight, *tested])
    record = []
    for method, score in by_method.items():
        low, high = score["coverage_interval"]["90"]
        held = [f"{share:.0%}" for share in (score["coverage"]["90"], low, high)]
        width = f"{100 * math.expm1(score['width']['90']):.1f}%"
        record.append([METHODS.get(method, method), *held, width, f"{score['crps']:.4f}", f"{score['clusters']}"])
    return {"Forecast": answer, "Laws": laws, "Track record": record}


def holds(line: list[str], row: list[str]) -> bool:
    """Whether a line of cells has those of a row, in their order."""
    rest = iter(cell for cell in line if cell)
    return all(cell in rest for cell in row)


def test_a_workbook_read_back_holds_the_numbers_of_the_json(said: Report, sheets: dict[str, list[list[str]]]) -> None:
    for sheet, rows in expected(said).items():
        for row in rows:
            assert any(holds(line, row) for line in sheets[sheet]), (sheet, row)


def test_paper_and_markdown_read_back_hold_the_numbers_of_the_json(said: Report, paper: str) -> None:
    lines = (line.strip("|").replace("|", " ") for line in re.sub(r"\\(.)", r"\1", said.markdown).splitlines())
    markdown = " ".join(" ".join(lines).split())
    said_so = expected(said)
    placed = json.loads(said.json)["forecast"][0]
    median = said_so["Forecast"][4][1]
    assert f"{median} nats per token 90% range: " in paper
    assert f"**{median} nats per token** **90% range: " in markdown
    for text in (paper, markdown):
        for mass, (low, high) in placed["interval"].items():
            places = said.forecast.points[0].predictive.digits.places
            assert f" {mass}% {low:.{places}f} {high:.{places}f} " in text
        for name, middle, lower, upper, low, high, *rest in said_so["Laws"]:
            assert f" {name} {middle} {lower} to {upper} {low} to {high} {' '.join(rest)} " in text
        for name, held, low, high, *rest in said_so["Track record"]:
            assert f" {name} {held} ({low.rstrip('%')} to {high}) {' '.join(rest)} " in text
        for name, share in answers(said.forecast)[0].shares.items():
            assert f" {name.capitalize()} {share}% " in text
        for target in placed["targets"]:
            assert f"Chance of {target['value']:g} or less: {chance(target['probability'], said.words)}" in text
        for bar in json.loads(said.json)["sensitivity"][0]["bars"]:
            low, high = bar["interval"]["90"]
            assert f" {bar['name']} {bar['median']:.3f} {low:.3f} to {high:.3f} " in text
        assert said.forecast.runs.sha256 in text


def letters(text: str) -> str:
    """Without what a line's end may change."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", text)


def words_of(said: Report, kind: str) -> str:
    """All that a reader of a format can see, without what a line's end or a mark of the format may change."""
    content = said.render(kind)
    if kind == "pdf":
        return letters(paper_text(content))
    if kind == "xlsx":
        return letters(" ".join(cell for rows in read_back(content).values() for row in rows for cell in row))
    text = content.decode()
    if kind == "md":
        return letters(re.sub(r"\\(.)", r"\1", text))
    return letters(
        unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<(style|svg|script|title).*?</\1>", "", text, flags=re.S)))
    )


def flat(sections: Iterable[Section]) -> Iterator[Section]:
    for section in sections:
        yield section
        yield from flat(section.sections)


def openings(section: Section) -> Iterator[str]:
    """The title of a section, the first words of all that it says, and the first cell of every row."""
    yield section.title
    for part in section.parts:
        match part:
            case Headline(text) | Sentence(text) | Stamp(text) | Verbatim(text):
                yield text
            case Bullets(items):
                yield from items
            case Table():
                yield from (row[0] for row in part.rows)
            case Exhibit():
                yield part.sentence


@pytest.mark.parametrize("at", ["N=70B,D=1.4T", ["N=70B,D=1.4T", "N=1B,D=20B"]], ids=["one point", "several"])
@pytest.mark.parametrize("known", [True, False], ids=["with record and sensitivity", "without"])
def test_every_output_has_every_section(at: Any, known: bool) -> None:
    answer = replace(ask(at, tested=known), unchecked=not known)
    said = Report(answer, COMMAND, MADE, sensitivities=(hanging(answer),) if known else ())
    sections = list(flat(said.card.sections))
    assert {section.name for section in sections} >= {
        "stamps", "headline", "ranges", "fan", "distance", "uncertainty", "grade", "laws", "record", "sensitivity",
        "changes", "omissions", "assumptions", "checks", "formulas", "provenance", "parameters", "runs",
    }  # fmt: skip
    assert sum(section.name == "headline" for section in sections) == len(answer.points)
    for kind in ("html", "md", "pdf", "xlsx"):
        words = words_of(said, kind)
        for section in sections:
            if kind == "pdf" and section.annex and section.name != "formulas":
                continue  # Paper has no annex.
            # A fan has its sentence in its title's place on paper.
            found = list(openings(section))[kind == "pdf" and section.name == "fan" :]
            missing = [each for each in found if letters(each)[:60].casefold() not in words.casefold()]
            assert not missing, (kind, section.name)


def test_every_output_takes_the_same_for_granted(said: Report, sheets: dict[str, list[list[str]]], paper: str) -> None:
    """The sentence on the floor's prior, which a sensitivity adds, stands first of them."""
    taken = prose.assumptions(said)
    assert len(taken) == len(prose.assumptions(replace(said, sensitivities=()))) + 1
    assert "it would leave the median" in taken[0]
    below = [row[0] for row in sheets["Checks"] if row[0]]
    assert below[below.index("Assumptions") + 1 : below.index("Checks and notes")] == taken
    part = said.markdown.split("## Assumptions")[1].split("## Checks")[0]
    assert [" ".join(each.split()) for each in part.split("\n- ")[1:]] == [escaped(each) for each in taken]
    listed = re.search(r"<h2>Assumptions</h2>\s*<ul>(.*?)</ul>", said.html, flags=re.DOTALL)
    assert listed and re.findall(r"<li>(.*?)</li>", listed[1]) == [str(escape(each)) for each in taken]
    for sentence in taken:
        assert letters(sentence) in letters(paper)


def test_the_numbers_of_a_workbook_are_numbers(said: Report) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(io.BytesIO(said.render("xlsx")))
    laws = next(row for row in book["Laws"].iter_rows(values_only=True) if row[0] == "chinchilla")
    cells = [cell for cell in laws[1:] if cell is not None]
    assert len(cells) == 8
    assert all(isinstance(cell, int | float) for cell in cells)
    runs = list(book["Runs"].iter_rows(values_only=True))
    assert runs[0][:5] == ("Row", "N", "D", "C", "loss")
    compute = said.forecast.runs.column("C")
    assert sorted(row[3] for row in runs[1:] if row[3]) == pytest.approx(sorted(compute), rel=1e-14)
    assert runs[1][3] == pytest.approx(compute.max(), rel=1e-14)


@pytest.mark.parametrize(
    ("text", "value", "form"),
    [
        ("1.940", 1.94, "0.000"),
        ("-0.5", -0.5, "0.0"),
        ("62%", 0.62, "0%"),
        ("8.3%", 0.083, "0.0%"),
        ("1,200", 1200.0, "#,##0"),
        ("40", 40.0, "0"),
        ("8.40e6", 8.4e6, "0.00E+0"),
        ("1.2e-07", 1.2e-7, "0.0E+0"),
        ("under 1%", "under 1%", "@"),
        ("1.3 to 1.4", "1.3 to 1.4", "@"),
        ("=1+1", "=1+1", "@"),
        ("12,34", "12,34", "@"),
        ("1e5x", "1e5x", "@"),
    ],
)
def test_what_is_printed_as_a_number_becomes_one(text: str, value: Any, form: str) -> None:
    assert cell_of(text) == (value, form)


def test_no_text_of_a_workbook_is_a_formula_or_a_number(said: Report) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    bad = ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "007", "x" * 40_000]
    runs = make_runs(family=[bad[row % len(bad)] for row in range(30)])
    fits = [make_fit(replace(law("chinchilla"), name=name), runs, E=1.8) for name in bad[:2]]
    weighting = Weighting(dict.fromkeys(bad[:2], 0.5), "equal", bad[0], None)
    answer = forecast(fits, "N=70B,D=1.4T", weights=weighting, allow_failed_checks=True)
    noted = replace(answer, notes=tuple(Note("columns-read", text) for text in bad))
    content = Report(replace(noted, unchecked=True), COMMAND, MADE).render("xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    seen = set()
    for cell in (cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None):
        assert cell.data_type in ("s", "n"), cell.value
        assert cell.hyperlink is None
        if isinstance(cell.value, str):
            seen.add(cell.value)
            assert cell.quotePrefix or cell.value[0] not in "=+-@"
            assert len(cell.value) <= 2000
    assert {*bad[:5], COMMAND} <= seen
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist())


def test_hostile_text_stays_text_on_paper() -> None:
    pytest.importorskip("typst", reason="pdf needs typst")
    bad = ['#read("/etc/passwd")', "*x* $y$ @z <a> \\u{41}", "\u202eevil\x1b[31m", "\u05d0\u05d1\u05d2", "x" * 10_000]
    answer = ask(family=[bad[row % len(bad)] for row in range(30)])
    runs = replace(answer.runs, name=bad[0])
    fits = tuple(replace(fit, runs=runs) for fit in answer.fits)
    noted = replace(answer, fits=fits, notes=tuple(Note("columns-read", text, warning=True) for text in bad))
    text = paper_text(Report(noted, " ".join(bad), MADE).render("pdf"))
    assert bad[0] in text
    assert "*x* $y$ @z <a> \\u{41}" in text
    assert "root:" not in text
    assert "\u202e" not in text


def test_paper_has_two_pages_for_one_point(said: Report) -> None:
    pypdf = pytest.importorskip("pypdf")
    content = said.render("pdf")
    found = pypdf.PdfReader(io.BytesIO(content))
    assert len(found.pages) <= 2
    assert found.metadata is not None
    assert str(found.metadata.title).startswith("What loss")
    assert "beyond the largest run" in found.pages[0].extract_text(), "the figure"
    assert content == said.render("pdf"), "the same content gives the same bytes"


def test_several_points_have_a_part_each() -> None:
    several = Report(ask(["N=70B,D=1.4T", "N=1B,D=20B"]), made=MADE)
    assert paper_text(several.render("pdf")).count("Where the uncertainty comes from") == 2
    lines = read_back(several.render("xlsx"))["Forecast"]
    assert sum(line[0] == "Ranges for a new run" for line in lines) == 2


def test_chances_are_said_in_the_words_asked_for(said: Report) -> None:
    ipcc = read_words("ipcc")
    other = replace(said, words=ipcc)
    probability = json.loads(other.json)["forecast"][0]["targets"][0]["probability"]
    word = ipcc.word(probability)
    assert json.loads(other.json)["words"]["name"] == "IPCC AR6"
    assert json.loads(other.json)["forecast"][0]["targets"][0]["word"] == word.word
    sheet = " ".join(cell for line in read_back(other.render("xlsx"))["Forecast"] for cell in line)
    for text in (other.markdown, sheet, paper_text(other.render("pdf"))):
        assert f", {word.word})" in text
        assert "Words stand for fixed ranges (IPCC AR6): " in text


def test_without_a_sensitivity_its_reason_stands_in_its_place() -> None:
    silent = Report(ask(), made=MADE, no_sensitivity="It was left out to save time.")
    sheet = [line[0] for line in read_back(silent.render("xlsx"))["Forecast"]]
    for text in (silent.markdown, paper_text(silent.render("pdf")), sheet):
        assert "It was left out to save time." in text
    assert json.loads(silent.json)["sensitivity"] == []


@pytest.fixture
def _no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    page = '<!DOCTYPE html><meta name="generator" content="forecaster">'
    writer = replace(WRITERS["html"], write=lambda report: page.encode())
    monkeypatch.setitem(WRITERS, "html", writer)


@pytest.mark.usefixtures("_no_page")
def test_every_kind_is_written_and_known_again(said: Report, tmp_path: Path) -> None:
    page = tmp_path / "card.html"
    kinds = ["md", "json", "xlsx", "pdf"]
    written = report(said.forecast, output=page, also=",".join(kinds), command=COMMAND, made=MADE)
    assert sorted(path.suffix[1:] for path in tmp_path.iterdir()) == sorted(["html", *kinds])
    assert is_workbook(page.with_suffix(".xlsx").read_bytes())
    assert is_pdf(page.with_suffix(".pdf").read_bytes())
    before = {path: path.read_bytes() for path in written.paths}
    report(said.forecast, output=page, also=kinds, command=COMMAND, made=MADE)
    assert {path: path.read_bytes() for path in written.paths} == before


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
@pytest.mark.usefixtures("_no_page")
def test_a_file_of_something_else_is_not_overwritten(said: Report, kind: str, tmp_path: Path) -> None:
    other = tmp_path / f"card.{kind}"
    openpyxl = pytest.importorskip("openpyxl")
    if kind == "xlsx":
        openpyxl.Workbook().save(other)
    else:
        other.write_bytes(b"%PDF-1.7\nsomebody's thesis about a forecaster\n%%EOF")
    before = other.read_bytes()
    with pytest.raises(UsageError, match="something else"):
        report(said.forecast, output=tmp_path / "card.html", also=kind)
    assert [path.name for path in tmp_path.iterdir()] == [other.name]
    assert other.read_bytes() == before
    for damaged in (b"PK\x03\x04 half", b"%PDF-"):
        other.write_bytes(damaged)
        with pytest.raises(UsageError, match="something else"):
            refuse_unwritable(tmp_path / "card.html", also=kind)


@pytest.mark.parametrize(("kind", "said_so"), [("pdf", "forecaster[pdf]"), ("xlsx", "forecaster[excel]")])
def test_a_missing_extra_is_named_before_any_work(
    kind: str, said_so: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("forecaster.reports.files"), "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=rf"{kind} needs \w+: install {re.escape(said_so)}$"):
        refuse_unwritable(tmp_path / "card.html", also=kind)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_used_is_refused_before_any_work(said: Report, tmp_path: Path) -> None:
    page = tmp_path / "card.html"
    with pytest.raises(UsageError, match="no scale of likelihood words nato"):
        report(said.forecast, output=page, words="nato")
    with pytest.raises(UsageError, match="no such folder of templates"):
        report(said.forecast, output=page, template=tmp_path / "none")
    with pytest.raises(UsageError, match="give it as 2026-01-31"):
        report(said.forecast, output=page, made="yesterday")
    assert list(tmp_path.iterdir()) == []
