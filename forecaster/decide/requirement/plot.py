"""The chance of a target over compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.decide.requirement.result import Requirement
from forecaster.decide.words import range_text
from forecaster.fits.extrapolation import STUDIED
from forecaster.runs.text import tested_text
from forecaster.show.style import ACCENT, DASHES, MUTED, PAPER, SHADE, across, label_scale, new_axes, one_each, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_chance(requirement: Requirement, ax: Axes | None = None) -> Axes:
    """The chance that a new run meets each target, over what is solved for, with median and 90% range marked."""
    what = requirement.what
    with style():
        ax = ax or new_axes()
        ax.set_xscale("log")
        for each, line in zip(requirement.targets, DASHES * len(requirement.targets), strict=False):
            x = np.array([at[what.name] for at in each.curve_at])
            median, (low, high) = each.median, each.interval(0.9)
            at = "by" if what.is_date else "at"
            half = "never half of the time" if median is None else f"half of the time {at} {what.amount(median)}"
            label = f"{each.target.text}: {half}"
            ax.plot(x, each.chance, color=ACCENT, linewidth=1.8, linestyle=line, label=label)
            if median is None:
                continue
            ax.plot(median, 0.5, "o", color=ACCENT, markersize=8, markeredgecolor=PAPER, zorder=4)
            if len(requirement.targets) == 1:
                ax.plot([low or x[0], high or x[-1]], [0.5, 0.5], color=ACCENT, linewidth=2.0, solid_capstyle="butt")
                said = f"{what.said(median)}\n({range_text((low, high), what.amount)})"
                ax.annotate(said, (median, 0.5), (8, -8), textcoords="offset points", va="top", fontweight="bold",
                            color=ACCENT)  # fmt: skip
        if what.name == requirement.forecast.runs.scale:
            _shade_unstudied(ax, requirement)
        ax.set_ylim(0, 1.02)
        label_scale(ax, what)
        ax.set_ylabel("Chance that a new run meets the target (%)")
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
        ax.grid(axis="y")
        ax.legend(*one_each(ax), loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=min(2, len(requirement.targets)))
    return ax


def _shade_unstudied(ax: Axes, requirement: Requirement) -> None:
    """The largest run as a line, and what lies beyond the distances that were studied as a shade, where in view."""
    start, end = ax.get_xlim()
    largest, what = requirement.largest, requirement.what
    edge = STUDIED * largest
    if start < largest < end:
        ax.axvline(largest, color=MUTED, linewidth=0.8)
        near = across(ax, largest) < 0.2
        ax.annotate(what.top.removeprefix("the "), (largest, 0.02), (4 if near else -4, 0),
                    textcoords="offset points", ha="left" if near else "right", color=MUTED, fontsize=9.5,
                    style="italic")  # fmt: skip
    if edge < end:
        ax.axvspan(max(edge, start), end, facecolor=SHADE, edgecolor="none", zorder=0)
        over = f"over {tested_text(requirement.forecast.runs, STUDIED)}\n{'after ' if what.is_date else ''}{what.top}"
        ax.annotate(over, (end, 0.02), (-5, 0), textcoords="offset points", ha="right", color=MUTED, fontsize=9.5,
                    style="italic")  # fmt: skip
    ax.set_xlim(start, end)
