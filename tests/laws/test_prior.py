import time
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from forecaster.errors import InputError
from forecaster.fits.sampling.pymc import prior_variable
from forecaster.laws.prior import Prior, parse_prior
from forecaster.stats.distributions import FAMILIES, sigmoid

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
            prior_variable(f"x{i}", parse_prior(text), {}, functions)
    densities = pytensor.function(model.value_vars, model.logp(sum=False), mode=Mode(linker="py", optimizer=None))
    for p in (0.1, 0.6):
        at = [float(parse_prior(text).coordinate(parse_prior(text).quantile(p))) for text in ALL]
        for text, coordinate, density in zip(ALL, at, densities(*at), strict=True):
            prior, step = parse_prior(text), 1e-5
            slope = (prior.value(coordinate + step) - prior.value(coordinate - step)) / (2 * step)
            expected = logpdf(text, float(prior.value(coordinate))) + np.log(slope)
            assert float(density) == pytest.approx(expected, abs=1e-6), text


BY_INTERVAL: dict[str, tuple[float, ...]] = {
    "Normal 90% in -0.3..2.5": (-0.3, 2.5),
    "Normal 50% in -1M .. 1e7": (-1e6, 1e7),
    "Normal 80% in 0..1": (0, 1),
    "LogNormal 90% in 0.2..0.5": (0.2, 0.5),
    "LogNormal 99% in 100M..1.4T tokens": (1e8, 1.4e12),
    "LogitNormal 90% in 0.05..0.999": (0.05, 0.999),
    "StudentT(5) 90% in -1..4": (-1, 4),
    "StudentT(1.5) 99.9% in 0.001..0.002": (0.001, 0.002),
    "HalfNormal 95% below 1K": (1e3,),
    "Exponential 50% below 0.01": (0.01,),
    "Gamma 90% in 1..2": (1, 2),
    "Gamma 95% in 1e-6..3": (1e-6, 3),
    "Gamma 50% in 1000..1001": (1000, 1001),
    "Beta 90% in 0.1..0.2": (0.1, 0.2),
    "Beta 80% in 0.001..0.999": (0.001, 0.999),
    "Beta 99% in 1e-4..0.01": (1e-4, 0.01),
    "Uniform 90% in -2..3": (-2, 3),
    "  Uniform   10 %  in  5..6 ": (5, 6),
}


def independent_cdf(prior: Prior, value: float) -> float:
    a = [float(argument.text) for argument in prior.arguments]
    match prior.family:
        case "LogitNormal":
            return float(stats.norm.cdf((logit(value) - a[0]) / a[1]))
        case "Normal":
            return float(stats.norm.cdf(value, *a))
        case "LogNormal":
            return float(stats.norm.cdf(np.log(value), *a))
        case "StudentT":
            return float(stats.t.cdf(value, *a))
        case "HalfNormal":
            return float(stats.halfnorm.cdf(value, scale=a[0]))
        case "Exponential":
            return float(stats.expon.cdf(value, scale=1 / a[0]))
        case "Gamma":
            return float(stats.gamma.cdf(value, a[0], scale=1 / a[1]))
        case "Beta":
            return float(stats.beta.cdf(value, *a))
        case _:
            return float(stats.uniform.cdf(value, a[0], a[1] - a[0]))


def test_every_family_can_be_said_by_an_interval() -> None:
    assert {text.split()[0].split("(")[0] for text in BY_INTERVAL} == FAMILIES.keys()


@pytest.mark.parametrize("text", BY_INTERVAL)
def test_an_interval_is_solved_exactly(text: str) -> None:
    prior, ends = parse_prior(text), BY_INTERVAL[text]
    mass = float(text.split("%")[0].split()[1]) / 100
    if len(ends) == 1:
        assert prior.quantile(mass) == pytest.approx(ends[0], rel=1e-9)
        assert independent_cdf(prior, ends[0]) == pytest.approx(mass, rel=1e-9)
    else:
        scale = 1e-9 * max(map(abs, ends)) if prior.family in ("Normal", "StudentT", "Uniform") else 0
        assert prior.interval(mass) == pytest.approx(ends, rel=1e-9, abs=scale)
        assert independent_cdf(prior, ends[0]) == pytest.approx((1 - mass) / 2, rel=1e-9)
        assert 1 - independent_cdf(prior, ends[1]) == pytest.approx((1 - mass) / 2, rel=1e-9)


@pytest.mark.parametrize("text", BY_INTERVAL)
def test_a_solved_prior_is_said_by_its_arguments_from_then_on(text: str) -> None:
    prior = parse_prior(text)
    assert "%" not in prior.text and parse_prior(prior.text) == prior and not prior.names
    assert parse_prior(text).text == prior.text


