"""A requirement in words and columns."""

from __future__ import annotations

import numpy as np

from forecaster.decide.requirement.result import SHOWN, Required, Requirement
from forecaster.decide.words import amount_text, closing, columns, cost_rows, range_text, wrapped
from forecaster.inputs import INPUTS
from forecaster.quantity import format_quantity
from forecaster.stats.mixture import interval, quantiles

HEADER = ("", "median", "50% range", "90% range")


def requirement_text(requirement: Requirement) -> str:
    """The requirement, readable aloud, at most eighty columns wide."""
    blocks = []
    for each in requirement.targets:
        blocks += _target_blocks(requirement, each)
    notes = [note for each in requirement.targets for note in each.notes]
    return "\n\n".join([*blocks, *closing(requirement.forecast, [*notes, *requirement.forecast.notes])])


def path_text(requirement: Requirement) -> str:
    """Along what points the compute grows."""
    held = [f"{name}={format_quantity(value)}" for name, value in requirement.held.items() if name in ("N", "D")]
    if held:
        return f"with {held[0]} held"
    splits = any({"N", "D"} <= set(fit.law.inputs) for fit in requirement.forecast.fits)
    return "along the compute-optimal split" if splits else "along compute"


def _target_blocks(requirement: Requirement, each: Required) -> list[str]:
    runs = requirement.forecast.runs
    question = (
        f"What compute does a {runs.response} of {each.target:g} take, {path_text(requirement)}, judging by the "
        f"{len(runs)} runs in {runs.name}?"
    )
    rows: list[tuple[str, ...]] = [
        HEADER,
        ("FLOP", amount_text(each.median), *(range_text(each.interval(mass)) for mass in (0.5, 0.9))),
    ]
    ratio = each.flop / requirement.largest
    rows.append(
        (
            "times the largest run",
            amount_text(quantiles(ratio, each.weights, 0.5)[0]),
            *(range_text(interval(ratio, each.weights, mass)) for mass in (0.5, 0.9)),
        )
    )
    for name in ("N", "D"):
        if name not in requirement.held and any(name in at for at in each.trained.values()):
            low, lower, middle, upper, high = (each.trained.get(p, {}).get(name) for p in SHOWN)
            rows.append((INPUTS[name].word, amount_text(middle), range_text((lower, upper)), range_text((low, high))))
    if each.cost is not None:
        rows += cost_rows(each.cost)
    reached = each.reachable_probability
    sure = "over 99%" if reached > 0.99 else "under 1%" if reached < 0.01 else f"{reached:.0%}"
    chances: list[tuple[str, ...]] = [("chance that a new run meets it", "50%", "80%", "90%", "95%")]
    chances.append(("FLOP", *(amount_text(each.budget(chance)) for chance in (0.5, 0.8, 0.9, 0.95))))
    laws: list[tuple[str, ...]] = [("under each law alone", "weight", "FLOP", "90% range", "reachable")]
    one = np.ones(1)
    for i, name in enumerate(each.names):
        flop = each.flop[i : i + 1]
        laws.append(
            (
                name,
                f"{each.weights[i]:.0%}",
                amount_text(quantiles(flop, one, 0.5)[0]),
                range_text(interval(flop, one)),
                f"{each.reached[i].mean():.0%}",
            )
        )
    blocks = [
        wrapped(question),
        columns(rows),
        wrapped(f"Chance that the target can be reached at all, by the laws' curves alone: {sure}."),
        columns(chances),
        columns(laws),
    ]
    if each.cost is not None:
        blocks.append(wrapped(f"Price: {each.cost.price.text}."))
    return blocks
