"""The log density of a law as a graph: priors on the sampler's coordinates, the curve, and the noise around it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.fits.sampling.generated.gradient import gradient
from forecaster.fits.sampling.generated.graph import Graph
from forecaster.fits.sampling.generated.symbol import Symbol, node_of
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import Law, is_count
from forecaster.laws.prior import Prior
from forecaster.stats.distributions import FAMILIES
from forecaster.stats.link import Link
from forecaster.stats.student import log_student_of

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, eq=False)
class LogDensity:
    """A law's log density and its gradient.

    Args:
        graph: that holds the nodes.
        value: of the log density.
        slopes: of its derivatives by each sampled parameter's coordinate, in the order of the law's priors.
    """

    graph: Graph
    value: int
    slopes: tuple[int, ...]


def log_density(law: Law, *, known_errors: bool = False) -> LogDensity:
    """The graph of a law's log density.

    Args:
        law: any law.
        known_errors: whether the last row of data holds standard errors of the response.

    Raises:
        Unsupported: the law needs an operation that the graph lacks.
    """
    graph = Graph()

    def leaf(kind: str, number: int) -> Any:
        return Symbol(graph, graph.make(kind, number))

    k = len(law.inputs)
    values: dict[str, Any] = {}
    logs: dict[str, Any] = {}
    for i, name in enumerate(law.inputs):
        for key, symbol in ((name, leaf("data", i)), (f"{name}0", leaf("fixed", i))):
            count = is_count(law, name)
            logs |= {key: symbol} if count else {}
            values[key] = np.exp(symbol) if count else symbol
    level = leaf("fixed", k)
    values["L0"] = np.exp(level) if law.link == "log" else level
    values |= {} if law.link == "log" else {"S0": leaf("fixed", k + 1)}
    d, y = leaf("data", k), leaf("data", k + 1)

    total: Any = 0.0
    coordinates = [leaf("parameter", i) for i in range(len(law.priors))]
    for coordinate, (name, prior) in zip(coordinates, law.priors.items(), strict=True):
        total = total + log_prior_on(prior, coordinate, values)
        values[name] = prior.value(coordinate, values)
    for name, formula in law.natural.items():
        values[name] = evaluate(formula, values, logs=logs)
    link = Link(law.link, values.get("S0", 1.0))
    mean = link.on(evaluate(law.formula, values, logs=logs)) - (level if law.link == "log" else link.on(values["L0"]))
    scale = evaluate(law.noise.scale, {**values, "d": d}, logs=logs)
    if known_errors:
        error = leaf("data", k + 2)
        scale = np.sqrt(scale * scale + error * error)
    z = (y - mean) / scale
    if law.noise.nu is None:
        each = -0.5 * (z * z) - HALF_LOG_2PI
    else:
        each = log_student_of(z, evaluate(law.noise.nu, values, logs=logs))
    total = total + Symbol(graph, graph.sum(node_of(graph, each - np.log(scale))))
    value = node_of(graph, total)
    return LogDensity(graph, value, tuple(gradient(graph, value, [each.node for each in coordinates])))


def log_prior_on(prior: Prior, coordinate: Any, values: dict[str, Any]) -> Any:
    """Log density of a prior on the sampler's coordinate.

    Args:
        prior: of one parameter.
        coordinate: of it: the value, its log, or the logit of its place between bounds.
        values: what the names in the prior's arguments stand for.
    """
    family = FAMILIES[prior.family]
    a = [evaluate(argument, values) for argument in prior.arguments]
    match prior.family:
        case "Normal" | "LogNormal" | "LogitNormal":
            # These are Normal on the coordinate itself.
            return FAMILIES["Normal"].log_density(coordinate, *a) - HALF_LOG_2PI
        case "StudentT":
            nu, mu, sigma = a
            return log_student_of((coordinate - mu) / sigma, nu) - np.log(sigma)
        case "Uniform":
            return _log_share(coordinate) + _log_share(-coordinate)
        case "Beta":
            # The share's own logarithms would lose their digits far out.
            return a[0] * _log_share(coordinate) + a[1] * _log_share(-coordinate) - _log_beta(*a)
        case "HalfNormal":
            constant = 0.5 * math.log(2 / math.pi)
        case _:
            constant = 0.0
    return family.log_density(np.exp(coordinate), *a) + coordinate + constant


def _log_share(logit: Any) -> Any:
    return -np.logaddexp(0.0, -logit)


def _log_beta(a: Any, b: Any) -> Any:
    from scipy.special import betaln

    return betaln(a, b)
