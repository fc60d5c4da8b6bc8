"""An allocation: what to train with a compute budget, as ranges from every draw of every law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.decide.allocation.lifetime import Lifetime
from forecaster.decide.price import Cost
from forecaster.forecasts.answer import PointForecast
from forecaster.forecasts.optimum import Split, optimal_split
from forecaster.forecasts.result import Forecast
from forecaster.inputs import INPUTS
from forecaster.notes import Note
from forecaster.show.document import Document
from forecaster.show.result import Result
from forecaster.stats.mixture import ends_by_mass, interval, quantiles, summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

PATH_NODES = 12

NAMES = {name: INPUTS[name].word for name in ("N", "D")} | {"tokens_per_parameter": "tokens per parameter"}


@dataclass(frozen=True, eq=False)
class Allocated:
    """The answer for one budget.

    Args:
        C: the budget, FLOP, counted as the table counts it.
        split: pooled draws of the compute-optimal N.
        by_law: the same for each law alone, those that do not speak included.
        point: the forecast of a new run at the pooled median split.
        lifetime: the optimum with inference counted, where that was asked.
        cost: of the budget, where a price was given.
        notes: what a reader must hear about this budget.
    """

    C: float
    split: Split
    by_law: Mapping[str, Split]
    point: PointForecast
    lifetime: Lifetime | None
    cost: Cost | None
    notes: tuple[Note, ...]

    @property
    def weights(self) -> np.ndarray:
        """Of the laws that speak of the split, shape (law)."""
        return np.array([self.split.weights[str(name)] for name in self.split.log_N["law"].values])

    def draws(self, name: str = "N", *, split: Split | None = None) -> np.ndarray:
        """Draws of `N`, `D` or `tokens_per_parameter` at the optimum, shape (law, sample)."""
        split = split or self.split
        N = np.exp(split.log_N.values)
        D = self.C / (split.flop * N)
        return {"N": N, "D": D, "tokens_per_parameter": D / N}[name]

    def median(self, name: str = "N") -> float:
        """The value as likely to be exceeded as not, of `N`, `D` or `tokens_per_parameter`."""
        (found,) = quantiles(self.draws(name), self.weights, 0.5)
        assert found is not None
        return found

    def interval(self, mass: float = 0.9, *, name: str = "N") -> tuple[float, float]:
        """The equal-tailed range that holds `mass`, of `N`, `D` or `tokens_per_parameter`."""
        low, high = interval(self.draws(name), self.weights, mass)
        assert low is not None and high is not None
        return low, high

    def as_dict(self, weights: Mapping[str, float]) -> dict[str, Any]:
        """JSON-ready; `by_law` has each law's own optimum, and its forecast at the pooled median split.

        Args:
            weights: of the laws in the forecast of the loss.
        """
        point = self.point.as_dict(weights, ())
        by_law: dict[str, Any] = {}
        for name, said in point["by_law"].items():
            by_law[name] = {"weight": said["weight"], "split_weight": self.split.weights.get(name, 0.0)}
            by_law[name]["loss"] = {each: said[each] for each in ("median", "interval", "mcse")}
            if name in self.by_law:
                alone = self.by_law[name]
                by_law[name] |= {each: summary(self.draws(each, split=alone), np.ones(1)) for each in NAMES}
        found = {
            "C": self.C,
            **{name: summary(self.draws(name), self.weights) for name in NAMES},
            "loss": {name: point[name] for name in ("median", "interval", "mcse")},
            "by_law": by_law,
            "at": point["at"],
            "at_edge": self.split.at_edge,
            "notes": [note.as_dict() for note in self.notes],
        }
        if self.lifetime is not None:
            found["lifetime"] = self.lifetime.as_dict()
        if self.cost is not None:
            found["cost"] = self.cost.as_dict()
        return found


@dataclass(frozen=True, eq=False)
class Allocation(Result):
    """What to train with each of some budgets.

    Args:
        budgets: the answer for each.
        forecast: of new runs at the pooled median splits; its fits, weights, verdicts and notes.
        speaking: names of the laws that speak of the split.
        params: a number of parameters that the user named, if any.
        notes: what a reader must hear about the whole, beside the forecast's own.
    """

    budgets: tuple[Allocated, ...]
    forecast: Forecast
    speaking: tuple[str, ...]
    params: float | None
    notes: tuple[Note, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row a budget and quantity: median and the ends of the 50, 80, 90 and 95% ranges."""
        import pandas as pd

        rows = []
        for each in self.budgets:
            for name in NAMES:
                row: dict[str, Any] = {"C": each.C, "quantity": name, "median": each.median(name)}
                rows.append(row | ends_by_mass(partial(each.interval, name=name)))
            row = {"C": each.C, "quantity": "loss", "median": each.point.predictive.median}
            rows.append(row | ends_by_mass(each.point.predictive.interval))
        return pd.DataFrame(rows)

    @cached_property
    def path(self) -> tuple[Split, ...]:
        """The optimum along compute, from the smallest run to a little beyond the largest budget, for a figure."""
        C = self.forecast.runs.column("C")
        largest = max(float(C.max()), *(each.C for each in self.budgets))
        others = others_of(self.budgets[0].point.at)
        budgets = np.geomspace(float(C.min()), 1.5 * largest, PATH_NODES)
        return tuple(split_of(self.forecast, float(each), others, self.speaking) for each in budgets)

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.decide.allocation.text import allocation_document

        return allocation_document(self)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the key `allocation` of the command-line contract, verdicts, weights and notes."""
        from forecaster.forecasts.text import stamps

        whole = self.forecast.as_dict()
        return {
            "allocation": [each.as_dict(self.forecast.weights) for each in self.budgets],
            "split_laws": list(self.speaking),
            "verdict": whole["verdict"],
            "weights": whole["weights"],
            "notes": [*whole["notes"], *(note.as_dict() for note in self.notes)],
            "unchecked": self.forecast.unchecked,
            "stamps": stamps(self.forecast),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The isoFLOP curves with the runs and the optimum."""
        from forecaster.decide.allocation.plot import plot_isoflop

        return plot_isoflop(self, ax)


def split_of(answer: Forecast, C: float, others: Mapping[str, float], speaking: Sequence[str]) -> Split:
    """The optimum of a budget from a forecast's fits, weights and seed, of the laws that are named."""
    return optimal_split(answer.fits, C, weights=answer.weights, others=others, speaking=speaking, seed=answer.seed)


def others_of(at: Mapping[str, float]) -> dict[str, float]:
    """What a point gives besides N, D and C."""
    return {name: value for name, value in at.items() if name not in ("N", "D", "C")}
