import json
import os
import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from forecaster.errors import RunsError
from forecaster.fits.design import references
from forecaster.laws.shelf import law
from forecaster.runs.columns import cells as cells_module, headers
from forecaster.runs.read import read_runs
from forecaster.runs.readers import READERS
from forecaster.runs.readers.delimited import read_delimited
from forecaster.runs.table import Runs

calm = settings(deadline=None, derandomize=True, max_examples=150)


def real_table(name: str) -> Path:
    folder = os.environ.get("FORECASTER_DATA")
    if not folder or not (Path(folder) / name).is_file():
        pytest.skip(f"{name} is not there: FORECASTER_DATA names the folder of real run tables")
    return Path(folder) / name


def written(folder: Path, text: str | bytes, name: str = "runs.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(source: Any, **options: Any) -> str:
    with pytest.raises(RunsError) as refused:
        read_runs(source, **options)
    said = str(refused.value)
    assert said.isprintable() and len(said) < 700
    return said


PLAIN = "N,D,loss,family\n1e9,2e10,2.5,a\n70M,1.4B,3.5,b\n1e9,3e10,2.4,a\n"
TABLE = pd.DataFrame({"N": [1e9, 7e7, 1e9], "D": [2e10, 1.4e9, 3e10], "loss": [2.5, 3.5, 2.4], "family": list("aba")})


def test_compute_is_six_n_d_and_said_aloud(tmp_path: Path) -> None:
    runs = read_runs(written(tmp_path, PLAIN))
    assert runs.column("C").tolist() == [6 * 1e9 * 2e10, 6 * 7e7 * 1.4e9, 6 * 1e9 * 3e10]
    assert [note.code for note in runs.notes] == ["C-computed"]
    assert runs.name == "runs.csv" and runs.places == ("line 2", "line 3", "line 4")
    assert list(runs.table.columns) == ["N", "D", "C", "loss", "family"]


def test_compute_of_whole_numbers_does_not_overflow() -> None:
    table = pd.DataFrame({"N": [10**12, 10**9], "D": [10**13, 10**10], "loss": [2.0, 3.0]})
    assert table["N"].dtype == "int64"
    assert read_runs(table).column("C").tolist() == [6e25, 6e19]


@pytest.mark.parametrize(("given", "absent"), [("N", "D"), ("D", "N")])
def test_the_missing_one_of_n_and_d_follows_from_c(given: str, absent: str) -> None:
    runs = read_runs(pd.DataFrame({given: [1e9], "C": [6e20], "loss": [2.0]}))
    assert runs.column(absent)[0] == pytest.approx(1e11)
    assert [note.code for note in runs.notes] == [f"{absent}-computed"]


@pytest.mark.parametrize("only", ["N", "D", "C"])
def test_one_input_is_enough(only: str) -> None:
    runs = read_runs(pd.DataFrame({only: [1e9, 2e9], "loss": [3.0, 2.0]}))
    assert runs.inputs == (only,) and runs.scale == only and runs.notes == ()
    assert len(runs.before(1.5e9)) == 1


def test_every_format_gives_the_same_runs_and_the_same_hash(tmp_path: Path) -> None:
    table = TABLE.assign(extra=[1, 2, 3])
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_csv(tmp_path / "b.tsv", index=False, sep="\t")
    table.to_parquet(tmp_path / "c.parquet")
    table.to_json(tmp_path / "d.json", orient="records")
    table.to_json(tmp_path / "e.json")
    (tmp_path / "f.json").write_text(json.dumps(table.to_dict("list")))
    table.to_json(tmp_path / "g.jsonl", orient="records", lines=True)
    read = [read_runs(path) for path in sorted(tmp_path.iterdir())]
    assert len({runs.sha256 for runs in [*read, read_runs(TABLE)]}) == 1
    for runs in read:
        pd.testing.assert_frame_equal(runs.table, read[0].table, check_dtype=False)
    assert [runs.place(0) for runs in read] == ["line 2", "line 2", *["row 1"] * 4, "line 1"]


def test_the_hash_sees_values_order_and_response_only() -> None:
    first = read_runs(TABLE).sha256
    assert read_runs(TABLE[["loss", "family", "D", "N"]].assign(seed=1)).sha256 == first
    assert read_runs(TABLE.assign(N=TABLE["N"] + 1)).sha256 != first
    assert read_runs(TABLE.iloc[::-1]).sha256 != first
    assert read_runs(TABLE.rename(columns={"loss": "val_loss"})).sha256 != first
    assert read_runs(TABLE.assign(family="z")).sha256 != first


@pytest.mark.parametrize(
    "header",
    [
        "n_params,Train Tokens,FLOPs,Val-Loss",
        "Parameters,tokens,compute,nll",
        "model_size,n_tokens,c,cross_entropy",
    ],
)
def test_usual_headers_are_recognised(tmp_path: Path, header: str) -> None:
    runs = read_runs(written(tmp_path, header + "\n1e9,2e10,1e20,2.5\n"))
    assert [float(runs.column(name)[0]) for name in ("N", "D", "C", "loss")] == [1e9, 2e10, 1e20, 2.5]
    assert runs.response == header.split(",")[3]
    assert [note.code for note in runs.notes] == ["columns-read"]


def test_a_standard_name_wins_over_an_alias_but_for_a_plain_loss(tmp_path: Path) -> None:
    runs = read_runs(written(tmp_path, "N,params,D,loss,val_loss\n1e9,5,2e10,2.5,9\n"))
    assert runs.column("N")[0] == 1e9 and runs.column("params")[0] == 5 and runs.response == "val_loss"


def test_two_candidates_are_refused_with_the_cure(tmp_path: Path) -> None:
    path = written(tmp_path, "N,D,val_loss,test_loss\n1e9,2e10,2.5,2.6\n")
    said = refusal(path)
    assert "val_loss" in said and "test_loss" in said and "`columns` loss=val_loss" in said
    assert read_runs(path, columns="loss = test_loss").column("loss")[0] == 2.6


def test_a_displaced_column_is_kept_under_another_name(tmp_path: Path) -> None:
    runs = read_runs(written(tmp_path, "N,N_body,D,loss\n9,1e9,2e10,2.5\n"), columns={"N": "N_body"})
    assert runs.column("N")[0] == 1e9 and runs.column("N (in file)")[0] == 9
    assert "N_body" not in runs.table.columns


@pytest.mark.parametrize(
    ("columns", "culprit"),
    [
        ("N", "N=params"),
        ("N=", "N=params"),
        ("N=absent", "absent"),
        ("N=D,N=N", "N is named twice"),
        ({"N": "D", "C": "D"}, "D is named twice"),
    ],
)
def test_a_wrong_mapping_of_columns_is_refused(columns: Any, culprit: str) -> None:
    assert culprit in refusal(TABLE, columns=columns)


def test_a_table_without_inputs_or_response_lists_what_it_has(tmp_path: Path) -> None:
    assert "columns: a, loss" in refusal(written(tmp_path, "a,loss\n1,2\n"))
    said = refusal(written(tmp_path, "N,points\n1,2\n"))
    assert "columns: N, points" in said and "`columns` loss=" in said


BAD_CELLS = {
    "1e9,-2e9,2.5": "runs.csv line 3: D is -2e9; a run needs D > 0",
    "0,2e10,2.5": "runs.csv line 3: N is 0; a run needs N > 0",
    "1e9,,2.5": 'runs.csv line 3: D is blank; fill it in, or leave such rows out with `where` "D > 0"',
    "1e9,lots,2.5": 'runs.csv line 3: D is "lots"; a run needs a finite number there, such as 1.4T or 6e23',
    "1e9,inf,2.5": 'runs.csv line 3: D is "inf"; fill it in, or leave such rows out with `where` "D > 0"',
    "1e200,2e200,2": "runs.csv line 3: C is inf; a run needs a finite number there",
}


@pytest.mark.parametrize("row", BAD_CELLS)
def test_a_cell_no_run_can_have_is_refused_with_line_and_column(tmp_path: Path, row: str) -> None:
    assert refusal(written(tmp_path, f"N,D,loss\n1e9,2e10,2.5\n{row}\n")) == BAD_CELLS[row]


def test_the_first_bad_cell_is_named_and_the_others_counted(tmp_path: Path) -> None:
    said = refusal(written(tmp_path, "params,tokens,loss,loss_se\n1,1,1,-1\n-5,0,0,0\n"))
    assert said == "runs.csv line 2: loss_se is -1; a run needs loss_se >= 0 (2 more such cells)"
    assert "N (column params) is -5" in refusal(written(tmp_path, "params,loss\n1,1\n-5,2\n"))


def test_a_blank_standard_error_or_unique_count_is_refused(tmp_path: Path) -> None:
    for name in ("U", "loss_se"):
        assert f"{name} is blank" in refusal(written(tmp_path, f"N,loss,{name}\n1,1,\n"))


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    text = '\r\nN,D,loss,note\r\n\r\n1e9,2e10,2.5,"two\r\nlines"\r\n,,,\r\n1e9,-1,2.5,x\r\n'
    assert refusal(written(tmp_path, text)).startswith("runs.csv line 7: D is -1")
    jsonl = '{"N": 1, "loss": 2}\n\n{"N": 0, "loss": 2}\n'
    assert refusal(written(tmp_path, jsonl, "runs.jsonl")).startswith("runs.jsonl line 3: N is 0")
    assert refusal(written(tmp_path, '[{"N": 1, "loss": 2}, {"N": null, "loss": 2}]', "runs.json")).startswith(
        "runs.json row 2: N is blank"
    )


def test_rows_left_out_are_not_checked_and_lines_stay_those_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "N,D,loss,run id\n1e9,,2.5,a\n1e9,2e10,2.5,b\n1e9,-3e10,2.4,c\n")
    runs = read_runs(path, where="D > 0 and loss > 0")
    assert runs.places == ("line 3",) and "rows-left-out" in [note.code for note in runs.notes]
    assert refusal(path, where="`run id` == 'c'").startswith("runs.csv line 4: D is -3e10")


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("family == 'a'", [0, 2]),
        ("family in ['b', 'c'] or D > 25e9", [1, 2]),
        ("family not in ('b',) and not D < 2.5e10", [2]),
        ("1e8 < N <= 1e9", [0, 2]),
        ("C / 6 / N == D", [0, 1, 2]),
        ("tokens > 2.5e10", [2]),
        ("done", [1]),
        ("-loss + 1 < -2", [1]),
    ],
)
def test_where_keeps_rows(where: str, rows: list[int]) -> None:
    table = TABLE.rename(columns={"D": "tokens"}).assign(done=[False, True, False])
    assert read_runs(table, where=where).column("D").tolist() == TABLE["D"].iloc[rows].tolist()


