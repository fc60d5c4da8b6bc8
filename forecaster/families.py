"""Families of runs: each with its own level, partially pooled, so that a forecast can name one or ask for a new one."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace

from forecaster.errors import InputError, LawError, RunsError, ScenarioError, clipped, listed
from forecaster.law import Law
from forecaster.law_page import page_text
from forecaster.runs import Runs
from forecaster.scenario import Point, Scenario
from forecaster.shelf import read_law

CODE = "family_code"
"""The input that tells a law's families apart, counted from 0; one more than the last is a new family."""

MOST = 30
POOLING = "LogNormal(log(0.03), 1)"
"""Prior of how far families lie apart: the standard deviation of their levels on the log of the response."""


def with_codes(runs: Runs, by: str) -> Runs:
    """The runs with their families counted in a column of their own.

    Args:
        runs: the table.
        by: the column that names each run's family.

    Raises:
        RunsError: there is no such column, it has one family or more than thirty, or the table has the column that
            the codes need.
    """
    if not runs.has(by):
        raise RunsError(f"there is no column {clipped(by)} to group by; columns: {listed(runs.table)}", where=runs.name)
    if runs.has(CODE):
        raise RunsError(f"the table has a column {CODE} of its own; rename it", where=runs.name)
    names = family_names(runs, by)
    if not 2 <= len(names) <= MOST:
        raise RunsError(f"column {clipped(by)} has {len(names)} families; 2 to {MOST} can be grouped", where=runs.name)
    codes = [float(names.index(str(each))) for each in runs.table[by]]
    return replace(runs, table=runs.table.assign(**{CODE: codes}))


def family_names(runs: Runs, by: str) -> list[str]:
    """The families of a table in alphabetical order."""
    return sorted({str(each) for each in runs.table[by]})


def with_families(law: Law, names: Sequence[str], by: str) -> Law:
    """The law with a level for each family, under its old name and with a page of its own.

    The response is multiplied by exp(pooling * unit_k) for family k, unit_k standard normal; pooling, the spread
    between families, is learned. A new family draws its unit from the prior, so its range is wider. Where noise is on
    the response's own scale the same is added in units of the table's spread.

    Source: varying intercepts, Gelman and Hill 2006, chapter 12, in the non-centred form of Papaspiliopoulos, Roberts
    and Skold 2007, Statistical Science 22(1).

    Args:
        law: any law whose noise is on the log of the response or on its own scale.
        names: of the families, counted from 0.
        by: the column that names them.

    Raises:
        LawError: noise on the logit, or names of its own that the families need.
    """
    if law.link == "logit":
        raise LawError("its noise is on the logit, where families have no level yet", where=law.name)
    page = tomllib.loads(law.text)
    units = [f"unit_{k}" for k in range(len(names))] + ["unit_new"]
    shift = units[-1]
    for k in reversed(range(len(names))):
        shift = f"where({CODE} < {k + 0.5}, {units[k]}, {shift})"
    term = f"pooling * {shift}"
    formula = law.formula.text
    page["formula"] = f"({formula}) * exp({term})" if law.link == "log" else f"({formula}) + S0 * {term}"
    page["inputs"] = {**page["inputs"], CODE: f"{by}, counted from 0 in {json.dumps(list(names))}; beyond, a new one"}
    page["sampled"] = {**page["sampled"], "pooling": POOLING} | dict.fromkeys(units, "Normal(0, 1)")
    page.pop("presets", None)
    try:
        return read_law(page_text(page), name=law.name)
    except InputError as error:
        raise LawError(f"cannot be given families: {error.message}", where=law.name) from None


def families_of(law: Law) -> list[str]:
    """The families that a law knows, in the order of their codes; none for a law without."""
    unit = law.inputs.get(CODE, "")
    found: list[str] = json.loads(unit[unit.index("[") : unit.rindex("]") + 1]) if unit else []
    return found


def code_of(laws: Sequence[Law], family: str) -> dict[str, float]:
    """What a point must say for a family: its code, that of a new one where `family` is empty or `new`.

    Args:
        laws: which all know the same families, or none.
        family: one of them, or `new`.

    Raises:
        ScenarioError: the laws know no such family.
    """
    names = families_of(laws[0])
    if not names and family:
        raise ScenarioError(f"the laws know no families, so {clipped(family)} says nothing; group the runs by a column")
    if not names:
        return {}
    if family in ("", "new") and family not in names:
        return {CODE: float(len(names))}
    if family not in names:
        raise ScenarioError(f"there is no family {clipped(family)}; there are {listed(names)}, or new")
    return {CODE: float(names.index(family))}


def family_at(law: Law, code: float) -> str:
    """The family that a code stands for, in words."""
    names = families_of(law)
    return f"family {clipped(names[int(code)])}" if int(code) < len(names) else "a new family"


def asked_of(asked: Scenario, laws: Sequence[Law], family: str) -> Scenario:
    """The scenario with every point asked of one family, where the laws know families."""
    code = code_of(laws, family)
    points = tuple(Point({**point.inputs, **code}) if CODE not in point.inputs else point for point in asked.points)
    return replace(asked, points=points)
