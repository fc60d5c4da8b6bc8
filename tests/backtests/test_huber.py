"""The usual fit and its refits: as low as SciPy's minimiser finds them, from any start, on any resample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from making import chinchilla_loss, make_runs
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from forecaster.backtests.huber import HUBER, huber_curve, huber_fit, huber_refits, huber_starts
from forecaster.runs.examples import read_example
from forecaster.runs.table import Runs


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    # SciPy's minimiser wakes threads for five parameters, and waits for them.
    with threadpool_limits(limits=1):
        yield


def logs(runs: Runs, inputs: tuple[str, ...] = ("N", "D")) -> tuple[np.ndarray, np.ndarray]:
    x = np.log([runs.column(name) for name in inputs])
    y = np.log(runs.column("loss"))
    return x - x.mean(axis=1, keepdims=True), y - y.mean()


def lost(theta: np.ndarray, x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> float:
    """The Huber loss as it is defined, in units of delta."""
    residual = np.abs(huber_curve(theta, x) - y)
    each = np.where(residual <= HUBER, residual**2 / 2, HUBER * (residual - HUBER / 2))
    return float(counts @ each) / HUBER


def minimised(x: np.ndarray, y: np.ndarray, counts: np.ndarray, start: np.ndarray) -> float:
    """What SciPy's bounded minimiser makes of the loss."""
    k = len(x)
    bounds = [(-8.0, 3.0), *[(-12.0, 3.0)] * k, *[(0.0, 3.0)] * k]

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        terms = np.array([np.full(len(y), theta[0]), *(theta[1 + i] - theta[1 + k + i] * x[i] for i in range(k))])
        share = np.exp(terms - huber_curve(theta, x))
        pull = counts * np.clip((huber_curve(theta, x) - y) / HUBER, -1, 1)
        return lost(theta, x, y, counts), np.concatenate([share @ pull, -(share[1:] * x) @ pull])

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return lost(found.x, x, y, counts)


def resamples(runs: int, *, count: int = 40) -> np.ndarray:
    random = np.random.default_rng(3)
    return np.array([np.bincount(random.integers(0, runs, runs), minlength=runs) for _ in range(count)], dtype=float)


@pytest.mark.parametrize("inputs", [("N", "D"), ("N",)])
@pytest.mark.parametrize("start", [None, [3.0, 3.0, 3.0], [-8.0, -12.0, 0.0]], ids=["fit", "high", "low"])
def test_no_refit_ends_higher_than_a_minimiser_of_its_own(inputs: tuple[str, ...], start: list[float] | None) -> None:
    k = len(inputs)
    both = len(inputs) == 2
    runs = make_runs(sizes=6, lengths=6, noise=0.01, loss=chinchilla_loss if both else lambda N, D: 1.8 + 482 / N**0.35)
    x, y = logs(runs, inputs)
    counts = resamples(len(y))
    if start is None:
        begun = huber_fit(x, y, starts=huber_starts(k))
    else:
        begun = np.array([start[0], *[start[1]] * k, *[start[2]] * k])
    ends = huber_refits(x, y, counts=counts, start=begun)
    ours = np.array([lost(theta, x, y, each) for theta, each in zip(ends, counts, strict=True)])
    theirs = np.array([minimised(x, y, each, begun) for each in counts])
    np.testing.assert_array_less(ours, theirs * (1 + 1e-6) + 1e-9)


def test_few_scattered_runs_leave_side_valleys_and_refits_seldom_rest_in_one() -> None:
    x, y = logs(read_example())
    begun = huber_fit(x, y, starts=huber_starts(2))
    counts = resamples(len(y), count=100)
    ends = huber_refits(x, y, counts=counts, start=begun)
    ours = np.array([lost(theta, x, y, each) for theta, each in zip(ends, counts, strict=True)])
    theirs = np.array([minimised(x, y, each, begun) for each in counts])
    assert (ours > theirs * (1 + 1e-4)).mean() <= 0.03
    assert ours.sum() <= theirs.sum()


def test_the_fit_of_a_table_is_as_low_as_from_the_best_of_many_starts() -> None:
    for runs in (read_example(), make_runs(sizes=6, lengths=6, noise=0.02)):
        x, y = logs(runs)
        once = np.ones(len(y))
        starts = huber_starts(2)
        assert lost(huber_fit(x, y, starts=starts), x, y, once) <= min(
            minimised(x, y, once, start) for start in starts
        ) * (1 + 1e-6)


def test_a_resample_of_one_run_or_two_is_met_exactly_inside_the_bounds() -> None:
    x, y = logs(make_runs(sizes=4, lengths=4, noise=0.01))
    counts = np.zeros((3, len(y)))
    counts[0, 0] = counts[1, -1] = len(y)
    counts[2, [2, 9]] = len(y) / 2
    ends = huber_refits(x, y, counts=counts, start=huber_fit(x, y, starts=huber_starts(2)))
    assert [lost(theta, x, y, each) for theta, each in zip(ends, counts, strict=True)] == pytest.approx(
        [0] * 3, abs=1e-6
    )
    assert (ends >= [-8, -12, -12, 0, 0]).all() and (ends <= 3).all()


def test_a_refit_does_not_depend_on_what_is_held_in_memory_together(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = logs(make_runs(sizes=5, lengths=5, noise=0.01))
    begun = huber_fit(x, y, starts=huber_starts(2))
    counts = resamples(len(y))
    whole = huber_refits(x, y, counts=counts, start=begun)
    monkeypatch.setattr("forecaster.backtests.huber.AT_ONCE", 3 * len(y))
    np.testing.assert_allclose(huber_refits(x, y, counts=counts, start=begun), whole, atol=1e-6)
