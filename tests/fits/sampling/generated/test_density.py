"""The generated density and its gradient: exact for every law, and for any formula that the grammar accepts."""

from __future__ import annotations

import numpy as np
import pytest
from densities import assert_exact, data_for, prior_points, variants
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from forecaster.errors import InputError
from forecaster.fits.sampling.generated.density import generated_density
from forecaster.laws.formula.tree import evaluate, walk
from forecaster.laws.law import Law
from forecaster.laws.page import read_law

VARIANTS = variants()


@pytest.mark.parametrize("variant", VARIANTS)
def test_value_and_gradient_are_exact(variant: str) -> None:
    page, known_errors = VARIANTS[variant]
    rows, fixed = data_for(page, known_errors=known_errors)
    density = generated_density(page, known_errors=known_errors).of(rows, fixed)
    for x in prior_points(page, fixed, count=1):
        assert_exact(page, density.value(x), x, rows, fixed, known_errors=known_errors)


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


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(formula=FORMULAS, seed=st.integers(0, 99))
def test_value_and_gradient_of_any_formula_are_exact(formula: str, seed: int) -> None:
    page = law_of(formula)
    assume(page is not None)
    rows, fixed = data_for(page, seed=seed, runs=3)
    density = generated_density(page).of(rows, fixed)
    (x,) = prior_points(page, fixed, count=1, seed=seed)
    assume(is_moderate(page, x, rows, fixed))
    assert_exact(page, density.value(x), x, rows, fixed)


def is_moderate(page: Law, x: np.ndarray, rows: np.ndarray, fixed: np.ndarray) -> bool:
    """Whether no part of the formula leaves the range in which fifty digits and sixteen can be compared."""
    values = {name: prior.value(each, {}) for each, (name, prior) in zip(x, page.sampled.items(), strict=False)}
    values |= {"N": np.exp(rows[0]), "D": np.exp(rows[1]), "x": rows[2], "N0": np.exp(fixed[0]), "D0": np.exp(fixed[1])}
    with np.errstate(all="ignore"):
        parts = [np.abs(evaluate(part, values)) for part in walk(page.formula.tree)]
    return all(
        (np.isnan(part) | (part == 0) | ((part > 1e-50) & (part < 1e50))).all() for part in map(np.asarray, parts)
    )
