import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from forecaster.errors import RunsError
from forecaster.runs.read import read_runs
from forecaster.runs.readers import opening

openpyxl = pytest.importorskip("openpyxl")

TABLE = [["N", "D", "loss", None], [1e8, "1B", 3.0], [None, None, None], [2e8, "2B", 2.5]]


def book(**sheets: list[list[Any]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


@pytest.mark.parametrize("name", ["runs.xlsx", "runs"])
def test_the_only_sheet_is_read_with_its_rows(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(book(Runs=TABLE))
    runs = read_runs(tmp_path / name)
    assert runs.column("N").tolist() == [1e8, 2e8] and runs.column("D").tolist() == [1e9, 2e9]
    assert runs.places == ("row 2", "row 4") and runs.notes[0].text == 'the sheet "Runs", with its header in row 1'
    assert list(runs.table.columns) == ["N", "D", "C", "loss"]


def test_the_first_sheet_with_a_header_is_taken_and_said(tmp_path: Path) -> None:
    path = tmp_path / "runs.xlsx"
    path.write_bytes(book(Cover=[["Our runs"], ["of 2025"]], Empty=[], Runs=[["Table 1"], [], *TABLE], Other=TABLE))
    runs = read_runs(path)
    assert len(runs) == 2 and runs.places[0] == "row 4"
    assert runs.notes[0].text == 'the sheet "Runs", one of 4 sheets, with its header in row 3'
    path.write_bytes(book(First=[["a", "b"], [1, 2]], Runs=TABLE))
    with pytest.raises(
        RunsError, match=r'no column loss; .*the sheet "First".*move the sheet that is meant to the front'
    ):
        read_runs(path)


def test_a_blank_cell_is_refused_with_its_row_unless_a_tracker_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "runs.xlsx"
    path.write_bytes(book(Runs=[["N", "loss"], [1e8, 3.0], [2e8, None]]))
    with pytest.raises(RunsError, match=r"runs.xlsx row 3: loss is blank"):
        read_runs(path)
    rows = [["Name", "State", "params", "val_loss"], ["a", "finished", 1e8, 3.0], ["b", "crashed", 2e8, None]]
    path.write_bytes(book(Runs=rows))
    runs = read_runs(path)
    assert len(runs) == 1 and [note.code for note in runs.notes][:2] == ["shape-read", "shape-read"]


def test_an_unusable_workbook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.xlsx"
    path.write_bytes(book(Notes=[["nothing"]]))
    with pytest.raises(RunsError, match="no sheet has a header"):
        read_runs(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("word.xml", "<a/>")
    with pytest.raises(RunsError, match="cannot be read as a workbook"):
        read_runs(path)
    path.write_bytes(book(Runs=TABLE))
    monkeypatch.setattr(opening, "LARGEST", 1000)
    with pytest.raises(RunsError, match="unpacks to more than"):
        read_runs(path)


def test_where_openpyxl_is_absent_the_cure_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs.xlsx").write_bytes(book(Runs=TABLE))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(RunsError, match=r"install forecaster\[excel\]"):
        read_runs(tmp_path / "runs.xlsx")
