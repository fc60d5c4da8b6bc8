import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import make_fit, make_runs

from forecaster.backtests.baselines import BASELINES
from forecaster.errors import InputError, LawError
from forecaster.fits.design import references
from forecaster.laws.formula.parse import parse_formula
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import Law
from forecaster.laws.page import TAKEN_NAMES, read_law
from forecaster.laws.shelf import DEFAULT_MIXTURE, DEFAULT_ONE_INPUT, default_laws, law, shelf

RUNS = make_runs()


def drawn(name: str, draws: int = 50) -> tuple[Law, dict[str, Any], dict[str, float]]:
    found = law(name)
    fixed = references(found, RUNS).values
    return found, found.draw_priors(fixed, draws=draws, seed=3), fixed


def centred(name: str, p: dict[str, Any], u: Any, v: Any) -> Any:
    """Section 7 of the design: the log response over L0, in centre coordinates."""
    f, w, alpha, beta = p["floor"], p["size"], p["alpha"], p["beta"]
    match name:
        case "chinchilla":
            rest = w * np.exp(-alpha * u) + (1 - w) * np.exp(-beta * v)
        case "coupled":
            rest = (w * np.exp(-(alpha / beta) * u) + (1 - w) * np.exp(-v)) ** beta
        case "farseer_lite":
            data = np.exp(p["drift"] * u - beta * np.exp(p["bend"] * u) * v)
            rest = w * np.exp(-alpha * u) + (1 - w) * data
    return p["level"] + np.log(f + (1 - f) * rest)


@pytest.mark.parametrize("name", DEFAULT_MIXTURE)
def test_natural_units_and_centre_coordinates_are_one_law(name: str) -> None:
    found, values, fixed = drawn(name, 300)
    random = np.random.default_rng(5)
    u, v = random.uniform(-4, 6, (2, 300))
    at = {"N": fixed["N0"] * np.exp(u), "D": fixed["D0"] * np.exp(v)}
    natural = np.log(evaluate(found.formula, values | fixed | at) / fixed["L0"])
    np.testing.assert_allclose(natural, centred(name, values, u, v), rtol=1e-9, atol=1e-9)


def test_draws_from_the_priors_follow_the_seed_and_the_priors() -> None:
    found, values, fixed = drawn("chinchilla", 4000)
    again = found.draw_priors(fixed, draws=4000, seed=3)
    assert all((values[name] == again[name]).all() for name in values)
    assert set(values) == {*found.priors, *found.parameters}
    low, high = found.priors["alpha"].interval(0.9)
    assert np.mean((values["alpha"] > low) & (values["alpha"] < high)) == pytest.approx(0.9, abs=0.02)


PAGE = """
title = "A line"
source = "nowhere"
formula = "a + b / N**c"   # the shape

[inputs]
N = "parameters"

[sampled]
a = "LogNormal(0, 1)"
b = "Normal(log(N0), m)"
m = "HalfNormal(1)"
c = "LogNormal(log(0.3), 0.5)"
"""


def test_laws_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    assert set(DEFAULT_MIXTURE) <= set(shelf())
    path = tmp_path / "mine.toml"
    path.write_text(PAGE)
    assert law(path).name == law(str(path)).name == "mine"
    assert law("chinchilla").name == "chinchilla"
    for absent in ("nonsense", "../models/chinchilla", "chinchilla.toml", "", "a\0b.toml"):
        with pytest.raises(LawError) as refused:
            law(absent)
        assert str(refused.value).isprintable()
    with pytest.raises(LawError, match=r"no law `nonsense` on the shelf; it holds .*chinchilla, .*coupled"):
        law("nonsense")


def test_the_default_laws_follow_the_inputs_of_the_table() -> None:
    assert tuple(found.name for found in default_laws(RUNS)) == DEFAULT_MIXTURE
    assert default_laws(("D", "N", "C")) == default_laws(RUNS)
    assert tuple(found.name for found in default_laws(["C"])) == DEFAULT_ONE_INPUT


def test_a_page_without_natural_parameters_samples_the_formula_as_written() -> None:
    found = read_law(PAGE, name="mine")
    assert found.parameters == ("a", "b", "c") and found.noise.family == "StudentT"
    assert list(found.priors)[:4] != ["a", "b", "m", "c"] and list(found.priors).index("m") < list(found.priors).index(
        "b"
    )
    values = found.draw_priors({"N0": 1e9, "L0": 2.0}, draws=10, seed=1)
    assert values["b"].shape == (10,)
    assert np.isfinite(make_fit(found, RUNS).linked_response({"N": 1e8}).values).all()


def test_a_page_may_bring_its_own_noise() -> None:
    own = read_law(PAGE + '[noise]\nfamily = "Normal"\nscale = "s"\n[noise.sampled]\ns = "HalfNormal(1)"\n', name="x")
    assert own.noise.nu is None and tuple(own.noise.sampled) == ("s",)
    made = make_fit(own, RUNS, s=0.02, spread=0.0)
    assert made.noise_scale(0.0).values == pytest.approx(0.02) and np.isinf(made.degrees_of_freedom()).all()


