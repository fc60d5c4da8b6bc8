"""A requirement: how much a target takes of an input, as a distribution and as a chance over amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.decide.price import Cost
from forecaster.forecasts.result import Forecast
from forecaster.inputs import Input, input_of
from forecaster.notes import Note
from forecaster.quantity import finite
from forecaster.runs.points import Target
from forecaster.show.document import Document
from forecaster.show.result import Result
from forecaster.stats.mixture import ends_by_mass, interval, quantiles, summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BUDGET_CHANCES = (0.5, 0.8, 0.9, 0.95)
"""Chances whose budget is given beside the distribution."""

SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the amount at which it is said what would be trained."""


@dataclass(frozen=True, eq=False)
class Required:
    """The answer for one target.

    Args:
        target: the response to be met, with its direction.
        what: the input that is solved for, such as compute or documents.
        amounts: draws of what a new run needs of it, shape (law, sample); infinite where none meets the target.
        ratios: the table's scale over its largest there, of the same shape.
        reached: whether the law's curve alone ever gets there, shape (law, sample).
        names: of the laws.
        weights: of the laws, shape (law).
        curve_at: points along the path, each with every input that the laws need and the table's scale.
        chance: of meeting the target at each, the same that `forecast` gives there, shape (point).
        trained: what would be trained at quantiles of the amount, by probability: those of N, D and C on the path that
            follow from it; nothing for a quantile among unreachable draws.
        cost: of the compute, where a price was given.
        notes: what a reader must hear about this target.
    """

    target: Target
    what: Input
    amounts: np.ndarray
    ratios: np.ndarray
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
        """What meets the target as likely as not; None where that lies among unreachable draws."""
        return quantiles(self.amounts, self.weights, 0.5)[0]

    def interval(self, mass: float = 0.9) -> tuple[float | None, float | None]:
        """The equal-tailed range of the amount that holds `mass`; None for an end among unreachable draws."""
        return interval(self.amounts, self.weights, mass)

    def budget(self, chance: float) -> float | None:
        """The amount at which the share of draws that meet the target is `chance`; FLOP for compute."""
        return quantiles(self.amounts, self.weights, chance)[0]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; numbers that do not exist are None."""
        name = self.what.name
        found = {
            "target": self.target.value,
            "direction": self.target.direction,
            "reachable_probability": self.reachable_probability,
            name: self._summary(self.amounts, self.weights),
            "trained": {
                f"{100 * p:g}%": {key: finite(value) for key, value in at.items()} for p, at in self.trained.items()
            },
            "budget": [{"chance": chance, name: self.plain(self.budget(chance))} for chance in BUDGET_CHANCES],
            "curve": [
                {key: input_of(key).plain(value) for key, value in at.items()} | {"probability": float(chance)}
                for at, chance in zip(self.curve_at, self.chance, strict=True)
            ],
            "by_law": {
                law: {
                    "weight": float(self.weights[i]),
                    "reachable_probability": float(self.reached[i].mean()),
                    name: self._summary(self.amounts[i : i + 1], np.ones(1)),
                }
                for i, law in enumerate(self.names)
            },
            "notes": [note.as_dict() for note in self.notes],
        }
        if self.cost is not None:
            found["cost"] = self.cost.as_dict()
        return found

    def plain(self, amount: float | None) -> float | str | None:
        """An amount for JSON and tables: a date as text."""
        return None if amount is None else self.what.plain(amount)

    def _summary(self, amounts: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        found = summary(amounts, weights)
        if not self.what.is_date:
            return found
        ends = {
            mass: list(map(self.plain, interval(amounts, weights, float(mass) / 100))) for mass in found["interval"]
        }
        return {"median": self.plain(quantiles(amounts, weights, 0.5)[0]), "interval": ends}


@dataclass(frozen=True, eq=False)
class Requirement(Result):
    """What some targets take.

    Args:
        targets: the answer for each.
        forecast: the forecast at the median compute of each target that has one; its fits, weights and verdicts.
        held: inputs held along the path, such as N; over compute, without N and D among them, the path is the pooled
            median of the compute-optimal split.
        what: the input that is solved for.
        largest: the most that a run has of it.
    """

    targets: tuple[Required, ...]
    forecast: Forecast
    held: Mapping[str, float]
    what: Input
    largest: float

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a target: the chance to reach it, the median amount and the ends of its ranges; FLOP for compute."""
        import pandas as pd

        rows = []
        for each in self.targets:
            row: dict[str, Any] = {"target": each.target.value, "direction": each.target.direction}
            row |= {"reachable": each.reachable_probability, f"median {self.what.name}": each.plain(each.median)}
            rows.append(row | {end: each.plain(value) for end, value in ends_by_mass(each.interval).items()})
        return pd.DataFrame(rows)

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.decide.requirement.text import requirement_document

        return requirement_document(self)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the key `requirement` of the command-line contract, verdicts, weights and notes."""
        from forecaster.forecasts.text import stamps

        whole = self.forecast.as_dict()
        return {
            "requirement": [each.as_dict() for each in self.targets],
            "held": {name: input_of(name).plain(value) for name, value in self.held.items()},
            "verdict": whole["verdict"],
            "weights": whole["weights"],
            "notes": whole["notes"],
            "unchecked": self.forecast.unchecked,
            "stamps": stamps(self.forecast),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The chance of each target over what is solved for."""
        from forecaster.decide.requirement.plot import plot_chance

        return plot_chance(self, ax)
