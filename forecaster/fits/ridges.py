"""Ridges: pairs of a law's sampled parameters that a table cannot tell apart, and the coordinates that cure them.

Sampled as a paper writes it, the coefficient of a power and its exponent move together, because the inputs lie many
e-folds away from 1, where the coefficient is the response. Their values at the table's centre do not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.fits.design import Design
from forecaster.laws.formula.algebra import factors
from forecaster.laws.formula.tree import Name
from forecaster.laws.law import Law
from forecaster.laws.recentre import Cure, cure, smallest
from forecaster.notes import Note
from forecaster.runs.check import Check
from forecaster.runs.table import Runs
from forecaster.stats.distributions import FAMILIES

NOTABLE = 0.99
"""Correlation from which a pair is a ridge. Chinchilla's A and alpha as written reach .993 to .999 on real tables and
take 2 to 14 times the steps of the shelf's coordinates, the most where A is sampled as itself and not by its log."""

BENT = 0.1
"""Spread of a coefficient over its value from which a ridge along it is bent."""

LEAST_NOISE = 0.001

MOST_STEPS = 200


@dataclass(frozen=True)
class Ridge:
    """Two sampled parameters that move together in what a table leaves of the priors.

    Args:
        law: its name.
        parameters: the two.
        correlation: of the sampler's coordinates, near the posterior's peak.
        bent: whether the ridge is curved, which no linear adaptation of the sampler straightens.
        cure: coordinates without the ridge, where the formula has them.
    """

    law: str
    parameters: tuple[str, str]
    correlation: float
    bent: bool
    cure: Cure | None

    @property
    def text(self) -> str:
        """One sentence or two: what moves together, what it costs, and the cure."""
        first, second = self.parameters
        cost = (
            "The ridge is bent: sampling takes several times the steps and may fail its checks"
            if self.bent
            else "Sampling takes up to twice the steps"
        )
        cure = (
            f"Cure: {self.cure}; the prior keeps its meaning"
            if self.cure
            else "Cure: a [sampled] section with a parameter's value at the table's centre in its place, "
            "as on the page of chinchilla"
        )
        return (
            f"{first} and {second} of {self.law} move together (correlation {self.correlation:.3f} of what this table "
            f"leaves of them). {cost}. {cure}"
        )


def ridges(law: Law, runs: Runs) -> tuple[Ridge, ...]:
    """The pairs of a law's sampled parameters that a table cannot tell apart, the closest first.

    The posterior's shape is taken at its peak, from the slopes of the response, the scatter of the runs and the spread
    of the priors; nothing is sampled. A parameter stands in one ridge at most.

    Args:
        law: any law whose inputs the table has.
        runs: two runs or more.

    Raises:
        RunsError: the table lacks an input of the law, or holds a response that has no place on its scale.
        ArithmeticError: in the middle of its priors the law has no finite response at the runs.
    """
    names = list(law.sampled)
    value, covariance = _peak(law, runs)
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    found: list[Ridge] = []
    taken: set[str] = set()
    pairs = sorted(itertools.combinations(range(len(names)), 2), key=lambda pair: -abs(correlation[pair]))
    for i, j in pairs:
        if abs(correlation[i, j]) < NOTABLE or taken & {names[i], names[j]}:
            continue
        bent = any(
            _multiplies_a_power(law, names[k], names[other]) and spread[k] > BENT * abs(value[names[k]])
            for k, other in ((i, j), (j, i))
        )
        pair = (names[i], names[j])
        taken |= set(pair)
        found.append(Ridge(law.name, pair, float(correlation[i, j]), bent, cure(law, *pair) or cure(law, *pair[::-1])))
    return tuple(found)


def with_ridges(checked: Check, laws: Iterable[Law], runs: Runs) -> Check:
    """What was found in a table, with the pairs of some laws' parameters that it cannot tell apart.

    Args:
        checked: what was found in the table alone.
        laws: whose sampled parameters are looked over.
        runs: the table.

    Raises:
        RunsError: the table lacks an input of a law, or holds a response that has no place on its scale.
    """
    found: list[Ridge] = []
    notes = list(checked.notes)
    for law in laws:
        try:
            found += ridges(law, runs)
        except ArithmeticError as error:
            text = f"{law.name}: {error}, so whether its parameters can be told apart is not known"
            notes.append(Note("prior-without-response", text, warning=True))
    notes += [Note("ridge", ridge.text, warning=ridge.bent) for ridge in found]
    return replace(checked, notes=tuple(notes), ridges=(*checked.ridges, *found))


def _peak(law: Law, runs: Runs) -> tuple[Mapping[str, Any], np.ndarray]:
    """The law's sampled parameters at the posterior's peak, and the covariance of their coordinates there."""
    from scipy.optimize import least_squares

    design = Design(law, runs)
    inputs, fixed = design.inputs(), design.references
    response = design.link.on(runs.column("loss"))
    order = [name for name in law.priors if name in law.sampled]

    def values_at(coordinates: np.ndarray) -> dict[str, Any]:
        values: dict[str, Any] = dict(fixed.values)
        for name, coordinate in zip(order, coordinates, strict=True):
            values[name] = law.sampled[name].value(coordinate, values)
        return values

    def misses(coordinates: np.ndarray, noise: float) -> np.ndarray:
        values = values_at(coordinates)
        far = []
        for name, coordinate in zip(order, coordinates, strict=True):
            prior = law.sampled[name]
            low, middle, high = (prior.coordinate(prior.quantile(p, values), values) for p in (0.159, 0.5, 0.841))
            far.append((coordinate - middle) / ((high - low) / 2))
        curve = design.response(values | design.complete(values), inputs)
        off = (np.broadcast_to(curve, response.shape) - response) / noise
        return np.asarray(np.nan_to_num(np.concatenate([off, far]), nan=1e6, posinf=1e6, neginf=-1e6))

    values: dict[str, Any] = dict(fixed.values)
    start = []
    for name in order:
        values[name] = law.sampled[name].quantile(0.5, values)
        start.append(float(law.sampled[name].coordinate(values[name], values)))
    with np.errstate(all="ignore"):
        if (np.abs(misses(np.array(start), 1.0)) >= 1e6).any():
            raise ArithmeticError("no finite response in the middle of the priors")
        noise = max(LEAST_NOISE, 0.1 * float(np.std(response)))
        found = least_squares(misses, start, args=(noise,), x_scale="jac", max_nfev=MOST_STEPS)
        scatter = found.fun[: len(response)] * noise
        noise = max(LEAST_NOISE, 1.4826 * float(np.median(np.abs(scatter - np.median(scatter)))))
        found = least_squares(misses, found.x, args=(noise,), x_scale="jac", max_nfev=MOST_STEPS)
        covariance = np.linalg.pinv(found.jac.T @ found.jac)
    position = [order.index(name) for name in law.sampled]
    return values_at(found.x), covariance[np.ix_(position, position)]


def _multiplies_a_power(law: Law, name: str, other: str) -> bool:
    """Whether a parameter that is sampled as itself multiplies what the other one is the exponent of."""
    part = smallest(law.formula.tree, name, other)
    return FAMILIES[law.sampled[name].family].coordinate == "value" and part is not None and Name(name) in factors(part)
