"""The families of distributions that priors may be of: quantiles, and the arguments that an interval leaves free."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from forecaster.stats.student import log_student

FEW = 16

Coordinate = Literal["value", "log", "logit"]


@dataclass(frozen=True)
class Family:
    """One kind of distribution.

    Args:
        arguments: their names, in order.
        coordinate: what the sampler moves: the value, its log, or the logit of its place between bounds.
        quantile: value at probability p, given p and the arguments.
        positive: which arguments must be above zero.
        support: the open range that its values fill whatever the arguments.
        log_density: log density of a value given the arguments, up to a constant that depends on neither; that of
            LogNormal and LogitNormal is the Normal's on the log and on the logit, which is how they are written.
        solve: the arguments that an interval leaves free, given its ends (one end for a family of one argument),
            the probabilities below them, and the arguments that are given.
        pymc: its name there, and the names that the arguments have there.
    """

    arguments: tuple[str, ...]
    coordinate: Coordinate
    quantile: Callable[..., Any]
    log_density: Callable[..., Any]
    positive: tuple[str, ...]
    support: tuple[float, float]
    solve: Callable[..., tuple[float, ...]]
    pymc: tuple[str, ...]


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)) without overflow or loss of digits; keeps the type and dims of what it is given."""
    # In this order the two agree on their branch at zero, where a graph takes the first one's derivative.
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(-np.maximum(-x, x)))


def _normal(p: Any) -> Any:
    if np.size(p) <= FEW:
        # SciPy takes longer to load than a page of priors takes to print.
        inverse = np.vectorize(NormalDist().inv_cdf, otypes=[float])
        return inverse(p)[()]
    from scipy.special import ndtri

    return ndtri(p)


def _log_normal(x: Any, mu: Any, sigma: Any) -> Any:
    return -0.5 * ((x - mu) / sigma) ** 2 - np.log(sigma)


def _log_gamma(x: Any, shape: Any, rate: Any) -> Any:
    from scipy.special import gammaln

    return (shape - 1) * np.log(x) - rate * x + shape * np.log(rate) - gammaln(shape)


def _log_beta(x: Any, a: Any, b: Any) -> Any:
    from scipy.special import betaln

    return (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b)


def _student(p: Any, nu: Any) -> Any:
    from scipy.special import stdtrit

    return stdtrit(nu, p)


def _gamma(p: Any, shape: Any) -> Any:
    from scipy.special import gammaincinv

    return gammaincinv(shape, p)


def _beta(p: Any, a: Any, b: Any) -> Any:
    from scipy.special import betaincinv

    return betaincinv(a, b, p)


def _solve_normal(ends: Any, p: Any) -> tuple[float, float]:
    return _location_and_scale(ends, _normal(p))


def _solve_student(ends: Any, p: Any, nu: float) -> tuple[float, float]:
    return _location_and_scale(ends, _student(p, nu))


def _location_and_scale(ends: Any, standard: Any) -> tuple[float, float]:
    # Halved first: the difference of two ends may exceed the largest float.
    return float(ends[0] / 2 + ends[1] / 2), float((ends[1] / 2 - ends[0] / 2) / (standard[1] / 2 - standard[0] / 2))


def _solve_gamma(ends: Any, p: Any) -> tuple[float, float]:
    """The shape from the ratio of the ends, which falls as the shape rises; then the rate from their level."""
    from scipy.optimize import brentq
    from scipy.special import gammaincinv, gammaln

    def log_quantiles(shape: float) -> Any:
        found = gammaincinv(shape, p)
        # Near zero the distribution function is x**shape / gamma(shape + 1).
        return np.where(found > 1e-200, np.log(found), (np.log(p) + gammaln(shape + 1)) / shape)

    wanted = np.log(ends)
    shape = math.exp(brentq(lambda t: np.diff(log_quantiles(math.exp(t)) - wanted)[0], -9, 32, xtol=1e-14, rtol=1e-15))
    return shape, math.exp(float(np.mean(log_quantiles(shape) - wanted)))


