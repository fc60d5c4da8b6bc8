"""The shelf: the laws that ship, each one TOML page."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from forecaster.errors import LawError, clipped
from forecaster.laws.formula.algebra import replaced, text_of
from forecaster.laws.formula.tree import Binary, Name, Number
from forecaster.laws.law import Law
from forecaster.laws.page import page_text, read_law

DEFAULT_MIXTURE = ("chinchilla", "coupled", "farseer_lite")

DEFAULT_ONE_INPUT = ("power_floor", "shifted_power_law", "broken_power_law")

DEFAULT_SCORE = ("logistic_two_inputs", "score_of_loss_two_inputs", "logistic")

DEFAULT_SCORE_ONE_INPUT = ("logistic", "score_of_loss", "power_ceiling")

DEFAULT_RISING = ("rising_power_law", "rising_broken_power_law", "rising_to_ceiling")

DEFAULTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "falling": (DEFAULT_MIXTURE, DEFAULT_ONE_INPUT),
        "score": (DEFAULT_SCORE, DEFAULT_SCORE_ONE_INPUT),
        "error": (DEFAULT_SCORE, DEFAULT_SCORE_ONE_INPUT),
        "rising": (DEFAULT_RISING, DEFAULT_RISING),
    }
)
"""The laws that are mixed unless others are named, by what the response does: on tables with N and D, and on others."""


class HasInputs(Protocol):
    """Whatever says which inputs it has and what its response does, as a table of runs does."""

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def course(self) -> str: ...


def law(source: str | Path) -> Law:
    """A law from the shelf by name, or from a TOML file by path.

    Raises:
        LawError: no such name or file, or a page that is not valid; with the culprit.
    """
    text = str(source)
    if text.endswith(".toml") or "/" in text or "\\" in text:
        path = Path(text)
    else:
        path = _shelf() / f"{text}.toml"
        if not text.isidentifier() or not path.is_file():
            raise LawError(
                f"there is no law `{clipped(text)}` on the shelf; it holds {', '.join(shelf())}; "
                "a law of your own is given as a path to its .toml file"
            )
    try:
        page = path.read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        raise LawError(f"cannot be read as a law page ({_reason(error)})", where=clipped(str(path), 200)) from None
    return read_law(page, name=path.stem)


def shelf() -> tuple[str, ...]:
    """Names of the laws that ship, in alphabetical order."""
    return tuple(sorted(path.stem for path in _shelf().glob("*.toml")))


def default_laws(inputs: Iterable[str] | HasInputs) -> tuple[Law, ...]:
    """The laws that are mixed unless others are named: those of N and D, or of a table's one scale.

    A score gets laws that rise between 0 and 1, an error rate the same turned round, another quantity that rises laws
    that rise without end, and everything else laws that fall towards a floor.

    Args:
        inputs: names of what a table of losses has, or the table.
    """
    known, course = (inputs, "falling") if isinstance(inputs, Iterable) else (inputs.inputs, inputs.course)
    of_two, of_one = DEFAULTS[course]
    return asked_of(tuple(law(name) for name in (of_two if {"N", "D"} <= set(known) else of_one)), course)


def asked_of(laws: Iterable[Law], course: str) -> tuple[Law, ...]:
    """Laws as a response of some course takes them: those of scores turned round for an error rate."""
    return tuple(of_error(each) if course == "error" and each.of_score else each for each in laws)


def of_error(law: Law) -> Law:
    """The law of an error rate that is 1 less the law's score, under its old name and with a page of its own.

    Every parameter keeps its meaning and its prior; noise, on the logit, is the same for both.

    Args:
        law: of a score.
    """
    page = tomllib.loads(law.text)
    rest = {"L0": Binary("-", Number(1.0), Name("L0"))}
    page["title"] = f"An error rate, 1 less {law.title[:1].lower()}{law.title[1:]}"
    page["formula"] = f"1 - ({law.formula.text})"
    page["natural"] = {name: text_of(replaced(each.tree, rest)) for name, each in law.natural.items()}
    page["response"] = {"link": law.link}
    page.pop("presets", None)
    return read_law(page_text(page), name=law.name)


def _shelf() -> Path:
    package = Path(__file__).parents[1]
    installed = package / "models"
    return installed if installed.is_dir() else package.parent / "models"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
