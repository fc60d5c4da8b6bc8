"""A bar: the forecast of one run with one choice behind it made otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from forecaster.assess.sensitivity.variations import Kind
from forecaster.fits.power_scaling import Power
from forecaster.quantity import Digits, finite
from forecaster.runs.points import Target
from forecaster.runs.table import Runs
from forecaster.show.document import Document
from forecaster.show.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

How = Literal["importance", "refit", "exact"]


@dataclass(frozen=True)
class Bar:
    """The forecast of a new run under one variation.

    Args:
        name: what was varied, in plain words.
        kind: which choice that is; `base` for the forecast itself.
        median: in the response's unit.
        low: lower end of the equal-tailed 90% range, extrapolation term and run noise included.
        high: its upper end.
        how: `importance` (the forecast's own draws weighted), `refit` (a law or more sampled anew), or `exact`.
        pareto_k: the largest of the weights tried, also where they could not be relied on and a law was sampled anew;
            None where no weights were tried. Infinite where it could not be told.
        probability: the chance of meeting each of the targets.
    """

    name: str
    kind: Kind | Literal["base"]
    median: float
    low: float
    high: float
    how: How
    pareto_k: float | None
    probability: tuple[float, ...]

    def moved(self, base: Bar) -> float:
        """The most that the median or an end of the range lies from the base's, in the response's unit."""
        return max(abs(self.median - base.median), abs(self.low - base.low), abs(self.high - base.high))

    def as_dict(self, targets: Sequence[Target]) -> dict[str, Any]:
        """JSON-ready; a number that does not exist is None.

        Args:
            targets: values of the response whose chance is given.
        """
        chances = zip(targets, self.probability, strict=True)
        return {
            "name": self.name,
            "kind": self.kind,
            "median": finite(self.median),
            "interval": {"90": [finite(self.low), finite(self.high)]},
            "targets": [
                {"value": target.value, "direction": target.direction, "probability": chance}
                for target, chance in chances
            ],
            "how": self.how,
            "pareto_k": finite(self.pareto_k),
        }


def read_bar(data: Mapping[str, Any]) -> Bar:
    """A bar from its fields.

    Raises:
        ValueError, KeyError, TypeError: they are not those of a bar.
    """
    numbers: dict[str, Any] = {name: float(data[name]) for name in ("median", "low", "high")}
    return replace(Bar(**data), **numbers, probability=tuple(float(chance) for chance in data["probability"]))


@dataclass(frozen=True)
class Sensitivity(Result):
    """How much a forecast at one point hangs on each of the choices behind it.

    Args:
        point: as it was asked for.
        targets: values of the response whose chance was asked, each with its direction.
        base: the forecast itself.
        bars: the same forecast with one choice made otherwise, the largest effect first.
        power: of each law, whether priors or data carry its response at the point and its parameters.
        left_out: what could not be given, and why, in one line each.
        digits: with which numbers are printed, those that the Monte Carlo error of the base leaves.
        runs: the table.
    """

    point: str
    targets: tuple[Target, ...]
    base: Bar
    bars: tuple[Bar, ...]
    power: tuple[Power, ...]
    left_out: Mapping[str, str]
    digits: Digits
    runs: Runs = field(repr=False, compare=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row a bar, the base first: kind, median, ends of the 90% range, chances, how, Pareto k."""
        import pandas as pd

        rows = []
        for bar in (self.base, *self.bars):
            row = {"variation": bar.name, "kind": bar.kind, "median": bar.median, "low": bar.low, "high": bar.high}
            chances = zip(self.targets, bar.probability, strict=True)
            row |= {target.column: chance for target, chance in chances}
            rows.append(row | {"how": bar.how, "pareto_k": bar.pareto_k})
        return pd.DataFrame(rows).set_index("variation").astype({"pareto_k": float})

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.assess.sensitivity.text import sensitivity_document

        return sensitivity_document(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The tornado."""
        from forecaster.assess.sensitivity.plot import plot_tornado

        return plot_tornado(self, ax)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, at full precision."""
        return {
            "asked": self.point,
            "base": self.base.as_dict(self.targets),
            "bars": [bar.as_dict(self.targets) for bar in self.bars],
            "power_scaling": [power.as_dict() for power in self.power],
            "left_out": dict(self.left_out),
        }