@pytest.mark.parametrize(
    ("where", "culprit"),
    [
        ("__import__('os').system('true')", "__import__"),
        ("N.values > 1", "N.values"),
        ("N[0] > 1", "N[0]"),
        ("(lambda: N)() > 1", "lambda"),
        ("N ** 2 > 1", "N ** 2"),
        ("9**9**9**9 > N", "9 ** 9"),
        ("@N > 1", "@N > 1"),
        ("N >", "N >"),
        ("", "not an expression"),
        ("N", '"N" is not true or false'),
        ("1 == 1", "1 == 1"),
        ("[N for N in D] == 1", "for"),
        ("size > 1", "no column size; columns: N, D, C"),
        ("`run id` > 1", "no column run id"),
        ("family > 3", "family > 3"),
        ("N > 1e30", "no run is left of 3"),
        ("not " * 20_000 + "N > 1", "not not"),
        ("(" * 5_000, "((("),
        ("N > 1" + "0" * 5000, "N > 1000"),
        ("N > 'a\x00'", "N > 'a"),
        ("N is None", "None"),
        ("N is 1", "N is 1"),
    ],
)
def test_where_refuses_all_but_comparisons(where: str, culprit: str) -> None:
    assert culprit in refusal(TABLE, where=where)


@calm
@given(st.text(alphabet="ND loss()[]{}=<>'\"`@.,:+-*/&|~!%0123456789eandorti\n\x00é", max_size=40))
def test_any_where_is_answered_or_refused(where: str) -> None:
    try:
        assert len(read_runs(TABLE, where=where))
    except RunsError as refused:
        assert str(refused).isprintable()


