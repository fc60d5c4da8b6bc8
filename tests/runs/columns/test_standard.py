import pandas as pd

from forecaster.runs.columns.assign import assign_columns
from forecaster.runs.columns.standard import standard_columns
from forecaster.runs.read import read_runs


def test_other_names_hold_numbers_where_every_cell_is_one_and_stand_after_the_standard_ones() -> None:
    table = pd.DataFrame(
        {"N": [1e7, 1e8], "bs": ["1K", "2K"], "opt": ["adam", "sgd"], "batch": [9, 9], "loss": [3.0, 2.0]}
    )
    runs = read_runs(table, columns="batch=bs,optimizer=opt")
    assert list(runs.table.columns) == ["N", "loss", "batch", "optimizer", "batch (in file)"]
    assert runs.column("batch").tolist() == [1000, 2000] and runs.table["optimizer"].tolist() == ["adam", "sgd"]


def test_units_scale_cells_and_are_said_but_a_suffix_stands() -> None:
    table = pd.DataFrame({"Params (M)": ["50", "70B"], "Tokens (B)": [1, 2], "PF-days": [1.0, 2.0], "loss": [3.0, 2.0]})
    runs = read_runs(table)
    assert runs.column("N").tolist() == [50e6, 70e9] and runs.column("D").tolist() == [1e9, 2e9]
    assert runs.column("C").tolist() == [8.64e19, 17.28e19]
    said = next(note.text for note in runs.notes if note.code == "unit-in-header")
    assert said == "multiplied as the header says: N by 1M (M), D by 1B (B), C by 8.6e19 (PF-days)"


def test_decimal_commas_are_read_throughout_and_said() -> None:
    table = pd.DataFrame({
        "params": ["50.000.000", "1.000.000.000"], "lr": ["0,001", "0,002"], "family": ["a, b", "c"],
        "loss": ["3,628", "2,494"], "remark": ["1,5 or so", "2"],
    })  # fmt: skip
    frame, notes = standard_columns(
        table, assign_columns(list(table.columns), None, name="t"), places=["row 1", "row 2"], name="t"
    )
    assert frame["N"].tolist() == [5e7, 1e9] and frame["loss"].tolist() == [3.628, 2.494]
    assert frame["lr"].tolist() == ["0.001", "0.002"] and frame["family"].tolist() == ["a, b", "c"]
    assert frame["remark"].tolist() == ["1,5 or so", "2"] and "decimal-comma" in [note.code for note in notes]


def test_commas_between_thousands_are_read_as_ever() -> None:
    runs = read_runs(pd.DataFrame({"N": ["1,000,000", "20,000,000"], "loss": ["3.2", "2.5"]}))
    assert runs.column("N").tolist() == [1e6, 2e7] and runs.notes == ()
