"""To require: from fits and a target to the compute that it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from forecaster.backtests.weighting import Weighting
from forecaster.decide.price import Price, price as price_of
from forecaster.decide.requirement.result import SHOWN, Required, Requirement
from forecaster.decide.requirement.search import REACH, Search
from forecaster.errors import Say, ScenarioError, clipped
from forecaster.fits.extrapolation import STUDIED
from forecaster.fits.posterior import Fit
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.notes import Note
from forecaster.quantity import format_quantity, parse_quantity
from forecaster.runs.odd_points import absurd
from forecaster.runs.points import Point, parse_point
from forecaster.runs.table import Runs
from forecaster.stats.mixture import quantiles

STAND_IN = 10.0
"""How many times the largest run's compute the fits are judged at before the answer is known."""

CURVE_NODES = 33

MATERIAL = 0.005


def require(
    fits: Fit | Sequence[Fit],
    loss: str | float | Iterable[str | float],
    *,
    at: str | Mapping[str, float] | None = None,
    price: str | Path | Price | None = None,
    weights: str | Mapping[str, float] | Weighting = "extrapolation",
    seed: int = 1,
    allow_failed_checks: bool = False,
    retry: bool = False,
    cache: bool = True,
    say: Say | None = None,
) -> Requirement:
    """Ask fits of one table what compute a target takes.

    For every draw of every law the least compute is found at which a new run meets the target: the law's curve, the
    extrapolation term and run-to-run noise, the three that make up a forecast. The run is trained at the pooled median
    of the compute-optimal split, because a split has to be chosen before anyone knows which draw is true; or with N
    or D held. Whether the target can be reached at all is asked of the law's curve alone, and draws whose curve never
    does count as never, whatever the extrapolation term would make of them.

    Args:
        fits: one or more fits of the same table, which has compute.
        loss: one or more targets, in the response's unit.
        at: N or D to be held, such as `N=70B`, and what the laws read besides.
        price: that turns compute into money, as `forecaster.decide.price.price` reads it.
        weights, seed, allow_failed_checks, retry, cache, say: as of `forecast`.

    Raises:
        ScenarioError: a target that no draw reaches, a table without compute, or an input that is missing.
        NotConverged: no law is left whose draws pass the checks.
    """
    fits = [fits] if isinstance(fits, Fit) else list(fits)
    if not fits:
        raise ScenarioError("a requirement needs at least one fit")
    held = held_inputs(at)
    answer = forecast(
        fits, stand_in(fits[0].runs, held), weights=weights, seed=seed, allow_failed_checks=allow_failed_checks,
        retry=retry, cache=cache, say=say,
    )  # fmt: skip
    return requirement_of(answer, loss, at=held, price=price, allow_failed_checks=allow_failed_checks)


def requirement_of(
    answer: Forecast,
    loss: str | float | Iterable[str | float],
    *,
    at: str | Mapping[str, float] | None = None,
    price: str | Path | Price | None = None,
    allow_failed_checks: bool = False,
) -> Requirement:
    """The requirement from the fits, weights and seed of a forecast, judged again at the compute that it finds.

    Args:
        answer: a forecast of the same laws, such as of `stand_in`.
        loss, at, price, allow_failed_checks: as of `require`.

    Raises:
        ScenarioError: as of `require`.
        NotConverged: no law is left whose draws pass the checks.
    """
    held = held_inputs(at)
    rate = None if price is None else price_of(price)
    search = Search.of(answer, held)
    values = [target_value(each, search) for each in ([loss] if isinstance(loss, str | float | int) else list(loss))]
    if not values:
        raise ScenarioError("a requirement needs at least one target, such as 1.9", parameter="loss")
    while True:
        found = [search.flop(value) for value in values]
        weights = answer.ensemble.shares
        medians = [quantiles(flop, weights, 0.5)[0] for flop, _ in found]
        points = [Point(search.point(median)) for median in medians if median is not None]
        points = [point for point in points if not absurd(point, answer.runs)] or [
            Point(search.point(STAND_IN * search.largest))
        ]
        judged = forecast(
            answer.fits, points, weights=answer.weighting, seed=answer.seed, allow_failed_checks=allow_failed_checks
        )
        if len(judged.fits) == len(answer.fits):
            break
        # A law whose draws do not pass where the answer lies leaves it, and the answer moves.
        answer = judged
        search = Search.of(answer, held)
    keep = {note.code: note for note in (*answer.notes, *judged.notes)}
    judged = replace(judged, notes=tuple(keep.values()), verdicts={**answer.verdicts, **judged.verdicts})
    targets = tuple(
        _required(search, answer, value, *pair, price=rate) for value, pair in zip(values, found, strict=True)
    )
    return Requirement(targets=targets, forecast=judged, held=held, largest=search.largest)


