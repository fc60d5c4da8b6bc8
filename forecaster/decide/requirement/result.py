"""A requirement: the compute that a target takes, as a distribution and as a chance over compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.decide.price import Cost
from forecaster.forecasts.result import Forecast
from forecaster.notes import Note
from forecaster.quantity import finite
from forecaster.show.document import Document
from forecaster.show.result import Result
from forecaster.stats.mixture import ends_by_mass, interval, quantiles, summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BUDGET_CHANCES = (0.5, 0.8, 0.9, 0.95)
"""Chances whose budget is given beside the distribution."""

SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the compute at which it is said what would be trained."""


@dataclass(frozen=True, eq=False)
class Required:
    """The answer for one target.

    Args:
        target: the response to be met, in its own unit.
        flop: draws of the compute at which a new run meets it, shape (law, sample); infinite where none does.
        reached: whether the law's curve alone ever gets there, shape (law, sample).
        names: of the laws.
        weights: of the laws, shape (law).
        curve_at: points along the path, each with every input that the laws need and C.
        chance: of meeting the target at each, the same that `forecast` gives there, shape (point).
        trained: what would be trained at quantiles of the compute, by probability: N and D on the path, where the laws
            read them; nothing for a quantile among unreachable draws.
        cost: of the compute, where a price was given.
        notes: what a reader must hear about this target.
    """

    target: float
    flop: np.ndarray
    reached: np.ndarray
    names: tuple[str, ...]
    weights: np.ndarray
    curve_at: tuple[Mapping[str, float], ...]
    chance: np.ndarray
    trained: Mapping[float, Mapping[str, float]]
    cost: Cost | None
    notes: tuple[Note, ...]

    @property
    def reachable_probability(self) -> float:
        """The chance that the law's curve, without the extrapolation term, reaches the target at all."""
        return float(self.weights @ self.reached.mean(axis=1))

    @property
    def median(self) -> float | None:
        """The compute that meets the target as likely as not, FLOP; None where that lies among unreachable draws."""
        return quantiles(self.flop, self.weights, 0.5)[0]

    def interval(self, mass: float = 0.9) -> tuple[float | None, float | None]:
        """The equal-tailed range of the compute that holds `mass`, FLOP; None for an end among unreachable draws."""
        return interval(self.flop, self.weights, mass)

    def budget(self, chance: float) -> float | None:
        """The compute at which the share of draws that meet the target is `chance`, FLOP."""
        return quantiles(self.flop, self.weights, chance)[0]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; numbers that do not exist are None."""
        found = {
            "target": self.target,
            "reachable_probability": self.reachable_probability,
            "C": summary(self.flop, self.weights),
            "trained": {
                f"{100 * p:g}%": {name: finite(value) for name, value in at.items()} for p, at in self.trained.items()
            },
            "budget": [{"chance": chance, "C": self.budget(chance)} for chance in BUDGET_CHANCES],
            "curve": [
                {**at, "probability": float(chance)} for at, chance in zip(self.curve_at, self.chance, strict=True)
            ],
            "by_law": {
                name: {
                    "weight": float(self.weights[i]),
                    "reachable_probability": float(self.reached[i].mean()),
                    "C": summary(self.flop[i : i + 1], np.ones(1)),
                }
                for i, name in enumerate(self.names)
            },
            "notes": [note.as_dict() for note in self.notes],
        }
        if self.cost is not None:
            found["cost"] = self.cost.as_dict()
        return found


@dataclass(frozen=True, eq=False)
class Requirement(Result):
    """What some targets take.

    Args:
        targets: the answer for each.
        forecast: the forecast at the median compute of each target that has one; its fits, weights and verdicts.
        held: inputs held along the path, such as N; without N and D among them the path is the pooled median of the
            compute-optimal split.
        largest: the largest training compute, FLOP.
    """

    targets: tuple[Required, ...]
    forecast: Forecast
    held: Mapping[str, float]
    largest: float

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a target: the chance to reach it, median compute and the ends of its ranges, FLOP."""
        import pandas as pd

        rows = []
        for each in self.targets:
            row = {"target": each.target, "reachable": each.reachable_probability, "median C": each.median}
            rows.append(row | ends_by_mass(each.interval))
        return pd.DataFrame(rows)

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.decide.requirement.text import requirement_document

        return requirement_document(self)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the key `requirement` of the command-line contract, verdicts, weights and notes."""
        whole = self.forecast.as_dict()
        return {
            "requirement": [each.as_dict() for each in self.targets],
            "held": dict(self.held),
            "verdict": whole["verdict"],
            "weights": whole["weights"],
            "notes": whole["notes"],
            "unchecked": self.forecast.unchecked,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The chance of each target over compute."""
        from forecaster.decide.requirement.plot import plot_chance

        return plot_chance(self, ax)
