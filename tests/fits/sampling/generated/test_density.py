"""The generated density and its gradient: exact for every law, and for any formula that the grammar accepts."""

from __future__ import annotations

import pytest
from densities import FORMULAS, assert_exact, data_for, is_moderate, law_of, prior_points, variants
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from forecaster.fits.sampling.generated.density import generated_density

VARIANTS = variants()


@pytest.mark.parametrize("variant", VARIANTS)
def test_value_and_gradient_are_exact(variant: str) -> None:
    page, known_errors = VARIANTS[variant]
    rows, fixed = data_for(page, known_errors=known_errors)
    density = generated_density(page, known_errors=known_errors).of(rows, fixed)
    for x in prior_points(page, fixed, count=1):
        assert_exact(page, density.value(x), x, rows, fixed, known_errors=known_errors)


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
