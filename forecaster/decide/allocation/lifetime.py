"""The lifetime optimum: the least training and inference compute that reaches the loss of a training budget.

Source: Sardana et al. 2024, arXiv:2401.00448, equation 3, with a law's draws in place of point estimates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from forecaster.decide.allocation.contour import Contour
from forecaster.decide.amount import Amount
from forecaster.fits.posterior import Fit, thinned
from forecaster.forecasts.optimum import Split
from forecaster.stats.mixture import interval, quantiles, summary

MOST_DRAWS = 1500

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
            low, median, high = (None if end is None else end - 1 for end in (low, median, high))
            return {"median": median, "interval": {"90": [low, high]}}

        def at(over: Overhead, i: int, N: float | None) -> dict[str, Any]:
            return {"N": N, "lifetime": share(over.lifetime[..., i]), "training_only": share(over.training[..., i])}

        found = {
            "inference_tokens": self.tokens.as_list(),
            "N": summary(self.N, self.weights),
            "D": summary(self.D, self.weights),
            "tokens_per_parameter": summary(self.D / self.N, self.weights),
            "total_compute": summary(self.total, self.weights),
            "training_compute": summary(self.training, self.weights),
            "extra_of_training_only": share(self.cost_of_plain),
            "extra_of_lifetime_if_none_served": share(self.cost_of_lifetime),
            "at_edge": self.at_edge,
            "overhead": [at(self.overhead, i, float(N)) for i, N in enumerate(self.overhead.N)],
        }
        if self.here is not None:
            found["here"] = at(self.here, 0, float(self.here.N[0]))
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
    few = [thinned(by_name[str(name)], MOST_DRAWS) for name in split.log_N["law"].values]
    count = min(fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"] for fit in few)
    served = tokens.draws(count, seed=seed + TOKENS_APART)
    laws = [Contour.of(fit, by_name[fit.law.name], split, served, others or {}, count) for fit in few]
    optima = [law.optimum() for law in laws]
    trained = np.stack([law.log_N + law.drift for law in laws])
    N = np.exp(trained + np.stack([optimum.offset for optimum in optima]))
    total, training = np.stack([(optimum.total, optimum.training) for optimum in optima], axis=1)
    weights = np.array([split.weights[fit.law.name] for fit in few])

    def overhead(N: np.ndarray) -> Overhead:
        parts = [law.total(np.log(N) - log_N[:, None]) for law, log_N in zip(laws, trained, strict=True)]
        return Overhead(
            N=N,
            lifetime=np.maximum(np.stack([every for every, _ in parts]) / total[..., None] - 1, 0.0),
            training=np.maximum(np.stack([only for _, only in parts]) / split.C - 1, 0.0),
        )

    (low, _), (_, high) = interval(N, weights, 0.95), interval(np.exp(trained), weights, 0.95)
    assert low is not None and high is not None
    ends = (min(low / 1.5, params or np.inf), max(high * 1.5, params or 0.0))
    return Lifetime(
        tokens=tokens,
        served=served,
        N=N,
        D=training / split.flop / N,
        total=total,
        training=training,
        plain=np.stack([law.total(np.zeros((count, 1)))[0][:, 0] for law in laws]),
        C=split.C,
        weights=weights,
        at_edge=float(weights @ [optimum.at_edge for optimum in optima]),
        overhead=overhead(np.geomspace(*ends, CURVE_NODES)),
        here=None if params is None else overhead(np.array([float(params)])),
    )
