"""Copies: laws that say the same under two names, and so count as one where laws share out weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecaster.fits.posterior import Fit
from forecaster.laws.formula.algebra import replaced
from forecaster.laws.formula.tree import Name, Node
from forecaster.laws.law import Law

Groups = tuple[tuple[str, ...], ...]
"""Names of laws that say the same, a tuple for each two or more of them."""

PLACES = (1.0, 10.0, 100.0)
"""Where laws are compared, in times the largest run, besides the smallest run."""

ALONE = 10.0
"""And where N alone, or D alone, is so many times that of the largest run."""

APART, SPREAD = 0.15, 1.15
"""Copies' means lie less than so many standard deviations apart at every place, their spreads within the factor. Fits
of one law with other random numbers are about .03 apart."""

DRAWS = 3_000
"""Of each law that are compared."""


def copies(fits: Sequence[Fit]) -> Groups:
    """Which laws say the same: by one formula whatever its parameters are called, or by curves that nearly agree.

    Curves are compared from the smallest run to a hundred times the largest, by the mean and the spread of their draws:
    laws that agree only where there are runs are rivals.

    Args:
        fits: of one table.
    """
    if len(fits) < 2:
        return ()
    said = {fit.law.name: _curves(fit) for fit in fits}
    laws = {fit.law.name: fit.law for fit in fits}
    groups: list[list[str]] = []
    for name, law in laws.items():
        for group in groups:
            if _is_same(law, laws[group[0]]) or _agree(said[name], said[group[0]]):
                group.append(name)
                break
        else:
            groups.append([name])
    return tuple(tuple(group) for group in groups if len(group) > 1)


def _curves(fit: Fit) -> np.ndarray:
    """Mean and standard deviation of a law's response, free of noise, at the places, shape (2, place)."""
    scale, inputs = fit.runs.column(fit.runs.scale), fit.design.inputs()
    smallest, largest = (
        {name: values[row] for name, values in inputs.items()} for row in (scale.argmin(), scale.argmax())
    )
    asked = [smallest, *(fit.design.moved(largest, np.log(times)) for times in PLACES)]
    counts = [name for name, column in fit.design.columns.items() if column in ("N", "D")]
    asked += [largest | {name: ALONE * largest[name]} for name in counts]
    values = {name: draws[:: 1 + (len(draws) - 1) // DRAWS] for name, draws in fit.flat_draws().items()}
    with np.errstate(all="ignore"):
        draws = np.stack([fit.design.response(values, at) for at in asked])
        return np.stack([draws.mean(axis=1), draws.std(axis=1)])


def _agree(one: np.ndarray, other: np.ndarray) -> bool:
    (mean, sd), (mean_too, sd_too) = one, other
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return False
    near = np.abs(mean - mean_too) <= APART * np.minimum(sd, sd_too)
    return bool((near & (np.maximum(sd, sd_too) <= SPREAD * np.minimum(sd, sd_too))).all())


def _is_same(one: Law, other: Law) -> bool:
    return dict(one.inputs) == dict(other.inputs) and one.link == other.link and _anonymous(one) == _anonymous(other)


def _anonymous(law: Law) -> Node:
    """A law's formula with its parameters called by the order in which they appear."""
    own = [name for name in law.formula.names if name in law.parameters]
    return replaced(law.formula.tree, {name: Name(f"_{i}") for i, name in enumerate(own)})
