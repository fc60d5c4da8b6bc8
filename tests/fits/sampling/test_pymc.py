"""PyMC's model of a law: the reference density is exact, and a fit's model means what the fit's draws mean."""

from __future__ import annotations

import copy
import importlib
import pickle
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from densities import FORMULAS, assert_exact, data_for, is_moderate, law_of, prior_points, variants
from hypothesis import HealthCheck, assume, given, settings, strategies as st
from making import make_fit, make_runs

from forecaster.fits.design import Design
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import predict
from forecaster.fits.sampling.compiled_pymc import pymc_density
from forecaster.fits.sampling.pymc import reference_density, table_model
from forecaster.laws.change_noise import with_noise
from forecaster.laws.families import with_families
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

VARIANTS = variants()


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_reference_is_exact(variant: str) -> None:
    page, known_errors = VARIANTS[variant]
    rows, fixed = data_for(page, known_errors=known_errors)
    reference = reference_density(page, known_errors=known_errors)
    (x,) = prior_points(page, fixed, count=1)
    assert assert_exact(page, reference(x, rows, fixed), x, rows, fixed, known_errors=known_errors)


@pytest.fixture(scope="module", autouse=True)
def _pymc_is_loaded() -> None:
    # PyTensor raises the limit of recursion, which hypothesis would take for the doing of its test.
    importlib.import_module("pymc")


@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(formula=FORMULAS, seed=st.integers(0, 99))
def test_the_reference_of_any_formula_is_exact(formula: str, seed: int) -> None:
    page = law_of(formula)
    assume(page is not None)
    rows, fixed = data_for(page, seed=seed, runs=3)
    (x,) = prior_points(page, fixed, count=1, seed=seed)
    assume(is_moderate(page, x, rows, fixed))
    assert_exact(page, reference_density(page)(x, rows, fixed), x, rows, fixed)


@pytest.mark.parametrize("coordinate", [-40.0, 25.0, 40.0])
def test_a_share_keeps_its_digits_however_close_to_its_bounds(coordinate: float) -> None:
    page = law("chinchilla")
    rows, fixed = data_for(page)
    (x,) = prior_points(page, fixed, count=1)
    x[list(page.priors).index("size")] = coordinate
    assert assert_exact(page, reference_density(page)(x, rows, fixed), x, rows, fixed)


LARGE_NUMBERS = """
title = "numbers that single precision does not hold, and small whole ones whose logarithms it rounds"
source = "made for a test"
formula = "a * exp(100) * where(1 < 2, 1, 0) / N**b + tanh(0.5) * c / maximum(3, 2)"
[inputs]
N = "parameters"
[sampled]
level = "Normal(log(exp(100)) - 100, 0.5)"
b = "Gamma(2, 3)"
c = "Uniform(0, log(exp(120)) - 118)"
[natural]
a = "L0 * exp(level) * exp(-100) * N0**b"
[noise]
family = "StudentT"
scale = "sigma * exp(90) * exp(-90)"
nu = "log(exp(100)) - 95"
[noise.sampled]
sigma = "LogNormal(-3, 3)"
"""


def test_numbers_are_in_double_precision() -> None:
    page = read_law(LARGE_NUMBERS, name="large_numbers")
    rows, fixed = data_for(page)
    (x,) = prior_points(page, fixed, count=1)
    assert assert_exact(page, reference_density(page)(x, rows, fixed), x, rows, fixed)
    assert assert_exact(page, pymc_density(page).of(rows, fixed).value(x), x, rows, fixed)


def test_numbers_are_in_double_precision_in_a_fits_model() -> None:
    assert_models_agree(Design(read_law(LARGE_NUMBERS, name="large_numbers"), make_runs()))


def table_with(link: str = "log", **columns: Any) -> Runs:
    """Runs whose response any law of a link can take, in two families."""
    runs = make_runs(**columns).table
    z = np.log(runs["loss"]) - 1.3
    loss = {"log": runs["loss"], "own": -z, "logit": 1 / (1 + np.exp(2 * z))}[link]
    table = runs.assign(loss=loss, family_code=(np.arange(len(runs)) % 3).astype(float))
    return read_runs(table, response="score" if link == "logit" else None)


