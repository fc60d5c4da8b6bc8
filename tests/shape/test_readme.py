"""The README: its session runs, and its numbers are those of the program."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from forecaster.cli.main import main
from forecaster.laws.page import read_law

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    assert found
    return found.group(1)


def test_the_python_session_runs_and_gives_the_numbers_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = block("python").replace(', or law("my_law.toml")', "")
    names: dict[str, object] = {}
    exec(compile(session, "README.md", "exec"), names)
    answer = names["answer"]
    # Another machine's arithmetic may move the last digit shown.
    for line in session.splitlines():
        expression, _, said = line.partition("#")
        numbers = [float(number) for number in re.findall(r"\d+\.\d+", said)]
        if expression.startswith("answer.") and numbers:
            value = eval(expression, {"answer": answer})
            values = value if isinstance(value, tuple) else (value,)
            assert values == pytest.approx(numbers, abs=0.01 if "probability" in expression else 0.004), line
    assert (tmp_path / "card.html").is_file()


def test_the_demo_does_the_main_job_and_prints_what_the_readme_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--quiet"]) == 0
    printed = capsys.readouterr().out
    shown = re.search(r"<!-- output: demo -->\n```\n(.*?)```", README, flags=re.DOTALL)
    assert shown
    without_numbers = re.compile(r"\d\.\d{3}|\d+%|\d+ in 20")
    shown_lines = [without_numbers.sub("#", line) for line in shown.group(1).splitlines()]
    printed_lines = [without_numbers.sub("#", line) for line in printed.splitlines()]
    assert printed_lines[: len(shown_lines)] == shown_lines
    assert Path("card.html").read_text("utf-8").lower().startswith("<!doctype html")
    assert main(["demo", "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["demo"]["forecast"][0]["targets"][0]["value"] == 1.4


def test_the_law_page_of_the_readme_is_a_law() -> None:
    assert read_law(block("toml"), name="own").parameters == ("E", "B", "beta")
