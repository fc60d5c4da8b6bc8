"""Words and numbers beside the figures of decisions: the sentence under one, its alt text and its table."""

from __future__ import annotations

from forecaster.decide.allocation import Allocation
from forecaster.decide.requirement import Requirement
from forecaster.decide.requirement_text import path_text
from forecaster.decide.words import amount_text, range_text
from forecaster.quantity import format_quantity
from forecaster.report.table import percent


def figure_sentence(found: Allocation | Requirement) -> str:
    """The one sentence that stands under the figure of a decision."""
    if isinstance(found, Requirement):
        return (
            f"Chance that a new run meets the target, {path_text(found)}, over its training compute; the bar is the "
            "90% range of the compute needed."
        )
    asked = " and ".join(format_quantity(each.C, "FLOP") for each in found.budgets)
    return (
        f"Loss over parameters at {asked} and at two budgets of the table, with the 50 and 90% range of the laws' "
        "curves, the runs, and the compute-optimal parameters with their 90% range."
    )


def alt_text(found: Allocation | Requirement) -> str:
    """What a person would see in the figure of a decision."""
    if isinstance(found, Requirement):
        said = "; ".join(
            f"{each.target:g} is met half of the time at {amount_text(each.median, 'FLOP')}, 90% range "
            f"{range_text(each.interval())}, and can be reached with a chance of {percent(each.reachable_probability)}"
            for each in found.targets
        )
        return f"Curves that rise from 0 towards 100% with compute: {said}."
    said = "; ".join(
        f"at {format_quantity(each.C, 'FLOP')} it is lowest near {format_quantity(each.median())} parameters, 90% "
        f"range {range_text(each.interval())}, with a loss of "
        f"{each.point.predictive.median:.{each.point.predictive.decimals}f}"
        for each in found.budgets
    )
    return f"Valley-shaped curves of the loss over parameters, one a budget: {said}."
