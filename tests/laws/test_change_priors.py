"""Priors given by the user: the law stays itself, on a page of its own, and the sampler stays sound."""

import random
import tomllib
from typing import Any

import numpy as np
import pytest
from making import make_runs

from forecaster.errors import InputError, LawError
from forecaster.fits.design import Design, references
from forecaster.fits.fit import fit
from forecaster.fits.sampling.pymc import build_model
from forecaster.forecasts.prior_predictive import prior_predictive
from forecaster.laws.change_priors import parse_priors, with_priors, with_priors_each
from forecaster.laws.formula.algebra import text_of
from forecaster.laws.formula.parse import parse_formula
from forecaster.laws.law import Law
from forecaster.laws.page import page_text, read_law
from forecaster.laws.prior import parse_prior
from forecaster.laws.shelf import law, shelf
from forecaster.runs.table import Runs

CHINCHILLA = law("chinchilla")
SAID = (
    "Normal(0.35, 0.05)", "LogNormal 90% in 0.2..0.5", "HalfNormal(2)", "Gamma 80% in 0.1..3", "StudentT(4, 1, 0.1)",
    "Uniform(0.1, 0.9)", "Exponential 95% below 2", "LogitNormal(0, 1)", "Beta(2, 3)",
)  # fmt: skip


def natural_of(found: Law) -> list[str]:
    return [name for name in found.natural if name in found.parameters]


def same(found: Law, other: Law) -> None:
    assert found.sha256 == other.sha256 and found.name == other.name
    assert {name: prior.text for name, prior in found.priors.items()} == {n: p.text for n, p in other.priors.items()}
    assert dict(found.natural) == dict(other.natural) and found.noise.scale == other.noise.scale


@pytest.mark.parametrize("name", shelf())
def test_the_page_of_an_overridden_law_reads_back_as_that_law(name: str) -> None:
    found = law(name)
    same(read_law(page_text(tomllib.loads(found.text)), name=name), found)
    choose = random.Random(name)
    everywhere = [*found.sampled, *found.noise.sampled, *natural_of(found)]
    done = 0
    for count in (1, 1, 1, 2, 2, 3, 4):
        priors = {each: choose.choice(SAID) for each in choose.sample(everywhere, min(count, len(everywhere)))}
        try:
            changed = with_priors(found, priors)
        except LawError as refused:
            assert str(refused).isprintable() and not set(priors) <= {*found.sampled, *found.noise.sampled}
            continue
        done += 1
        same(read_law(changed.text, name=name), changed)
        assert changed.sha256 != found.sha256
        assert changed.formula == found.formula and changed.parameters == found.parameters
        assert {each: changed.priors[each].text for each in priors} == {
            each: parse_prior(prior).text for each, prior in priors.items()
        }
        assert len(changed.sampled) <= len(found.sampled)
    assert done


@pytest.mark.parametrize("name", shelf())
def test_every_natural_parameter_can_be_given_a_prior_together_with_the_others(name: str) -> None:
    found = law(name)
    priors = dict.fromkeys(natural_of(found), "LogNormal(0, 1)")
    changed = with_priors(found, priors)
    assert set(priors) <= set(changed.sampled) and not set(priors) & set(changed.natural)
    assert len(changed.sampled) <= len(found.sampled)


@pytest.mark.parametrize("prior", SAID)
def test_a_prior_that_is_given_is_the_prior_that_is_drawn_from(prior: str) -> None:
    expected = parse_prior(prior).quantile(np.array([0.1, 0.5, 0.9]))
    fixed = references(CHINCHILLA, make_runs()).values
    for name in ("alpha", "floor", "E", "A", "sigma"):
        drawn = with_priors(CHINCHILLA, {name: prior}).draw_priors(fixed, draws=20_000, seed=2)[name]
        np.testing.assert_allclose([np.mean(drawn < value) for value in expected], [0.1, 0.5, 0.9], atol=0.015)