def _solve_beta(ends: Any, p: Any) -> tuple[float, float]:
    """For each a + b the mean that puts the lower end right; then the a + b that puts the upper end right."""
    from scipy.optimize import brentq
    from scipy.special import betainc, betaincc

    def shapes(total: float, mean: float) -> tuple[float, float]:
        return math.exp(total) * float(sigmoid(mean)), math.exp(total) * float(sigmoid(-mean))

    def miss(total: float, mean: float, end: int) -> float:
        a, b = shapes(total, mean)
        odds = np.log(betainc(a, b, ends[end])) - np.log(betaincc(a, b, ends[end]))
        return float(np.clip(odds - np.log(p[end]) + np.log1p(-p[end]), -1e3, 1e3))

    def mean_at(total: float) -> float:
        return float(brentq(lambda mean: miss(total, mean, 0), -60, 60, xtol=1e-14, rtol=1e-15))

    total = brentq(lambda total: miss(total, mean_at(total), 1), -9, 23, xtol=1e-14, rtol=1e-15)
    return shapes(total, mean_at(total))


def _solve_uniform(ends: Any, p: Any) -> tuple[float, float]:
    width = (ends[1] - ends[0]) / (p[1] - p[0])
    return float(ends[0] - width * p[0]), float(ends[1] + width * (1 - p[1]))


def _logit(value: Any) -> Any:
    return np.log(value) - np.log1p(-value)


ANY, ABOVE_ZERO, SHARE = (-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0)

FAMILIES: dict[str, Family] = {
    "Normal": Family(
        ("mu", "sigma"), "value", lambda p, mu, sigma: mu + sigma * _normal(p), _log_normal, ("sigma",), ANY,
        _solve_normal, ("Normal", "mu", "sigma")),
    "LogNormal": Family(
        ("mu", "sigma"), "log", lambda p, mu, sigma: np.exp(mu + sigma * _normal(p)),
        lambda x, mu, sigma: _log_normal(np.log(x), mu, sigma), ("sigma",), ABOVE_ZERO,
        lambda ends, p: _solve_normal(np.log(ends), p), ("LogNormal", "mu", "sigma")),
    "LogitNormal": Family(
        ("mu", "sigma"), "logit", lambda p, mu, sigma: sigmoid(mu + sigma * _normal(p)),
        lambda x, mu, sigma: _log_normal(_logit(x), mu, sigma), ("sigma",), SHARE,
        lambda ends, p: _solve_normal(_logit(ends), p), ("LogitNormal", "mu", "sigma")),
    "StudentT": Family(
        ("nu", "mu", "sigma"), "value", lambda p, nu, mu, sigma: mu + sigma * _student(p, nu),
        lambda x, nu, mu, sigma: log_student((x - mu) / sigma, nu) - np.log(sigma), ("nu", "sigma"), ANY,
        _solve_student, ("StudentT", "nu", "mu", "sigma")),
    "HalfNormal": Family(
        ("sigma",), "log", lambda p, sigma: sigma * _normal((1 + p) / 2),
        lambda x, sigma: -0.5 * (x / sigma) ** 2 - np.log(sigma), ("sigma",), ABOVE_ZERO,
        lambda end, p: (float(end[0] / _normal((1 + p[0]) / 2)),), ("HalfNormal", "sigma")),
    "Exponential": Family(
        ("rate",), "log", lambda p, rate: -np.log1p(-p) / rate, lambda x, rate: np.log(rate) - rate * x, ("rate",),
        ABOVE_ZERO, lambda end, p: (float(-np.log1p(-p[0]) / end[0]),), ("Exponential", "lam")),
    "Gamma": Family(
        ("shape", "rate"), "log", lambda p, shape, rate: _gamma(p, shape) / rate, _log_gamma, ("shape", "rate"),
        ABOVE_ZERO, _solve_gamma, ("Gamma", "alpha", "beta")),
    "Beta": Family(("a", "b"), "logit", _beta, _log_beta, ("a", "b"), SHARE, _solve_beta, ("Beta", "alpha", "beta")),
    "Uniform": Family(
        ("lower", "upper"), "logit", lambda p, lower, upper: lower + (upper - lower) * p,
        lambda x, lower, upper: np.where((lower <= x) & (x <= upper), -np.log(upper - lower), -np.inf), (), ANY,
        _solve_uniform, ("Uniform", "lower", "upper")),
}  # fmt: skip
