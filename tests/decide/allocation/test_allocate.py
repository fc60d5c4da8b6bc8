"""What to train with a budget: the optimum of every draw, pooled, and the lifetime optimum."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs

import forecaster.forecasts.optimum
from forecaster.decide.allocation.allocate import allocate
from forecaster.decide.allocation.lifetime import lifetime
from forecaster.decide.allocation.result import Allocation
from forecaster.decide.amount import amount
from forecaster.errors import ScenarioError, UsageError
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.optimum import minimise_along, optimal_split
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs

RUNS = make_runs()
LARGEST = float(RUNS.column("C").max())
PARAMETERS = {"E": 1.8172, "A": 482.01, "alpha": 0.3478, "B": 2085.43, "beta": 0.3658}
BUDGET = 10 * LARGEST


def fits(*names: str, draws: int = 250) -> list[Any]:
    return [make_fit(law(name), RUNS, PARAMETERS if name == "chinchilla" else None, draws=draws) for name in names]


@pytest.fixture(scope="module")
def allocation() -> Allocation:
    made = fits("chinchilla", "coupled", "farseer_lite")
    return allocate(made, [BUDGET, "1e21"], weights="equal", inference_tokens="1T..20T", params="2B", price="default")


@pytest.mark.parametrize("name", ["chinchilla", "coupled"])
def test_the_search_finds_what_the_closed_form_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (made,) = fits(name, draws=50)
    exact = minimise_along(made, BUDGET)
    monkeypatch.setattr(forecaster.forecasts.optimum, "_closed_form", lambda *_: None)
    # What was found for a fit is kept with it, so the same draws are asked anew.
    (again,) = fits(name, draws=50)
    searched = minimise_along(again, BUDGET)
    assert 0 < float(np.abs(searched - exact).max()) < 1e-5
    assert float(exact.std()) > 0


def test_every_law_is_minimised_once_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    minimise, asked = forecaster.forecasts.optimum._minimise, []

    def counted(fit: Any, C: float, *rest: Any) -> Any:
        asked.append((fit.law.name, C))
        return minimise(fit, C, *rest)

    monkeypatch.setattr(forecaster.forecasts.optimum, "_minimise", counted)
    names = ("chinchilla", "coupled", "farseer_lite")
    allocate(fits(*names), [BUDGET, 1e21], weights="equal", inference_tokens="1T")
    assert sorted(asked) == sorted((name, C) for name in names for C in (BUDGET, 1e21))


def test_no_other_split_of_the_budget_reaches_a_lower_loss() -> None:
    for made in fits("chinchilla", "coupled", "farseer_lite", draws=50):
        N = np.exp(minimise_along(made, BUDGET))
        best, less, more = (
            made.linked_response({"N": N * step, "D": BUDGET / (6 * N * step)}) for step in (1, 0.97, 1.03)
        )
        assert bool((best < less).all()) and bool((best < more).all())


def test_the_split_spends_the_budget_and_stands_where_a_forecast_of_it_does(allocation: Allocation) -> None:
    each = allocation.budgets[0]
    answer = forecast(fits("chinchilla", "coupled", "farseer_lite"), f"C={BUDGET!r}", weights="equal")
    assert 6 * each.median("N") * each.median("D") == pytest.approx(BUDGET, rel=1e-3)
    assert each.median("N") == pytest.approx(answer.points[0].at["N"], rel=1e-6)
    assert each.point.predictive.interval(0.9) == pytest.approx(answer.interval(0.9))


def test_the_pooled_range_contains_what_the_laws_disagree_on(allocation: Allocation) -> None:
    each = allocation.budgets[0]
    low, high = each.interval(0.95)
    for name in allocation.speaking:
        assert low < float(np.exp(each.by_law[name].log_N.median())) < high


def test_of_the_default_laws_two_speak_of_the_split_and_named_ones_all_do(allocation: Allocation) -> None:
    assert allocation.speaking == ("chinchilla", "farseer_lite")
    assert allocation.as_dict()["allocation"][0]["by_law"]["coupled"]["split_weight"] == 0
    assert "split-laws" in {note.code for note in allocation.notes}
    named = allocate(fits("chinchilla", "coupled"), BUDGET, weights="equal")
    assert named.speaking == ("chinchilla", "coupled") and not named.notes
    assert set(named.budgets[0].split.weights) == {"chinchilla", "coupled"}


def test_laws_far_apart_are_said_to_be() -> None:
    made = [*fits("chinchilla"), make_fit(law("farseer_lite"), RUNS, alpha=0.6, beta=0.15, drift=0.0, bend=0.0)]
    found = allocate(made, 100 * LARGEST, weights="equal").budgets[0]
    medians = [float(np.exp(split.log_N.median())) for split in found.by_law.values()]
    assert max(medians) > 2 * min(medians)
    assert "split-laws-differ" in {note.code for note in found.notes}


def test_draws_without_an_optimum_among_the_runs_are_said() -> None:
    small = np.full((4, 250), PARAMETERS["A"])
    small[:2] = 1e-6
    made = make_fit(law("chinchilla"), RUNS, PARAMETERS | {"A": small})
    found = allocate(made, BUDGET, weights="equal", allow_failed_checks=True).budgets[0]
    assert found.split.at_edge == pytest.approx(0.5)
    (note,) = [note for note in found.notes if note.code == "no-optimum"]
    assert "50%" in note.text


def test_the_lifetime_optimum_agrees_with_a_brute_search() -> None:
    fixed = {name: np.full((4, 25), value) for name, value in PARAMETERS.items()}
    made, T = make_fit(law("chinchilla"), RUNS, fixed, draws=25), 5e12
    split = optimal_split([made], LARGEST, weights={"chinchilla": 1.0})
    found = lifetime([made], split, amount(T), params=1e9)
    p = PARAMETERS
    goal = p["E"] + p["A"] / split.N ** p["alpha"] + p["B"] / split.D ** p["beta"]
    N = split.N * np.exp(np.linspace(-4, 0.5, 40001))
    room = goal - p["E"] - p["A"] / N ** p["alpha"]
    D = np.where(room > 0, (p["B"] / np.maximum(room, 1e-12)) ** (1 / p["beta"]), np.inf)
    total = 6 * N * D + 2 * N * T
    best = int(total.argmin())
    assert float(np.median(found.total)) == pytest.approx(total[best], rel=5e-4)
    assert float(np.median(found.N)) == pytest.approx(N[best], rel=0.02)
    assert float(np.median(found.cost_of_plain)) == pytest.approx(total[np.abs(N - split.N).argmin()] / total[best] - 1,
                                                                  rel=0.01)  # fmt: skip
    here = int(np.abs(N - 1e9).argmin())
    assert found.here is not None
    assert float(np.median(found.here.lifetime)) == pytest.approx(total[here] / total[best] - 1, rel=0.01, abs=1e-3)


def test_more_tokens_to_serve_make_the_model_smaller_and_none_leave_it() -> None:
    made = fits("chinchilla", "farseer_lite", draws=60)
    split = optimal_split(made, BUDGET, weights={"chinchilla": 0.5, "farseer_lite": 0.5})
    medians = [float(np.median(lifetime(made, split, amount(T)).N)) for T in (1e3, 1e12, 1e14)]
    assert medians[0] > medians[1] > medians[2]
    none = lifetime(made, split, amount(1e3))
    assert float(none.cost_of_plain.max()) < 1e-4
    assert float(np.median(none.N)) == pytest.approx(float(np.exp(np.median(split.log_N))), rel=0.02)


def test_a_model_too_small_for_the_loss_is_beyond_any_amount() -> None:
    made = fits("chinchilla", draws=60)
    split = optimal_split(made, BUDGET, weights={"chinchilla": 1.0})
    found = lifetime(made, split, amount("1T"), params=1e6)
    assert found.here is not None and np.isinf(found.here.lifetime).all()


def test_all_numbers_are_in_the_json_the_table_and_the_text(allocation: Allocation) -> None:
    said = allocation.as_dict()["allocation"]
    assert len(said) == 2 and said[1]["C"] == 1e21
    for name in ("N", "D", "tokens_per_parameter", "loss"):
        assert set(said[0][name]) - {"mcse"} == {"median", "interval"} and set(said[0][name]["interval"]) == {
            "50",
            "80",
            "90",
            "95",
        }
    assert said[0]["lifetime"]["here"]["N"] == 2e9 and said[0]["cost"]["USD"]["median"] > 0
    assert set(allocation.table["quantity"]) == {"N", "D", "tokens_per_parameter", "loss"}
    assert "You are here: 2B" in allocation.text and max(map(len, allocation.text.splitlines())) <= 80


def test_a_table_that_counts_compute_otherwise_is_split_by_its_own_rule() -> None:
    runs = make_runs()
    other = read_runs(runs.table.assign(C=9 * runs.column("N") * runs.column("D")))
    found = allocate(make_fit(law("chinchilla"), other, PARAMETERS), 1e22, weights="equal").budgets[0]
    assert 9 * found.median("N") * found.median("D") == pytest.approx(1e22, rel=1e-3)


def test_what_cannot_be_split_is_refused() -> None:
    made = fits("chinchilla")
    for budget in ("-1e20", 0.0, float("inf")):
        with pytest.raises(ScenarioError, match="above 0"):
            allocate(made, budget)
    with pytest.raises(ScenarioError, match="is what a budget is split into"):
        allocate(made, BUDGET, at="N=1B")
    with pytest.raises(UsageError, match="needs `inference_tokens`"):
        allocate(made, BUDGET, weights="equal", params="1B")
    c = np.geomspace(1e18, 1e21, 12)
    runs = read_runs(pd.DataFrame({"C": c, "loss": 1.7 + (1e18 / c) ** 0.2}))
    with pytest.raises(ScenarioError, match=r"power_floor does not have both N and D.*chinchilla"):
        allocate(make_fit(law("power_floor"), runs), BUDGET)
