"""The log density of a law to fifty digits, a run and a prior at a time, written apart from the package's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import mpmath as mp
import numpy as np

from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import Law, is_count
from forecaster.laws.prior import Prior

DIGITS = 50
STEP = mp.mpf(10) ** -18

FUNCTIONS = {
    "exp": mp.exp,
    "log": mp.log,
    "sqrt": mp.sqrt,
    "log1p": lambda x: mp.log(1 + x),
    "expm1": lambda x: mp.exp(x) - 1,
    "tanh": mp.tanh,
    "minimum": min,
    "maximum": max,
    "logaddexp": lambda a, b: mp.log(mp.exp(a) + mp.exp(b)),
    "where": lambda condition, a, b: a if condition else b,
}


def normal(x: Any, mu: Any, sigma: Any) -> Any:
    return -(((x - mu) / sigma) ** 2) / 2 - mp.log(sigma) - mp.log(2 * mp.pi) / 2


def student(x: Any, nu: Any, mu: Any, sigma: Any) -> Any:
    constant = mp.loggamma((nu + 1) / 2) - mp.loggamma(nu / 2) - mp.log(nu * mp.pi) / 2 - mp.log(sigma)
    return constant - (nu + 1) / 2 * mp.log(1 + ((x - mu) / sigma) ** 2 / nu)


def prior_term(prior: Prior, x: Any, values: dict[str, Any]) -> tuple[Any, Any]:
    """Log density on the sampler's coordinate, and the parameter's value."""
    a = [evaluate(argument, values, functions=FUNCTIONS) for argument in prior.arguments]
    share = 1 / (1 + mp.exp(-x))
    match prior.family:
        case "Normal":
            return normal(x, *a), x
        case "LogNormal":
            return normal(x, *a), mp.exp(x)
        case "LogitNormal":
            return normal(x, *a), share
        case "StudentT":
            return student(x, *a), x
        case "HalfNormal":
            return mp.log(2) + normal(mp.exp(x), 0, a[0]) + x, mp.exp(x)
        case "Exponential":
            return mp.log(a[0]) - a[0] * mp.exp(x) + x, mp.exp(x)
        case "Gamma":
            return a[0] * mp.log(a[1]) - mp.loggamma(a[0]) + a[0] * x - a[1] * mp.exp(x), mp.exp(x)
        case "Beta":
            constant = mp.loggamma(a[0] + a[1]) - mp.loggamma(a[0]) - mp.loggamma(a[1])
            return constant + a[0] * mp.log(share) + a[1] * mp.log(1 - share), share
        case _:
            return mp.log(share) + mp.log(1 - share), a[0] + (a[1] - a[0]) * share


def terms(law: Law, x: list[Any], rows: np.ndarray, fixed: np.ndarray, *, known_errors: bool) -> list[Any]:
    """What each prior and each run adds to the log density."""
    k, found = len(law.inputs), []
    level = mp.mpf(fixed[k])
    common: dict[str, Any] = {"L0": mp.exp(level) if law.link == "log" else level}
    common |= {} if law.link == "log" else {"S0": mp.mpf(fixed[k + 1])}
    logs: dict[str, Any] = {}
    for i, name in enumerate(law.inputs):
        centre = mp.mpf(fixed[i])
        logs |= {f"{name}0": centre} if is_count(law, name) else {}
        common[f"{name}0"] = mp.exp(centre) if is_count(law, name) else centre
    for (name, prior), coordinate in zip(law.priors.items(), x, strict=True):
        term, common[name] = prior_term(prior, coordinate, common)
        found.append(term)
    for j in range(rows.shape[1]):
        values, of_run = dict(common), dict(logs)
        for i, name in enumerate(law.inputs):
            given = mp.mpf(rows[i, j])
            of_run |= {name: given} if is_count(law, name) else {}
            values[name] = mp.exp(given) if is_count(law, name) else given
        evaluated = partial(evaluate, functions=FUNCTIONS, logs=of_run)
        for name, formula in law.natural.items():
            values[name] = evaluated(formula, values)
        response = evaluated(law.formula, values)
        match law.link:
            case "log":
                mean = mp.log(response) - level
            case "own":
                mean = (response - level) / values["S0"]
            case "logit":
                mean = mp.log(response / (1 - response)) - mp.log(level / (1 - level))
        scale = evaluated(law.noise.scale, values | {"d": mp.mpf(rows[k, j])})
        if known_errors:
            scale = mp.sqrt(scale**2 + mp.mpf(rows[k + 2, j]) ** 2)
        y = mp.mpf(rows[k + 1, j])
        if law.noise.nu is None:
            found.append(normal(y, mean, scale))
        else:
            found.append(student(y, evaluated(law.noise.nu, values), mean, scale))
    return found


@dataclass(frozen=True)
class Exact:
    """A number, and the sum of the sizes of what it is the sum of."""

    value: float
    size: float


NONE = Exact(float("nan"), 0.0)


def exact_density(
    law: Law, x: np.ndarray, rows: np.ndarray, fixed: np.ndarray, *, known_errors: bool = False
) -> tuple[Exact, list[Exact]]:
    """The log density and its derivatives; not a number where it has none."""
    try:
        return _exact(law, x, rows, fixed, known_errors=known_errors)
    except (ArithmeticError, TypeError, ValueError):
        return NONE, [NONE] * len(x)


def _exact(
    law: Law, x: np.ndarray, rows: np.ndarray, fixed: np.ndarray, *, known_errors: bool
) -> tuple[Exact, list[Exact]]:
    with mp.workdps(DIGITS):
        at = [mp.mpf(each) for each in x]

        def summed(parts: list[Any]) -> Exact:
            # Where a logarithm, a root or a power leaves the real numbers there is no density.
            if any(isinstance(part, mp.mpc) for part in parts):
                return NONE
            return Exact(float(mp.fsum(parts)), float(mp.fsum(abs(part) for part in parts)))

        def terms_at(i: int, step: Any) -> list[Any]:
            moved = [each + step if i == j else each for j, each in enumerate(at)]
            return terms(law, moved, rows, fixed, known_errors=known_errors)

        slopes = []
        for i in range(len(at)):
            pairs = zip(terms_at(i, STEP), terms_at(i, -STEP), strict=True)
            slopes.append(summed([(above - below) / (2 * STEP) for above, below in pairs]))
        return summed(terms(law, at, rows, fixed, known_errors=known_errors)), slopes
