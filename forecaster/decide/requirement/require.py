"""To require: from fits and a target to what it takes of compute, documents, time or another input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from forecaster.backtests.weighting import Weighting
from forecaster.decide.price import Price, price as price_of
from forecaster.decide.requirement.remarks import remarks
from forecaster.decide.requirement.result import SHOWN, Required, Requirement
from forecaster.decide.requirement.search import Search, third_of
from forecaster.errors import Say, ScenarioError, clipped
from forecaster.fits.design import Design
from forecaster.fits.posterior import Fit
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.points import refuse_incomplete
from forecaster.forecasts.result import Forecast
from forecaster.inputs import CODE
from forecaster.laws.law import Law
from forecaster.runs.odd_points import absurd
from forecaster.runs.points import Point, Scenario, Target, parse_target, scenario
from forecaster.runs.table import Runs
from forecaster.stats.mixture import quantiles

STAND_IN = 10.0
"""How many times the largest run the fits are judged at before the answer is known."""

CURVE_NODES = 33

Wanted = str | float | Target | Iterable[str | float | Target]


def require(
    fits: Fit | Sequence[Fit],
    target: Wanted,
    *,
    at: str | Mapping[str, float] | None = None,
    solve_for: str = "",
    price: str | Path | Price | None = None,
    weights: str | Mapping[str, float] | Weighting = "extrapolation",
    seed: int = 1,
    allow_failed_checks: bool = False,
    retry: bool = False,
    cache: bool = True,
    say: Say | None = None,
) -> Requirement:
    """Ask fits of one table what a target takes: how much compute, or of the input that orders the table.

    For every draw of every law the least amount is found at which a new run meets the target: the law's curve, the
    extrapolation term and run-to-run noise, the three that make up a forecast. Over compute the run is trained at the
    pooled median of the compute-optimal split, because a split has to be chosen before anyone knows which draw is true;
    or with N or D held. Whether the target can be reached at all is asked of the law's curve alone, and draws whose
    curve never does count as never, whatever the extrapolation term would make of them.

    Args:
        fits: one or more fits of the same table.
        target: one or more values of the response, in its unit: to be met in the direction in which the response
            improves, or as said, `"<=1.9"` or `">=0.9"`.
        at: inputs to be held, such as `N=70B`, and what the laws read besides.
        solve_for: the input whose amount is asked for, such as `D` with N held; the table's scale where not given.
        price: that turns compute into money, as `forecaster.decide.price.price` reads it.
        weights, seed, allow_failed_checks, retry, cache, say: as of `forecast`.

    Raises:
        ScenarioError: a target that no draw reaches, a price without compute, or an input that is missing.
        NotConverged: no law is left whose draws pass the checks.
    """
    fits = [fits] if isinstance(fits, Fit) else list(fits)
    if not fits:
        raise ScenarioError("a requirement needs at least one fit")
    asked = asked_for(target, [fit.law for fit in fits], fits[0].runs, at=at, solve_for=solve_for)
    answer = forecast(
        fits, asked, weights=weights, seed=seed, allow_failed_checks=allow_failed_checks, retry=retry, cache=cache,
        say=say,
    )  # fmt: skip
    return requirement_of(
        answer, target, at=at, solve_for=solve_for, price=price, allow_failed_checks=allow_failed_checks
    )


def requirement_of(
    answer: Forecast,
    target: Wanted,
    *,
    at: str | Mapping[str, float] | None = None,
    solve_for: str = "",
    price: str | Path | Price | None = None,
    allow_failed_checks: bool = False,
) -> Requirement:
    """The requirement from the fits, weights and seed of a forecast, judged again at the amount that it finds.

    Args:
        answer: a forecast of the same laws, such as of `asked_for`.
        target, at, solve_for, price, allow_failed_checks: as of `require`.

    Raises:
        ScenarioError: as of `require`.
        NotConverged: no law is left whose draws pass the checks.
    """
    runs = answer.runs
    asked = asked_for(target, [fit.law for fit in answer.fits], runs, at=at, solve_for=solve_for)
    refuse_incomplete(asked, [fit.law for fit in answer.fits], runs)
    over, held = solve_for or runs.scale, held_inputs(at)
    rate = None if price is None else price_for(price, runs)
    search = Search.of(answer, held, over)
    targets = [each.towards(above=runs.improves_upward) for each in asked.targets]
    for each in targets:
        refuse_unreachable(each, search)
    while True:
        found = [search.amounts(each) for each in targets]
        weights = answer.ensemble.shares
        medians = [quantiles(amounts, weights, 0.5)[0] for amounts, _ in found]
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
        search = Search.of(answer, held, over)
    keep = {note.code: note for note in (*answer.notes, *judged.notes)}
    judged = replace(judged, notes=tuple(keep.values()), verdicts={**answer.verdicts, **judged.verdicts})
    required = tuple(_required(search, each, *pair, price=rate) for each, pair in zip(targets, found, strict=True))
    return Requirement(targets=required, forecast=judged, held=held, what=search.what, largest=search.largest)


def asked_for(
    target: Wanted, laws: Sequence[Law], runs: Runs, *, at: str | Mapping[str, float] | None, solve_for: str = ""
) -> Scenario:
    """The targets, and a point ten times beyond the largest run, where fits are judged before the answer is known.

    Args:
        target, at, solve_for: as of `require`.
        laws: that are asked.
        runs: their table.

    Raises:
        ScenarioError: nothing is left to solve for, an input is missing, or a target that no response can meet.
    """
    targets = [parse_target(each) for each in ([target] if isinstance(target, str | float | int | Target) else target)]
    if not targets:
        raise ScenarioError("a requirement needs at least one target, such as 1.9", parameter="target")
    held, over = held_inputs(at), solve_for or runs.scale
    needed = {column for law in laws for column in Design(law, runs).columns.values()} | {runs.scale}
    known = needed | set(runs.inputs)
    if over not in known:
        raise ScenarioError(
            f"there is no input {clipped(over)} to solve for; there are {', '.join(sorted(known))}",
            parameter="solve_for",
        )
    if over in held or {"N", "D", "C"} <= held.keys() | {over}:
        said = "hold N or D alone, or neither" if over == "C" else f"do not hold {over}"
        raise ScenarioError(f"the {runs.input(over).measure} is what is asked for; {said}", parameter="at")
    given = {**held, over: STAND_IN * float(runs.column(over).max())}
    given |= third_of(given, runs.flop_per_parameter_token)
    lacking = sorted(needed - given.keys() - {CODE})
    if over != "C" and {"N", "D", "C"} & {over, *lacking} and lacking:
        free = [name for name in lacking if name != "C"] or ["N", "D"]
        raise ScenarioError(
            f"to solve for {over}, {' and '.join(free)} must be held, as in `at` {free[0]}=70B", named=("at",)
        )
    return scenario(Point(given), targets=targets)


def refuse_unreachable(target: Target, search: Search) -> None:
    """Refuse a target that no draw reaches.

    Raises:
        ScenarioError: the response moves away from it as the input grows, or it lies beyond what every draw reaches.
    """
    name, what = search.forecast.runs.response, search.what
    more = "a later date" if what.is_date else f"{'a larger' if what.unit == what.word else 'more'} {what.measure}"
    if search.rises != target.above:
        raise ScenarioError(
            f"{clipped(name)} {'rises' if search.rises else 'falls'} with {what.word} under these laws, so {more} "
            f"never brings it to {target.text}",
            parameter="target",
        )
    best = search.best(target)
    if not search.meets(best.draws, target).any():
        few, half = (float(each) for each in best.quantile(np.array([0.95 if target.above else 0.05, 0.5])))
        side, end = ("above", "highest") if target.above else ("below", "lowest")
        or_so = "or more" if target.above else "or less"
        raise ScenarioError(
            f"a target of {target.value:g} lies {side} what every draw reaches at any {what.measure}; the {end} "
            f"reached is {few:.4g} {or_so} in 5% of the draws and {half:.4g} {or_so} in half of them",
            parameter="target",
        )


def held_inputs(at: str | Mapping[str, float] | None) -> dict[str, float]:
    """What is held along the path, as numbers."""
    return dict(scenario(at).points[0].inputs) if at else {}


def price_for(said: str | Path | Price, runs: Runs) -> Price:
    """The price of a table's compute, as `forecaster.decide.price.price` reads it.

    Raises:
        ScenarioError: the table has none.
    """
    if runs.scale != "C":
        raise ScenarioError(
            f"a price is of compute, and {runs.name} has none; leave it out, or name the column of FLOP by `columns` "
            "C=HEADER",
            parameter="price",
            named=("columns",),
        )
    return price_of(said)


def _required(
    search: Search, target: Target, needed: np.ndarray, reached: np.ndarray, *, price: Price | None
) -> Required:
    answer = search.forecast
    weights = answer.ensemble.shares
    amounts = search.curve_amounts(needed, weights, CURVE_NODES)
    follow = {"N", "D"} if search.over == "C" else {"N", "D", "C"} - {search.over} - search.held.keys()
    finite = np.where(np.isfinite(needed), needed, search.largest)
    compute = np.broadcast_to(search.inputs(np.log(finite)).get("C", np.inf), needed.shape)
    return Required(
        target=target,
        what=search.what,
        amounts=needed,
        ratios=np.where(np.isfinite(needed), search.ratios(finite), np.inf),
        reached=reached,
        names=tuple(fit.law.name for fit in answer.fits),
        weights=weights,
        curve_at=tuple(search.point(float(amount)) for amount in amounts),
        chance=search.chance(target, amounts),
        trained={
            p: {name: value for name, value in search.point(amount).items() if name in follow}
            for p, amount in zip(SHOWN, quantiles(needed, weights, SHOWN), strict=True)
            if amount is not None and follow & search.point(amount).keys()
        },
        cost=None
        if price is None
        else price.cost(np.where(np.isfinite(needed), compute, np.inf), weights, seed=answer.seed),
        notes=tuple(remarks(search, target, needed, reached)),
    )
