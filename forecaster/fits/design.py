"""A design: a law on a table, the one place where the two meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from forecaster.errors import RunsError
from forecaster.laws.law import SCALE, Law, is_count
from forecaster.runs.table import Runs
from forecaster.stats.link import Link, spread_of


def density_data(law: Law, runs: Runs, fixed: References) -> tuple[np.ndarray, np.ndarray]:
    """The rows (column, run) and fixed values (reference) that a law's density takes.

    Rows are each input (its log where it is a count), d = log(C / C_max), the response on the scale of the law's link
    less that of L0 (log(loss / L0) for most laws), and, where the table knows them, the standard errors on that scale.
    Fixed values are each input's centre (its log where it is a count) and, last, what gives L0 and S0 back: log L0
    for a law on the log scale, L0 and S0 for another.
    """
    link = link_of(law, fixed)
    response = runs.column("loss")
    rows = []
    centres = []
    for name in law.inputs:
        column = runs.column(column_of(law, name, runs))
        rows.append(np.log(column) if is_count(law, name) else column)
        centres.append(fixed.log_centre[f"{name}0"] if is_count(law, name) else fixed.centre[f"{name}0"])
    rows.append(np.log(runs.column(runs.scale) / fixed.scale_largest))
    rows.append(np.log(response / fixed.level) if law.link == "log" else link.on(response) - link.on(fixed.level))
    if has_known_errors(runs):
        rows.append(link.error(response, runs.column("loss_se")))
    level = [np.log(fixed.level)] if law.link == "log" else [fixed.level, fixed.spread]
    return np.ascontiguousarray(rows), np.array([*centres, *level])


def has_known_errors(runs: Runs) -> bool:
    """Whether the table gives a standard error of the response that adds to the noise's scale."""
    return runs.has("loss_se") and bool((runs.column("loss_se") > 0).any())


@dataclass(frozen=True)
class References:
    """A table's fixed values, which give every law the same centre whatever the table's units and span.

    Args:
        centre: each input's geometric mean under its name with a 0 (arithmetic where it is not a count).
        log_centre: natural logarithms of those that are counts.
        level: L0, the median response, in the response's unit.
        spread: S0, how far the responses spread, in the response's unit.
        scale_largest: the largest training value of the table's scale (FLOP where it has compute).
    """

    centre: Mapping[str, float]
    log_centre: Mapping[str, float]
    level: float
    spread: float
    scale_largest: float

    @property
    def values(self) -> dict[str, float]:
        """What the reference names of a formula stand for."""
        return {**self.centre, "L0": self.level, "S0": self.spread}


def column_of(law: Law, name: str, runs: Runs) -> str:
    """The table's column that stands behind a law's input."""
    return runs.scale if law.inputs[name] == SCALE else name


def references(law: Law, runs: Runs) -> References:
    """The reference values of a law on a table.

    Raises:
        RunsError: the table lacks an input of the law, or holds a response that has no place on its scale.
    """
    response = runs.column("loss")
    misplaced = np.flatnonzero(~Link(law.link).holds(response))
    if len(misplaced):
        row = int(misplaced[0])
        more = f" ({len(misplaced) - 1} more)" if len(misplaced) > 1 else ""
        raise RunsError(
            f"{runs.response} is {response[row]:g}{more}; {law.name}, whose noise is on {Link(law.link).scale}, needs "
            f"{Link(law.link).needs}: leave such runs out, or name a law with another link",
            where=f"{runs.name} {runs.place(row)}",
        )
    centre: dict[str, float] = {}
    log_centre: dict[str, float] = {}
    for name in law.inputs:
        column = runs.column(column_of(law, name, runs))
        if is_count(law, name):
            log_centre[f"{name}0"] = float(np.log(column).mean())
            centre[f"{name}0"] = float(np.exp(log_centre[f"{name}0"]))
        else:
            centre[f"{name}0"] = float(column.mean())
    return References(
        centre=MappingProxyType(centre),
        log_centre=MappingProxyType(log_centre),
        level=float(np.median(response)),
        spread=spread_of(response),
        scale_largest=float(runs.column(runs.scale).max()),
    )


def link_of(law: Law, fixed: References) -> Link:
    """The scale of a law's noise on a table."""
    return Link(law.link, fixed.spread if law.link == "own" else 1.0)
