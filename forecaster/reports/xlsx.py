"""The card as a workbook: its sections in six sheets, each printed number as a number."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecaster.runs.columns.headers import NUMBERS, STANDARD
from forecaster.show.document import Bullets, Headline, Part, Section, Sentence, Stamp, Verbatim
from forecaster.show.figure import Exhibit
from forecaster.show.table import MISSING, Table, shown

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from forecaster.reports.result import Report
    from forecaster.runs.table import Runs

CREATOR = "forecaster"
"""The author in the file's properties, by which a workbook may be replaced by a newer one."""

SHEETS = ("Forecast", "Laws", "Track record", "Runs", "Checks", "Provenance")

SHEET_OF = {
    "laws": "Laws",
    "formulas": "Laws",
    "parameters": "Laws",
    "record": "Track record",
    "runs": "Runs",
    "assumptions": "Checks",
    "checks": "Checks",
    "provenance": "Provenance",
}
"""Where a section stands by its name; the others stand on the first sheet."""

MOST_RUNS = 20_000
"""Runs that are listed, the largest first."""

LONGEST_TEXT = 2000

WIDEST = 48

PRINTED = re.compile(r"-?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<places>\d+))?(?P<power>e-?\d+)?(?P<percent>%)?")


def card_workbook(report: Report) -> bytes:
    """The card as an .xlsx file; the same content gives the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    sheets = {name: Sheet(book.create_sheet(name)) for name in SHEETS}
    book.remove(book.worksheets[0])
    sheets["Forecast"].line(report.card.title, bold=True)
    for section in report.card.sections:
        _fill(sheets, section, report)
    for sheet in sheets.values():
        sheet.finish()
    made = datetime.fromisoformat(report.made)
    about = book.properties
    about.creator = about.lastModifiedBy = CREATOR
    about.title, about.created = shown(report.card.title, 200), made
    target = io.BytesIO()
    book.save(target)
    return _without_clock(target.getvalue(), made)


def is_workbook(content: bytes) -> bool:
    """Whether a file is a card as a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return f"<dc:creator>{CREATOR}</dc:creator>".encode() in book.read("docProps/core.xml")
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
        return False


def _fill(sheets: dict[str, Sheet], section: Section, report: Report, asked: str = "") -> None:
    """A section on its sheet, and those inside it on theirs, there with the point that they are of."""
    sheet = sheets[SHEET_OF.get(section.name, "Forecast")]
    if asked and sheet is not sheets["Forecast"]:
        sheet.line(asked, bold=True)
    if section.name == "runs":
        _fill_runs(sheet, report.forecast.runs)
        sheet.line(section.title)
        return
    if section.title:
        sheet.line(section.title, bold=True)
    for part in section.parts:
        sheet.said(part)
    if section.parts:
        sheet.row += 1
    for inner in section.sections:
        _fill(sheets, inner, report, section.title if section.name == "point" else asked)


def _fill_runs(sheet: Sheet, runs: Runs) -> None:
    """The runs as they were read, the largest first, at full precision."""
    names = [name for name in STANDARD if runs.has(name)]
    order = (-runs.column(runs.scale)).argsort(kind="stable")[:MOST_RUNS]
    numbers = {name: runs.column(name) for name in names if name in NUMBERS}
    words = {name: runs.table[name] for name in names if name not in NUMBERS}
    headers = [shown(runs.response) if name == "loss" else name for name in names]
    lines = []
    for row in map(int, order):
        cells = [float(numbers[name][row]) if name in numbers else Text(words[name][row]) for name in names]
        lines.append((Text(runs.place(row)), *cells))
    sheet.table(("Row", *headers), lines)
    sheet.sheet.freeze_panes = "B2"
    if len(runs) > MOST_RUNS:
        sheet.line(f"The largest {MOST_RUNS:,} of {len(runs):,} runs.")


