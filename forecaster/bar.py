"""A bar: the forecast of one run with one choice behind it made otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from forecaster.variation import Kind

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
        probability: the chance of ending at or below each of the targets.
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

    def as_dict(self, targets: Sequence[float], decimals: int) -> dict[str, Any]:
        """JSON-ready; a number that does not exist is None.

        Args:
            targets: values of the response whose chance is given.
            decimals: places of numbers in the response's unit.
        """

        def rounded(value: float | None, places: int) -> float | None:
            return round(value, places) if value is not None and math.isfinite(value) else None

        chances = zip(targets, self.probability, strict=True)
        return {
            "name": self.name,
            "kind": self.kind,
            "median": rounded(self.median, decimals),
            "interval": {"90": [rounded(self.low, decimals), rounded(self.high, decimals)]},
            "targets": [{"value": target, "probability": round(chance, 4)} for target, chance in chances],
            "how": self.how,
            "pareto_k": rounded(self.pareto_k, 2),
        }


def read_bar(data: Mapping[str, Any]) -> Bar:
    """A bar from its fields.

    Raises:
        ValueError, KeyError, TypeError: they are not those of a bar.
    """
    numbers: dict[str, Any] = {name: float(data[name]) for name in ("median", "low", "high")}
    return replace(Bar(**data), **numbers, probability=tuple(float(chance) for chance in data["probability"]))