def test_the_other_priors_of_the_law_stay() -> None:
    changed = with_priors(CHINCHILLA, {"alpha": "Normal(0.35, 0.05)"})
    assert changed.sampled["alpha"].text == "Normal(0.35, 0.05)" and list(changed.sampled) == list(CHINCHILLA.sampled)
    assert {n: p for n, p in changed.sampled.items() if n != "alpha"} == {
        n: p for n, p in CHINCHILLA.sampled.items() if n != "alpha"
    }
    assert dict(changed.natural) == dict(CHINCHILLA.natural) and "[noise" not in changed.text
    assert changed.presets.keys() == CHINCHILLA.presets.keys()
    assert with_priors(CHINCHILLA, {}) is CHINCHILLA


def test_a_page_may_say_its_priors_by_interval() -> None:
    page = CHINCHILLA.text.replace('"LogNormal(log(0.35), 0.4)"', '"LogNormal 90% in 0.2..0.5"')
    found = read_law(page, name="mine")
    assert found.sampled["beta"].interval(0.9) == pytest.approx((0.2, 0.5), rel=1e-9)
    changed = with_priors(found, {"E": "HalfNormal(2)"})
    same(read_law(changed.text, name="mine"), changed)


def test_a_prior_on_the_noise_brings_the_noise_onto_the_page() -> None:
    changed = with_priors(CHINCHILLA, {"sigma": "HalfNormal 95% below 0.02"})
    assert changed.noise.scale == CHINCHILLA.noise.scale and changed.noise.nu == CHINCHILLA.noise.nu
    assert changed.noise.sampled["sigma"].quantile(0.95) == pytest.approx(0.02, rel=1e-9)
    assert changed.noise.sampled["tail"] == CHINCHILLA.noise.sampled["tail"]
    assert tomllib.loads(changed.text)["noise"]["family"] == "StudentT"


def curves(found: Law, drawn: dict[str, Any], fixed: dict[str, float]) -> dict[str, Any]:
    return found.complete({name: drawn[name] for name in found.priors}, fixed)


@pytest.mark.parametrize("name", ["E", "A", "B"])
def test_one_natural_parameter_takes_the_place_of_the_level(name: str) -> None:
    fixed = references(CHINCHILLA, make_runs()).values
    changed = with_priors(CHINCHILLA, {name: "HalfNormal(1000)"})
    assert set(changed.sampled) == {*CHINCHILLA.sampled, name} - {"level"}
    drawn = CHINCHILLA.draw_priors(fixed, draws=50, seed=1)
    # What the old law calls A is A in the new one, and all the others follow as they did.
    for parameter, values in curves(changed, drawn, fixed).items():
        np.testing.assert_allclose(values, drawn[parameter], rtol=1e-9)


def test_parameters_that_nothing_uses_any_more_are_dropped() -> None:
    changed = with_priors(CHINCHILLA, {"E": "Normal(1.8, 0.1)", "A": "HalfNormal(1000)", "B": "HalfNormal(5000)"})
    assert set(changed.sampled) == {"E", "A", "B", "alpha", "beta"} and not changed.natural


def test_where_none_follows_the_other_natural_parameters_keep_their_ranges() -> None:
    fixed = references(CHINCHILLA, make_runs()).values
    before = CHINCHILLA.draw_priors(fixed, draws=40_000, seed=1)
    for priors in ({"E": "Normal(1.8, 0.1)", "A": "HalfNormal(1000)"}, {"A": "Normal(400, 300)"}):
        changed = with_priors(CHINCHILLA, priors)
        after = changed.draw_priors(fixed, draws=40_000, seed=2)
        assert len(changed.sampled) == len(CHINCHILLA.sampled)
        for name in {"A", "B", "E"} - priors.keys():
            ends = [np.quantile(np.log(drawn[name]), [0.05, 0.95]) for drawn in (before, after)]
            np.testing.assert_allclose(ends[1], ends[0], atol=0.03 * np.ptp(ends[0]))


def log_density(found: Law, runs: Runs, at: dict[str, float]) -> float:
    """PyMC's log density on the sampler's coordinates at a parameter value each."""
    import pytensor
    from pytensor.compile.mode import Mode

    fixed = references(found, runs)
    model = build_model(found, *Design(found, runs).density_data())
    density = pytensor.function(model.value_vars, model.logp(), mode=Mode(linker="py", optimizer=None))
    names = [variable.name for variable in model.free_RVs]
    values = {**fixed.values, **at}
    return float(density(*(float(found.priors[name].coordinate(at[name], values)) for name in names)))


