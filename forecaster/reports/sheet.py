"""A sheet of a workbook: printed numbers as numbers, everything else as text, whatever it begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forecaster.show.table import MISSING, Table, shown

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

LONGEST_TEXT = 2000

WIDEST = 48

PRINTED = re.compile(r"-?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<places>\d+))?(?P<power>e-?\d+)?(?P<percent>%)?")


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

    def sentences(self, said: Iterable[str]) -> None:
        """Sentences, a row each."""
        for sentence in said:
            self.line(sentence)

    def table(self, columns: Sequence[str], lines: Iterable[Sequence[Any]], caption: str = "") -> None:
        """A table with its header, and a free row below."""
        if caption:
            self.line(caption, bold=True)
        self.line(*columns, bold=True, measured=True)
        for name, *cells in lines:
            self.line(Text(name), *cells, measured=True)
        self.row += 1

    def printed(self, table: Table) -> None:
        """A table of the report; a column of ranges becomes two."""
        cells = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.columns)
        columns: list[str] = []
        parts: list[Sequence[str]] = []
        for name, column in zip(table.columns, cells, strict=True):
            ends = [_ends(cell) for cell in column]
            if all(ends) and set(ends) != {ENDLESS} and ends:
                columns += [f"{name}, from", f"{name}, to"]
                parts += [[pair[side] for pair in ends if pair] for side in (0, 1)]
            else:
                columns.append(name)
                parts.append([Text(cell) for cell in column] if name in table.words else column)
        self.table(columns, zip(*parts, strict=True), table.caption)

    def finish(self) -> None:
        """Widths that show the tables, and a page that is as wide as the sheet."""
        from openpyxl.utils import get_column_letter

        for column, width in self.widths.items():
            self.sheet.column_dimensions[get_column_letter(column)].width = width + 2
        self.sheet.page_setup.orientation = "landscape"
        self.sheet.page_setup.fitToHeight = 0
        self.sheet.sheet_properties.pageSetUpPr.fitToPage = True


ENDLESS = (MISSING, MISSING)


def _ends(cell: str) -> tuple[str, str] | None:
    if cell == MISSING:
        return ENDLESS
    parts = cell.split(" to ")
    return (parts[0], parts[1]) if len(parts) == 2 and all(map(PRINTED.fullmatch, parts)) else None
