"""The verb fit: it recovers what is known, refuses what is wrong, and gives the same answer every time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.errors import StoreError
from forecaster.fits.cache import cache_folder
from forecaster.fits.design import references
from forecaster.fits.fit import fit
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.compile import DENSITY_VARIABLE
from forecaster.fits.sampling.cores import CORES_VARIABLE
from forecaster.fits.store import save_fits
from forecaster.forecasts.forecast import forecast
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.shelf import DEFAULT_MIXTURE, law
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

TRUTH = {
    "chinchilla": {"level": 0.02, "floor": 0.6, "size": 0.45, "alpha": 0.34, "beta": 0.37},
    "coupled": {"level": 0.02, "floor": 0.6, "size": 0.5, "alpha": 0.5, "beta": 0.6},
    "farseer_lite": {
        "level": 0.02, "floor": 0.5, "size": 0.4, "alpha": 0.3, "beta": 0.45, "drift": 0.12, "bend": -0.1,
    },
}  # fmt: skip
NOISE = 0.003
BAR = 4.5
"""Posterior standard deviations; five distances of a right law pass it once in tens of thousands of tables."""


def simulate(true_law: Law, truth: dict[str, float], *, seed: int, runs: int = 70) -> tuple[Runs, dict[str, float]]:
    """Runs over two decades of N and of D from a known law, and its parameters in natural units."""
    random = np.random.default_rng(seed)
    N = 10 ** random.uniform(7.5, 9.5, runs)
    D = 10 ** random.uniform(9.0, 11.0, runs)
    table = pd.DataFrame({"N": N, "D": D, "C": 6 * N * D, "loss": np.ones(runs)})
    fixed = references(true_law, read_runs(table))
    # The response's median is fixed at 3, so that L0 is known before the responses are.
    natural = true_law.complete(truth, {**fixed.values, "L0": 3.0})
    logs = {"N": np.log(N), "D": np.log(D), **fixed.log_centre}
    clean = evaluate(true_law.formula, {**natural, **fixed.values, "N": N, "D": D}, logs=logs)
    table["loss"] = clean * np.exp(NOISE * random.standard_t(6, runs))
    return read_runs(table), {**natural, **fixed.values}


def misses(true_law: Law, fitted_law: Law, *, seed: int) -> float:
    """The largest distance, in posterior standard deviations, of the truth from the fitted curve at five points."""
    runs, natural = simulate(true_law, TRUTH[true_law.name], seed=seed)
    fitted = fit(fitted_law, runs, seed=seed, cache=False)
    worst = 0.0
    for N, D in [(1e8, 1e10), (1e8, 1e11), (1e9, 3e9), (3e9, 1e11), (3e10, 1e12)]:
        logs = {"N": np.log(N), "D": np.log(D)} | {f"{k}0": np.log(natural[f"{k}0"]) for k in "ND"}
        truth = np.log(evaluate(true_law.formula, {**natural, "N": N, "D": D}, logs=logs))
        draws = fitted.linked_response({"N": N, "D": D}).values
        worst = max(worst, abs(float(draws.mean() - truth)) / float(draws.std()))
    return worst


@pytest.mark.parametrize("name", DEFAULT_MIXTURE)
def test_known_parameters_are_recovered(name: str) -> None:
    assert misses(law(name), law(name), seed=3) < BAR
    runs, natural = simulate(law(name), TRUTH[name], seed=4)
    posterior = fit(law(name), runs, seed=1, cache=False).posterior
    for parameter in law(name).parameters:
        draws = np.log(np.abs(posterior[parameter].values))
        distance = abs(float(draws.mean()) - np.log(abs(natural[parameter]))) / float(draws.std())
        assert distance < BAR, (parameter, distance)


@pytest.mark.parametrize(
    ("true_name", "wrong_name"), [("chinchilla", "kaplan"), ("coupled", "chinchilla"), ("farseer_lite", "coupled")]
)
def test_a_wrong_law_fails_the_recovery(true_name: str, wrong_name: str) -> None:
    assert misses(law(true_name), law(wrong_name), seed=3) > BAR


def test_one_compile_serves_tables_of_any_length(small_runs: Runs) -> None:
    lines: list[str] = []
    fit(law("chinchilla"), small_runs, cache=False)
    half = small_runs.select(np.arange(len(small_runs)) % 2 == 0)
    fitted = fit(law("chinchilla"), half, cache=False, say=lines.append)
    assert not any("compiling" in line for line in lines)
    assert fitted.seconds["compile"] < 0.1


def test_reference_values_that_are_held_take_the_place_of_the_tables_own(small_runs: Runs, tmp_path: Path) -> None:
    own = references(law("chinchilla"), small_runs)
    held = replace(own, level=own.level * 1.1)
    before = set(cache_folder().glob("*"))
    fitted = fit(law("chinchilla"), small_runs, held=held)
    assert fitted.references is held
    # The level is relative to L0, so it falls by what L0 rose; the response stays where the runs put it.
    usual = fit(law("chinchilla"), small_runs, cache=False)
    moved = float((usual.posterior["level"].mean() - fitted.posterior["level"].mean()).item())
    assert moved == pytest.approx(np.log(1.1), abs=0.01)
    assert set(cache_folder().glob("*")) == before
    with pytest.raises(StoreError, match="reference values were held"):
        save_fits([fitted], tmp_path / "fits")
    assert not (tmp_path / "fits").exists()


def fingerprint(fitted: Fit) -> str:
    return hashlib.sha256(fitted.posterior.to_array().values.tobytes()).hexdigest()


def test_the_same_seed_gives_the_same_draws_on_any_number_of_cores(
    small_runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set()
    for cores in (1, 2, 4):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        found.add(fingerprint(fit(law("chinchilla"), small_runs, seed=5, cache=False)))
    assert len(found) == 1
    assert fingerprint(fit(law("chinchilla"), small_runs, seed=6, cache=False)) not in found


@pytest.mark.parametrize("made_by", ["generated", "pymc"])
def test_the_same_seed_gives_the_same_draws_cold_or_warm_on_one_core_or_two(
    made_by: str, small_runs: Runs, tmp_path: Path
) -> None:
    small_runs.table.to_csv(tmp_path / "runs.csv", index=False)
    script = (
        "import hashlib, sys; from forecaster import fit, law, read_runs\n"
        "fitted = fit(law('chinchilla'), read_runs(sys.argv[1]), seed=5, cache=False)\n"
        "print(hashlib.sha256(fitted.posterior.to_array().values.tobytes()).hexdigest())"
    )
    environment = os.environ | {
        "PYTENSOR_FLAGS": f"base_compiledir={tmp_path / 'compiled'}",
        DENSITY_VARIABLE: made_by,
    }
    answers = [
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "runs.csv")],
            env=environment | {CORES_VARIABLE: cores}, capture_output=True, text=True, check=True,
        ).stdout
        for cores in ("1", "2")
    ]  # fmt: skip
    # Only PyMC's compiler leaves anything behind, cold the first time.
    assert (tmp_path / "compiled").exists() == (made_by == "pymc")
    assert answers[0] == answers[1]


def test_an_identical_fit_comes_from_the_cache(small_runs: Runs) -> None:
    lines: list[str] = []
    first = fit(law("chinchilla"), small_runs, seed=11)
    second = fit(law("chinchilla"), small_runs, seed=11, say=lines.append)
    assert lines == ["chinchilla: fit found in the cache"]
    assert fingerprint(first) == fingerprint(second)
    assert second.verdict == first.verdict
    other = fit(law("chinchilla"), small_runs, seed=12, say=lines.append)
    assert fingerprint(other) != fingerprint(first)


def test_no_cache_leaves_nothing_behind(small_runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "cache"))
    fit(law("chinchilla"), small_runs, cache=False)
    assert not cache_folder().exists()


def test_a_read_only_cache_does_not_stop_a_fit(
    small_runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "file"))
    assert fit(law("chinchilla"), small_runs).verdict.status in ("pass", "review")


def test_a_law_of_the_users_own_is_sampled_as_written(small_runs: Runs) -> None:
    page = """
        title = "A power law in D alone, natural parameters, priors that name one another"
        formula = "E + B / D**beta"
        [inputs]
        D = "tokens"
        [sampled]
        E = "LogNormal(log(2), 0.3)"
        beta = "Beta(2, 3)"
        log_B = "Normal(6 - beta * log(D0), 3)"
        [natural]
        B = "exp(log_B) * D0**beta"
        [noise]
        family = "Normal"
        scale = "sigma"
        [noise.sampled]
        sigma = "HalfNormal(0.1)"
    """
    own = read_law(page, name="own")
    fitted = fit(own, small_runs, cache=False)
    assert fitted.law.parameters == ("E", "B", "beta")
    assert fitted.verdict.status in ("pass", "review")
    assert 0 < float(fitted.posterior["beta"].min()) < float(fitted.posterior["beta"].max()) < 1
    assert float(fitted.posterior["sigma"].min()) > 0


needs_data = pytest.mark.skipif("FORECASTER_DATA" not in os.environ, reason="FORECASTER_DATA is not set")


@needs_data
def test_one_mistyped_loss_hardly_moves_a_far_forecast() -> None:
    path = Path(os.environ["FORECASTER_DATA"]) / "chinchilla_epoch.csv"
    runs = read_runs(path, where="excluded_by_besiroglu == 0")
    top = int(np.argmax(runs.column("C")))
    far = {"N": 10 * runs.column("N")[top], "D": 10 * runs.column("D")[top]}
    middle = int(np.argsort(runs.column("C"))[len(runs) // 2])
    medians = {}
    for wrong in (None, 1.60):
        table = runs.table.copy()
        if wrong is not None:
            table.loc[middle, "loss"] = wrong
        answer = forecast([fit(law(name), read_runs(table)) for name in DEFAULT_MIXTURE], far, weights="equal")
        assert answer.points[0].compute_ratio == pytest.approx(100)
        medians[wrong] = answer.median
    assert abs(medians[1.60] - medians[None]) < 0.01, medians
