"""A requirement in words and columns."""

from __future__ import annotations

import numpy as np

from forecaster.decide.requirement.result import BUDGET_CHANCES, SHOWN, Required, Requirement
from forecaster.decide.words import COLUMNS, NEVER, amount_row, cost_rows, decision, price_section, range_text
from forecaster.inputs import CODE
from forecaster.quantity import TYPED
from forecaster.runs.text import apart_text
from forecaster.show.document import Document, Section, Sentence
from forecaster.show.table import Table, enumerated, percent, sentence_case, share, shown, weight


def requirement_document(requirement: Requirement) -> Document:
    """What each target takes, its chance by amount, and both under each law."""
    sections = [_target_section(requirement, each) for each in requirement.targets]
    notes = [note for each in requirement.targets for note in each.notes]
    return decision(requirement.forecast, sections, [*notes, *requirement.forecast.notes])


def path_text(requirement: Requirement) -> str:
    """Along what points the amount grows; empty where nothing but it moves."""
    runs = requirement.forecast.runs
    held = [runs.input(name).given(value, digits=TYPED) for name, value in requirement.held.items() if name != CODE]
    with_held = f"with {enumerated(held)} held" if held else ""
    if requirement.what.name != "C" or {"N", "D"} & requirement.held.keys():
        return with_held
    splits = any({"N", "D"} <= set(fit.law.inputs) for fit in requirement.forecast.fits)
    return " ".join(filter(None, ("along the compute-optimal split" if splits else "along compute", with_held)))


def question(requirement: Requirement, each: Required) -> str:
    """What was asked of one target."""
    runs, what = requirement.forecast.runs, requirement.what
    path, response = path_text(requirement), shown(runs.response)
    path = f", {path}," if path else ","
    judging = f"judging by the {len(runs)} runs in {shown(runs.name)}?"
    if what.is_date:
        return f"When will {response} be {each.target.text}{path} {judging}"
    many = "How many" if what.unit == what.word else "What"
    return (
        f"{many} {what.word} bring{'' if many == 'How many' else 's'} {response} to {each.target.text}{path} {judging}"
    )


def unit_text(requirement: Requirement) -> str:
    """What heads a column of amounts."""
    return "date" if requirement.what.is_date else requirement.what.unit or requirement.what.word


def _target_section(requirement: Requirement, each: Required) -> Section:
    runs, what = requirement.forecast.runs, requirement.what

    def apart(ratio: float) -> str:
        return apart_text(runs, ratio)

    rows = [
        amount_row(unit_text(requirement), each.amounts, each.weights, what.amount),
        amount_row(runs.along.distance.lower(), each.ratios, each.weights, apart),
    ]
    for name in ("N", "D", "C"):
        if name not in requirement.held and name != what.name and any(name in at for at in each.trained.values()):
            low, lower, middle, upper, high = (each.trained.get(p, {}).get(name) for p in SHOWN)
            other = runs.input(name)
            median = NEVER if middle is None else other.amount(middle)
            ends = (range_text((lower, upper), other.amount), range_text((low, high), other.amount))
            rows.append((other.unit or other.word, median, *ends))
    rows += cost_rows(each.cost)
    found = ((p, each.budget(p)) for p in BUDGET_CHANCES)
    budgets = tuple((share(p), NEVER if amount is None else what.amount(amount)) for p, amount in found)
    chances = Table("Chance that a new run meets it", ("Chance", sentence_case(unit_text(requirement))), budgets)
    chance = percent(each.reachable_probability)
    reached = f"Chance that the target can be reached at all, by the laws' curves alone: {chance}."
    inner = (Section(chances.caption, (chances,)), _law_section(requirement, each), price_section(each.cost))
    table = Table(f"The {what.word} it takes", COLUMNS, tuple(rows))
    return Section(question(requirement, each), (table, Sentence(reached)), sections=inner)


def _law_section(requirement: Requirement, each: Required) -> Section:
    rows, one = [], np.ones(1)
    for i, name in enumerate(each.names):
        _, median, _, ends = amount_row(name, each.amounts[i : i + 1], one, requirement.what.amount)
        reachable = percent(float(each.reached[i].mean()))
        rows.append((shown(name), weight(float(each.weights[i])), median, ends, reachable))
    columns = ("Law", "Weight", sentence_case(unit_text(requirement)), "90% range", "Reachable")
    table = Table("Under each law alone", columns, tuple(rows))
    return Section(table.caption, (table,))