def test_a_half_normal_on_a_is_sampled_with_its_own_density() -> None:
    runs = make_runs(sizes=3, lengths=2)
    fixed = references(CHINCHILLA, runs).values
    scale = 1000.0
    changed = with_priors(CHINCHILLA, {"A": f"HalfNormal({scale:g})"})
    at = {"floor": 0.6, "size": 0.4, "alpha": 0.34, "beta": 0.37, "sigma": 0.02, "growth": 0.004, "tail": 7.0}
    for level in (-0.1, 0.05):
        given = {"level": level, **at}
        a = float(CHINCHILLA.complete(given, fixed)["A"])
        swapped = log_density(changed, runs, {"A": a, **at}) - log_density(CHINCHILLA, runs, given)
        # The likelihood is the same; the prior on log A stands where that on the level stood.
        half_normal = np.log(2 / (scale * np.sqrt(2 * np.pi))) - a**2 / (2 * scale**2) + np.log(a)
        level_prior = -np.log(0.5 * np.sqrt(2 * np.pi)) - level**2 / (2 * 0.5**2)
        assert swapped == pytest.approx(half_normal - level_prior, abs=1e-6)


def test_the_posterior_goes_where_the_prior_pulls_and_the_draws_pass(small_runs: Runs) -> None:
    low = fit(with_priors(CHINCHILLA, {"E": "Normal(1.6, 0.02)"}), small_runs, cache=False, retry=False)
    assert low.verdict.status == "pass"
    drawn = low.posterior["E"].values
    # These runs were made with E = 1.8 and exponents .35 and .37.
    assert 1.55 < np.median(drawn) < 1.75 and drawn.std() < 0.03
    assert np.median(low.posterior["alpha"].values) < 0.34
    assert float(low.draws["sample_stats"].to_dataset()["n_steps"].mean()) < 40


def test_several_laws_each_take_the_priors_that_they_have_a_parameter_for() -> None:
    laws = [law("chinchilla"), law("coupled")]
    priors = parse_priors(["E=Normal(1.8, 0.1)", "R = LogNormal(-3, 2)"])
    changed = with_priors_each(laws, priors)
    assert [each.name for each in changed] == ["chinchilla", "coupled"]
    assert "E" in changed[0].sampled and {"E", "R"} <= set(changed[1].sampled)
    with pytest.raises(LawError, match=r"no parameter `gamma`; priors may be given for chinchilla: E, A, B, level"):
        with_priors_each(laws, {"gamma": "Normal(0, 1)"})
    assert with_priors_each(laws, {}) == tuple(laws)


@pytest.mark.parametrize(
    ("priors", "culprit"),
    [
        ({"gamma": "Normal(0, 1)"}, "no parameter `gamma`; priors may be given for chinchilla: E, A, B, level, floor"),
        ({"N": "Normal(0, 1)"}, "no parameter `N`"),
        ({"N0": "Normal(0, 1)"}, "no parameter `N0`"),
        ({"d": "Normal(0, 1)"}, "no parameter `d`"),
        ({"": "Normal(0, 1)"}, "no parameter ``"),
        ({"alpha": "Cauchy(0, 1)"}, "prior of alpha: `Cauchy(0, 1)` is not a prior"),
        ({"alpha": "LogNormal 90% in 0.5..0.2"}, "prior of alpha: "),
        ({"alpha": "Normal(zeta, 1)"}, "`zeta`, which is defined nowhere"),
        ({"alpha": "Normal(alpha, 1)"}, "circle"),
        ({"A": "LogNormal(E, 1)"}, "priors may be given for E, A, B, level"),
        ({"sigma": "HalfNormal(alpha)"}, "the prior of sigma uses `alpha`"),
        ({"alpha": "Normal(beta, 1)", "beta": "Normal(alpha, 1)"}, "circle"),
        (
            {"level": "Normal(0, 1)", "E": "HalfNormal(2)", "A": "HalfNormal(2)", "B": "HalfNormal(2)"},
            "nothing uses level once E, A, B have priors of their own",
        ),
    ],
)
def test_what_cannot_be_given_a_prior_is_refused_in_one_line(priors: dict[str, str], culprit: str) -> None:
    with pytest.raises(InputError) as refused:
        with_priors(CHINCHILLA, priors)
    said = str(refused.value)
    assert culprit in said and said.isprintable() and len(said) < 600