def _without_clock(content: bytes, made: datetime) -> bytes:
    """The same workbook with the day of the report wherever the hour of writing stood."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                stamp = made.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, part)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return target.getvalue()


def cell_of(text: str) -> tuple[float | str, str]:
    """A printed cell as what a workbook holds: its value, and the format that prints it as it was.

    Args:
        text: such as "1.942", "62%", "1,200" or "8.40e6"; anything else stays text.
    """
    found = PRINTED.fullmatch(text)
    if not found:
        return text, "@"
    places = len(found["places"] or "")
    form = ("#,##0" if "," in found["whole"] else "0") + ("." + "0" * places if places else "")
    value = float(text.replace(",", "").rstrip("%"))
    if found["power"]:
        return value, f"{form}E+0"
    return (round(value / 100, places + 2), f"{form}%") if found["percent"] else (value, form)


class Text(str):
    """What stays text although it may look like a number: a name, a date, a hash."""


@dataclass
class Sheet:
    """A sheet that is written from the top down."""

    sheet: Worksheet
    row: int = 0
    widths: dict[int, int] = field(default_factory=dict)

    def line(self, *cells: Any, bold: bool = False, measured: bool = False) -> None:
        """One row: numbers as they are, printed numbers as numbers, all else as text, whatever it begins with."""
        from openpyxl.styles import Font

        self.row += 1
        for column, given in enumerate(cells, 1):
            if given is None or given == "":
                continue
            text = isinstance(given, Text)
            value, form = (given, "@") if text or not isinstance(given, str) else cell_of(given)
            cell = self.sheet.cell(self.row, column)
            if isinstance(value, str):
                cell.value = shown(value, LONGEST_TEXT)
                # A text that begins with = is no formula here, and stays none where it is edited or copied.
                cell.data_type = "s"
                cell.quotePrefix = value[:1] in "=+-@"
            else:
                cell.value, cell.number_format = value, form if isinstance(given, str) else "General"
            if bold:
                cell.font = Font(bold=True)
            if measured:
                self.widths[column] = max(self.widths.get(column, 0), min(len(str(given)), WIDEST))

    def said(self, part: Part) -> None:
        """A part of a section; of a figure its sentence and its numbers."""
        match part:
            case Headline(text, number):
                self.line(text, number)
            case Sentence(text) | Stamp(text) | Verbatim(text):
                self.line(Text(text))
            case Bullets(items):
                for item in items:
                    self.line(Text(item))
            case Table():
                self.printed(part)
            case Exhibit():
                self.line(part.sentence)
                self.printed(part.table)

    def table(self, columns: Sequence[str], lines: Iterable[Sequence[Any]], caption: str = "") -> None:
        """A table with its header, and a free row below."""
        if caption:
            self.line(caption, bold=True)
        self.line(*columns, bold=True, measured=True)
        for name, *cells in lines:
            self.line(Text(name), *cells, measured=True)
        self.row += 1

    def printed(self, table: Table) -> None:
        """A table of the card; a column of ranges becomes two, and one of numbers with a range three."""
        columns: list[str] = []
        parts: list[Sequence[str]] = []
        for index, name in enumerate(table.columns):
            column = [row[index] for row in table.rows]
            split = [_split(cell) for cell in column]
            count = max(map(len, split), default=1)
            if count > 1 and all(len(each) in (0, count) for each in split):
                columns += [f"{name}{end}" for end in ("", ", from", ", to")[-count:]]
                parts += [[each[i] if each else MISSING for each in split] for i in range(count)]
            else:
                columns.append(name)
                parts.append([Text(cell) for cell in column] if name in table.words else column)
        self.table(columns, zip(*parts, strict=True))

    def finish(self) -> None:
        """Widths that show the tables, and a page that is as wide as the sheet."""
        from openpyxl.utils import get_column_letter

        for column, width in self.widths.items():
            self.sheet.column_dimensions[get_column_letter(column)].width = width + 2
        self.sheet.page_setup.orientation = "landscape"
        self.sheet.page_setup.fitToHeight = 0
        self.sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _split(cell: str) -> tuple[str, ...]:
    """The ends of "1.3 to 1.4", or number and ends of "92% (76 to 98%)"; nothing where there is no number."""
    if cell == MISSING:
        return ()
    number, _, bracketed = cell.partition(" (")
    ends = (bracketed.removesuffix(")") or number).split(" to ")
    if bracketed and ends[-1].endswith("%"):
        ends[0] = f"{ends[0].rstrip('%')}%"
    parts = (*([number] if bracketed else []), *ends)
    return parts if all(map(PRINTED.fullmatch, parts)) else (cell,)
