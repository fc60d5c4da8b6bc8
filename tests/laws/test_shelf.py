"""Every law on the shelf: that it means what its comments say, can be asked anywhere in a table, and can be fitted."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from making import make_fit

from forecaster.fits.design import Design, references
from forecaster.fits.fit import fit
from forecaster.laws.formula.tree import FUNCTIONS, evaluate
from forecaster.laws.law import Law, is_count
from forecaster.laws.shelf import DEFAULT_RISING, law, shelf
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

MIDDLE = {"log": 2.5, "own": -3.0, "logit": 0.4}
FREE = {
    "farseer": {"N"},
    "farseer_lite": {"N"},
    "learning_rate_batch": {"N", "D", "lr", "batch"},
    "broken_power_law": {"X"},
    "twice_broken_power_law": {"X"},
}
"""Inputs with which a law may rise as well as fall: a drift, an optimum, a break."""


def wide_runs(found: Law, rows: int = 40) -> Runs:
    """A table with a column for any law's input, and a response of the kind that the law's link holds."""
    random = np.random.default_rng(0)
    N, D = 10 ** random.uniform(7.5, 9.5, rows), 10 ** random.uniform(9, 11, rows)
    bits = {
        f"{part}_bits": random.choice([3.0, 4.0, 6.0, 8.0, 16.0], rows) for part in ("weight", "activation", "cache")
    }
    others = {
        "U": np.minimum(D, 10 ** random.uniform(8.5, 10.5, rows)),
        "experts": 2.0 ** random.integers(0, 10, rows),
        "streams": 2.0 ** random.integers(0, 4, rows),
        "vocabulary": 10 ** random.uniform(6, 8, rows),
        "lr": 10 ** random.uniform(-3.5, -2, rows),
        "batch": 10 ** random.uniform(1.5, 3.2, rows),
    }
    loss = MIDDLE[found.link] + 0.1 * random.standard_normal(rows)
    return read_runs(pd.DataFrame({"N": N, "D": D, "C": 6 * N * D, "loss": loss} | bits | others))


def columns(found: Law, runs: Runs) -> dict[str, np.ndarray]:
    return Design(found, runs).inputs()


def drawn(found: Law, runs: Runs, draws: int = 200) -> tuple[dict[str, Any], dict[str, float]]:
    """Draws from the priors with the reference values, and the inputs at the centre."""
    fixed = references(found, runs).values
    values = found.draw_priors(fixed, draws=draws, seed=3)
    return values | fixed, {name: fixed[f"{name}0"] for name in found.inputs}


@pytest.mark.parametrize("name", shelf())
def test_a_page_names_its_source_and_its_units(name: str) -> None:
    found = law(name)
    assert "arXiv:" in found.source and found.title and str(found) == f"{name}: {found.formula.text}"
    assert all(unit.strip() for unit in found.inputs.values())


@pytest.mark.parametrize("name", shelf())
def test_at_the_centre_a_law_is_its_level_and_its_floor_share(name: str) -> None:
    found = law(name)
    values, centre = drawn(found, wide_runs(found))
    if name == "learning_rate_batch":
        # Its level is that of the best learning rate and batch, not of the table's mean ones.
        values |= {"P": 0.0, "Q": 0.0}
    response, level = evaluate(found.formula, values | centre), values["level"]
    match found.link:
        case "log":
            np.testing.assert_allclose(response, values["L0"] * np.exp(level), rtol=1e-9)
        case "own":
            np.testing.assert_allclose(response, values["L0"] + level, rtol=1e-9, atol=1e-9)
        case "logit":
            odds = values["L0"] / (1 - values["L0"]) * np.exp(level)
            np.testing.assert_allclose(response / (1 - response), odds, rtol=1e-9)
    if "floor" in values and "E" in values:
        np.testing.assert_allclose(values["E"] / response, values["floor"], rtol=1e-9)


@pytest.mark.parametrize("name", shelf())
def test_the_priors_put_a_law_near_the_table_and_nowhere_undefined(name: str) -> None:
    found = law(name)
    runs = wide_runs(found)
    values, centre = drawn(found, runs, draws=2000)
    at = columns(found, runs)
    wide = {key: np.asarray(value)[..., None] for key, value in values.items()}
    response = evaluate(found.formula, wide | at)
    assert np.isfinite(response).all()
    assert found.link == "own" or (response > 0).all()
    assert found.link != "logit" or (response < 1).all()
    low, median, high = np.quantile(evaluate(found.formula, values | centre), [0.05, 0.5, 0.95])
    assert low < MIDDLE[found.link] < high and median == pytest.approx(MIDDLE[found.link], rel=0.1)
    assert found.link == "own" or (low > 0.1 * median and high < 10 * median)
    made = make_fit(found, runs, spread=0.0, draws=2)
    assert np.isfinite(made.linked_response({key: column[0] for key, column in at.items()}).values).all()


@pytest.mark.parametrize("name", shelf())
def test_a_fit_evaluates_the_same_curve_by_logarithms(name: str) -> None:
    found = law(name)
    runs = wide_runs(found)
    made = make_fit(found, runs, draws=20)
    at = {key: column[3] for key, column in columns(found, runs).items()}
    values = {n: made.posterior[n].values for n in found.parameters}
    expected = made.link.on(evaluate(found.formula, values | made.references.values | at))
    np.testing.assert_allclose(made.linked_response(at).values, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", shelf())
def test_numpy_and_pytensor_agree_on_every_page(name: str) -> None:
    import pytensor
    import pytensor.tensor as pt
    from pytensor.compile.mode import Mode

    found = law(name)
    runs = wide_runs(found)
    values, _ = drawn(found, runs, draws=3)
    known = {key: values[key] for key in (*found.priors, *found.references)} | {
        key: column[:3] for key, column in columns(found, runs).items()
    }
    functions = {key: getattr(pt, "switch" if key == "where" else key) for key in FUNCTIONS}
    tensors = {key: pt.constant(np.asarray(value, dtype=float)) for key, value in known.items()}
    counts = [key for key in found.inputs if is_count(found, key)]
    logs = {key: pt.log(tensors[key]) for name in counts for key in (name, f"{name}0")}
    for key, formula in found.natural.items():
        tensors[key] = evaluate(formula, tensors, functions=functions, logs=logs)
        known[key] = evaluate(formula, known)
    response = evaluate(found.formula, tensors, functions=functions, logs=logs)
    by_pytensor = pytensor.function([], response, mode=Mode(linker="py", optimizer=None))()
    np.testing.assert_allclose(by_pytensor, evaluate(found.formula, known), rtol=1e-8)


@pytest.mark.parametrize("name", shelf())
def test_more_of_an_input_is_no_worse(name: str) -> None:
    found = law(name)
    values, centre = drawn(found, wide_runs(found))
    here = evaluate(found.formula, values | centre)
    better = 1 if found.of_score or name in DEFAULT_RISING else -1
    for input_ in set(found.inputs) - FREE.get(name, set()):
        more = evaluate(found.formula, values | centre | {input_: 1.5 * centre[input_]})
        assert (better * (more - here) >= 0).all() and (more != here).any(), input_


@pytest.mark.parametrize("name", ["mixture_of_experts", "rl_sigmoid", "vocabulary"])
def test_a_law_finds_itself_again_in_a_small_table(name: str) -> None:
    found = law(name)
    runs = wide_runs(found)
    at = columns(found, runs)
    values, _ = drawn(found, runs, draws=3)
    truth = {key: np.asarray(value).ravel()[-1] for key, value in values.items()}
    link = make_fit(found, runs, draws=1).link
    curve = evaluate(found.formula, truth | at)
    noisy = link.back(link.on(curve) + 0.01 * np.random.default_rng(2).standard_normal(len(runs)))
    table = read_runs(runs.table.assign(loss=noisy), response="score" if found.of_score else None)
    fitted = fit(found, table, cache=False, retry=False)
    assert fitted.verdict.status == "pass"
    smooth = fitted.link.on(curve)
    for row in (0, 7, 21):
        draws = fitted.linked_response({key: column[row] for key, column in at.items()}).values
        assert abs(draws.mean() - smooth[row]) < 4 * draws.std() and draws.std() < 0.01
