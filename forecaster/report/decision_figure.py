"""The whole figure of a decision, as a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.decide.allocation import Allocation
from forecaster.decide.requirement import Requirement
from forecaster.errors import UsageError
from forecaster.report.allocation_figure import plot_isoflop, plot_path
from forecaster.report.chance_figure import plot_chance
from forecaster.report.decision_words import alt_text, figure_sentence
from forecaster.report.drawing import PAPER, style
from forecaster.report.files import write_all
from forecaster.report.overhead_figure import plot_overhead
from forecaster.report.picture import svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "forecaster-decision"
"""What tells an earlier figure of a decision from any other file: in the ids of an SVG, as Software in a PNG."""


def draw(found: Allocation | Requirement) -> Figure:
    """The whole figure of a decision: isoFLOP curves above the path and, where asked, the overhead; or the chances."""
    from matplotlib.figure import Figure

    with style():
        if isinstance(found, Requirement):
            figure = Figure(figsize=(7.0, 4.4))
            plot_chance(found, figure.subplots())
            return figure
        lives = [i for i, each in enumerate(found.budgets) if each.lifetime is not None]
        rows = 2 + len(lives)
        figure = Figure(figsize=(7.0, 4.9 * rows))
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
        raise UsageError(f"a figure is written as .svg or .png, not {path.name}", where="-o")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} to write it to", where="-o")
    if path.exists() and not (path.is_file() and NAME.encode() in path.read_bytes()):
        raise UsageError("already exists and is something else; choose another name", where=str(path))