@cache
def fits() -> dict[str, Fit]:
    """Fits of every kind of noise, link and prior, without a sampler."""
    chinchilla = law("chinchilla")
    own_size = table_with("own", vocabulary=np.tile([1e7, 3e7, 1e8], 10))
    codes = np.tile([0.0, 1.0, 2.0], 10)
    return {
        "chinchilla": make_fit(chinchilla, make_runs(), draws=500),
        "constant Normal noise": make_fit(with_noise(chinchilla, "Normal,constant"), make_runs(), draws=500),
        "known errors": make_fit(chinchilla, table_with(loss_se=0.08), draws=500),
        "own scale": make_fit(law("vocabulary"), own_size, draws=500),
        "logit, an input that is the scale": make_fit(law("logistic"), table_with("logit"), draws=500),
        "families": make_fit(
            with_families(chinchilla, ["a", "b", "c"], "family"), make_runs(family_code=codes), draws=500
        ),
        "a bounded parameter": make_fit(
            law("learning_rate_batch"), make_runs(lr=np.tile([1e-3, 2e-3], 15), batch=np.tile([64.0, 256.0], 15)),
            draws=500,
        ),
    }  # fmt: skip


KINDS = tuple(fits())


def assert_models_agree(design: Design) -> None:
    """A table's model has the density of the reference, on the sampler's coordinates."""
    import pytensor
    from pytensor.compile.mode import Mode

    model = table_model(design)
    logp = pytensor.function(model.value_vars, model.logp(), mode=Mode(linker="py", optimizer=None))
    rows, fixed = design.density_data()
    reference = reference_density(design.law, known_errors=design.has_known_errors)
    assert [variable.name for variable in model.free_RVs] == list(design.law.priors)
    for x in prior_points(design.law, fixed, count=3):
        value = reference(x, rows, fixed)[0]
        assert float(logp(*x)) == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fits_model_has_the_density_that_is_sampled(kind: str) -> None:
    assert_models_agree(fits()[kind].design)


def predicted(fit: Fit, posterior: Any, *names: str, runs: Runs | None = None) -> xr.Dataset:
    """PyMC's draws of observed or deterministic variables given draws of a posterior, at the table's runs or others."""
    import pymc
    from pytensor.compile.mode import Mode

    model = table_model(fit.design)
    if runs is not None:
        with model:
            data = {variable.name: variable.get_value() for variable in model.data_vars}
            column = {**{name: runs.column(c) for name, c in fit.design.columns.items()}, "C": runs.column("C")}
            pymc.set_data({name: column[name] for name in data}, coords={"run": np.arange(len(runs))})
    found = pymc.sample_posterior_predictive(
        posterior, model=model, var_names=list(names), predictions=True, random_seed=1, progressbar=False,
        compile_kwargs={"mode": Mode(linker="py", optimizer=None)},
    )  # fmt: skip
    dataset: xr.Dataset = found["predictions"].to_dataset()
    return dataset


def farthest(fit: Fit, draws: xr.DataArray, runs: Runs | None = None) -> float:
    """How far PyMC's draws lie from the package's quantiles, in standard errors of the share below, at worst."""
    own = predict(Ensemble((fit,)), fit.runs if runs is None else runs, term=None, seed=1).predictive[0]
    sample = draws.transpose("chain", "draw", "run").values.reshape(own.shape)
    p = np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
    below = (sample < np.quantile(own, p, axis=0)[:, None]).mean(axis=1)
    return float(np.max(np.abs(below - p[:, None]) / np.sqrt(2 * p * (1 - p) / len(own))[:, None]))


BAR = 5.0


@pytest.mark.parametrize("kind", KINDS)
def test_pymcs_predictions_are_the_packages(kind: str) -> None:
    fit = fits()[kind]
    found = predicted(fit, fit.draws, "linked_response", "linked_loss")
    curve = fit.linked_response({name: xr.DataArray(x, dims="run") for name, x in fit.design.inputs().items()})
    np.testing.assert_allclose(
        found["linked_response"].values, curve.transpose("chain", "draw", "run").values, rtol=1e-9, atol=1e-9
    )
    assert farthest(fit, found["linked_loss"]) < BAR


@pytest.mark.parametrize("name", ["alpha", "floor", "sigma"])
def test_a_name_that_means_the_coordinate_would_fail(name: str) -> None:
    fit = fits()["chinchilla"]
    sampled = fit.posterior[list(fit.law.priors)]
    assert farthest(fit, predicted(fit, sampled, "linked_loss")["linked_loss"]) < BAR
    wrong = sampled.assign({name: fit.law.priors[name].coordinate(sampled[name])})
    # A scale below zero is no scale at all.
    wrong["sigma"] = abs(wrong["sigma"])
    assert not farthest(fit, predicted(fit, wrong, "linked_loss")["linked_loss"]) < 4 * BAR