def test_intervals_drawn_at_random_come_back() -> None:
    random = np.random.default_rng(3)
    for family in ("LogNormal", "Gamma", "LogitNormal", "Beta"):
        for _ in range(25):
            wide = random.choice([0.05, 1, 4])
            low, high = sorted(random.normal(0, wide, 2) + random.normal(0, 1))
            low, high = (expit(low), expit(high)) if family in ("LogitNormal", "Beta") else (np.exp(low), np.exp(high))
            mass = float(random.uniform(20, 99))
            text = f"{family} {mass}% in {float(low)!r}..{float(high)!r}"
            assert parse_prior(text).interval(mass / 100) == pytest.approx((low, high), rel=1e-9), text


def test_closed_forms_are_those_of_the_textbook() -> None:
    z = 1.6448536269514722
    assert [float(a.text) for a in parse_prior("LogNormal 90% in 0.2..0.5").arguments] == pytest.approx(
        [np.log(0.1) / 2, np.log(2.5) / (2 * z)], rel=1e-13
    )
    assert float(parse_prior("Exponential 50% below 2").arguments[0].text) == pytest.approx(np.log(2) / 2, rel=1e-13)
    assert [float(a.text) for a in parse_prior("Uniform 80% in 1..9").arguments] == pytest.approx([0, 10], abs=1e-12)
    assert float(parse_prior("HalfNormal 90% below 3").arguments[0].text) == pytest.approx(3 / z, rel=1e-13)


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("LogNormal 90% in 0.5..0.2", "starts at 0.5 and ends at 0.2; expected LOW below HIGH"),
        ("LogNormal 90% in 0.5..0.5", "expected LOW below HIGH"),
        ("LogNormal 90% in 0..0.5", "0 of `LogNormal 90% in 0..0.5` is outside LogNormal, whose values lie above 0"),
        ("Gamma 90% in -1..0.5", "above 0"),
        ("HalfNormal 95% below 0", "above 0"),
        ("Exponential 95% below -2", "above 0"),
        ("LogitNormal 90% in 0.5..1", "between 0 and 1"),
        ("Beta 90% in 0.5..1.5", "between 0 and 1"),
        ("Beta 90% in 0..0.5", "between 0 and 1"),
        ("Normal 0% in 0..1", "0% of `Normal 0% in 0..1` is no probability; expected between 0 and 100"),
        ("Normal 100% in 0..1", "between 0 and 100"),
        ("Normal 900% in 0..1", "between 0 and 100"),
        ("Normal -5% in 0..1", "between 0 and 100"),
        ("Normal 9.9.9% in 0..1", "between 0 and 100"),
        ("Normal 90% below 1", "expected Normal 90% in LOW..HIGH"),
        ("HalfNormal 90% in 0..1", "expected HalfNormal 95% below HIGH"),
        ("StudentT 90% in 0..1", "StudentT(5) 90% in LOW..HIGH"),
        ("Normal(3) 90% in 0..1", "or none"),
        ("StudentT(nu) 90% in 0..1", "`nu` of"),
        ("StudentT(0) 90% in 0..1", "expected a number above 0"),
        ("StudentT(1, 2) 90% in 0..1", "`(1, 2)`"),
        ("Normal 90% in 0..", '"" is not a quantity'),
        ("Normal 90% in 0..1..2", "two numbers as in 0.2..0.5"),
        ("Normal 90% in 0...5", "two numbers as in 0.2..0.5"),
        ("Normal 90% in 0.2", "two numbers"),
        ("HalfNormal 90% below 0..1", '"0..1" is not a quantity'),
        ("Normal 90% in a..b", '"a" is not a quantity'),
        ("Normal 90% in nan..1", '"nan" is not a quantity'),
        ("Normal 90% in 1..1e999", "beyond the largest number"),
        ("Normal 90% in 1..inf", '"inf"'),
        ("Normal 90%", "or by interval: `LogNormal 90% in 0.2..0.5`"),
        ("Cauchy 90% in 0..1", "allowed are Normal(mu, sigma)"),
        ("Normal 90% within 0..1", "or by interval"),
        ("Normal(0, 1) % 2", "or by interval"),
        ("%" * 1900, "not a prior"),
        ("Normal" + " " * 1900 + "90%", "not a prior"),
        ("Normal(" + "(" * 900 + ") 90% in 0..1", "not a prior"),
        ("Gamma 90% in 1..1.0000001", "no Gamma has"),
        ("Gamma 90% in 1e-300..1e300", "another family"),
        ("Beta 90% in 1e-300..1e-299", "no Beta has"),
        ("Normal 1e-14% in 0..1", "no Normal has"),
        ("Uniform 10% in -1e308..1e308", "no Uniform has"),
        ("Uniform 10% in 0..1e308", "no Uniform has"),
    ],
)
def test_an_interval_that_settles_nothing_is_refused_with_the_cure(text: str, culprit: str) -> None:
    parse_prior("Gamma 90% in 1..2")  # loads what the first one needs
    started = time.perf_counter()
    with pytest.raises(InputError) as refused:
        parse_prior(text, where="prior of a")
    assert time.perf_counter() - started < 1
    said = str(refused.value)
    assert culprit in said and said.startswith("prior of a: ") and said.isprintable() and len(said) < 600


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
