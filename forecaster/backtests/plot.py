"""Calibration of the backtest: how many hidden runs each method's ranges held, beside how many they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtests.baselines import BASELINE_NAMES
from forecaster.show.style import (
    ACCENT,
    INK,
    MARKERS,
    MUTED,
    PAPER,
    is_narrow,
    legend_above,
    legend_name,
    new_axes,
    style,
)
from forecaster.stats.mixture import MASSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecaster.backtests.result import Backtest, Score


def plot_calibration(record: Backtest, ax: Axes | None = None) -> Axes:
    """Shares of hidden runs that each method's ranges held, with binomial 90% intervals, beside what they should hold.

    Args:
        record: a backtest; its mixture is drawn first and strong, then the laws, then the baselines.
        ax: where to draw; a new figure where not given.
    """
    with style():
        ax = ax or new_axes()
        first = sorted(record.scores, key=lambda score: (score.law != "mixture", score.law in BASELINE_NAMES))
        draw_calibration(ax, first, {"mixture": "all laws, mixed"} | BASELINE_NAMES)
    return ax


def draw_calibration(ax: Axes, drawn: list[Score], names: dict[str, str]) -> None:
    width = 0.8 / len(drawn)
    handles, labels = [], []
    for place, mass in enumerate(MASSES):
        handles = ax.plot([place - 0.46, place + 0.46], [100 * mass] * 2, color=MUTED, linewidth=5, alpha=0.35)
        handles[0].set_solid_capstyle("butt")
    labels.append("should hold")
    for index, score in enumerate(drawn):
        strong = index == 0
        marker, color = MARKERS[index % len(MARKERS)], ACCENT if strong else INK
        for place, mass in enumerate(MASSES):
            x = place + (index - (len(drawn) - 1) / 2) * width
            low, high = score.coverage_interval[f"{100 * mass:g}"]
            ax.plot([x, x], [100 * low, 100 * high], color=color, linewidth=2.2 if strong else 1.0, clip_on=False)
            ax.plot(
                x, 100 * score.coverage[f"{100 * mass:g}"], marker=marker, color=color,
                markersize=7.5 if strong else 5.5, markerfacecolor=color if strong else PAPER, clip_on=False, zorder=3,
            )  # fmt: skip
        handles += ax.plot(
            [],
            [],
            marker=marker,
            color=color,
            linewidth=2.2 if strong else 1.0,
            markerfacecolor=color if strong else PAPER,
        )
        labels.append(names.get(score.law) or legend_name(score.law))
    ax.set_ylim(0, 100)
    ax.set_xlim(-0.55, len(MASSES) - 0.45)
    ax.set_xticks(np.arange(len(MASSES)), [f"{mass:.0%} range" for mass in MASSES])
    ax.set_yticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    ax.grid(axis="y")
    ax.set_ylabel("Hidden runs inside (%)")
    legend_above(ax, handles, labels, columns=2 if is_narrow(ax) else 3)
