"""The contour of one law along which models of every size reach the loss of a training budget, and its optimum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecaster.fits.design import Design
from forecaster.fits.posterior import Fit
from forecaster.forecasts.optimum import Split, minimise_along

FLOP_PER_SERVED = 2.0
"""Inference FLOP for each parameter and token (Sardana et al. 2024, section 2)."""

DEEPEST = np.log(100.0)
"""How far below the training-only optimum the lifetime one is looked for, in log N."""

NODES = 31

NEWTON_STEPS = 6


@dataclass(frozen=True, eq=False)
class Optimum:
    """Of one law: log N over the training-only one, and the compute there, each of shape (sample)."""

    offset: np.ndarray
    total: np.ndarray
    training: np.ndarray
    at_edge: float


@dataclass(frozen=True, eq=False)
class Contour:
    """One law's training-only optimum and its contour of equal loss; arrays of shape (sample)."""

    design: Design
    flop: float
    C: float
    log_N: np.ndarray
    drift: np.ndarray
    goal: np.ndarray
    served: np.ndarray
    others: Mapping[str, float]
    draws: Mapping[str, np.ndarray]

    @classmethod
    def of(
        cls, fit: Fit, whole: Fit, split: Split, served: np.ndarray, others: Mapping[str, float], count: int
    ) -> Contour:
        sizes, kept = whole.posterior.sizes, fit.posterior.sizes["draw"]
        step = -(-sizes["draw"] // kept)
        drifted = split.log_N.sel(law=fit.law.name).values.reshape(sizes["chain"], sizes["draw"])[:, ::step]
        flat = minimise_along(whole, split.C, others).transpose("chain", "draw").values[:, ::step]
        best, draws = flat.ravel()[:count], fit.flat_draws(count)
        goal = fit.design.response(draws, {**others, "N": np.exp(best), "D": split.C / (split.flop * np.exp(best))})
        return cls(
            design=fit.design,
            flop=split.flop,
            C=split.C,
            log_N=best,
            drift=(drifted - flat).ravel()[:count],
            goal=goal,
            served=served,
            others=others,
            draws=draws,
        )

    def total(self, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Training plus inference FLOP, and training FLOP alone, at log N over the optimum, shape (sample, point)."""
        log_D = self.contour(offset)
        log_N = self.log_N[:, None] + offset
        with np.errstate(over="ignore"):
            training = self.flop * np.exp(log_N + log_D)
        inference = FLOP_PER_SERVED * np.exp(log_N + self.drift[:, None]) * self.served[:, None]
        return training + inference, training

    def contour(self, offset: np.ndarray) -> np.ndarray:
        """Log D that reaches the goal, infinite where none does, shape (sample, point).

        The loss on its log falls and flattens in log D, so Newton's steps from too little data never overshoot. From
        large models to small ones each answer is such a start for the next.
        """
        order = np.argsort(-offset.max(axis=0))
        best = np.log(self.C / self.flop) - self.log_N
        found = np.empty_like(offset)
        start = best - np.maximum(offset.max(axis=1), 0.0) - 3.0
        extra = 6
        for node in order:
            log_N = self.log_N + offset[:, node]
            y = start
            for _ in range(NEWTON_STEPS + extra):
                y = self._newton(log_N, y)
            extra = 0
            reached = np.abs(self._miss(log_N, y)) < 1e-6
            found[:, node] = np.where(reached, y, np.inf)
            start = np.where(reached, y, start)
        return found

    def _newton(self, log_N: np.ndarray, y: np.ndarray) -> np.ndarray:
        width = 1e-4
        here, beyond = self._miss(log_N, y), self._miss(log_N, y + width)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = here / (here - beyond) * width
        # A flat stretch gives no direction; the goal lies below it, or nowhere.
        return np.asarray(y + np.clip(np.nan_to_num(step, nan=0.0, posinf=20.0, neginf=-20.0), -20.0, 20.0))

    def _miss(self, log_N: np.ndarray, log_D: np.ndarray) -> np.ndarray:
        """The law's response above the goal on the scale of the link, shape (sample)."""
        N, D = (np.exp(np.clip(each, -200.0, 200.0)) for each in (log_N, log_D))
        return np.asarray(self.design.response(self.draws, {**self.others, "N": N, "D": D}) - self.goal)

    def optimum(self) -> Optimum:
        """The least total along the contour, from the training-only optimum down."""
        step = DEEPEST / (NODES - 2)
        grid = step * (1.0 - np.arange(NODES))
        count = len(self.log_N)
        total, _ = self.total(np.broadcast_to(grid, (count, NODES)))
        best = total.argmin(axis=1)
        rows = np.arange(count)
        middle = np.clip(best, 1, NODES - 2)
        above, here, below = (np.log(total[rows, middle + side]) for side in (-1, 0, 1))
        with np.errstate(invalid="ignore", divide="ignore"):
            vertex = (below - above) / (2 * (below - 2 * here + above))
        inside = (best == middle) & np.isfinite(vertex)
        offset = grid[best] + np.where(inside, np.clip(vertex, -1, 1) * step, 0.0)
        exact, training = (each[:, 0] for each in self.total(offset[:, None]))
        worse = ~(exact <= total[rows, best])
        if worse.any():
            offset = np.where(worse, grid[best], offset)
            exact, training = (each[:, 0] for each in self.total(offset[:, None]))
        return Optimum(offset, exact, training, float((best == NODES - 1).mean()))
