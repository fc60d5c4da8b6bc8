"""An allocation in words and columns."""

from __future__ import annotations

import numpy as np

from forecaster.decide.allocation.lifetime import Lifetime, Overhead
from forecaster.decide.allocation.result import NAMES, Allocated, Allocation
from forecaster.decide.words import COLUMNS, amount_row, cost_rows, decision, price_section
from forecaster.quantity import TYPED, format_quantity
from forecaster.show.document import Document, Section, sentences
from forecaster.show.table import Table, number, shown, spread, weight
from forecaster.stats.mixture import quantiles


def allocation_document(allocation: Allocation) -> Document:
    """What to train with each budget, under each law too, and over the model's life."""
    sections = [_budget_section(allocation, each) for each in allocation.budgets]
    notes = [note for each in allocation.budgets for note in each.notes]
    return decision(allocation.forecast, sections, [*notes, *allocation.forecast.notes, *allocation.notes])


def _budget_section(allocation: Allocation, each: Allocated) -> Section:
    runs = allocation.forecast.runs
    ratio = format_quantity(each.C / float(runs.column("C").max()))
    question = (
        f"What should {budget_text(each)} train, judging by the {len(runs)} runs in {shown(runs.name)}? "
        f"The budget is {ratio} times the largest run, at {each.split.flop:.3g} FLOP for each parameter and token."
    )
    band, digits = each.point.predictive, each.point.predictive.digits
    ranges = ([number(end, digits) for end in band.interval(mass)] for mass in (0.5, 0.9))
    rows = (
        *(amount_row(words, each.draws(name), each.weights) for name, words in NAMES.items()),
        (
            f"{shown(runs.response)} of a new run",
            number(band.median, digits),
            *(spread((low, high)) for low, high in ranges),
        ),
        *cost_rows(each.cost),
    )
    inner = [_law_section(each), price_section(each.cost)]
    if each.lifetime is not None:
        inner.append(_lifetime_section(each, each.lifetime))
    return Section(question, (Table("The compute-optimal run", COLUMNS, rows),), sections=tuple(inner))


def budget_text(each: Allocated) -> str:
    """A budget as it was asked for, "6e23 FLOP"."""
    return format_quantity(each.C, "FLOP", digits=TYPED)


def _law_section(each: Allocated) -> Section:
    rows, one = [], np.ones(1)
    for name, split in each.by_law.items():
        _, median, _, ends = amount_row(name, each.draws("N", split=split), one)
        ratio = amount_row(name, each.draws("tokens_per_parameter", split=split), one)[1]
        speaks = each.split.weights.get(name)
        rows.append((shown(name), "none" if speaks is None else weight(speaks), median, ends, ratio))
    columns = ("Law", "Weight", "Parameters", "90% range", "Tokens per parameter")
    table = Table("Under each law alone", columns, tuple(rows))
    return Section(table.caption, (table,))


def _lifetime_section(each: Allocated, life: Lifetime) -> Section:
    opening = (
        f"If the model will also serve {life.tokens.text} tokens{'' if life.tokens.known else ' (90% range)'}, at 2 "
        "FLOP for each parameter and token, the least training and inference compute for the same loss"
    )
    quantities = {
        "parameters": life.N,
        "tokens": life.D,
        "tokens per parameter": life.D / life.N,
        "training FLOP": life.training,
        "total FLOP": life.total,
    }
    rows = tuple(amount_row(words, draws, life.weights) for words, draws in quantities.items())
    said = (
        f"Training for training alone would cost {extra_text(life.cost_of_plain, life.weights)} more compute than that "
        "if those tokens are served; the lifetime optimum would cost "
        f"{extra_text(life.cost_of_lifetime, life.weights)} more than {budget_text(each)} if none are."
    )
    here = "" if life.here is None else here_text(life.here, life.weights)
    return Section(opening, (Table("The lifetime optimum", COLUMNS, rows), *sentences(said, here)))


def here_text(here: Overhead, weights: np.ndarray) -> str:
    """What training a number of parameters that the user named costs over the least."""
    N = format_quantity(float(here.N[0]), digits=TYPED)
    return (
        f"You are here: {N} parameters cost {extra_text(here.lifetime[..., 0], weights)} more than the lifetime "
        f"optimum, and {extra_text(here.training[..., 0], weights)} more than the training-only one where none are "
        "served."
    )


def extra_text(share: np.ndarray, weights: np.ndarray) -> str:
    """A share of extra compute in words: "12% (90% range 1% to 40%)"."""
    low, median, high = quantiles(1 + share, weights, [0.05, 0.5, 0.95])
    said = ["beyond any amount" if each is None else _more(each - 1) for each in (median, low, high)]
    return f"{said[0]} (90% range {spread((said[1], said[2]))})"


def _more(share: float) -> str:
    return f"{100 * share:.0f}%" if share < 10 else f"{format_quantity(1 + share)} times"
