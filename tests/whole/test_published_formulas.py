"""The formula of every page against the published one, written out again in plain Python."""

import math
from typing import Any

import pytest

from forecaster.laws.formula.tree import evaluate
from forecaster.laws.shelf import law


def power(base: float, exponent: float) -> float:
    return math.exp(exponent * math.log(base))


def chinchilla(N: float, D: float, *, E: float, A: float, alpha: float, B: float, beta: float) -> float:
    return E + A * power(N, -alpha) + B * power(D, -beta)


def coupled(N: float, D: float, *, E: float, T: float, R: float, alpha: float, beta: float) -> float:
    return E + T * power(R * power(N, -alpha / beta) + 1 / D, beta)


def farseer_lite(N: float, D: float, *, N0: float, D0: float, **p: float) -> float:
    u, v = math.log(N / N0), math.log(D / D0)
    data = p["B"] * math.exp(p["drift"] * u - p["beta"] * math.exp(p["bend"] * u) * v)
    return p["E"] + p["A"] * power(N, -p["alpha"]) + data


def kaplan(N: float, D: float, *, Nc: float, Dc: float, alphaN: float, alphaD: float) -> float:
    return power(power(Nc / N, alphaN / alphaD) + Dc / D, alphaD)


def power_floor(X: float, *, E: float, A: float, alpha: float) -> float:
    return E + A * power(X, -alpha)


def farseer(N: float, D: float, **p: float) -> float:
    strength = math.exp(p["a2"] * power(N, p["beta"]) + p["b2"])
    exponent = math.exp(p["a1"] * power(N, p["alpha"]) + p["b1"])
    return math.exp(p["a3"] * power(N, p["gamma"]) + p["b3"]) + strength * power(D, -exponent)


def data_constrained(N: float, D: float, U: float, **p: float) -> float:
    """The steps of the paper: N_opt from U by way of G, repetitions, effective values."""
    alpha, beta = p["alpha"], p["beta"]
    G = power(alpha * p["A"] / (beta * p["B"]), 1 / (alpha + beta))
    UN = min(N, power(U * G, beta / alpha) * G)
    effective_N = UN + UN * p["RN"] * (1 - math.exp(-(N / UN - 1) / p["RN"]))
    effective_D = U + U * p["RD"] * (1 - math.exp(-(D / U - 1) / p["RD"]))
    return p["E"] + p["A"] * power(effective_N, -alpha) + p["B"] * power(effective_D, -beta)


def twice_broken(X: float, **p: float) -> float:
    first = power(1 + power(X / p["d1"], 1 / p["f1"]), -p["c1"] * p["f1"])
    second = power(1 + power(X / p["d2"], 1 / p["f2"]), -p["c2"] * p["f2"])
    return p["E"] + p["B"] * power(X, -p["c0"]) * first * second


def mixture_of_experts(N: float, experts: float, **p: float) -> float:
    inverse = 1 / (experts - 1 + 1 / (1 / p["start"] - 1 / p["most"])) + 1 / p["most"]
    u, h = math.log(N), -math.log(inverse)
    return math.exp(p["a"] * u + p["b"] * h + p["c"] * u * h + p["k"])


def precision(
    N: float, D: float, *, weight_bits: float, activation_bits: float, cache_bits: float, **p: float
) -> float:
    shares = [-math.expm1(-b / p[g]) for b, g in ((weight_bits, "Gw"), (activation_bits, "Ga"), (cache_bits, "Gc"))]
    return p["E"] + p["A"] * power(N * math.prod(shares), -p["alpha"]) + p["B"] * power(D, -p["beta"])


def learning_rate_batch(N: float, D: float, lr: float, batch: float, **p: float) -> float:
    best = chinchilla(N, D, **{name: p[name] for name in ("E", "A", "alpha", "B", "beta")})
    x = math.log(lr) - math.log(p["c"]) - p["p"] * math.log(N) - p["q"] * math.log(D)
    y = math.log(batch) - math.log(p["b"]) - p["r"] * math.log(D)
    return best * (1 + p["P"] * x**2 + p["Q"] * y**2 + 2 * p["lean"] * math.sqrt(p["P"] * p["Q"]) * x * y)


