"""The inputs of a run: what each is called, how its amounts are said, and how compute is counted from N and D."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from forecaster.quantity import date_number, date_text, format_quantity, parse_quantity, span_text, typed_quantity


@dataclass(frozen=True)
class Input:
    """What a table and its laws use of a run: a count of something, so that its logarithm exists, or its date.

    A date is held as the exponential of its years, so that a law in the logarithm of an input is a law in time, and
    what is an e-fold of any other input is a year.

    Args:
        name: in formulas, tables and points.
        word: in the midst of a sentence.
        unit: after an amount, "70B parameters"; empty for what is not counted, and then its name stands before it.
        title: at the head of an axis or a control.
        is_date: whether it is one.
    """

    name: str
    word: str
    unit: str
    title: str
    is_date: bool = False

    @property
    def unsaid(self) -> str:
        """The unit, where the title does not say it already."""
        return "" if self.unit == self.word else self.unit

    @property
    def axis(self) -> str:
        """The label of an axis."""
        return f"{self.title} ({self.unit})" if self.unsaid else self.title

    @property
    def header(self) -> str:
        """A table's header for it, "N (parameters)"."""
        said = self.unit or self.word
        return self.name if said == self.name or self.is_date else f"{self.name} ({said})"

    @property
    def measure(self) -> str:
        """What there is more or less of, in the singular."""
        return "date" if self.is_date else f"number of {self.word}" if self.unit == self.word else self.word

    @property
    def top(self) -> str:
        """The run that has the most of it."""
        return "the last row" if self.is_date else "the largest run"

    @property
    def past(self) -> str:
        """What no run has."""
        return f"{'after' if self.is_date else 'beyond'} {self.top}"

    @property
    def inside(self) -> str:
        """What runs have."""
        return f"within the {'time' if self.is_date else 'scale'} that was measured"

    @property
    def step(self) -> str:
        """By what distances are counted."""
        return "year" if self.is_date else f"e-fold of {self.word}"

    @property
    def distance(self) -> str:
        """What heads a column of distances."""
        return "After the last row" if self.is_date else f"Times {self.top}"

    @property
    def under(self) -> str:
        """What heads a column of distances below all runs."""
        return "Before the first row" if self.is_date else "Times below the smallest run"

    def amount(self, value: float, *, digits: int = 2) -> str:
        """A value without its unit, "70B" or "2026-12-31", with so many digits at most."""
        return date_text(value) if self.is_date else format_quantity(value, digits=digits)

    def said(self, value: float, *, digits: int = 2) -> str:
        """A value with its unit, "70B parameters", "x=30" or "2026-12-31"."""
        amount = self.amount(value, digits=digits)
        if self.is_date:
            return amount
        return f"{amount} {self.unit}" if self.unit else f"{self.word}={amount}"

    def given(self, value: float, *, digits: int = 2) -> str:
        """A value as a part of a point, "N=70B", "C=5.9e23 FLOP", "D=51K documents"."""
        unit = self.unit if self.name == "C" or self is not INPUTS.get(self.name) else ""
        return f"{self.name}={self.amount(value, digits=digits)}{f' {unit}' if unit else ''}"

    def full(self, value: float) -> str:
        """A value with six digits, in e-notation where it is large."""
        return date_text(value) if self.is_date else f"{value:.6g}".replace("e+", "e")

    def typed(self, value: float) -> str:
        """A value as it is typed, with up to six digits."""
        return date_text(value) if self.is_date else typed_quantity(value)

    def plain(self, value: float) -> float | str:
        """A value for JSON."""
        return date_text(value) if self.is_date else value

    def read(self, text: str) -> float:
        """The value that a person typed; of a period that is given for a date, its last day.

        Raises:
            QuantityError: it is none.
        """
        return date_number(text, share=1.0) if self.is_date else parse_quantity(text)

    def reach(self, decades: float) -> str:
        """A ratio of two values, given as its log10: "a factor of 20" or "3.4 years"."""
        if self.is_date:
            return span_text(decades * math.log(10))
        return f"a factor of {10**decades:.3g}" if decades < 300 else f"a factor of 1e{decades:.0f}"


INPUTS: Mapping[str, Input] = MappingProxyType(
    {
        "N": Input("N", "parameters", "parameters", "Parameters"),
        "D": Input("D", "tokens", "tokens", "Training tokens"),
        "C": Input("C", "compute", "FLOP", "Training compute"),
        "U": Input("U", "unique tokens", "unique tokens", "Unique tokens"),
    }
)
"""By name, in the order in which they are printed."""

DATE = Input("date", "time", "", "Date", is_date=True)

CODE = "family_code"
"""The input that tells a law's families apart, counted from 0; one more than the last is a new family."""

FLOP_PER_PARAMETER_TOKEN = 6
"""Training FLOP per parameter and token (Kaplan et al. 2020, arXiv:2001.08361, section 2.1)."""

# What a header holds that speaks of the input as everyone does.
_USUAL = {"N": ("param", "size", "model", "weights"), "D": ("tok",), "C": ("comput", "flo"), "U": ("tok", "uniq")}

# Heads of columns that count something, though in the singular.
_COUNTED = frozenset({
    "epoch", "step", "document", "doc", "example", "sample", "image", "iteration", "iter", "update", "sequence",
    "sentence", "word", "row", "record", "item", "game", "episode", "frame", "problem", "task", "question", "answer",
    "rollout", "trial", "shot", "user", "layer", "neuron", "feature", "day", "hour", "minute", "second", "week",
    "month", "year",
})  # fmt: skip


def input_of(name: str, header: str = "") -> Input:
    """An input by name, called by its column's header where that speaks of something else.

    Args:
        name: in formulas, tables and points.
        header: of its column, such as `n_documents`; empty where it is not known.
    """
    if name == DATE.name:
        return DATE
    usual, plain = INPUTS.get(name), re.sub(r"[\W_]", "", header).lower()
    if usual and (plain in ("", name.lower()) or any(each in plain for each in _USUAL[name])):
        return usual
    word = _word(header or name)
    *before, last = word.split()
    if last in _COUNTED:
        word = " ".join([*before, f"{last}s"])
    counts = re.search(r"[a-z]{2}[^\Wsui_]s$", word) is not None
    return Input(name, word, word if counts else "", word[:1].upper() + word[1:])


def lone(name: str) -> Input:
    """An input of which nothing but its name is known."""
    return Input(name, name, "", name)


def _word(header: str) -> str:
    """A header as a word in a sentence: without a unit in brackets, its signs, and that it is a number of something."""
    words = re.findall(r"[^\W_]+", re.sub(r"[(\[].*?[)\]]", "", header))
    while len(words) > 1 and words[0].lower() in ("n", "num", "number", "no", "count", "of", "total"):
        words = words[1:]
    # Capitals within a word are a name's own.
    return (
        " ".join(each.lower() if len(each) > 1 and (each.istitle() or each.isupper()) else each for each in words)
        or header
    )
