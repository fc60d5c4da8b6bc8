"""A requirement in words and columns."""

from __future__ import annotations

import numpy as np

from forecaster.decide.requirement.result import BUDGET_CHANCES, SHOWN, Required, Requirement
from forecaster.decide.words import COLUMNS, amount_row, amount_text, cost_rows, decision, price_section, range_text
from forecaster.inputs import INPUTS
from forecaster.quantity import TYPED, format_quantity
from forecaster.show.document import Document, Section, Sentence
from forecaster.show.table import Table, percent, share, shown, weight


def requirement_document(requirement: Requirement) -> Document:
    """The compute that each target takes, its chance by compute, and both under each law."""
    sections = [_target_section(requirement, each) for each in requirement.targets]
    notes = [note for each in requirement.targets for note in each.notes]
    return decision(requirement.forecast, sections, [*notes, *requirement.forecast.notes])


def path_text(requirement: Requirement) -> str:
    """Along what points the compute grows."""
    held = next((name for name in requirement.held if name in ("N", "D")), None)
    if held:
        return f"with {held}={format_quantity(requirement.held[held], digits=TYPED)} held"
    splits = any({"N", "D"} <= set(fit.law.inputs) for fit in requirement.forecast.fits)
    return "along the compute-optimal split" if splits else "along compute"


def _target_section(requirement: Requirement, each: Required) -> Section:
    runs = requirement.forecast.runs
    question = (
        f"What compute does a {shown(runs.response)} of {each.target:g} take, {path_text(requirement)}, judging by the "
        f"{len(runs)} runs in {shown(runs.name)}?"
    )
    rows = [
        amount_row("FLOP", each.flop, each.weights),
        amount_row("times the largest run", each.flop / requirement.largest, each.weights),
    ]
    for name in ("N", "D"):
        if name not in requirement.held and any(name in at for at in each.trained.values()):
            low, lower, middle, upper, high = (each.trained.get(p, {}).get(name) for p in SHOWN)
            rows.append((INPUTS[name].word, amount_text(middle), range_text((lower, upper)), range_text((low, high))))
    rows += cost_rows(each.cost)
    budgets = tuple((share(p), amount_text(each.budget(p))) for p in BUDGET_CHANCES)
    chances = Table("Chance that a new run meets it", ("Chance", "FLOP"), budgets)
    chance = percent(each.reachable_probability)
    reached = f"Chance that the target can be reached at all, by the laws' curves alone: {chance}."
    inner = (Section(chances.caption, (chances,)), _law_section(each), price_section(each.cost))
    return Section(question, (Table("The compute it takes", COLUMNS, tuple(rows)), Sentence(reached)), sections=inner)


def _law_section(each: Required) -> Section:
    rows, one = [], np.ones(1)
    for i, name in enumerate(each.names):
        _, median, _, ends = amount_row(name, each.flop[i : i + 1], one)
        reachable = percent(float(each.reached[i].mean()))
        rows.append((shown(name), weight(float(each.weights[i])), median, ends, reachable))
    table = Table("Under each law alone", ("Law", "Weight", "FLOP", "90% range", "Reachable"), tuple(rows))
    return Section(table.caption, (table,))
