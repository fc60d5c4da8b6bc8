"""The chance of a target over compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.decide.requirement.result import Requirement
from forecaster.decide.words import range_text
from forecaster.fits.extrapolation import STUDIED
from forecaster.quantity import format_quantity
from forecaster.show.style import ACCENT, DASHES, MUTED, PAPER, SHADE, label_scale, new_axes, one_each, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_chance(requirement: Requirement, ax: Axes | None = None) -> Axes:
    """The chance that a new run meets each target, over its compute, with the 50% and 90% budgets marked."""
    with style():
        ax = ax or new_axes()
        ax.set_xscale("log")
        for each, line in zip(requirement.targets, DASHES * len(requirement.targets), strict=False):
            C = np.array([at["C"] for at in each.curve_at])
            median, (low, high) = each.median, each.interval(0.9)
            half = "never half of the time" if median is None else f"half of the time at {format_quantity(median)}"
            label = f"{each.target:g} or less: {half}"
            ax.plot(C, each.chance, color=ACCENT, linewidth=1.8, linestyle=line, label=label)
            if median is None:
                continue
            ax.plot(median, 0.5, "o", color=ACCENT, markersize=8, markeredgecolor=PAPER, zorder=4)
            if len(requirement.targets) == 1:
                ax.plot([low or C[0], high or C[-1]], [0.5, 0.5], color=ACCENT, linewidth=2.0, solid_capstyle="butt")
                said = f"{format_quantity(median)} FLOP\n({range_text((low, high))})"
                ax.annotate(said, (median, 0.5), (8, -8), textcoords="offset points", va="top", fontweight="bold",
                            color=ACCENT)  # fmt: skip
        _shade_unstudied(ax, requirement.largest)
        ax.set_ylim(0, 1.02)
        label_scale(ax, "C")
        ax.set_ylabel("Chance that a new run meets the target (%)")
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
        ax.grid(axis="y")
        ax.legend(*one_each(ax), loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=min(2, len(requirement.targets)))
    return ax


def _shade_unstudied(ax: Axes, largest: float) -> None:
    """The largest run as a line, and what lies beyond the distances that were studied as a shade, where in view."""
    start, end = ax.get_xlim()
    edge = STUDIED * largest
    if start < largest < end:
        ax.axvline(largest, color=MUTED, linewidth=0.8)
        ax.annotate("largest run", (largest, 0.02), (-4, 0), textcoords="offset points", ha="right", color=MUTED,
                    fontsize=9.5, style="italic")  # fmt: skip
    if edge < end:
        ax.axvspan(max(edge, start), end, facecolor=SHADE, edgecolor="none", zorder=0)
        ax.annotate(f"over {STUDIED:g} times\nthe largest run", (end, 0.02), (-5, 0), textcoords="offset points",
                    ha="right", color=MUTED, fontsize=9.5, style="italic")  # fmt: skip
    ax.set_xlim(start, end)
