"""Leave-one-out: how densely a law foretells each run of the table from all the others, without fitting again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.fits.posterior import Fit
from forecaster.fits.predict import log_likelihood
from forecaster.stats.psis import RELIABLE_K, efficiency, smooth, tail_length

NEAR_TIE_ELPD = 4.0

NEAR_TIE_ERRORS = 2.0
"""Differences below this many nats, or this many standard errors, do not tell laws apart."""


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """What leaving each run out in turn says of one law, on the scale of its link.

    Args:
        law: its name.
        pointwise: log density of each run given all the others, shape (run).
        pareto_k: shape of the tail of each run's importance weights, shape (run); infinite where it cannot be told.
        p_loo: effective number of parameters: how much denser the runs are where they were fitted too.
    """

    law: str
    pointwise: np.ndarray
    pareto_k: np.ndarray
    p_loo: float

    @property
    def elpd(self) -> float:
        """Expected log pointwise predictive density: the sum over runs; higher is better."""
        return float(self.pointwise.sum())

    @property
    def se(self) -> float:
        """Standard error of `elpd` as an estimate for other tables of as many runs."""
        return _standard_error(self.pointwise)

    @property
    def worst_k(self) -> float:
        """The largest Pareto k of any run."""
        return float(self.pareto_k.max())

    @property
    def unreliable(self) -> tuple[int, ...]:
        """The runs, counted from 0, whose density cannot be relied on because their Pareto k exceeds 0.7."""
        return tuple(int(run) for run in np.flatnonzero(~(self.pareto_k <= RELIABLE_K)))


@dataclass(frozen=True)
class Difference:
    """How much better one law does than another when runs are left out.

    Args:
        elpd: of the one minus that of the other.
        se: its standard error, from the differences run by run.
    """

    elpd: float
    se: float

    @property
    def near_tie(self) -> bool:
        """Whether it is below 4, or below 2 standard errors, and so does not tell the laws apart.

        Source: Sivula, Magnusson, Matamoros, Vehtari 2020, arXiv:2008.10296; below about 4 the standard error itself
        cannot be relied on.
        """
        return abs(self.elpd) < max(NEAR_TIE_ELPD, NEAR_TIE_ERRORS * self.se)


def leave_one_out(fit: Fit) -> LeaveOneOut:
    """Leave each training run out in turn, by Pareto-smoothed importance sampling from the one posterior.

    Source: Vehtari, Gelman, Gabry 2017, arXiv:1507.04544, eq. 10 and 23; the smoothing of Vehtari, Simpson, Gelman,
    Yao, Gabry 2024, arXiv:1507.02646.

    Args:
        fit: of one law; its draws should have passed their checks.
    """
    from scipy.special import logsumexp

    log_p = log_likelihood(fit)
    found = [_left_out(log_p[:, :, run]) for run in range(log_p.shape[2])]
    pointwise, pareto_k = np.array(found).T
    fitted = logsumexp(log_p, axis=(0, 1)) - math.log(log_p[:, :, 0].size)
    return LeaveOneOut(fit.law.name, pointwise, pareto_k, float((fitted - pointwise).sum()))


def _left_out(log_p: np.ndarray) -> tuple[float, float]:
    """Log density of one run given the others, and the Pareto k behind it.

    Args:
        log_p: the run's log density for every draw, shape (chain, draw).
    """
    from scipy.special import logsumexp

    flat = log_p.ravel()
    if np.ptp(flat) == 0:
        return float(flat[0]), 0.0
    log_weights, k = smooth(-flat, tail_length(flat.size, efficiency(log_p)))
    return float(logsumexp(log_weights + flat)), k


def difference(one: LeaveOneOut, other: LeaveOneOut) -> Difference:
    """How much better one law does than another on the same runs.

    Source: Vehtari, Gelman, Gabry 2017, arXiv:1507.04544, eq. 24.
    """
    apart = one.pointwise - other.pointwise
    return Difference(float(apart.sum()), _standard_error(apart))


def differences(loos: Sequence[LeaveOneOut]) -> Mapping[str, Difference]:
    """Each law's difference to the best of them, by law name; zero for the best, negative for the others."""
    best = max(loos, key=lambda loo: loo.elpd)
    return {loo.law: difference(loo, best) for loo in loos}


def stacking_weights(loos: Sequence[LeaveOneOut]) -> Mapping[str, float]:
    """Weights of the mixture that foretells runs left out most densely, by law name.

    Maximises sum_i log sum_k w_k p_ik over weights that are not negative and sum to one. The objective is concave.

    Source: stacking of predictive distributions, Yao, Vehtari, Simpson, Gelman 2018, Bayesian Analysis 13(3),
    doi:10.1214/17-BA1091.
    """
    from scipy.optimize import minimize

    log_p = np.stack([loo.pointwise for loo in loos], axis=1)
    # No density is quite zero, so that a run which only one law foretells leaves the objective finite.
    p = np.maximum(np.exp(log_p - log_p.max(axis=1, keepdims=True)), 1e-300)
    laws = len(loos)
    # Expectation and maximisation crawls where laws are nearly alike; this does not.
    found = minimize(
        lambda w: -np.log(p @ w).mean(),
        np.full(laws, 1 / laws),
        jac=lambda w: -(p / (p @ w)[:, None]).mean(axis=0),
        method="SLSQP",
        bounds=[(0.0, 1.0)] * laws,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(laws)},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    weights = np.clip(found.x, 0.0, 1.0)
    return {loo.law: float(weight) for loo, weight in zip(loos, weights / weights.sum(), strict=True)}


def loo_weights(fits: Sequence[Fit]) -> Mapping[str, float]:
    """Stacking weights of the laws of some fits of one table, by law name."""
    return stacking_weights([leave_one_out(fit) for fit in fits])


def _standard_error(pointwise: np.ndarray) -> float:
    """Standard error of a sum over runs."""
    return math.sqrt(len(pointwise)) * float(np.std(pointwise, ddof=1)) if len(pointwise) > 1 else math.inf
