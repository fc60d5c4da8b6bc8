"""The lifetime optimum: the least training and inference compute that reaches the loss of a training budget.

Source: Sardana et al. 2024, arXiv:2401.00448, equation 3, with a law's draws in place of point estimates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from forecaster.decide.amount import Amount
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import flat_draws, linked_by_draw, thinned
from forecaster.forecasts.optimum import Split, minimise_along
from forecaster.stats.mixture import interval, quantiles, rounded, summary

FLOP_PER_SERVED = 2.0
"""Inference FLOP for each parameter and token (Sardana et al. 2024, section 2)."""

MOST_DRAWS = 1500

DEEPEST = np.log(100.0)
"""How far below the training-only optimum the lifetime one is looked for, in log N."""

NODES = 31

NEWTON_STEPS = 6

CURVE_NODES = 25

TOKENS_APART = 2_000
"""Added to a seed, so that the tokens served share no random number with anything else."""


@dataclass(frozen=True, eq=False)
class Overhead:
    """Compute beyond the least for the same loss, as a share of the least, over the number of parameters.

    Args:
        N: parameters, shape (point).
        lifetime: draws with the inference tokens counted, shape (law, sample, point); infinite where a model of that
            size never reaches the loss.
        training: the same with none served.
    """

    N: np.ndarray
    lifetime: np.ndarray
    training: np.ndarray


@dataclass(frozen=True, eq=False)
class Lifetime:
    """What to train when a model will also serve: draws of the optimum, one row a law.

    Args:
        tokens: what will be served over the model's life.
        served: its draws, shape (sample).
        N: parameters, shape (law, sample).
        D: training tokens, shape (law, sample).
        total: training and inference FLOP there, shape (law, sample).
        training: training FLOP there.
        plain: training and inference FLOP of the training-only optimum that reaches the same loss.
        C: its training FLOP.
        weights: of the laws, shape (law).
        at_edge: share of draws whose optimum lies a hundredfold below the training-only one.
        overhead: over the number of parameters.
        here: the same at a number of parameters that the user named, if any.
    """

    tokens: Amount
    served: np.ndarray
    N: np.ndarray
    D: np.ndarray
    total: np.ndarray
    training: np.ndarray
    plain: np.ndarray
    C: float
    weights: np.ndarray
    at_edge: float
    overhead: Overhead
    here: Overhead | None

    @cached_property
    def cost_of_plain(self) -> np.ndarray:
        """Extra compute of the training-only optimum where the tokens are served, as a share of the least."""
        return np.asarray(np.maximum(self.plain / self.total - 1, 0.0))

    @cached_property
    def cost_of_lifetime(self) -> np.ndarray:
        """Extra compute of the lifetime optimum where none are served, as a share of the least."""
        return np.asarray(np.maximum(self.training / self.C - 1, 0.0))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""

        def share(draws: np.ndarray) -> dict[str, Any]:
            # Quantiles are taken of ratios above zero.
            low, median, high = quantiles(1 + draws, self.weights, [0.05, 0.5, 0.95])
            ends = [rounded(None if end is None else end - 1) for end in (low, high)]
            return {"median": rounded(None if median is None else median - 1), "interval": {"90": ends}}

        found = {
            "inference_tokens": self.tokens.as_list(),
            "N": summary(self.N, self.weights),
            "D": summary(self.D, self.weights),
            "tokens_per_parameter": summary(self.D / self.N, self.weights),
            "total_compute": summary(self.total, self.weights),
            "training_compute": summary(self.training, self.weights),
            "extra_of_training_only": share(self.cost_of_plain),
            "extra_of_lifetime_if_none_served": share(self.cost_of_lifetime),
            "at_edge": round(self.at_edge, 4),
            "overhead": [
                {"N": rounded(float(N)), "lifetime": share(life), "training_only": share(train)}
                for N, life, train in zip(
                    self.overhead.N,
                    np.moveaxis(self.overhead.lifetime, -1, 0),
                    np.moveaxis(self.overhead.training, -1, 0),
                    strict=True,
                )
            ],
        }
        if self.here is not None:
            found["here"] = {
                "N": float(self.here.N[0]),
                "lifetime": share(self.here.lifetime[..., 0]),
                "training_only": share(self.here.training[..., 0]),
            }
        return found


def lifetime(
    fits: Sequence[Fit],
    split: Split,
    tokens: Amount,
    *,
    params: float | None = None,
    others: Mapping[str, float] | None = None,
    seed: int = 1,
) -> Lifetime:
    """The split of least training plus inference compute, k N D + 2 N T, that reaches the loss of a training budget.

    The loss is each draw's own at its own training-only optimum. The drift of that optimum beyond the data is
    carried over: where it multiplies N* by a factor, the law is read at N over that factor and D times it.

    Args:
        fits: of the split's laws.
        split: the training-only optimum.
        tokens: that will be served, T.
        params: a number of parameters whose overhead is wanted.
        others: what the laws read besides N and D.
        seed: of the draws of the tokens.
    """
    by_name = {fit.law.name: fit for fit in fits}
    names = [str(name) for name in split.log_N["law"].values]
    few = [thinned(by_name[name], MOST_DRAWS) for name in names]
    count = min(fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"] for fit in few)
    served = tokens.draws(count, seed=seed + TOKENS_APART)
    laws = [
        _OneLaw.of(fit, by_name[name], split, served, others or {}, count) for name, fit in zip(names, few, strict=True)
    ]
    optima = [law.optimum() for law in laws]
    log_N = np.stack([law.log_N + law.drift + optimum.offset for law, optimum in zip(laws, optima, strict=True)])
    total = np.stack([optimum.total for optimum in optima])
    training = np.stack([optimum.training for optimum in optima])
    plain = np.stack([law.total(np.zeros((count, 1)))[0][:, 0] for law in laws])
    weights = np.array([split.weights[name] for name in names])
    trained = np.exp(np.stack([law.log_N + law.drift for law in laws]))

    def overhead(N: np.ndarray) -> Overhead:
        parts = [law.total(np.log(N) - (law.log_N + law.drift)[:, None]) for law in laws]
        return Overhead(
            N=N,
            lifetime=np.maximum(np.stack([every for every, _ in parts]) / total[..., None] - 1, 0.0),
            training=np.maximum(np.stack([only for _, only in parts]) / split.C - 1, 0.0),
        )

    (low, _), (_, high) = interval(np.exp(log_N), weights, 0.95), interval(trained, weights, 0.95)
    assert low is not None and high is not None
    ends = (min(low / 1.5, params or np.inf), max(high * 1.5, params or 0.0))
    return Lifetime(
        tokens=tokens,
        served=served,
        N=np.exp(log_N),
        D=training / split.flop / np.exp(log_N),
        total=total,
        training=training,
        plain=plain,
        C=split.C,
        weights=weights,
        at_edge=float(weights @ [optimum.at_edge for optimum in optima]),
        overhead=overhead(np.geomspace(*ends, CURVE_NODES)),
        here=None if params is None else overhead(np.array([float(params)])),
    )


@dataclass(frozen=True, eq=False)
class _Optimum:
    """Of one law: log N over the training-only one, and the compute there, each of shape (sample)."""

    offset: np.ndarray
    total: np.ndarray
    training: np.ndarray
    at_edge: float


@dataclass(frozen=True, eq=False)
class _OneLaw:
    """One law's training-only optimum and its contour of equal loss; arrays of shape (sample)."""

    fit: Fit
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
    ) -> _OneLaw:
        log_N = minimise_along(fit, split.C, others)
        sizes, kept = whole.posterior.sizes, fit.posterior.sizes["draw"]
        step = -(-sizes["draw"] // kept)
        drifted = split.log_N.sel(law=fit.law.name).values.reshape(sizes["chain"], sizes["draw"])[:, ::step]
        flat = log_N.transpose("chain", "draw").values
        best, draws = flat.ravel()[:count], flat_draws(fit, count)
        goal = linked_by_draw(fit, draws, {**others, "N": np.exp(best), "D": split.C / (split.flop * np.exp(best))})
        return cls(
            fit=fit,
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
        return np.asarray(linked_by_draw(self.fit, self.draws, {**self.others, "N": N, "D": D}) - self.goal)

    def optimum(self) -> _Optimum:
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
        return _Optimum(offset, exact, training, float((best == NODES - 1).mean()))
