"""The search for compute: every draw of every law along one path of points, from small budgets to vast ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from forecaster.fits.extrapolation import STUDIED
from forecaster.fits.posterior import thinned
from forecaster.fits.predict import LawDraws, law_draws, predict
from forecaster.forecasts.optimum import optimal_split
from forecaster.forecasts.result import Forecast
from forecaster.stats.link import Link
from forecaster.stats.mixture import Band, quantiles

REACH = 1e12
"""How many times the largest run's compute is searched."""

BELOW = 1e3
"""How far below the smallest run the search begins."""

PATH_NODES = 20

PATH_DRAWS = 1_000

NODES = 48

BISECTIONS = 16


@dataclass(frozen=True, eq=False)
class Search:
    """A path over compute, and the laws' draws on it.

    Args:
        forecast: whose fits, weights, seed and extrapolation term are used.
        held: inputs held along the path.
        log_C: where the path's N is known, rising, shape (node).
        log_N: the pooled median of the optimal split there, shape (node); empty where N or D is held or no law reads
            them.
        flop_rule: what the table counts as one parameter's work on one token, FLOP.
    """

    forecast: Forecast
    held: Mapping[str, float]
    log_C: np.ndarray
    log_N: np.ndarray
    flop_rule: float

    @classmethod
    def of(cls, forecast: Forecast, held: Mapping[str, float]) -> Search:
        """The path of a forecast's laws: along the optimal split, or with N or D held."""
        C = forecast.runs.column("C")
        log_C = np.linspace(np.log(C.min() / BELOW), np.log(C.max() * REACH), PATH_NODES)
        splits = any({"N", "D"} <= set(fit.law.inputs) for fit in forecast.fits)
        log_N = np.empty(0)
        if splits and not {"N", "D"} & held.keys():
            few = [thinned(fit, PATH_DRAWS) for fit in forecast.fits]
            found = [
                optimal_split(few, float(np.exp(each)), weights=forecast.weights, others=held, seed=forecast.seed).N
                for each in log_C
            ]
            log_N = np.log(found)
        return cls(forecast, dict(held), log_C, log_N, forecast.runs.flop_per_parameter_token)

    @property
    def link(self) -> Link:
        """The scale of the laws' noise."""
        return self.forecast.fits[0].link

    @cached_property
    def largest(self) -> float:
        """The largest training compute, FLOP."""
        return self.forecast.fits[0].references.scale_largest

    @property
    def smallest(self) -> float:
        """The smallest training compute, FLOP."""
        return float(self.forecast.runs.column("C").min())

    def inputs(self, log_C: Any) -> dict[str, Any]:
        """Every input along the path, each of the shape of log C where it moves."""
        C = np.exp(log_C)
        found: dict[str, Any] = {**self.held, "C": C}
        if len(self.log_N):
            found["N"] = np.exp(np.interp(log_C, self.log_C, self.log_N))
        if "N" in found:
            found["D"] = C / (self.flop_rule * found["N"])
        elif "D" in found:
            found["N"] = C / (self.flop_rule * found["D"])
        return found

    def point(self, budget: float) -> dict[str, float]:
        """The path's point at some compute, FLOP."""
        return {name: float(value) for name, value in self.inputs(np.log(budget)).items()}

    @cached_property
    def _laws(self) -> tuple[LawDraws, ...]:
        return law_draws(self.forecast.ensemble, term=self.forecast.extrapolation, seed=self.forecast.seed)

    @cached_property
    def _nodes(self) -> np.ndarray:
        return np.linspace(self.log_C[0], self.log_C[-1], NODES)

    @cached_property
    def _curves(self) -> list[np.ndarray]:
        """Each law's curve on the link at the nodes, shape (sample, node)."""
        shape = (len(self._laws[0].numbers), NODES)
        return [np.broadcast_to(law.curve(self.inputs(self._nodes)), shape) for law in self._laws]

    @property
    def rises_nowhere(self) -> bool:
        """Whether the mixture's mean curve falls from the smallest run to the largest."""
        low, high = (int(np.abs(self._nodes - np.log(each)).argmin()) for each in (self.smallest, self.largest))
        falls = [float((m[:, high] - m[:, low]).mean()) for m in self._curves]
        return float(self.forecast.ensemble.shares @ falls) < 0

    def lowest(self) -> Band:
        """The least response that each draw's curve reaches on the path."""
        draws = np.stack([m.min(axis=1) for m in self._curves])
        return Band(draws, self.forecast.ensemble.shares, self.forecast.fits[0].settings.chains, self.link)

    def flop(self, target: float) -> tuple[np.ndarray, np.ndarray]:
        """The least compute at which each draw's run meets the target, and whether its curve alone ever does.

        Args:
            target: in the response's unit.

        Returns:
            FLOP, infinite where the curve never gets there or the run never meets it; and booleans; each of shape
            (law, sample).
        """
        goal = self.link.threshold(target)
        found, reached = [], []
        for law, curve in zip(self._laws, self._curves, strict=True):
            able = (curve <= goal).any(axis=1)
            met = law.run(self.inputs(self._nodes)) <= goal
            first = met.argmax(axis=1)
            high = self._nodes[first][:, None]
            low = self._nodes[np.maximum(first - 1, 0)][:, None]
            for _ in range(BISECTIONS):
                middle = (low + high) / 2
                here = law.run(self.inputs(middle)) <= goal
                low, high = np.where(here, low, middle), np.where(here, middle, high)
            found.append(np.where(able & met.any(axis=1), np.exp((low + high) / 2)[:, 0], np.inf))
            reached.append(able)
        return np.stack(found), np.stack(reached)

    def chance(self, target: float, budgets: np.ndarray) -> np.ndarray:
        """The chance that a new run on the path meets the target, the same as of a forecast there, shape (budget)."""
        inputs = self.inputs(np.log(budgets))
        at = {name: np.broadcast_to(np.asarray(value, dtype=float), budgets.shape) for name, value in inputs.items()}
        answer = self.forecast
        draws = predict(answer.ensemble, at, term=answer.extrapolation, seed=answer.seed).predictive
        met = draws <= self.link.threshold(target)
        return np.asarray(self.forecast.ensemble.shares @ met.mean(axis=1))

    def curve_budgets(self, flop: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
        """Budgets that span the distribution of the compute needed, evenly on their logarithm."""
        low, middle, high = quantiles(flop, weights, [0.01, 0.5, 0.99])
        finite = flop[np.isfinite(flop)]
        start = low or (float(finite.min()) if len(finite) else self.largest)
        end = high or (float(np.quantile(finite, 0.9)) if len(finite) else start)
        bottom, top = np.exp(self.log_C[[0, -1]])
        # Far beyond what was studied a curve would only creep towards its end; its middle must be on it.
        far = max(10 * STUDIED * self.largest, middle or 0.0)
        most = max(min(end, far), 10 * start)
        return np.geomspace(max(start / 2, bottom), min(2 * most, top), count)
