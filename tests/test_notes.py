import ast
import re
from pathlib import Path

import pytest

from forecaster.errors import InputError
from forecaster.notes import Note, explain, explanations

PACKAGE = Path(__file__).parents[1] / "forecaster"


def codes_in_source() -> dict[str, str]:
    """The pattern of every code that a call of Note names, and where it does."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Note"):
                continue
            given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "code")]
            for code in given:
                parts = code.values if isinstance(code, ast.JoinedStr) else [code]
                pattern = "".join(re.escape(p.value) if isinstance(p, ast.Constant) else "[A-Z]" for p in parts)
                found[pattern] = f"{path.name} line {node.lineno}"
    return found


def test_every_code_in_the_package_is_explained() -> None:
    codes = codes_in_source()
    assert {re.escape("few-runs"), re.escape("law-dropped"), "narrow\\-[A-Z]"} <= codes.keys()
    for pattern, place in codes.items():
        assert any(re.fullmatch(pattern, code) for code in explanations()), f"{pattern} at {place}"


def test_every_explanation_belongs_to_a_code() -> None:
    patterns = codes_in_source()
    for code in explanations():
        assert any(re.fullmatch(pattern, code) for pattern in patterns), code


@pytest.mark.parametrize("code", explanations())
def test_an_explanation_is_one_paragraph_of_sentences(code: str) -> None:
    text = explain(code)
    assert text == " ".join(text.split()) and text.endswith(".") and 100 < len(text) < 600


def test_an_unknown_code_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no note nonsense; the codes are .*few-runs"):
        explain("nonsense")
    assert str(Note("few-runs", "3 runs")) == "few-runs: 3 runs"
