"""To allocate: from fits and a compute budget to what should be trained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from forecaster.backtests.weighting import Weighting
from forecaster.decide.allocation.lifetime import Lifetime, lifetime
from forecaster.decide.allocation.result import Allocated, Allocation, others_of, split_of
from forecaster.decide.amount import Amount, amount
from forecaster.decide.price import Price, price as price_of
from forecaster.errors import NotConverged, Say, ScenarioError, UsageError, listed
from forecaster.fits.ensemble import left_out
from forecaster.fits.posterior import Fit
from forecaster.forecasts.answer import PointForecast
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.optimum import REACH, SPLITTING_LAWS, Split, minimise_along
from forecaster.forecasts.result import Forecast
from forecaster.laws.law import Law
from forecaster.laws.shelf import DEFAULT_MIXTURE, law, shelf
from forecaster.notes import Note
from forecaster.quantity import format_quantity, parse_quantity
from forecaster.runs.points import Point, Scenario, parse_point
from forecaster.stats.convergence import ESS_PRINTED, RHAT_PASS, effective_draws, rhat
from forecaster.stats.mixture import weighted_quantile

APART = 2.0
"""Laws whose medians of N* differ by more than this factor are said to disagree."""


def allocate(
    fits: Fit | Sequence[Fit],
    compute: str | float | Iterable[str | float],
    *,
    inference_tokens: str | float | Amount | None = None,
    params: str | float | None = None,
    price: str | Path | Price | None = None,
    at: str | Mapping[str, float] | None = None,
    speaking: Sequence[str] | None = None,
    weights: str | Mapping[str, float] | Weighting = "extrapolation",
    seed: int = 1,
    allow_failed_checks: bool = False,
    retry: bool = False,
    cache: bool = True,
    say: Say | None = None,
) -> Allocation:
    """Ask fits of one table what to train with a compute budget.

    Every draw of every law is minimised along C = 6ND, or as the table counts C. Beyond the largest run log N* gains
    a normal term of standard deviation .06 for each e-fold of compute. The loss is that of a new run at the pooled
    median split.

    Args:
        fits: one or more fits of the same table, of laws with N and D.
        compute: one or more budgets, FLOP.
        inference_tokens: that the model will serve, `5T` or `1T..20T` for a 90% range; gives the lifetime optimum.
        params: a number of parameters to be marked on the overhead curve.
        price: that turns the budget into money, as `forecaster.decide.price.price` reads it.
        at: what the laws read besides N and D.
        speaking: names of the laws that speak of the split; of the default three chinchilla and farseer_lite, whose
            optima are trusted, else all.
        weights, seed, allow_failed_checks, retry, cache, say: as of `forecast`.

    Raises:
        ScenarioError: a law without N and D, a budget that is none, or a missing input.
        NotConverged: no law is left whose draws pass the checks.
    """
    fits = [fits] if isinstance(fits, Fit) else list(fits)
    refuse_unsplittable([fit.law for fit in fits])
    answer = forecast(
        fits, budget_points(compute, at), weights=weights, seed=seed, allow_failed_checks=allow_failed_checks,
        retry=retry, cache=cache, say=say,
    )  # fmt: skip
    return allocation_of(
        answer,
        inference_tokens=inference_tokens,
        params=params,
        price=price,
        speaking=speaking,
        allow_failed_checks=allow_failed_checks,
    )


def allocation_of(
    answer: Forecast,
    *,
    inference_tokens: str | float | Amount | None = None,
    params: str | float | None = None,
    price: str | Path | Price | None = None,
    speaking: Sequence[str] | None = None,
    allow_failed_checks: bool = False,
) -> Allocation:
    """The allocation behind a forecast whose every point is a budget, given as C without N and D.

    Args:
        answer: the forecast.
        inference_tokens, params, price, speaking, allow_failed_checks: as of `allocate`.

    Raises:
        ScenarioError: a law without N and D.
        UsageError: an amount, a number of parameters or a price that is none.
        NotConverged: no law's optimum passes the checks.
    """
    refuse_unsplittable([fit.law for fit in answer.fits])
    served = None if inference_tokens is None else amount(inference_tokens, parameter="inference_tokens")
    here = None if params is None else _params(params, served)
    rate = None if price is None else price_of(price)
    names = list(speaking) if speaking else default_speaking(answer)
    names, dropped = _judged(answer, names, allow_failed_checks=allow_failed_checks)
    budgets = tuple(_allocated(answer, point, names, served=served, params=here, price=rate) for point in answer.points)
    silent = [fit.law.name for fit in answer.fits if fit.law.name not in names]
    notes = list(dropped)
    if speaking is None and silent and not dropped:
        text = f"{listed(silent)} does not speak of the split: on published isoFLOP runs its optima were a third off"
        notes.append(Note("split-laws", text))
    return Allocation(budgets=budgets, forecast=answer, speaking=tuple(names), params=here, notes=tuple(notes))


def refuse_unsplittable(laws: Sequence[Law]) -> None:
    """Refuse laws without N and D.

    Raises:
        ScenarioError: with those that have both.
    """
    lacking = [each.name for each in laws if not {"N", "D"} <= set(each.inputs)]
    if lacking:
        able = [name for name in shelf() if {"N", "D"} <= set(law(name).inputs)]
        raise ScenarioError(
            f"{listed(lacking)} does not have both N and D, so there is nothing to split; laws that have: "
            f"{', '.join(able)}",
            parameter="law",
        )


def budget_points(
    compute: str | float | Iterable[str | float], at: str | Mapping[str, float] | None = None
) -> Scenario:
    """The budgets as points, with what the laws read besides N and D.

    Raises:
        ScenarioError: a budget that is no number above zero, or N, D or C given beside it.
    """
    several = [compute] if isinstance(compute, str | float | int) else list(compute)
    others = dict(parse_point(at).inputs if isinstance(at, str) else at) if at else {}
    if taken := sorted({"N", "D", "C"} & set(others)):
        raise ScenarioError(f"{listed(taken)} is what a budget is split into; give other inputs only", parameter="at")
    if not several:
        raise ScenarioError("an allocation needs at least one budget, such as 6e23", parameter="compute")
    points = []
    for each in several:
        C = parse_quantity(each) if isinstance(each, str) else float(each)
        if not 0 < C < math.inf:
            raise ScenarioError(f"a budget of {each} cannot be spent; it must be above 0", parameter="compute")
        points.append(Point({"C": C, **others}))
    return Scenario(points=tuple(points))


def default_speaking(answer: Forecast) -> list[str]:
    """The laws that speak of the split: where the default three were fitted those that are trusted, else all."""
    names = [fit.law.name for fit in answer.fits]
    trusted = [name for name in names if name in SPLITTING_LAWS]
    return trusted if trusted and set(answer.verdicts) == set(DEFAULT_MIXTURE) else names


def _allocated(
    answer: Forecast,
    point: PointForecast,
    names: Sequence[str],
    *,
    served: Amount | None,
    params: float | None,
    price: Price | None,
) -> Allocated:
    C, others = point.at["C"], others_of(point.at)

    split = split_of(answer, C, others, names)
    by_law = {name: split_of(answer, C, others, [name]) for name in answer.ensemble.names}
    at = {**point.at, "N": split.N, "D": split.D}
    if not math.isclose(at["N"], point.at["N"], rel_tol=1e-9):
        (moved,) = answer.along([at])
        point = replace(moved, asked=point.asked, notes=point.notes)
    notes = [note for note in point.notes if note.code != "no-optimum"]
    life = None
    if served is not None:
        life = lifetime(answer.fits, split, served, params=params, others=others, seed=answer.seed)
    notes += _split_notes(split, by_law, names, life)
    cost = None if price is None else price.cost(np.full((1, 4000), C), np.ones(1), seed=answer.seed)
    return Allocated(C=C, split=split, by_law=by_law, point=point, lifetime=life, cost=cost, notes=tuple(notes))


def _split_notes(split: Split, by_law: Mapping[str, Split], names: Sequence[str], life: Lifetime | None) -> list[Note]:
    notes = []
    if split.at_edge > 0.01:
        text = (
            f"In {split.at_edge:.0%} of the draws the loss has no lowest point inside {REACH:g} times the span of the "
            "runs; the split given is the edge of that span there."
        )
        notes.append(Note("no-optimum", text, warning=True))
    medians = {name: float(np.exp(weighted_quantile(by_law[name].log_N.values, 0.5, np.ones(1)))) for name in names}
    low, high = min(medians, key=lambda name: medians[name]), max(medians, key=lambda name: medians[name])
    if medians[high] > APART * medians[low]:
        text = (
            f"{high} would train {format_quantity(medians[high])} parameters and {low} "
            f"{format_quantity(medians[low])}, {medians[high] / medians[low]:.1f} times apart; the range has a hump at "
            "each, and the median lies where the weights put it."
        )
        notes.append(Note("split-laws-differ", text, warning=True))
    if life is not None and life.at_edge > 0.01:
        text = (
            f"In {life.at_edge:.0%} of the draws the lifetime optimum is the smallest model that was tried, a "
            "hundredth of the training-only one."
        )
        notes.append(Note("lifetime-edge", text, warning=True))
    return notes


def _judged(answer: Forecast, names: Sequence[str], *, allow_failed_checks: bool) -> tuple[list[str], list[Note]]:
    """The laws whose draws of log N* deserve to be printed, and what must be said of the others.

    Raises:
        NotConverged: none is left.
    """
    kept, notes = [], []
    for fit in (fit for fit in answer.fits if fit.law.name in names):
        draws = [
            minimise_along(fit, point.at["C"], others_of(point.at)).transpose("chain", "draw").values
            for point in answer.points
        ]
        worst, fewest = max(map(rhat, draws)), min(map(effective_draws, draws))
        if allow_failed_checks or (worst <= RHAT_PASS and fewest >= ESS_PRINTED):
            kept.append(fit.law.name)
            continue
        reason = (
            f"its optimal N has R-hat {worst:.3f} (at most {RHAT_PASS}) and {fewest:.0f} effective draws (at least "
            f"{ESS_PRINTED})"
        )
        notes.append(left_out(fit.law.name, reason, what="the split"))
    if not kept:
        said = "; ".join(note.text for note in notes) or "no law of N and D passed its checks"
        raise NotConverged(f"no law's optimal split can be shown ({said})", where=answer.runs.name)
    return kept, notes


def _params(params: str | float, served: Amount | None) -> float:
    value = parse_quantity(params) if isinstance(params, str) else float(params)
    if served is None:
        said = "it is marked on the overhead curve, which needs `inference_tokens`"
        raise UsageError(said, parameter="params", named=("inference_tokens",))
    if not 0 < value < math.inf:
        raise UsageError(f"a model of {params} parameters cannot be trained; give more than 0", parameter="params")
    return value
