"""Calibration of the backtest: how many hidden runs each method's ranges held, beside how many they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.band import MASSES
from forecaster.grade import own_score
from forecaster.report.drawing import (
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
from forecaster.report.evidence import BASELINES
from forecaster.report.exhibit import Absent, Exhibit
from forecaster.report.table import MIXED, Table, listed, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.backtest import Backtest
    from forecaster.forecast import Forecast
    from forecaster.scores import Score

TITLE = "Calibration of the backtest"


def calibration(forecast: Forecast) -> Exhibit | Absent:
    """Shares of hidden runs inside the ranges that should hold 50, 80, 90 and 95% of them, beside the baselines.

    Args:
        forecast: whose track record is shown.
    """
    record = forecast.weighting.record
    if record is None:
        return Absent(TITLE, f"No run of this table was hidden and forecast; weights: {forecast.weighting.why}.")
    own = own_score(forecast)
    scores = {score.law: score for score in record.scores}
    alone = own is not None and len(forecast.weights) == 1
    drawn = [own] if own else [scores[name] for name in forecast.weights if name in scores]
    drawn += [scores[name] for name in BASELINES if name in scores]
    names = {"mixture": "all laws, mixed"} | BASELINES

    def draw(figure: Figure) -> None:
        _draw(figure.subplots(), drawn, names)

    others = [score for score in scores.values() if score.law not in {each.law for each in drawn}]
    rows = [
        (
            MIXED if score.law == "mixture" else BASELINES.get(score.law, shown(score.law)),
            *(_held(score, f"{100 * mass:g}") for mass in MASSES),
            f"{score.clusters:,}",
        )
        for score in [*drawn, *others]
    ]
    columns = ("Method", *(f"{mass:.0%} range held" for mass in MASSES), "Hidden runs")
    sentence = _sentence(drawn, names, alone=alone, tested=own is not None)
    masses = listed([f"{mass:.0%}" for mass in MASSES])
    return Exhibit(
        "calibration",
        TITLE,
        sentence,
        f"For ranges meant to hold {masses} of the hidden runs, a mark at the share that each method's range held, "
        f"with the binomial 90% interval as a line, beside a bar at the share it should hold. {sentence}",
        Table("Shares of hidden runs held, with the binomial 90% interval", columns, tuple(rows)),
        draw,
        size=(7.0, 3.8),
        narrow=(4.3, 3.8),
    )


def plot_calibration(record: Backtest, ax: Axes | None = None) -> Axes:
    """Shares of hidden runs that each method's ranges held, with binomial 90% intervals, beside what they should hold.

    Args:
        record: a backtest; its mixture is drawn first and strong, then the laws, then the baselines.
        ax: where to draw; a new figure where not given.
    """
    with style():
        ax = ax or new_axes()
        first = sorted(record.scores, key=lambda score: (score.law != "mixture", score.law in BASELINES))
        _draw(ax, first, {"mixture": "all laws, mixed"} | BASELINES)
    return ax


def _held(score: Score, mass: str) -> str:
    low, high = score.coverage_interval[mass]
    return f"{score.coverage[mass]:.0%} ({100 * low:.0f} to {high:.0%})"


def _sentence(drawn: list[Score], names: dict[str, str], *, alone: bool, tested: bool) -> str:
    first, *rest = drawn
    runs = f"{first.clusters} hidden run{'' if first.clusters == 1 else 's'}"
    who = shown(first.law) if alone or not tested else "the laws, mixed,"
    held = [f"{first.coverage[f'{100 * mass:g}']:.0%} in the {mass:.0%} range" for mass in MASSES]
    said = f"Of {runs}, {who} held {listed(held)}"
    rivals = [f"{names[score.law]} {score.coverage['90']:.0%}" for score in rest if score.law in BASELINES]
    return f"{said}. Other methods' 90% ranges held: {listed(rivals)}." if rivals else f"{said}."


def _draw(ax: Axes, drawn: list[Score], names: dict[str, str]) -> None:
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