PUBLISHED: dict[str, tuple[Any, dict[str, float], dict[str, float]]] = {
    "chinchilla": (
        chinchilla,
        {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28},
        {"N": 70e9, "D": 1.4e12},
    ),
    "coupled": (
        coupled,
        {"E": 1.5, "T": 20.0, "R": 3e-3, "alpha": 0.2, "beta": 0.3},
        {"N": 7e9, "D": 2e12},
    ),
    "farseer_lite": (
        farseer_lite,
        {"E": 1.7, "A": 300, "B": 0.4, "alpha": 0.3, "beta": 0.35, "drift": -0.1, "bend": 0.04,
         "N0": 1e9, "D0": 2e10},
        {"N": 13e9, "D": 3e11},
    ),
    "kaplan": (
        kaplan,
        {"Nc": 8.8e13, "Dc": 5.4e13, "alphaN": 0.076, "alphaD": 0.095},
        {"N": 1.5e9, "D": 2.2e10},
    ),
    "power_floor": (power_floor, {"E": 1.7, "A": 2.57e3, "alpha": 0.155}, {"X": 5.76e23}),
    "chinchilla_tied": (
        lambda N, D, E, A, B, alpha: chinchilla(N, D, E=E, A=A, alpha=alpha, B=B, beta=alpha),
        {"E": 1.84, "A": 166.0, "B": 287.0, "alpha": 0.273},
        {"N": 7e9, "D": 1.4e11},
    ),
    "chinchilla_no_floor": (
        lambda N, D, **p: chinchilla(N, D, E=0.0, **p),
        {"A": 10.0, "B": 12.0, "alpha": 0.1, "beta": 0.09},
        {"N": 7e9, "D": 1.4e11},
    ),
    "farseer": (
        farseer,
        {"a1": -0.12, "b1": 0.4, "alpha": 0.12, "a2": 88.0, "b2": -6.3, "beta": -0.1, "a3": -0.02, "b3": -0.1,
         "gamma": 0.17},
        {"N": 6e9, "D": 1e11},
    ),
    "data_constrained": (
        data_constrained,
        {"E": 1.87, "A": 521.0, "B": 1488.0, "alpha": 0.33, "beta": 0.37, "RD": 15.4, "RN": 5.3},
        {"N": 8e9, "D": 2e11, "U": 3e10},
    ),
    "twice_broken_power_law": (
        twice_broken,
        {"E": 0.1, "B": 50.0, "c0": 0.05, "d1": 1e18, "f1": 0.4, "c1": 0.2, "d2": 1e21, "f2": 0.6, "c2": -0.1},
        {"X": 3e20},
    ),
    "mixture_of_experts": (
        mixture_of_experts,
        {"a": -0.08, "b": -0.11, "c": 0.004, "k": 2.5, "start": 1.8, "most": 300.0},
        {"N": 1e9, "experts": 64.0},
    ),
    "precision": (
        precision,
        {"E": 1.9, "A": 400.0, "B": 900.0, "alpha": 0.34, "beta": 0.32, "Gw": 2.7, "Ga": 2.2, "Gc": 1.0},
        {"N": 2e8, "D": 2e10, "weight_bits": 4.0, "activation_bits": 8.0, "cache_bits": 3.0},
    ),
    "parallel": (
        lambda N, streams, E, A, k, alpha: E + power(A / (N * (1 + k * math.log(streams))), alpha),
        {"E": 1.3, "A": 1.9e8, "k": 0.33, "alpha": 0.2},
        {"N": 1.6e9, "streams": 8.0},
    ),
    "learning_rate_batch": (
        learning_rate_batch,
        {"E": 1.7, "A": 300.0, "B": 600.0, "alpha": 0.33, "beta": 0.31, "P": 0.01, "Q": 0.02, "lean": -0.3,
         "c": 1.8, "p": -0.71, "q": 0.31, "b": 0.6, "r": 0.57},
        {"N": 1e9, "D": 5e10, "lr": 2e-3, "batch": 5e5},
    ),
    "vocabulary": (
        lambda N, vocabulary, D, **p: power(N, -p["alpha1"]) * p["A1"] + power(vocabulary, -p["alpha2"]) * p["A2"]
        + power(D, -p["beta"]) * p["B"] - p["E"],
        {"E": 5.5, "A1": 300.0, "A2": 40.0, "B": 900.0, "alpha1": 0.45, "alpha2": 0.4, "beta": 0.4},
        {"N": 3e8, "vocabulary": 2e7, "D": 1e10},
    ),
    "logistic": (
        lambda X, low, high, middle, rate: low + (high - low) / (1 + math.exp(-rate * math.log(X / middle))),
        {"low": 0.25, "high": 0.9, "middle": 1e22, "rate": 0.5},
        {"X": 3e22},
    ),
    "rl_sigmoid": (
        lambda C, R0, A, B, Cmid: R0 + (A - R0) / (1 + power(Cmid / C, B)),
        {"R0": 0.2, "A": 0.61, "B": 1.9, "Cmid": 2e3},
        {"C": 1e4},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_page_says_the_published_formula(name: str) -> None:
    published, parameters, inputs = PUBLISHED[name]
    found = law(name)
    assert evaluate(found.formula, parameters | inputs) == pytest.approx(published(**inputs, **parameters), rel=1e-12)
    assert set(found.formula.names) <= parameters.keys() | inputs.keys()


def test_chinchilla_gives_the_loss_that_its_paper_implies() -> None:
    _, parameters, inputs = PUBLISHED["chinchilla"]
    # 406.4 / 70e9**.34 = .0835 and 410.7 / 1.4e12**.28 = .1632, worked by hand from equation 10.
    assert evaluate(law("chinchilla").formula, parameters | inputs) == pytest.approx(1.69 + 0.0835 + 0.1632, abs=1e-4)


def test_gadres_over_training_has_one_exponent_in_size_and_data() -> None:
    """E + (a M**eta + b M**-eta) C**-eta with C = 6 N D and M = D / N, whatever E, a, b and eta."""
    found = law("chinchilla_tied")
    for E, a, b, eta in ((1.5, 141.0, 190.0, 0.12), (1.8, 212.0, 367.0, 0.14)):
        natural = {"E": E, "A": a / 6**eta, "B": b / 6**eta, "alpha": 2 * eta}
        for N, D in ((1e8, 5e8), (1e8, 6e10), (7e9, 1.4e11)):
            printed = E + (a * (D / N) ** eta + b * (D / N) ** -eta) * (6 * N * D) ** -eta
            assert evaluate(found.formula, natural | {"N": N, "D": D}) == pytest.approx(printed, rel=1e-12)


def test_tokens_that_are_all_new_and_a_size_they_can_use_leave_chinchillas_law() -> None:
    parameters = PUBLISHED["data_constrained"][1]
    plain = {name: parameters[name] for name in ("E", "A", "B", "alpha", "beta")}
    found = law("data_constrained").formula
    once = evaluate(found, parameters | {"N": 1e8, "D": 1e11, "U": 1e11})
    assert once == pytest.approx(chinchilla(1e8, 1e11, **plain), rel=1e-12)
    assert evaluate(found, parameters | {"N": 1e8, "D": 1e11, "U": 9e11}) == once
    # Repetition is a ratio: a tenth of the tokens ten times over costs more than all of them once.
    again = evaluate(found, parameters | {"N": 1e8, "D": 1e11, "U": 1e10})
    assert once < again < chinchilla(1e8, 1e10, **plain)


def test_a_learning_rate_and_a_batch_have_one_optimum_where_the_page_says() -> None:
    found = law("learning_rate_batch")
    parameters, at = PUBLISHED["learning_rate_batch"][1:]
    lr = parameters["c"] * at["N"] ** parameters["p"] * at["D"] ** parameters["q"]
    batch = parameters["b"] * at["D"] ** parameters["r"]
    plain = {name: parameters[name] for name in ("E", "A", "B", "alpha", "beta")}
    best = evaluate(found.formula, parameters | at | {"lr": lr, "batch": batch})
    assert best == pytest.approx(chinchilla(at["N"], at["D"], **plain), rel=1e-12)
    for f, g in ((2, 1), (0.5, 1), (1, 2), (1, 0.5), (2, 2), (2, 0.5), (0.5, 2), (0.5, 0.5)):
        assert evaluate(found.formula, parameters | at | {"lr": f * lr, "batch": g * batch}) > best
