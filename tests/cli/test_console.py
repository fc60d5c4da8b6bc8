"""The console: errors of the library said as the command line's own."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecaster.cli.console import report_error
from forecaster.cli.main import VERBS, main
from forecaster.cli.options import option_strings
from forecaster.decide.amount import amount
from forecaster.errors import ForecasterError, RunsError, UsageError
from forecaster.laws.change_noise import with_noise
from forecaster.laws.shelf import law

PACKAGE = Path(__file__).parents[2] / "forecaster"
NOTES = ("notes.py", "data_checks.py", "checkpoints.py")
OPTIONS = option_strings(VERBS)


def said(error: ForecasterError, capsys: pytest.CaptureFixture[str]) -> tuple[str, dict[str, str]]:
    assert report_error(error, as_json=True, options=OPTIONS) == error.exit_status
    out, err = capsys.readouterr()
    return err, json.loads(out)["error"]


def test_a_parameter_is_said_as_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    error = RunsError("there is no column N; say `columns` N=HEADER", where="runs.csv", named=("columns",))
    assert str(error) == "runs.csv: there is no column N; say `columns` N=HEADER"
    line, data = said(error, capsys)
    assert line == "error: runs.csv: there is no column N; say --columns N=HEADER\n"
    assert data == {"code": "bad-runs", "message": "there is no column N; say --columns N=HEADER", "where": "runs.csv"}
    with pytest.raises(UsageError) as refused:
        amount("0", parameter="price utilisation")
    assert refused.value.where == "price utilisation"
    line, data = said(refused.value, capsys)
    assert line.startswith("error: --price utilisation: ") and data["where"] == "--price utilisation"
    line, data = said(UsageError("no such folder", parameter="output"), capsys)
    assert line == "error: -o: no such folder\n" and data["where"] == "-o"


def test_a_word_or_a_file_that_is_called_as_a_parameter_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError) as refused:
        with_noise(law("chinchilla"), "law")
    assert refused.value.where == "noise"
    assert said(refused.value, capsys)[0].startswith("error: --noise: `law` is no noise")
    assert said(RunsError("has no rows", where="columns"), capsys)[0] == "error: columns: has no rows\n"
    assert said(RunsError("is a folder"), capsys) == (
        "error: is a folder\n", {"code": "bad-runs", "message": "is a folder", "where": ""},
    )  # fmt: skip


def test_the_command_line_names_its_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("size,loss\n1e8,3\n")
    assert main(["check", str(path), "--json"]) == 2
    out, err = capsys.readouterr()
    cure = "there is no column N, D, C; columns: size, loss; say --columns N=HEADER,D=HEADER, or x=HEADER for another"
    assert err == f"error: runs.csv: {cure}\n"
    assert json.loads(out) == {"error": {"code": "bad-runs", "message": cure, "where": "runs.csv"}}


def library() -> Iterator[tuple[Path, ast.AST]]:
    """Every node of the package outside the command line, but for notes, which a forecast's reader acts on there."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in ("cli", "show") or path.name in NOTES:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield path, node


def test_the_library_knows_no_options() -> None:
    for path, node in library():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not re.search(r"(^|[\s\"'`(])--[a-z][a-z-]+\b", node.value.strip()), f"{path} line {node.lineno}"


def test_every_parameter_that_an_error_names_is_an_option() -> None:
    named = set()
    for _, node in library():
        if isinstance(node, ast.keyword) and node.arg in ("parameter", "named"):
            words = [each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
            named |= {word.split(" ")[0] for word in words if isinstance(word, str) and word}
    assert {"columns", "where", "price", "output", "inference_tokens", "holdout"} <= named
    assert named <= OPTIONS.keys()
