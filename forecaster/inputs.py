"""The inputs of a run: N, D, C and U, what each is called, its unit, and how compute is counted from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.runs.table import Runs

INPUTS = ("N", "D", "C", "U")

CODE = "family_code"
"""The input that tells a law's families apart, counted from 0; one more than the last is a new family."""

POSITIVE = frozenset("NDCU")
"""Inputs that are counts of something, so that their logarithm exists."""


def scale_word(runs: Runs) -> str:
    return {"C": "compute", "N": "parameters", "D": "tokens"}.get(runs.scale, runs.scale)


SCALE_NAMES = {"C": "Training compute (FLOP)", "N": "Parameters", "D": "Training tokens"}
"""What orders a table's runs, as an axis is labelled."""


def scale_header(name: str) -> str:
    known = {"N": "N (parameters)", "D": "D (tokens)", "C": "C (FLOP)", "U": "U (unique tokens)"}
    return known.get(name, name)


UNITS = {"N": "parameters", "D": "tokens", "C": "FLOP", "U": "unique tokens"}

FLOP_PER_PARAMETER_TOKEN = 6
"""Training FLOP per parameter and token (Kaplan et al. 2020, arXiv:2001.08361, section 2.1)."""

COUNTS = ("N", "D", "C", "U")