@pytest.mark.parametrize(
    ("old", "new", "culprit"),
    [
        ('"a + b / N**c"', '"a + b / N**c + zeta"', "`zeta`"),
        ('"a + b / N**c"', '"a + b / N"', "`c` is defined but used nowhere"),
        ('"a + b / N**c"', '"a + b + c"', "`N`"),
        ('"a + b / N**c"', '"a + b / N**c.real"', "`c.real`"),
        ('m = "HalfNormal(1)"', 'm = "HalfNormal(b)"', "circle"),
        ('m = "HalfNormal(1)"', 'm = "HalfNormal(m)"', "circle"),
        ('m = "HalfNormal(1)"', 'm = "HalfNormal(q)"', "`q`"),
        ('m = "HalfNormal(1)"', 'm = "Cauchy(1)"', "`Cauchy(1)`"),
        ('m = "HalfNormal(1)"', "m = 1", "sampled.m"),
        ('title = "A line"', 'title = "A line"\ncolour = "red"', "colour"),
        ('title = "A line"', "", "title"),
        ('title = "A line"', 'title = "A line', "not valid TOML"),
        ('title = "A line"', 'title = "A line"\ntitle = "B"', "not valid TOML"),
        ('a = "LogNormal(0, 1)"', 'L0 = "LogNormal(0, 1)"', "`L0` is a reference name"),
        ('a = "LogNormal(0, 1)"', 'N0 = "LogNormal(0, 1)"', "`N0`"),
        ('a = "LogNormal(0, 1)"', 'd = "LogNormal(0, 1)"', "`d`"),
        ('a = "LogNormal(0, 1)"', 'N = "LogNormal(0, 1)"', "`N` is defined twice"),
        ('a = "LogNormal(0, 1)"', 'sigma = "LogNormal(0, 1)"', "`sigma` is defined twice"),
        ('a = "LogNormal(0, 1)"', '"a b" = "LogNormal(0, 1)"', "`a b`"),
        ('a = "LogNormal(0, 1)"', 'lambda = "LogNormal(0, 1)"', "`lambda`"),
        ('a = "LogNormal(0, 1)"', 'exp = "LogNormal(0, 1)"', "`exp`"),
        ("[inputs]", "[outputs]", "inputs"),
        ('N = "parameters"', "", "inputs"),
        ('N = "parameters"', "N = 3", "inputs.N"),
        ("[sampled]", '[natural]\nz = "N"\n[sampled]', "`N`"),
        ("[sampled]", '[noise]\nfamily = "Cauchy"\nscale = "1"\n[sampled]', "noise.family"),
        ("[sampled]", '[noise]\nfamily = "StudentT"\nscale = "1"\n[sampled]', "noise.nu"),
        ("[sampled]", '[noise]\nfamily = "Normal"\nscale = "b"\n[sampled]', "`b`"),
        (
            "[sampled]",
            '[noise]\nfamily = "Normal"\nscale = "1"\n[noise.sampled]\nq = "HalfNormal(1)"\n[sampled]',
            "`q`",
        ),
    ],
)
def test_a_page_with_a_fault_is_refused_in_one_line_with_the_culprit(old: str, new: str, culprit: str) -> None:
    assert old in PAGE
    with pytest.raises(InputError) as refused:
        read_law(PAGE.replace(old, new), name="mine")
    said = str(refused.value)
    assert culprit in said and "mine.toml" in said and said.isprintable() and len(said) < 500


@pytest.mark.parametrize("page", ["x = " + "[" * 90_000, "x" * 1_000_000, "\x00", "a = 1\n" * 10_000, ""])
def test_a_hostile_page_is_refused_within_a_second(page: str) -> None:
    started = time.perf_counter()
    with pytest.raises(LawError) as refused:
        read_law(page, name="mine")
    assert time.perf_counter() - started < 1 and str(refused.value).isprintable()


def test_the_hash_ignores_comments_and_order_but_not_a_prior() -> None:
    first = read_law(PAGE, name="mine").sha256
    assert read_law(PAGE.replace("# the shape", "# another remark"), name="other").sha256 == first
    lines = PAGE.splitlines()
    a, m = lines.index('a = "LogNormal(0, 1)"'), lines.index('m = "HalfNormal(1)"')
    lines[a], lines[m] = lines[m], lines[a]
    assert read_law("\n".join(lines), name="mine").sha256 == first
    assert read_law(PAGE.replace("HalfNormal(1)", "HalfNormal(2)"), name="mine").sha256 != first
    assert read_law(PAGE.replace("b / N**c", "b / N**(2 * c)"), name="mine").sha256 != first
    noise = '[noise]\nfamily = "Normal"\nscale = "s + t"\n[noise.sampled]\n{}\n{}\n'
    s, t = 's = "HalfNormal(1)"', 't = "HalfNormal(1)"'
    own = read_law(PAGE + noise.format(s, t), name="mine").sha256
    assert own != first and read_law(PAGE + noise.format(t, s), name="mine").sha256 == own


def test_a_formula_on_a_page_is_the_one_that_is_read() -> None:
    for name in shelf():
        assert parse_formula(law(name).formula.text).tree == law(name).formula.tree


def test_no_law_takes_the_name_of_what_it_is_held_against() -> None:
    assert set(TAKEN_NAMES) == {"mixture", *BASELINES}
    with pytest.raises(LawError, match="another name"):
        read_law(law("chinchilla").text, name="mixture")


def test_a_page_may_say_on_which_scale_its_runs_scatter() -> None:
    plain = read_law(PAGE, name="mine")
    assert plain.link == "log"
    links = {link: read_law(PAGE + f'[response]\nlink = "{link}"\n', name="mine") for link in ("log", "own", "logit")}
    assert all(found.link == link for link, found in links.items())
    assert links["log"].sha256 == plain.sha256
    assert len({found.sha256 for found in links.values()}) == 3
    assert all(found.noise.scale == plain.noise.scale for found in links.values())
    for bad in ('[response]\nlink = "probit"\n', '[response]\nscale = "own"\n', 'response = "own"\n'):
        with pytest.raises(LawError, match=r"mine\.toml: response"):
            read_law(bad + PAGE if bad.startswith("response") else PAGE + bad, name="mine")