@pytest.mark.parametrize("kind", ["chinchilla", "logit, an input that is the scale"])
def test_other_runs_set_as_data_are_predicted(kind: str) -> None:
    fit = fits()[kind]
    N = np.array([1e10, 7e10])
    others = read_runs(pd.DataFrame({"N": N, "D": 20 * N, "C": 150 * N**2, "loss": [0.5, 0.4]}))
    assert farthest(fit, predicted(fit, fit.posterior, "linked_loss", runs=others)["linked_loss"], others) < BAR


def test_parameters_are_distributions_of_their_own_scale() -> None:
    model = fits()["a bounded parameter"].model
    kinds = {variable.name: variable.owner.op.__class__.__name__ for variable in model.free_RVs}
    transforms = {variable.name: model.rvs_to_transforms[variable] for variable in model.free_RVs}
    assert kinds["alpha"] == "LogNormalRV"
    assert kinds["lean"] == "UniformRV"
    assert {name: getattr(each, "name", None) for name, each in transforms.items()}.items() >= {
        "level": None, "floor": "logodds", "alpha": "log", "lean": "interval",
    }.items()  # fmt: skip
    assert {variable.name for variable in model.deterministics} == {"E", "A", "B", "c", "b", "linked_response"}
    np.testing.assert_array_equal(model["N"].get_value(), fits()["a bounded parameter"].runs.column("N"))
    assert model.named_vars_to_dims["linked_loss"] == ("run",)


def test_parameters_may_be_called_as_what_the_model_holds() -> None:
    page = law("power_floor").text
    for name, other in {"level": "rows", "floor": "fixed", "E": "linked_loss", "alpha": "run"}.items():
        page = re.sub(rf"\b{name}\b", other, page)
    named = read_law(page, name="named")
    assert {"rows", "fixed", "linked_loss", "run"} <= {*named.priors, *named.natural}
    design = Design(named, make_runs())
    assert_models_agree(design)
    rows, fixed = design.density_data()
    (x,) = prior_points(named, fixed, count=1)
    value, slopes = reference_density(named)(x, rows, fixed)
    compiled = pymc_density(named).of(rows, fixed).value(x)
    assert compiled[0] == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(compiled[1], slopes, rtol=1e-9)


def test_an_own_name_keeps_its_meaning_where_the_models_would_take_it() -> None:
    page = law("power_law").text.replace("alpha", "C").replace('X = "scale"', 'N = "parameters"')
    page = page.replace("X0", "N0").replace("X", "N")
    named = read_law(page, name="named")
    fit = make_fit(named, make_runs(), draws=500)
    assert {variable.name for variable in fit.model.data_vars} == {"N", "C_"}
    found = predicted(fit, fit.posterior, "linked_loss")
    assert farthest(fit, found["linked_loss"]) < BAR


def test_a_fits_model_stays_the_same_and_a_copy_builds_its_own() -> None:
    fit = make_fit(law("chinchilla"), make_runs())
    model = fit.model
    assert fit.model is model
    for twin in (copy.copy(fit), copy.deepcopy(fit), pickle.loads(pickle.dumps(fit))):
        assert twin.model is not model
        assert list(twin.model.named_vars) == list(model.named_vars)


def test_the_example_on_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[3] / "docs" / "pymc.md").read_text("utf-8")
    found = re.search(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(compile(found.group(1), "pymc.md", "exec"), names)
    one, loss = names["one"], names["loss"]
    assert set(loss.dims) == {"chain", "draw", "run"}
    low, high = loss.quantile([0.01, 0.99], ("chain", "draw")).values
    seen = one.runs.column("loss")
    assert ((low < seen) & (seen < high)).mean() > 0.9
    at = {"N": np.array([70e9, 400e9]), "D": np.array([1.4e12, 15e12]), "C": np.array([5.88e23, 3.6e25])}
    own = np.median(predict(Ensemble((one,)), at, term=None, seed=1).predictive[0], axis=0)
    asked = one.link.back(names["asked"]["predictions"]["linked_loss"]).median(("chain", "draw"))
    # Five standard errors of the medians of six thousand draws, at seventy times the largest run.
    np.testing.assert_allclose(asked, one.link.back(own), rtol=5e-3)