UNREADABLE = {
    "empty.csv": b"",
    "blank.csv": b"\n \n",
    "header.csv": b"N,D,loss\n",
    "short.csv": b"N,D,loss\n1,2\n",
    "long.tsv": b"N\tD\tloss\n1\t2\t3\t4\n",
    "twice.csv": b"N,N ,loss\n1,2,3\n",
    "quote.csv": b'N,D,loss\n1,2,"3\n',
    "latin.csv": "N,loss,cité\n1,2,é\n".encode("latin-1"),
    "zero.csv": b"N,loss\n1,\x002\n",
    "picture.csv": b"\x89PNG\r\n\x1a\n\x00\x00",
    "rubbish.parquet": b"PAR1 rubbish PAR1",
    "rubbish.json": b"{",
    "number.json": b"3",
    "numbers.json": b"[1, 2]",
    "uneven.json": b'{"N": [1, 2], "loss": [1]}',
    "repeated.json": b'[{"N": 1, "N": 2, "loss": 1}]',
    "deep.json": b"[" * 200_000,
    "mixed.jsonl": b'{"N": 1, "loss": 1}\n[2]\n',
    "huge.json": b'[{"N": 1' + b"0" * 5000 + b', "loss": 1}]',
    "nested.json": b'[{"N": [1], "loss": {"a": 1}}]',
    "nan.json": b'[{"N": NaN, "loss": 1}]',
    "runs.xlsx": b"PK",
    "runs.xls": b"\xd0\xcf\x11\xe0",
    "runs": b"",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unusable_file_is_refused_in_one_line_under_its_own_name(tmp_path: Path, name: str) -> None:
    said = refusal(written(tmp_path, UNREADABLE[name], name))
    assert said.startswith(name) and str(tmp_path) not in said


@pytest.mark.parametrize(
    ("name", "sign", "word"),
    [("a.csv", ";", "semicolons"), ("a.csv", "\t", "tabs"), ("a.tsv", ",", "commas"), ("a.tsv", ";", "semicolons")],
)
def test_a_file_is_read_by_the_sign_that_its_header_has(tmp_path: Path, name: str, sign: str, word: str) -> None:
    runs = read_runs(written(tmp_path, PLAIN.replace(",", sign), name))
    assert runs.sha256 == read_runs(TABLE).sha256 and runs.places[0] == "line 2"
    assert runs.notes[0].code == "separator" and word in runs.notes[0].text
    mixed = read_runs(written(tmp_path, 'N;"loss (nats, val)"\n1e9;2,5\n2e9;2,45\n'))
    assert mixed.column("loss").tolist() == [2.5, 2.45]


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "no such file; expected .csv .tsv" in refusal(tmp_path / "absent.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "folder" in refusal(tmp_path / "folder.csv")
    assert refusal("a\0b.csv")


@calm
@given(st.binary(max_size=200), st.sampled_from([*READERS, ""]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: Any, data: bytes, kind: str) -> None:
    try:
        read_runs(written(tmp_path_factory.getbasetemp(), b"N,loss\n" + data if kind == ".csv" else data, f"any{kind}"))
    except RunsError as refused:
        assert str(refused).isprintable()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_part_of_a_header(tmp_path: Path, encoding: str) -> None:
    assert read_runs(written(tmp_path, PLAIN.encode(encoding))).sha256 == read_runs(TABLE).sha256


def test_other_columns_keep_their_kind(tmp_path: Path) -> None:
    runs = read_runs(written(tmp_path, "N,loss,seed,ok,blank,word\n1,1,3,True,,a\n2,2,4,false,5,NA\n"))
    assert runs.table["seed"].tolist() == [3, 4] and runs.table["ok"].tolist() == [True, False]
    assert np.isnan(runs.column("blank")[0]) and runs.table["word"].tolist() == ["a", "NA"]


def test_a_named_index_and_missing_values_of_a_frame_are_understood() -> None:
    table = TABLE.assign(N=TABLE["N"].astype("Int64")).set_index("N")
    assert read_runs(table).sha256 == read_runs(TABLE).sha256
    table = TABLE.assign(
        N=pd.array([10**6, None, 10**7], dtype="Int64"), date=pd.to_datetime(["2024-01-02", "NaT", "2025-01-01"])
    )
    assert refusal(table).startswith("the table row 2: N is blank")
    assert read_runs(table, where="N > 0").table["date"].tolist() == ["2024-01-02", "2025-01-01"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [(h, True) for h in ("loss", "val_loss", "Validation-Loss", "NLL", "cross entropy", "xent", "bits_per_byte")]
    + [(h, False) for h in ("reward", "perplexity", "N")],
)
def test_a_language_loss_is_told_by_its_header(header: str, expected: bool) -> None:
    assert Runs(TABLE, "by hand", response=header).is_language_loss is expected


def test_selecting_keeps_order_and_places(tmp_path: Path) -> None:
    runs = read_runs(written(tmp_path, PLAIN))
    part = runs.before(1.7e20)
    assert part.places == ("line 2", "line 3") and part.table.index.tolist() == [0, 1]
    assert len(runs.select([False] * 3)) == 0 and "no runs" in runs.select([False] * 3).text
    with pytest.raises(RunsError, match="3 booleans"):
        runs.select([True])
    with pytest.raises(RunsError, match="3 booleans"):
        runs.select([0, 1, 2])


def test_a_missing_or_wordy_column_is_refused_by_name() -> None:
    runs = read_runs(TABLE)
    with pytest.raises(RunsError, match="no column U; columns: N, D, C, loss, family"):
        runs.column("U")
    with pytest.raises(RunsError, match="family does not hold numbers"):
        runs.column("family")


def test_runs_made_by_hand_count_their_rows() -> None:
    assert Runs(TABLE, "by hand").place(2) == "row 3"
    assert str(read_runs(TABLE)).startswith("the table: 3 runs, N 70M to 1B, D 1.4B to 30B, C 5.9e17 to 1.8e20")


def test_reading_a_good_table_needs_no_heavy_library_on_import(tmp_path: Path) -> None:
    heavy = "{'pandas', 'pyarrow', 'scipy', 'matplotlib'} & set(sys.modules)"
    code = (
        "import sys, forecaster.quantity, forecaster.runs.read, forecaster.runs.check, forecaster.runs.examples\n"
        f"assert not {heavy}, {heavy}\n"
    )
    subprocess.run([sys.executable, "-c", code, str(written(tmp_path, PLAIN))], check=True)


def test_the_240_chinchilla_runs_read() -> None:
    runs = read_runs(real_table("chinchilla_epoch.csv"), where="excluded_by_besiroglu == 0")
    assert len(runs) == 240 and runs.inputs == ("N", "D", "C") and runs.response == "loss"


def test_negative_responses_are_read_and_refused_by_laws_on_the_log() -> None:
    runs = read_runs(real_table("vocab_scaling.csv"), checkpoints="all")
    assert not runs.is_positive
    with pytest.raises(RunsError, match=r"vocab_scaling.csv line 2: .*is -1.349.*log of the response.*above 0"):
        references(law("chinchilla"), runs)


def test_a_table_of_scores_needs_its_response_named_and_its_blanks_left_out() -> None:
    path = real_table("obs_scaling.csv")
    assert "`columns` loss=" in refusal(path)
    assert '`where` "' in refusal(path, columns="loss=MMLU")
    assert len(read_runs(path, columns="loss=MMLU", where="C > 0 and MMLU > 0")) == 123


def test_a_new_kind_of_file_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, PLAIN.replace(",", "|"), "runs.psv")
    assert ".psv is not known; expected .csv .tsv .parquet .json .jsonl .xlsx .tfevents" in refusal(path)
    monkeypatch.setitem(READERS, ".psv", partial(read_delimited, delimiter="|"))
    assert read_runs(path).sha256 == read_runs(written(tmp_path, PLAIN)).sha256


def test_columns_of_text_come_out_as_pandas_reads_each_alone(tmp_path: Path) -> None:
    cells = {
        "whole": ["1", "-2", "3"], "fraction": ["1", "2.5", "0.30000000000000004"], "gap": ["1", "", "3"],
        "long": ["123456789012345678", "2", "3"], "longer": ["1" * 25, "2", "3"], "power": ["1e5", "2E-3", "3"],
        "word": ["a", "2", "3"], "true": ["True", "false", "TRUE"], "hole": ["true", "", "false"], "none": ["", "", ""],
        "nan": ["nan", "2", "3"], "blank": [" ", "2", "3"], "wrong": ["1.2.3", "2", "3"], "sign": ["-", "2", "3"],
        "padded": [" 1", "2", "3 "], "infinite": ["inf", "2", "3"], "under": ["1_0", "2", "3"],
    }  # fmt: skip
    table = pd.DataFrame({"N": ["1e9", "7e7", "1e8"], "loss": ["2", "3", "4"], **cells})
    table.to_csv(tmp_path / "runs.csv", index=False)
    found = read_runs(tmp_path / "runs.csv").table
    assert list(found.columns) == ["N", "loss", *cells]
    for name, column in cells.items():
        filled = pd.Series([np.nan if cell.strip() in ("", "nan") else cell for cell in column], dtype=object)
        if {str(cell).lower() for cell in filled} <= {"true", "false"}:
            expected = filled.str.lower() == "true"
        else:
            try:
                expected = pd.to_numeric(filled)
            except ValueError:
                expected = filled.astype("str")
        pd.testing.assert_series_equal(found[name], expected, check_names=False, check_exact=True)


@pytest.mark.parametrize("kind", [".csv", ".jsonl"])
def test_headers_are_looked_at_a_few_times_each_however_many(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    whole = headers.plain

    def counted(header: str) -> str:
        looked.append(header)
        return whole(header)

    monkeypatch.setattr(headers, "plain", counted)
    singly: list[int] = []
    alone = cells_module._inferred
    monkeypatch.setattr(cells_module, "_inferred", lambda cells: singly.append(1) or alone(cells))
    table = pd.concat([TABLE, pd.DataFrame({f"metric {i}": [0.5, 1.5, i] for i in range(3000)})], axis=1)
    path = tmp_path / f"runs{kind}"
    if kind == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_json(path, orient="records", lines=True)
    assert read_runs(path).table.shape == (3, 3005)  # C among them
    assert len(looked) <= len(table.columns) and not singly


def test_memory_to_read_a_long_table_is_a_few_times_its_cells(tmp_path: Path) -> None:
    rows = 30_000
    path = tmp_path / "runs.csv"
    pd.DataFrame({"N": np.geomspace(1e7, 1e10, rows), "loss": np.linspace(4, 2, rows)}).to_csv(path, index=False)
    read_runs(path)
    tracemalloc.start()
    read_runs(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A cell as text takes some 70 bytes, a row's place as many.
    assert peak < 450 * rows
