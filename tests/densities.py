"""What densities are held against one another on: laws of every kind, data such as a table gives, believable points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from exact import exact_density
from hypothesis import strategies as st

from forecaster.errors import InputError
from forecaster.laws.change_noise import with_noise
from forecaster.laws.change_priors import with_priors
from forecaster.laws.families import with_families
from forecaster.laws.formula.tree import evaluate, walk
from forecaster.laws.law import Law, is_count
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law, shelf

TOLERANCE = 1e-12
"""Of the sum of the sizes of what a value is the sum of."""

RUNS = 9
"""One full stretch of lanes, and a part of another."""


def data_for(law: Law, *, known_errors: bool = False, seed: int = 1, runs: int = RUNS) -> tuple[np.ndarray, np.ndarray]:
    """Rows and fixed values such as a table gives."""
    random = np.random.default_rng(seed)
    rows, fixed = [], []
    for name in law.inputs:
        if name == "family_code":
            column, centre = random.integers(0, 4, runs).astype(float), 1.0
        else:
            column = random.uniform(15, 30, runs) if is_count(law, name) else random.uniform(2, 12, runs)
            centre = float(column.mean())
        rows.append(column)
        fixed.append(centre)
    rows += [-random.uniform(0, 8, runs), random.normal(0, 0.2, runs)]
    rows += [random.uniform(0, 0.05, runs)] if known_errors else []
    level = [np.log(2.5)] if law.link == "log" else [0.4 if law.link == "logit" else 2.5, 0.3]
    return np.ascontiguousarray(rows), np.array([*fixed, *level])


def prior_points(law: Law, fixed: np.ndarray, *, count: int, seed: int = 2) -> Sequence[np.ndarray]:
    """Coordinates in the middle nine tenths of the priors."""
    random = np.random.default_rng(seed)
    k = len(law.inputs)
    known = {
        f"{name}0": float(np.exp(fixed[i]) if is_count(law, name) else fixed[i]) for i, name in enumerate(law.inputs)
    }
    known |= (
        {"L0": float(np.exp(fixed[k]))} if law.link == "log" else {"L0": float(fixed[k]), "S0": float(fixed[k + 1])}
    )
    found = []
    for _ in range(count):
        values, x = dict(known), []
        for name, prior in law.priors.items():
            values[name] = float(prior.quantile(random.uniform(0.05, 0.95), values))
            x.append(float(prior.coordinate(values[name], values)))
        found.append(np.array(x))
    return found


def variants() -> dict[str, tuple[Law, bool]]:
    chinchilla = law("chinchilla")
    found = {name: (law(name), False) for name in shelf()}
    found |= {
        "known errors": (chinchilla, True),
        "Normal noise that is constant": (with_noise(chinchilla, "Normal,constant"), False),
        "Normal noise with known errors": (with_noise(chinchilla, "Normal"), True),
        "noise on the response's own scale": (with_noise(law("power_floor"), "own"), False),
        "known errors on the logit": (law("logistic"), True),
        "families": (with_families(chinchilla, ["a", "b", "c", "d"], "family"), False),
        "families with exponents of their own": (
            with_families(law("farseer_lite"), ["a", "b", "c"], "family", exponents=True), False,
        ),
    }  # fmt: skip
    for prior in (
        "alpha=Gamma(4, 10)", "size=Beta(2, 3)", "alpha=HalfNormal(0.5)", "alpha=Exponential(3)",
        "level=StudentT(5, 0, 0.4)", "alpha=Uniform(0.05, 1.2)", "tail=Gamma(2, 0.1)",
        "beta=LogNormal(log(alpha), 0.2)",
    ):  # fmt: skip
        name, _, text = prior.partition("=")
        found[prior] = (with_priors(chinchilla, {name: text}), False)
    return found


def assert_exact(
    page: Law,
    got: tuple[float, np.ndarray],
    x: np.ndarray,
    rows: np.ndarray,
    fixed: np.ndarray,
    *,
    known_errors: bool = False,
) -> bool:
    """Whether there is anything exact to compare with; if so, both agree."""
    value, slopes = exact_density(page, x, rows, fixed, known_errors=known_errors)
    everything = [value, *slopes]
    if np.isnan(value.value):
        assert not np.isfinite(got[0]), page.formula.text
    if not all(np.isfinite(each.value) and each.size < 1e150 for each in everything):
        return False
    for each, found in zip(everything, [got[0], *got[1]], strict=True):
        assert abs(found - each.value) <= TOLERANCE * max(each.size, 1e-3), (page.formula.text, found, each, x)
    return True


NAMES = ("a", "b", "c", "N0", "D0")
LEAVES = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(["log(N / N0)", "log(D)", "N**-a", "(D / D0)**(-b)", "(N / D)**c", "x"]),
    st.sampled_from(["0.5", "1", "2", "3.7", "1e-3", "12"]),
)


def formulas(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """What the grammar makes of two or three parts."""
    one, two = "({0})", "({0}), ({1})"
    shapes = [f"{name}({one})" for name in ("exp", "sqrt", "log", "log1p", "expm1", "tanh", "-")]
    shapes += [f"({{0}}) {sign} ({{1}})" for sign in ("+", "-", "*", "/")]
    shapes += [f"{name}({two})" for name in ("minimum", "maximum", "logaddexp")]
    shapes += ["({0})**2", "({0})**3", "({0})**-1", "({0})**0.5", "({0})**1.7", "exp({0})**({1})", "({0})**({1})"]
    shapes += ["where(({0}) < ({1}), ({2}), ({1}))", "where(({0}) >= ({1}), ({0}), ({2}))"]
    return st.tuples(st.sampled_from(shapes), parts, parts, parts).map(lambda found: found[0].format(*found[1:]))


FORMULAS = st.recursive(LEAVES, formulas, max_leaves=8)


def law_of(formula: str) -> Law | None:
    """A law of a formula on the response's own scale; None where the page is refused."""
    page = f"""
title = "made for a test"
source = "made for a test"
formula = "({formula}) + 0 * (a + b + c + log(N) + log(D) + x)"
[inputs]
N = "parameters"
D = "tokens"
x = "share"
[response]
link = "own"
[sampled]
a = "Normal(0, 0.5)"
b = "LogNormal(log(0.3), 0.4)"
c = "LogitNormal(0, 1)"
"""
    try:
        return read_law(page, name="made")
    except InputError:
        return None


def is_moderate(page: Law, x: np.ndarray, rows: np.ndarray, fixed: np.ndarray) -> bool:
    """Whether no part of the formula leaves the range in which fifty digits and sixteen can be compared."""
    values = {name: prior.value(each, {}) for each, (name, prior) in zip(x, page.sampled.items(), strict=False)}
    values |= {"N": np.exp(rows[0]), "D": np.exp(rows[1]), "x": rows[2], "N0": np.exp(fixed[0]), "D0": np.exp(fixed[1])}
    with np.errstate(all="ignore"):
        parts = [np.abs(evaluate(part, values)) for part in walk(page.formula.tree)]
    return all(
        (np.isnan(part) | (part == 0) | ((part > 1e-50) & (part < 1e50))).all() for part in map(np.asarray, parts)
    )
