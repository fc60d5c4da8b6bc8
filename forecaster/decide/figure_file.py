"""The whole figure of a decision, as a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.decide.allocation.plot import plot_isoflop, plot_overhead, plot_path
from forecaster.decide.allocation.result import Allocation
from forecaster.decide.allocation.text import budget_text
from forecaster.decide.requirement.plot import plot_chance
from forecaster.decide.requirement.result import Requirement
from forecaster.decide.requirement.text import path_text
from forecaster.decide.words import NEVER, range_text
from forecaster.errors import UsageError
from forecaster.files import write_all
from forecaster.quantity import format_quantity
from forecaster.show.figure import svg
from forecaster.show.style import PAPER, new_figure, style
from forecaster.show.table import number, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "forecaster-decision"
"""What tells an earlier figure of a decision from any other file: in the ids of an SVG, as Software in a PNG."""


def draw(found: Allocation | Requirement) -> Figure:
    """The whole figure of a decision: isoFLOP curves above the path and, where asked, the overhead; or the chances."""
    with style():
        if isinstance(found, Requirement):
            figure = new_figure((7.0, 4.4))
            plot_chance(found, figure.subplots())
            return figure
        lives = [i for i, each in enumerate(found.budgets) if each.lifetime is not None]
        rows = 2 + len(lives)
        figure = new_figure((7.0, 4.9 * rows))
        axes = figure.subplots(rows, 1, gridspec_kw={"hspace": 0.42})
        plot_isoflop(found, axes[0])
        plot_path(found, axes[1])
        for axis, budget in zip(axes[2:], lives, strict=True):
            plot_overhead(found, axis, budget=budget)
        return figure


def write_figure(found: Allocation | Requirement, path: Path) -> str:
    """Write the figure of a decision, as SVG with words for those who cannot see it, or as PNG.

    Args:
        found: what to draw.
        path: ending in .svg or .png; see `refuse_figure`.

    Returns:
        The sentence that belongs under it.
    """
    figure, sentence = draw(found), figure_sentence(found)
    if path.suffix == ".svg":
        title = "Chance of a target" if isinstance(found, Requirement) else "Compute-optimal training"
        content = svg(figure, title=title, description=alt_text(found), name=NAME).encode()
    else:
        drawn = io.BytesIO()
        with style():
            figure.savefig(drawn, dpi=150, facecolor=PAPER, metadata={"Description": alt_text(found), "Software": NAME})
        content = drawn.getvalue()
    write_all({path: content})
    return f"Figure: {sentence}"


def refuse_figure(path: Path) -> None:
    """Refuse a place where the figure of a decision cannot or must not go, before any work is done.

    A file that stands there already is replaced only if it is an earlier figure.

    Raises:
        UsageError: neither .svg nor .png, no such folder, or a file of something else.
    """
    if path.suffix not in (".svg", ".png"):
        raise UsageError(f"a figure is written as .svg or .png, not {path.name}", parameter="output")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} to write it to", parameter="output")
    if path.exists() and not (path.is_file() and NAME.encode() in path.read_bytes()):
        raise UsageError("already exists and is something else; choose another name", where=str(path))


def figure_sentence(found: Allocation | Requirement) -> str:
    """The one sentence that stands under the figure of a decision."""
    if isinstance(found, Requirement):
        path = f"{path_text(found)}, " if path_text(found) else ""
        over = "its date" if found.what.is_date else f"its {found.what.word}"
        needed = "the date needed" if found.what.is_date else f"the {found.what.word} needed"
        return f"Chance that a new run meets the target, {path}over {over}; the bar is the 90% range of {needed}."
    asked = " and ".join(budget_text(each) for each in found.budgets)
    return (
        f"Loss over parameters at {asked} and at two budgets of the table, with the 50 and 90% range of the laws' "
        "curves, the runs, and the compute-optimal parameters with their 90% range."
    )


def alt_text(found: Allocation | Requirement) -> str:
    """What a person would see in the figure of a decision."""
    if isinstance(found, Requirement):
        said = "; ".join(
            f"{each.target.text} is met half of the time at "
            f"{NEVER if each.median is None else found.what.said(each.median)}, 90% range "
            f"{range_text(each.interval(), found.what.amount)}, and can be reached with a chance of "
            f"{percent(each.reachable_probability)}"
            for each in found.targets
        )
        return f"Curves that rise from 0 towards 100% with {found.what.word}: {said}."
    said = "; ".join(
        f"at {budget_text(each)} it is lowest near {format_quantity(each.median())} parameters, 90% "
        f"range {range_text(each.interval())}, with a loss of "
        f"{number(each.point.predictive.median, each.point.predictive.digits)}"
        for each in found.budgets
    )
    return f"Valley-shaped curves of the loss over parameters, one a budget: {said}."
