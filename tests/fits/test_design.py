"""A law on a table: the one response, whatever kind of array its parameters come as."""

from dataclasses import replace

import numpy as np
import pytest
from making import make_fit, make_runs

from forecaster.errors import RunsError, ScenarioError
from forecaster.fits.design import Design
from forecaster.laws.shelf import law
from forecaster.runs.table import Runs

RUNS = make_runs()
TRUTH = {"E": 1.8172, "A": 482.01, "alpha": 0.3478, "B": 2085.43, "beta": 0.3658}


def test_the_response_is_the_formula_on_the_link() -> None:
    N, D = RUNS.column("N"), RUNS.column("D")
    expected = np.log(1.8172 + 482.01 / N**0.3478 + 2085.43 / D**0.3658)
    design = Design(law("chinchilla"), RUNS)
    np.testing.assert_allclose(design.response(TRUTH, design.inputs()), expected, rtol=1e-14)


@pytest.mark.parametrize("name", ["chinchilla", "coupled", "farseer_lite", "kaplan"])
def test_numbers_draws_and_labelled_draws_give_the_same_response(name: str) -> None:
    fit = make_fit(law(name), RUNS, draws=5)
    flat, at = fit.flat_draws(), {"N": 7e10, "D": 1.4e12}
    labelled = fit.linked_response(at).transpose("chain", "draw").values.ravel()
    np.testing.assert_array_equal(fit.design.response(flat, at), labelled)
    one = {name: float(values[3]) for name, values in flat.items()}
    assert float(fit.design.response(one, at)) == pytest.approx(labelled[3], rel=1e-14)
    scale = fit.noise_scale(2.0).transpose("chain", "draw").values.ravel()
    np.testing.assert_array_equal(np.broadcast_to(fit.design.noise_scale(flat, 2.0), scale.shape), scale)


def test_an_input_on_the_tables_scale_reads_the_column_that_orders_it() -> None:
    design = Design(law("power_floor"), RUNS)
    assert set(design.columns.values()) == {"C"}
    np.testing.assert_array_equal(design.inputs()[next(iter(design.columns))], RUNS.column("C"))


def test_held_references_take_the_place_of_the_tables_own(small_runs: Runs) -> None:
    own = Design(law("chinchilla"), RUNS).references
    held = Design(law("chinchilla"), small_runs, own)
    assert held.references is own
    assert held.distance(own.scale_largest) == 0.0 != Design(law("chinchilla"), small_runs).distance(own.scale_largest)
    rows, fixed = held.density_data()
    np.testing.assert_allclose(fixed, [*own.log_centre.values(), np.log(own.level)])
    np.testing.assert_allclose(np.exp(rows[-1]) * own.level, small_runs.column("loss"))


def test_a_missing_input_is_named() -> None:
    design = Design(law("chinchilla"), RUNS)
    with pytest.raises(ScenarioError, match=r"the chinchilla law needs D; the point gives N=7e\+10"):
        design.inputs_at({"N": 7e10})
    unknown = replace(law("chinchilla"), inputs={"lr": "learning rate"})
    with pytest.raises(RunsError, match="lr"):
        Design(unknown, RUNS).inputs()


@pytest.mark.parametrize("name", ["chinchilla", "coupled", "chinchilla_tied"])
def test_the_general_exponent_is_the_pages_where_sizes_and_data_have_one_exponent(name: str) -> None:
    stated = Design(law(name), RUNS)
    general = Design(replace(law(name), exponent=None), RUNS)
    values = {key: np.array([[value]]) for key, value in (TRUTH | {"alpha": 0.3, "beta": 0.3}).items()}
    values |= {"R": np.array([[0.1]]), "T": np.array([[2000.0]])}
    at = {"N": 7e10, "D": 1.4e12}
    found = general.exponent(values, at, 6 * at["N"] * at["D"])
    np.testing.assert_allclose(found, 0.15, rtol=1e-4)
    np.testing.assert_allclose(stated.exponent(values, at, 1.0), 0.15, rtol=1e-12)


def test_the_general_exponent_is_the_slope_of_what_scale_removes_on_the_compute_optimal_path() -> None:
    a, b = TRUTH["alpha"], TRUTH["beta"]
    law_ = replace(law("chinchilla"), exponent=None)
    values = {key: np.array([[value]]) for key, value in TRUTH.items()}
    # On the optimal path N goes as C^(b / (a + b)); the part that scale removes then falls with a b / (a + b).
    top = float(RUNS.column("C").max())
    N = (a * TRUTH["A"] / (b * TRUTH["B"]) * (top / 6) ** b) ** (1 / (a + b))
    at = {"N": N, "D": top / 6 / N}
    found = float(Design(law_, RUNS).exponent(values, at, top)[0, 0])
    # At the optimum a change of the split changes nothing to first order.
    assert found == pytest.approx(a * b / (a + b), rel=2e-3)
    far = {name: 30 * value for name, value in at.items()}
    assert float(Design(law_, RUNS).exponent(values, far, 900 * top)[0, 0]) == pytest.approx(found, rel=1e-9)


def test_a_response_that_does_not_fall_has_no_exponent() -> None:
    flat = {key: np.array([[value]]) for key, value in (TRUTH | {"A": 0.0, "B": 0.0}).items()}
    design = Design(replace(law("chinchilla"), exponent=None), RUNS)
    assert design.exponent(flat, {"N": 1e9, "D": 1e10}, 6e19) == 0
    rising = flat | {"A": np.array([[482.0]]), "alpha": np.array([[-0.1]])}
    assert design.exponent(rising, {"N": 1e9, "D": 1e10}, 6e19) == 0


@pytest.mark.parametrize("name", ["kaplan", "farseer", "farseer_lite", "power_floor", "shifted_power_law"])
def test_every_law_of_a_loss_has_a_believable_exponent(name: str) -> None:
    fit = make_fit(law(name), RUNS, draws=50)
    values = {key: each[:, None] for key, each in fit.flat_draws().items()}
    at = {"N": 7e10, "D": 1.4e12, "C": 5.88e23}
    found = fit.design.exponent(values, fit.design.inputs_at(at), at["C"])
    assert np.isfinite(found).all() and (found > 0.01).mean() > 0.95 and (found < 1).all()
