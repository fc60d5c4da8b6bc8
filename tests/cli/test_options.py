"""Options in groups: spread into a command's signature, built back, and each declared once."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from forecaster.cli.main import VERBS
from forecaster.cli.options import Seed, grouped, option_strings


@dataclass(frozen=True)
class Place:
    """Where."""

    file: Annotated[str, typer.Argument(metavar="FILE", help="Which file.")]
    keep: Annotated[bool, typer.Option("--keep", help="Leave it there.")] = False


@dataclass(frozen=True)
class Narrower(Place):
    """Where, and how much of it."""

    line: Annotated[list[int] | None, typer.Option(help="Which lines.")] = None


@dataclass(frozen=True)
class Bare:
    """A group that lacks an option's annotation."""

    depth: int = 1


def called(verb: Any, *arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(grouped(verb))
    found = CliRunner().invoke(app, arguments)
    return found.exit_code, found.output


def test_a_group_is_spread_into_options_and_built_back() -> None:
    got: list[Any] = []

    def verb(*, seed: Seed = 3, place: Narrower) -> None:
        """Do it."""
        got.append((seed, place))

    assert called(verb, "a.csv") == (0, "")
    assert called(verb, "--line", "2", "b.csv", "--keep", "--line", "5", "--seed", "7") == (0, "")
    assert [got[0], (got[1][0], got[1][1])] == [(3, Narrower("a.csv")), (7, Narrower("b.csv", True, [2, 5]))]
    status, said = called(verb, "--help")
    assert status == 0 and "Do it." in said and "FILE" in said and "Leave it there." in said
    assert called(verb)[0] == 2 and called(verb, "a.csv", "b.csv")[0] == 2 and called(verb, "a.csv", "--seed", "-1")[0]
    assert list(inspect.signature(grouped(verb)).parameters) == ["seed", "file", "keep", "line"]
    assert grouped(verb).__name__ == "verb"


def test_a_wrong_group_is_refused() -> None:
    def unannotated(*, bare: Bare) -> None: ...
    def twice(*, keep: Annotated[bool, typer.Option(help="Again.")] = False, place: Place) -> None: ...
    def no_option(*, seed: Seed = 1, depth: int = 1) -> None: ...

    with pytest.raises(TypeError, match="depth of unannotated"):
        grouped(unannotated)
    with pytest.raises(ValueError, match="duplicate parameter name: 'keep'"):
        grouped(twice)
    with pytest.raises(TypeError, match="depth of no_option"):
        grouped(no_option)


def test_an_option_is_named_after_its_parameter_unless_it_says_otherwise() -> None:
    def verb(*, inference_tokens: Annotated[str, typer.Option(help="How many.")] = "", place: Place) -> None: ...

    assert option_strings([grouped(verb)]) == {"inference_tokens": "--inference-tokens", "keep": "--keep"}
    known = option_strings(VERBS)
    assert [known[name] for name in ("no_cache", "as_json", "output", "where", "explain_code")] == [
        "--no-cache", "--json", "-o", "--where", "--explain",
    ]  # fmt: skip


def test_a_parameter_is_one_option_for_every_verb() -> None:
    known = option_strings(VERBS)
    for verb in VERBS:
        assert option_strings([verb]).items() <= known.items(), verb.__name__
    assert len(set(known.values())) == len(known)


# What a point, a law or a seed is for differs between these verbs, and their help says so.
IN_THEIR_OWN_WORDS = {"at", "law", "runs", "seed", "target", "weights", "output"}


def test_verbs_that_share_an_option_share_its_help() -> None:
    declared: dict[str, set[str]] = {}
    for verb in VERBS:
        for name, kind in verb.__annotations__.items():
            declared.setdefault(name, set()).add(kind.__metadata__[0].help)
    assert {name for name, several in declared.items() if len(several) > 1} == IN_THEIR_OWN_WORDS


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_the_readme_names_no_option_that_its_verb_lacks(verb: Any) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    own = {*option_strings([verb]).values(), "--help"}
    lines = re.findall(rf"(?:^|`)forecaster {verb.__name__}\b([^`\n#|]*)", readme, flags=re.MULTILINE)
    assert lines
    for line in lines:
        assert set(re.findall(r"(?<=\s)--[a-z-]+", f" {line}")) <= own, line
