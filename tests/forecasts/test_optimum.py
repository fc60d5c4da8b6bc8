from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from making import make_fit, make_runs

from forecaster.errors import ScenarioError
from forecaster.forecasts.optimum import DRIFT_PER_EFOLD, SPLITTING_LAWS, _minimise, optimal_split
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs

RUNS = make_runs()
LARGEST = float(RUNS.column("C").max())
PARAMETERS = {"E": 1.8172, "A": 482.01, "alpha": 0.3478, "B": 2085.43, "beta": 0.3658}


def optimum(C: Any, p: dict[str, Any]) -> Any:
    """Hoffmann et al. 2022 (arXiv:2203.15556), equation 4: the N of least loss on C = 6ND."""
    total = p["alpha"] + p["beta"]
    G = (p["alpha"] * p["A"] / (p["beta"] * p["B"])) ** (1 / total)
    return G * (C / 6) ** (p["beta"] / total)


def chinchilla(**more: Any) -> Any:
    return make_fit(law("chinchilla"), RUNS, PARAMETERS | more, draws=100)


@pytest.mark.parametrize("C", [0.1 * LARGEST, 10 * LARGEST, 1000 * LARGEST])
def test_every_draw_finds_the_closed_form_of_its_optimum(C: float) -> None:
    random = np.random.default_rng(2)
    spread = {name: value * np.exp(0.05 * random.standard_normal((4, 100))) for name, value in PARAMETERS.items()}
    made = chinchilla(**spread)
    draws = {name: made.posterior[name] for name in PARAMETERS}
    found = _minimise(made, C, np.log(1e5), np.log(1e14), {})
    assert isinstance(found, xr.DataArray) and set(found.dims) == {"chain", "draw"}
    assert float(np.abs(found - np.log(optimum(C, draws))).max()) < 1e-3


def test_an_optimum_outside_the_range_is_given_as_its_edge() -> None:
    made, C = (
        chinchilla(**{name: np.full((4, 100), value) for name, value in PARAMETERS.items()}),
        10 * LARGEST,
    )
    best = float(np.log(optimum(C, PARAMETERS)))
    assert float(_minimise(made, C, best + 1, best + 3, {}).max()) == pytest.approx(best + 1)
    assert float(_minimise(made, C, best - 3, best - 1, {}).min()) == pytest.approx(best - 1)


def test_the_split_spends_the_budget_and_agrees_with_the_closed_form() -> None:
    C = 30 * LARGEST
    split = optimal_split([chinchilla()], C, weights={"chinchilla": 1.0})
    size, data = split.N, split.D
    assert split.C == C and 6 * size * data == pytest.approx(C)
    assert size == pytest.approx(float(optimum(C, PARAMETERS)), rel=0.1) and split.at_edge == 0


def test_draws_without_an_optimum_among_the_runs_are_counted() -> None:
    halves = np.full((4, 100), PARAMETERS["A"])
    halves[:2] = 1e-6
    split = optimal_split([chinchilla(A=halves)], LARGEST, weights={"chinchilla": 1.0})
    assert split.at_edge == pytest.approx(0.5)


def test_drift_widens_with_each_e_fold_beyond_the_largest_run_and_not_inside() -> None:
    fixed = {name: np.full((4, 500), value) for name, value in PARAMETERS.items()}
    made = make_fit(law("chinchilla"), RUNS, fixed, draws=500)
    for efolds in (-2.0, 0.0, 3.0, 8.0):
        split = optimal_split([made], LARGEST * np.exp(efolds), weights={"chinchilla": 1.0}, seed=4)
        expected = DRIFT_PER_EFOLD * max(0.0, efolds)
        assert float(split.log_N.std()) == pytest.approx(expected, rel=0.06, abs=1e-4)


def test_the_same_seed_gives_the_same_split() -> None:
    made, C = chinchilla(), 100 * LARGEST
    one, same, other = (optimal_split([made], C, weights={"chinchilla": 1.0}, seed=seed) for seed in (1, 1, 2))
    assert one.log_N.equals(same.log_N) and not one.log_N.equals(other.log_N)


def test_only_trusted_laws_speak_where_they_are_there() -> None:
    fits = [make_fit(law(name), RUNS, draws=50) for name in ("coupled", *SPLITTING_LAWS)]
    weights = {"coupled": 0.8, "chinchilla": 0.05, "farseer_lite": 0.15}
    split = optimal_split(fits, LARGEST, weights=weights)
    assert dict(split.weights) == pytest.approx({"chinchilla": 0.25, "farseer_lite": 0.75})
    assert split.log_N["law"].values.tolist() == list(SPLITTING_LAWS)
    alone = optimal_split(fits[:1], LARGEST, weights=weights)
    assert dict(alone.weights) == {"coupled": 1.0}


def test_trusted_laws_without_weight_speak_alike() -> None:
    fits = [make_fit(law(name), RUNS, draws=50) for name in ("coupled", *SPLITTING_LAWS)]
    split = optimal_split(fits, LARGEST, weights={"coupled": 1.0, "chinchilla": 0.0, "farseer_lite": 0.0})
    assert dict(split.weights) == {"chinchilla": 0.5, "farseer_lite": 0.5} and np.isfinite(split.N)


def test_a_pooled_median_lies_between_those_of_its_laws() -> None:
    small = make_fit(law("chinchilla"), RUNS, PARAMETERS, draws=100)
    large = make_fit(law("farseer_lite"), RUNS, alpha=0.3, beta=0.45, drift=0.0, bend=0.0, draws=100)
    weights = {"chinchilla": 0.5, "farseer_lite": 0.5}
    both = optimal_split([small, large], 10 * LARGEST, weights=weights)
    each = np.exp(both.log_N.median("sample")).values
    assert each.min() < both.N < each.max()


def test_a_law_without_n_and_d_cannot_split() -> None:
    c = np.geomspace(1e18, 1e21, 12)
    runs = read_runs(pd.DataFrame({"C": c, "loss": 1.7 + (1e18 / c) ** 0.2}))
    made = make_fit(law("power_floor"), runs)
    with pytest.raises(ScenarioError, match="give N and D"):
        optimal_split([made], 1e23, weights={"power_floor": 1.0})