def test_a_parameter_too_many_is_refused_with_what_may_be_given() -> None:
    page = """
title = "Two shares of one term"
formula = "exp(top) * K + 1 / N**alpha"
[inputs]
N = "parameters"
[sampled]
top = "Normal(0, 1)"
share = "Beta(2, 2)"
alpha = "LogNormal(0, 1)"
[natural]
K = "share + share**2"
"""
    assert set(with_priors(read_law(page, name="mine"), {"K": "HalfNormal(1)"}).sampled) == {"top", "K", "alpha"}
    more = page.replace("K + 1", "K + M + 1") + 'M = "tanh(share)"\n'
    with pytest.raises(LawError, match=r"a prior on K leaves 4 .*where 3 settle .*give one to each of K, M, or to any"):
        with_priors(read_law(more, name="mine"), {"K": "HalfNormal(1)"})


@pytest.mark.parametrize(
    ("texts", "culprit"),
    [
        (["alpha"], "`alpha` names no parameter; expected NAME=PRIOR"),
        (["=Normal(0, 1)"], "names no parameter"),
        (["a b=Normal(0, 1)"], "names no parameter"),
        (["alpha=Normal(0, 1)", "alpha=Normal(0, 2)"], "alpha is given two priors"),
        (["alpha="], "prior of alpha: `` is not a prior"),
        (["alpha=Normal(mu=0, sigma=1)"], "is not a prior"),
        (["\x1b[31m=Normal(0, 1)"], "names no parameter"),
    ],
)
def test_a_text_that_names_no_prior_is_refused(texts: list[str], culprit: str) -> None:
    with pytest.raises(LawError) as refused:
        parse_priors(texts)
    assert culprit in str(refused.value) and str(refused.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "a - (b - c) - d", "a / (b / c) / d", "a / b * c", "-a**2", "(-a)**2", "-(a * b)", "-a * b", "a**(b**c)",
        "(a**b)**c", "a**-b", "2 - -a", "exp(a + b) * (c - d)", "where(a < b + 1, minimum(a, 2), 1e-30)",
        "0.1 + 3 * 1e22", "1 / (1 / a)", "a * (b / c)", "a * b / c", "(a + b)**0.5",
    ],
)  # fmt: skip
def test_a_formula_written_from_its_tree_is_the_same_formula(text: str) -> None:
    tree = parse_formula(text).tree
    assert parse_formula(text_of(tree)).tree == tree


@pytest.mark.parametrize(
    "page",
    [
        {"title": 'a "quoted" \\ title\nof two\tlines \x7f \u00e9 \U0001f600', "n": 1, "x": -0.5, "on": True},
        {"presets": {"one": {"a": 1e-30, "b c": 2.0, "\u00e9": "x"}}, "sampled": {"a": "Normal(0, 1)"}},
        {"empty": {}, "list": [1, "two", [3.5, False]], "a": {"b": {"c": {"d": 1}}, "e": 2}},
    ],
)
def test_a_page_is_written_as_toml_says(page: dict[str, Any]) -> None:
    assert tomllib.loads(page_text(page)) == page


def test_the_prior_predictive_says_which_runs_a_prior_misses() -> None:
    runs = make_runs()
    changed = with_priors(CHINCHILLA, {"E": "Normal(4, 0.05)", "alpha": "LogNormal 90% in 0.3..0.4"})
    found = prior_predictive(changed, runs, "N=70B,D=1.4T")
    losses = runs.column("loss")
    assert found.inside < 0.8 and len(found.missed) == round((1 - found.inside) * len(runs))
    assert found.missed[0].response == losses.min() and found.missed[0].low > losses.min()
    said = next(note.text for note in found.notes if note.code == "prior-misses-data")
    for text in (said, " ".join(found.text.split("\n\n")[0].split())):
        assert f"farthest outside: {runs.place(int(losses.argmin()))} at {losses.min():.4g} (range 4" in text
        assert text.count(" (range ") <= 3
    assert not prior_predictive(CHINCHILLA, runs, "N=70B,D=1.4T").missed
