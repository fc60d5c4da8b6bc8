"""The search for what a target takes: every draw of every law along one path of points, from small to vast ones."""

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
from forecaster.inputs import Input
from forecaster.runs.points import Target
from forecaster.stats.link import Link
from forecaster.stats.mixture import Band, quantiles

REACH = 1e12
"""How many times the largest run is searched; over dates its e-folds are years."""

BELOW = 1e3
"""How far below the smallest run the search begins."""

PATH_NODES = 20

PATH_DRAWS = 1_000

NODES = 48

BISECTIONS = 16


@dataclass(frozen=True, eq=False)
class Search:
    """A path over one input, and the laws' draws on it.

    Args:
        forecast: whose fits, weights, seed and extrapolation term are used.
        held: inputs held along the path.
        over: the input that is solved for.
        log_x: its logarithm where the path begins, ends, and where its N is known; rising, shape (node).
        log_N: the pooled median of the optimal split there, shape (node); empty where N or D is held, no law reads
            them, or compute is not what is solved for.
        flop_rule: what the table counts as one parameter's work on one token, FLOP.
    """

    forecast: Forecast
    held: Mapping[str, float]
    over: str
    log_x: np.ndarray
    log_N: np.ndarray
    flop_rule: float

    @classmethod
    def of(cls, forecast: Forecast, held: Mapping[str, float], over: str) -> Search:
        """The path of a forecast's laws over an input: over compute along the optimal split, or with N or D held."""
        x = forecast.runs.column(over)
        log_C = np.linspace(np.log(x.min() / BELOW), np.log(x.max() * REACH), PATH_NODES)
        splits = over == "C" and any({"N", "D"} <= set(fit.law.inputs) for fit in forecast.fits)
        log_N = np.empty(0)
        if splits and not {"N", "D"} & held.keys():
            few = [thinned(fit, PATH_DRAWS) for fit in forecast.fits]
            found = [
                optimal_split(few, float(np.exp(each)), weights=forecast.weights, others=held, seed=forecast.seed).N
                for each in log_C
            ]
            log_N = np.log(found)
        return cls(forecast, dict(held), over, log_C, log_N, forecast.runs.flop_per_parameter_token)

    @property
    def link(self) -> Link:
        """The scale of the laws' noise."""
        return self.forecast.fits[0].link

    @cached_property
    def what(self) -> Input:
        """What is solved for, as the table calls it."""
        return self.forecast.runs.input(self.over)

    @cached_property
    def largest(self) -> float:
        """The most that a run has of what is solved for."""
        return float(self.forecast.runs.column(self.over).max())

    @property
    def smallest(self) -> float:
        """The least that a run has of it."""
        return float(self.forecast.runs.column(self.over).min())

    def inputs(self, log_x: Any) -> dict[str, Any]:
        """Every input along the path, each of the shape of the logarithm of what is solved for where it moves."""
        found: dict[str, Any] = {**self.held, self.over: np.exp(log_x)}
        if len(self.log_N):
            found["N"] = np.exp(np.interp(log_x, self.log_x, self.log_N))
        return found | third_of(found, self.flop_rule)

    def point(self, amount: float) -> dict[str, float]:
        """The path's point at some amount of what is solved for."""
        return {name: float(value) for name, value in self.inputs(np.log(amount)).items()}

    def ratios(self, amounts: np.ndarray) -> np.ndarray:
        """The table's scale over its largest at some amounts, of their shape."""
        scale = self.inputs(np.log(amounts))[self.forecast.runs.scale]
        return np.broadcast_to(scale / self.forecast.fits[0].references.scale_largest, amounts.shape)

    @cached_property
    def _laws(self) -> tuple[LawDraws, ...]:
        return law_draws(self.forecast.ensemble, term=self.forecast.extrapolation, seed=self.forecast.seed)

    @cached_property
    def _nodes(self) -> np.ndarray:
        return np.linspace(self.log_x[0], self.log_x[-1], NODES)

    @cached_property
    def _curves(self) -> list[np.ndarray]:
        """Each law's curve on the link at the nodes, shape (sample, node)."""
        shape = (len(self._laws[0].numbers), NODES)
        # Far out a score may come to 1 itself, whose logit is infinite.
        with np.errstate(divide="ignore", invalid="ignore"):
            return [np.broadcast_to(law.curve(self.inputs(self._nodes)), shape) for law in self._laws]

    @property
    def rises(self) -> bool:
        """Whether the mixture's mean curve rises from the smallest run to the largest."""
        low, high = (int(np.abs(self._nodes - np.log(each)).argmin()) for each in (self.smallest, self.largest))
        change = [float((m[:, high] - m[:, low]).mean()) for m in self._curves]
        return float(self.forecast.ensemble.shares @ change) >= 0

    def best(self, target: Target) -> Band:
        """The response farthest in a target's direction that each draw's curve reaches on the path."""
        draws = np.stack([m.max(axis=1) if target.above else m.min(axis=1) for m in self._curves])
        return Band(draws, self.forecast.ensemble.shares, self.forecast.fits[0].settings.chains, self.link)

    def meets(self, response: np.ndarray, target: Target) -> np.ndarray:
        """Whether responses on the scale of the link meet a target."""
        goal = self.link.threshold(target.value)
        return response >= goal if target.above else response <= goal

    def amounts(self, target: Target) -> tuple[np.ndarray, np.ndarray]:
        """The least amount at which each draw's run meets the target, and whether its curve alone ever does.

        Args:
            target: with its direction.

        Returns:
            Amounts of what is solved for, infinite where the curve never gets there or the run never meets it; and
            booleans; each of shape (law, sample).
        """
        found, reached = [], []
        for law, curve in zip(self._laws, self._curves, strict=True):
            able = self.meets(curve, target).any(axis=1)
            met = self._met(law, self._nodes, target)
            first = met.argmax(axis=1)
            high = self._nodes[first][:, None]
            low = self._nodes[np.maximum(first - 1, 0)][:, None]
            for _ in range(BISECTIONS):
                middle = (low + high) / 2
                here = self._met(law, middle, target)
                low, high = np.where(here, low, middle), np.where(here, middle, high)
            found.append(np.where(able & met.any(axis=1), np.exp((low + high) / 2)[:, 0], np.inf))
            reached.append(able)
        return np.stack(found), np.stack(reached)

    def _met(self, law: LawDraws, log_x: np.ndarray, target: Target) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.meets(law.run(self.inputs(log_x)), target)

    def chance(self, target: Target, amounts: np.ndarray) -> np.ndarray:
        """The chance that a new run on the path meets the target, the same as of a forecast there, shape (amount)."""
        inputs = self.inputs(np.log(amounts))
        at = {name: np.broadcast_to(np.asarray(value, dtype=float), amounts.shape) for name, value in inputs.items()}
        answer = self.forecast
        draws = predict(answer.ensemble, at, term=answer.extrapolation, seed=answer.seed).predictive
        return np.asarray(self.forecast.ensemble.shares @ self.meets(draws, target).mean(axis=1))

    def curve_amounts(self, needed: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
        """Amounts that span the distribution of what is needed, evenly on their logarithm."""
        low, middle, high = quantiles(needed, weights, [0.01, 0.5, 0.99])
        finite = needed[np.isfinite(needed)]
        start = low or (float(finite.min()) if len(finite) else self.largest)
        end = high or (float(np.quantile(finite, 0.9)) if len(finite) else start)
        bottom, top = np.exp(self.log_x[[0, -1]])
        # Far beyond what was studied a curve would only creep towards its end; its middle must be on it.
        far = max(10 * STUDIED * self.largest, middle or 0.0)
        most = max(min(end, far), 10 * start)
        return np.geomspace(max(start / 2, bottom), min(2 * most, top), count)


def third_of(known: Mapping[str, Any], flop: float) -> dict[str, Any]:
    """The third of N, D and C where two of them are known; nothing else.

    Args:
        known: numbers, or arrays that broadcast.
        flop: what a table counts as one parameter's work on one token.
    """
    match "N" in known, "D" in known, "C" in known:
        case True, True, False:
            return {"C": flop * known["N"] * known["D"]}
        case True, False, True:
            return {"D": known["C"] / (flop * known["N"])}
        case False, True, True:
            return {"N": known["C"] / (flop * known["D"])}
    return {}