def held_inputs(at: str | Mapping[str, float] | None) -> dict[str, float]:
    """What is held along the path.

    Raises:
        ScenarioError: C, or both N and D, which leave nothing to solve for.
    """
    held = dict(parse_point(at).inputs if isinstance(at, str) else at) if at else {}
    if "C" in held or {"N", "D"} <= held.keys():
        raise ScenarioError("the compute is what is asked for; hold N or D alone, or neither", parameter="at")
    if held:
        Point(held)
    return held


def stand_in(runs: Runs, held: Mapping[str, float]) -> Point:
    """A point ten times beyond the largest run, where fits are judged before the answer is known.

    Raises:
        ScenarioError: the table has no compute.
    """
    if runs.scale != "C":
        raise ScenarioError(
            f"{runs.name} has {runs.scale} alone, so what a target takes in compute cannot be told; add D, N or C"
        )
    return Point({**held, "C": STAND_IN * float(runs.column("C").max())})


def target_value(said: str | float, search: Search) -> float:
    """A target as a number that some draw reaches.

    Raises:
        ScenarioError: it is none, or lies below what every draw reaches.
    """
    value = parse_quantity(said) if isinstance(said, str) else float(said)
    if not math.isfinite(value) or (search.link.name != "own" and value <= 0):
        raise ScenarioError(f"a target of {clipped(str(said))} cannot be met; it must be above 0", parameter="loss")
    if not search.rises_nowhere:
        raise ScenarioError(
            f"{search.forecast.runs.response} rises with compute under these laws, so no compute is needed to stay "
            "below a target",
            parameter="loss",
        )
    lowest = search.lowest()
    if search.link.threshold(value) < lowest.draws.min():
        low, median = (float(each) for each in lowest.quantile(np.array([0.05, 0.5])))
        raise ScenarioError(
            f"a target of {value:g} lies below what every draw reaches at any compute; the lowest reached is "
            f"{low:.4g} or less in 5% of the draws and {median:.4g} or less in half of them",
            parameter="loss",
        )
    return value


def _required(
    search: Search, answer: Forecast, target: float, flop: np.ndarray, reached: np.ndarray, *, price: Price | None
) -> Required:
    weights = answer.ensemble.shares
    budgets = search.curve_budgets(flop, weights, CURVE_NODES)
    chance = search.chance(target, budgets)
    reachable = float(weights @ reached.mean(axis=1))
    notes = []
    if reachable < 1 - MATERIAL:
        text = (
            f"In {1 - reachable:.0%} of the draws the curve never comes down to {target:g}, up to {REACH:.0e} "
            "times the largest run; quantiles of the compute that fall among them do not exist."
        )
        notes.append(Note("target-unreachable", text, warning=True))
    held_off = float(weights @ (np.isinf(flop) & reached).mean(axis=1))
    if held_off > MATERIAL:
        text = (
            f"In {held_off:.0%} of the draws the curve gets to {target:g}, and the extrapolation term or noise keeps "
            "the run above it all the way."
        )
        notes.append(Note("target-held-off", text))
    median = quantiles(flop, weights, 0.5)[0]
    if median is not None and median <= search.smallest:
        text = f"Half of the draws meet {target:g} with less compute than the smallest run has."
        notes.append(Note("target-met", text))
    elif median is not None and median <= search.largest:
        text = f"{target:g} is met inside the table: its largest run has {format_quantity(search.largest)} FLOP."
        notes.append(Note("target-met", text))
    if any(np.isinf(flop).all(axis=1)):
        names = ", ".join(fit.law.name for fit, row in zip(answer.fits, np.isinf(flop).all(axis=1), strict=True) if row)
        notes.append(Note("target-never", f"Under {names} no draw meets {target:g}.", warning=True))
    high = quantiles(flop, weights, 0.95)[0]
    if high is None or high > STUDIED * search.largest:
        text = (
            f"The 90% range of the compute for {target:g} goes beyond {STUDIED:g} times the largest run; extrapolation "
            "was studied up to that distance, and what lies farther is a guess."
        )
        notes.append(Note("beyond-studied", text, warning=True))
    cost = None if price is None else price.cost(flop, weights, seed=answer.seed)
    return Required(
        target=target,
        flop=flop,
        reached=reached,
        names=tuple(fit.law.name for fit in answer.fits),
        weights=weights,
        curve_at=tuple(search.point(float(budget)) for budget in budgets),
        chance=chance,
        trained={
            p: {name: value for name, value in search.point(budget).items() if name in "ND"}
            for p, budget in zip(SHOWN, quantiles(flop, weights, SHOWN), strict=True)
            if budget is not None
        },
        cost=cost,
        notes=tuple(notes),
    )
