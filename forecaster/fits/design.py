"""A design: a law on a table, the one place where the two meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from forecaster.errors import RunsError, ScenarioError
from forecaster.laws.formula.tree import NUMPY, evaluate
from forecaster.laws.law import SCALE, Law, is_count
from forecaster.runs.table import Runs
from forecaster.stats.link import Link, spread_of

FAR = (300.0, 100.0, 30.0, 10.0)
"""e-folds beyond the table's top where a law's lowest response is looked for; the nearer ones for draws that overflow,
or rise again."""

STEP = 0.01


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


def references(law: Law, runs: Runs) -> References:
    """The reference values of a law on a table.

    Raises:
        RunsError: the table lacks an input of the law, or holds a response that has no place on its scale, or an error
            rate where the law is of scores.
    """
    if law.of_score and runs.course == "error":
        raise RunsError(
            f"{runs.response} is an error rate and {law.name} of scores: take default_laws, which turns it round",
            where=runs.name,
        )
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
    for name, column in Design(law, runs).inputs().items():
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


@dataclass(frozen=True, eq=False)
class Design:
    """A law on a table: which columns are its inputs, what its reference names stand for, on which scale noise is.

    Args:
        law: the law.
        runs: the table.
        held: reference values in place of the table's own.
    """

    law: Law
    runs: Runs
    held: References | None = None

    @cached_property
    def references(self) -> References:
        """The table's fixed values, or those that were held."""
        return self.held or references(self.law, self.runs)

    @cached_property
    def link(self) -> Link:
        """The scale of the noise, on which draws are kept."""
        return Link(self.law.link, self.references.spread if self.law.link == "own" else 1.0)

    @cached_property
    def columns(self) -> dict[str, str]:
        """The table's column that stands behind each input."""
        return {name: self.runs.scale if unit == SCALE else name for name, unit in self.law.inputs.items()}

    def inputs(self, runs: Runs | None = None) -> dict[str, np.ndarray]:
        """The law's inputs at some runs, shape (run) each.

        Args:
            runs: of the same columns; the table's own where not given.

        Raises:
            RunsError: the table lacks one.
        """
        return {name: (self.runs if runs is None else runs).column(column) for name, column in self.columns.items()}

    def inputs_at(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The law's inputs at a point, or at many: a number or an array each, as the point has it.

        Raises:
            ScenarioError: the point lacks one.
        """
        for column in self.columns.values():
            if column not in point:
                given = ", ".join(f"{key}={x:.3g}" if np.ndim(x) == 0 else key for key, x in point.items())
                raise ScenarioError(f"the {self.law.name} law needs {column}; the point gives {given}", where="point")
        return {name: point[column] for name, column in self.columns.items()}

    def distance(self, scale: Any) -> Any:
        """d: log of a value of the table's scale over its largest."""
        return np.log(np.asarray(scale) / self.references.scale_largest)

    def complete(self, sampled: Mapping[str, Any]) -> dict[str, Any]:
        """The formula's parameters from the sampled ones; see `Law.complete`."""
        return self.law.complete(sampled, self.references.values, logs=self.references.log_centre)

    def response(self, values: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """The law's response on the scale of its link, free of noise.

        Args:
            values: of the formula's parameters: numbers, or arrays of any library and shape.
            inputs: of the law, that broadcast with them.
        """
        functions = dict(NUMPY)
        if any(hasattr(value, "dims") for value in values.values()):
            import xarray as xr

            functions["where"] = xr.where
        logs: dict[str, Any] = {name: np.log(x) for name, x in inputs.items() if is_count(self.law, name)}
        known = {**values, **self.references.values, **inputs}
        logs |= self.references.log_centre
        return self.link.on(evaluate(self.law.formula, known, functions=functions, logs=logs))

    def exponent(self, values: Mapping[str, Any], inputs: Mapping[str, Any], scale: Any) -> np.ndarray:
        """gamma: how fast the reducible part of a response on the log scale falls with the log of the table's scale.

        As the law's page states it; else at the table's top along the path through the asked inputs on which N and D
        grow alike: -d log(L - E) / d log C, E the lowest that the law comes to on that path. 0 where the response does
        not fall.

        Args:
            values: of the formula's parameters, shape (sample, 1) each.
            inputs: of the law, asked for; a number or shape (point) each.
            scale: the table's scale there.
        """
        if self.law.exponent is not None:
            return np.asarray(evaluate(self.law.exponent, values), dtype=float)

        def response(efolds: float) -> np.ndarray:
            along = self.moved(inputs, efolds - self.distance(scale))
            return np.asarray(np.exp(self.response(values, along)), dtype=float)

        with np.errstate(all="ignore"):
            ends = [response(far) for far in FAR]
            end = np.min([np.where(np.isfinite(each), each, np.inf) for each in ends], axis=0)
            end = np.where(np.isfinite(end), end, 0.0)
            below, above = (np.log(response(step) - end) for step in (-STEP, STEP))
            found = (below - above) / (2 * STEP)
        return np.asarray(np.where(np.isfinite(found), np.maximum(found, 0.0), 0.0))

    def moved(self, inputs: Mapping[str, Any], efolds: Any) -> dict[str, Any]:
        """Inputs moved along the table's scale; where that is compute, N and D take half of it each."""
        name = self.runs.scale
        halves = ("N", "D") if name == "C" else ()
        moved = dict(inputs)
        for own, column in self.columns.items():
            if column == name or column in halves:
                moved[own] = inputs[own] * np.exp(efolds * (0.5 if column in halves else 1.0))
        return moved

    def noise_scale(self, values: Mapping[str, Any], d: Any) -> Any:
        """Scale of the noise on the scale of the link.

        Args:
            values: of the noise's parameters.
            d: log of the compute over the largest training compute.
        """
        return evaluate(self.law.noise.scale, {**self.references.values, **values, "d": d})

    def degrees_of_freedom(self, values: Mapping[str, Any]) -> Any:
        """Degrees of freedom of the noise; infinite where it is Normal."""
        nu = self.law.noise.nu
        return np.inf if nu is None else evaluate(nu, {**self.references.values, **values})

    def known_errors(self, runs: Runs) -> Any:
        """Standard errors of some runs' responses on the scale of the link, shape (run); 0 where none are known."""
        if not runs.has("loss_se"):
            return 0.0
        return self.link.error(runs.column("loss"), runs.column("loss_se"))

    @property
    def has_known_errors(self) -> bool:
        """Whether the table gives a standard error of the response that adds to the noise's scale."""
        return self.runs.has("loss_se") and bool((self.runs.column("loss_se") > 0).any())

    def density_data(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows (column, run) and fixed values (reference) that the law's density takes.

        Rows are each input (its log where it is a count), d, the response on the scale of the law's link less that of
        L0 (log(loss / L0) for most laws), and, where the table knows them, the standard errors on that scale. Fixed
        values are each input's centre (its log where it is a count) and, last, what gives L0 and S0 back: log L0 for
        a law on the log scale, L0 and S0 for another.
        """
        law, runs, fixed, link = self.law, self.runs, self.references, self.link
        response = runs.column("loss")
        inputs = self.inputs()
        counts = [name for name in inputs if is_count(law, name)]
        rows = [np.log(column) if name in counts else column for name, column in inputs.items()]
        centres = [fixed.log_centre[f"{name}0"] if name in counts else fixed.centre[f"{name}0"] for name in inputs]
        rows.append(self.distance(runs.column(runs.scale)))
        rows.append(np.log(response / fixed.level) if law.link == "log" else link.on(response) - link.on(fixed.level))
        if self.has_known_errors:
            rows.append(self.known_errors(runs))
        level = [np.log(fixed.level)] if law.link == "log" else [fixed.level, fixed.spread]
        return np.ascontiguousarray(rows), np.array([*centres, *level])
