import time
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from forecaster.errors import InputError
from forecaster.prior import FAMILIES, parse_prior, sigmoid

P = np.array([1e-6, 0.01, 0.05, 0.3, 0.5, 0.8, 0.95, 0.999])

EXAMPLES: dict[str, Any] = {
    "Normal(0.5, 2)": stats.norm(0.5, 2),
    "LogNormal(log(0.35), 0.4)": stats.lognorm(s=0.4, scale=0.35),
    "StudentT(3, 1, 0.5)": stats.t(3, 1, 0.5),
    "HalfNormal(0.7)": stats.halfnorm(scale=0.7),
    "Exponential(4)": stats.expon(scale=0.25),
    "Gamma(2.5, 3)": stats.gamma(2.5, scale=1 / 3),
    "Beta(2, 5)": stats.beta(2, 5),
    "Uniform(-1, 3)": stats.uniform(-1, 4),
}


def cdf(text: str, value: Any) -> Any:
    if text == "LogitNormal(0.3, 1.4)":
        return stats.norm.cdf((logit(value) - 0.3) / 1.4)
    return EXAMPLES[text].cdf(value)


def logpdf(text: str, value: float) -> float:
    if text == "LogitNormal(0.3, 1.4)":
        return float(stats.norm.logpdf((logit(value) - 0.3) / 1.4) - np.log(1.4 * value * (1 - value)))
    return float(EXAMPLES[text].logpdf(value))


ALL = [*EXAMPLES, "LogitNormal(0.3, 1.4)"]


def test_every_family_has_an_example() -> None:
    assert {text.split("(")[0] for text in ALL} == FAMILIES.keys()


@pytest.mark.parametrize("text", ALL)
def test_the_quantile_inverts_the_distribution_function(text: str) -> None:
    values = parse_prior(text).quantile(P)
    np.testing.assert_allclose(cdf(text, values), P, rtol=1e-9)


@pytest.mark.parametrize("text", ALL)
def test_coordinate_and_value_are_inverse_and_rise_together(text: str) -> None:
    prior = parse_prior(text)
    values = prior.quantile(P)
    coordinates = prior.coordinate(values)
    assert np.isfinite(coordinates).all() and (np.diff(coordinates) > 0).all()
    np.testing.assert_allclose(prior.value(coordinates), values, rtol=1e-9)


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize("mass", [0.5, 0.9, 0.99])
def test_an_interval_holds_its_mass_with_equal_tails(text: str, mass: float) -> None:
    low, high = parse_prior(text).interval(mass)
    assert cdf(text, low) == pytest.approx((1 - mass) / 2, rel=1e-9)
    assert cdf(text, high) == pytest.approx((1 + mass) / 2, rel=1e-9)


def test_pymc_moves_the_same_coordinate_under_the_same_density() -> None:
    import pymc as pm
    import pytensor
    import pytensor.tensor as pt
    from pytensor.compile.mode import Mode

    functions = {"log": pt.log}
    with pm.Model() as model:
        for i, text in enumerate(ALL):
            parse_prior(text).to_pymc(f"x{i}", {}, functions)
    densities = pytensor.function(model.value_vars, model.logp(sum=False), mode=Mode(linker="py", optimizer=None))
    for p in (0.1, 0.6):
        at = [float(parse_prior(text).coordinate(parse_prior(text).quantile(p))) for text in ALL]
        for text, coordinate, density in zip(ALL, at, densities(*at), strict=True):
            prior, step = parse_prior(text), 1e-5
            slope = (prior.value(coordinate + step) - prior.value(coordinate - step)) / (2 * step)
            expected = logpdf(text, float(prior.value(coordinate))) + np.log(slope)
            assert float(density) == pytest.approx(expected, abs=1e-6), text


def test_arguments_may_be_formulas_in_other_names() -> None:
    prior = parse_prior("Normal(6 - alpha * log(N0), 3)")
    assert prior.names == ("alpha", "N0") and prior.text == "Normal(6 - alpha * log(N0), 3)"
    alpha = np.array([0.2, 0.4])
    np.testing.assert_allclose(prior.quantile(0.5, {"alpha": alpha, "N0": 1e9}), 6 - alpha * np.log(1e9))


def test_draws_keep_their_dimensions_through_every_coordinate() -> None:
    import xarray as xr

    for text in ALL:
        draws = xr.DataArray(np.zeros((2, 3)), dims=("chain", "draw"))
        assert parse_prior(text).value(draws).dims == ("chain", "draw")


def test_sigmoid_neither_overflows_nor_loses_its_middle() -> None:
    at = np.array([-800.0, -30, -1, 0, 1, 30, 800])
    np.testing.assert_allclose(sigmoid(at), expit(at), atol=1e-16, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("Cauchy(0, 1)", "`Cauchy(0, 1)` is not a prior; allowed are Normal(mu, sigma)"),
        ("normal(0, 1)", "not a prior"),
        ("Normal", "not a prior"),
        ("Normal(0)", "Normal takes 2 argument(s) (mu, sigma), got 1"),
        ("Beta(1, 2, 3)", "Beta takes 2"),
        ("Normal(mu=0, sigma=1)", "not a prior"),
        ("Normal(*x)", "Normal takes 2"),
        ("Normal(0, 0)", "sigma of Normal(0, 0) is 0; it must be above 0"),
        ("LogNormal(0, -1)", "sigma"),
        ("StudentT(0, 0, 1)", "nu"),
        ("Gamma(2, -3)", "rate"),
        ("Exponential(0)", "rate"),
        ("Uniform(1, 1)", "no room"),
        ("Uniform(2, 1)", "no room"),
        ("Normal(0, 1).mean", "not a prior"),
        ("Normal(x.real, 1)", "`x.real` is not allowed"),
        ("Normal(open('f'), 1)", "open"),
        ("Normal(0, 9**9**9)", "`9**9**9`".replace("**", " ** ")),
        ("Normal(0, 1e999)", "finite"),
        ("Normal(log(0), 1)", "`log(0)`"),
        ("Normal('0', 1)", "'0'"),
        ("", "not a prior"),
        ("Normal(0, 1", "not a prior"),
        ("Normal(" + "-" * 1900 + "x, 1)", "nested deeper"),
        ("Normal(" + "(" * 900, "not a prior"),
        ("Normal(0, 1)" * 100_000, "too long"),
        ("\x1b[31mNormal", "not a prior"),
    ],
)
def test_anything_else_is_refused_at_once_with_the_culprit(text: str, culprit: str) -> None:
    started = time.perf_counter()
    with pytest.raises(InputError) as refused:
        parse_prior(text, where="x.toml [sampled] a")
    assert time.perf_counter() - started < 1
    said = str(refused.value)
    assert culprit in said and said.startswith("x.toml [sampled] a: ") and said.isprintable()
