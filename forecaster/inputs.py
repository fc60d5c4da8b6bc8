"""The inputs of a run: N, D, C and U, what each is called, its unit, and how compute is counted from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Input:
    """One of the four that every table and law may use: a count of something, so that its logarithm exists.

    Args:
        name: in formulas, tables and points.
        word: in the midst of a sentence.
        unit: after an amount, "70B parameters".
        title: at the head of an axis or a control.
    """

    name: str
    word: str
    unit: str
    title: str

    @property
    def unsaid(self) -> str:
        """The unit, where the title does not say it already."""
        return "" if self.unit == self.word else self.unit

    @property
    def axis(self) -> str:
        """The label of an axis."""
        return f"{self.title} ({self.unit})" if self.unsaid else self.title


INPUTS: Mapping[str, Input] = MappingProxyType(
    {
        "N": Input("N", "parameters", "parameters", "Parameters"),
        "D": Input("D", "tokens", "tokens", "Training tokens"),
        "C": Input("C", "compute", "FLOP", "Training compute"),
        "U": Input("U", "unique tokens", "unique tokens", "Unique tokens"),
    }
)
"""By name, in the order in which they are printed."""

CODE = "family_code"
"""The input that tells a law's families apart, counted from 0; one more than the last is a new family."""

FLOP_PER_PARAMETER_TOKEN = 6
"""Training FLOP per parameter and token (Kaplan et al. 2020, arXiv:2001.08361, section 2.1)."""


def header(name: str) -> str:
    """A table's header for an input, "N (parameters)"; the name alone for one that only a law knows."""
    return f"{name} ({INPUTS[name].unit})" if name in INPUTS else name
