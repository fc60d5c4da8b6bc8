"""An allocation in words and columns."""

from __future__ import annotations

import numpy as np

from forecaster.decide.allocation.lifetime import Lifetime, Overhead
from forecaster.decide.allocation.result import NAMES, Allocated, Allocation
from forecaster.decide.words import amount_text, closing, columns, cost_rows, range_text, wrapped
from forecaster.quantity import format_quantity
from forecaster.stats.mixture import interval, quantiles

HEADER = ("", "median", "50% range", "90% range")


def allocation_text(allocation: Allocation) -> str:
    """The allocation, readable aloud, at most eighty columns wide."""
    blocks = []
    for each in allocation.budgets:
        blocks += _budget_blocks(allocation, each)
    seen = {str(note): note for each in allocation.budgets for note in each.notes}
    whole = [*allocation.forecast.notes, *allocation.notes]
    return "\n\n".join([*blocks, *closing(allocation.forecast, [*seen.values(), *whole])])


def _budget_blocks(allocation: Allocation, each: Allocated) -> list[str]:
    runs = allocation.forecast.runs
    budget = format_quantity(each.C, "FLOP")
    ratio = format_quantity(each.C / float(runs.column("C").max()))
    question = (
        f"What should {budget} train, judging by the {len(runs)} runs in {runs.name}? The budget is {ratio} times the "
        f"largest run, at {each.split.flop:.3g} FLOP for each parameter and token."
    )
    rows: list[tuple[str, ...]] = [HEADER]
    rows += [
        (
            words,
            amount_text(each.median(name)),
            range_text(each.interval(0.5, name=name)),
            range_text(each.interval(0.9, name=name)),
        )
        for name, words in NAMES.items()
    ]
    band, places = each.point.predictive, each.point.predictive.decimals
    ends = [[f"{end:.{places}f}" for end in band.interval(mass)] for mass in (0.5, 0.9)]
    rows.append((f"{runs.response} of a new run", f"{band.median:.{places}f}", *(" to ".join(pair) for pair in ends)))
    if each.cost is not None:
        rows += cost_rows(each.cost)
    blocks = [wrapped(question), columns(rows), _by_law(allocation, each)]
    if each.cost is not None:
        blocks.append(wrapped(f"Price: {each.cost.price.text}."))
    if each.lifetime is not None:
        blocks += _lifetime_blocks(each, each.lifetime)
    return blocks


def _by_law(allocation: Allocation, each: Allocated) -> str:
    rows: list[tuple[str, ...]] = [
        ("under each law alone", "weight", "parameters", "90% range", "tokens per parameter")
    ]
    one = np.ones(1)
    for name, split in each.by_law.items():
        N, ratio = (each.draws(which, split=split) for which in ("N", "tokens_per_parameter"))
        weight = each.split.weights.get(name)
        rows.append(
            (
                name,
                "none" if weight is None else f"{weight:.0%}",
                amount_text(quantiles(N, one, 0.5)[0]),
                range_text(interval(N, one)),
                amount_text(quantiles(ratio, one, 0.5)[0]),
            )
        )
    return columns(rows)


def _lifetime_blocks(each: Allocated, life: Lifetime) -> list[str]:
    served = life.tokens.text
    opening = (
        f"If the model will also serve {served} tokens{'' if life.tokens.known else ' (90% range)'}, at 2 FLOP for "
        "each parameter and token, the least training and inference compute for the same loss:"
    )
    rows: list[tuple[str, ...]] = [HEADER]
    quantities = {
        "parameters": life.N,
        "tokens": life.D,
        "tokens per parameter": life.D / life.N,
        "training FLOP": life.training,
        "total FLOP": life.total,
    }
    for words, draws in quantities.items():
        median, *_ = quantiles(draws, life.weights, 0.5)
        rows.append(
            (
                words,
                amount_text(median),
                range_text(interval(draws, life.weights, 0.5)),
                range_text(interval(draws, life.weights, 0.9)),
            )
        )
    said = [
        f"Training for training alone would cost {extra_text(life.cost_of_plain, life.weights)} more compute than that "
        "if those tokens are served; the lifetime optimum would cost "
        f"{extra_text(life.cost_of_lifetime, life.weights)} more than {format_quantity(each.C, 'FLOP')} if none are."
    ]
    if life.here is not None:
        said.append(here_text(life.here, life.weights))
    return [wrapped(opening), columns(rows), *map(wrapped, said)]


def here_text(here: Overhead, weights: np.ndarray) -> str:
    """What training a number of parameters that the user named costs over the least."""
    N = format_quantity(float(here.N[0]))
    return (
        f"You are here: {N} parameters cost {extra_text(here.lifetime[..., 0], weights)} more than the lifetime "
        f"optimum, and {extra_text(here.training[..., 0], weights)} more than the training-only one where none are "
        "served."
    )


def extra_text(share: np.ndarray, weights: np.ndarray) -> str:
    """A share of extra compute in words: "12% (90% range 1% to 40%)"."""
    low, median, high = quantiles(1 + share, weights, [0.05, 0.5, 0.95])
    said = ["beyond any amount" if each is None else _percent(each - 1) for each in (median, low, high)]
    return f"{said[0]} (90% range {said[1]} to {said[2]})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share < 10 else f"{format_quantity(1 + share)} times"
