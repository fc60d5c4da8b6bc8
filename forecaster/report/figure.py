"""Figures of a forecast: the fan over scale, and the answer law by law. Matplotlib is loaded when one is drawn."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecaster.quantity import format_quantity
from forecaster.report.answers import answers
from forecaster.report.fan import FAN_MASSES, Fan, fan, has_ratio
from forecaster.report.prose import metric
from forecaster.report.table import percent, shown, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecaster.forecast import Forecast

STYLE = Path(__file__).with_name("forecaster.mplstyle")

INK, MUTED, SHADE, PAPER = "#1b1f24", "#454c55", "#f3f1eb", "#ffffff"
ACCENT = "#0f3a63"
BANDS = {0.9: "#dde5ee", 0.8: "#b9c9db", 0.5: "#86a3c3"}

MARKERS = "osD^vP"
"""One for each family; with more families than that all runs look alike."""

MOST_MARKED = 3000

NARROW = 4.0
"""Width of the axes in inches below which labels are cut short."""


def plot_fan(
    forecast: Forecast,
    ax: Axes | None = None,
    *,
    scale: Literal["log", "linear"] = "log",
    point: int = 0,
    along: Fan | None = None,
) -> Axes:
    """The 50, 80 and 90% ranges for a new run over compute, with the runs, the points asked for and the targets.

    The path goes through one point at its own tokens per parameter; what lies beyond the largest run is shaded.

    Args:
        forecast: what to show.
        ax: where to draw; a new figure where not given.
        scale: of the compute axis.
        point: which of the forecast's points the path goes through, from 0.
        along: the fan, where it has been computed before.
    """
    with style():
        ax = ax or _new_axes()
        along = along or fan(forecast, forecast.points[point])
        ax.set_xscale(scale)
        ax.set_xlim(along.scale[0] / 1.3 if scale == "log" else 0.0, along.scale[-1])
        for mass in FAN_MASSES:
            low, high = along.bounds[mass]
            ax.fill_between(along.scale, low, high, color=BANDS[mass], linewidth=0, label=f"{mass:.0%} range")
        ax.plot(along.scale, along.median, color=ACCENT, linewidth=1.6, label="median")
        runs = _draw_runs(ax, forecast, along, point)
        asked = _draw_points(ax, forecast, along, point)
        _set_limits(ax, forecast, along, asked)
        _draw_targets(ax, forecast, point)
        _shade_beyond(ax, forecast, along)
        _label_axes(ax, forecast, scale)
        _legend(ax, runs)
    return ax


def plot_by_law(forecast: Forecast, ax: Axes | None = None, *, point: int = 0) -> Axes:
    """The median, 50% and 90% range at a point under each law alone and mixed, with the numbers beside them.

    Args:
        forecast: what to show.
        ax: where to draw; a new figure where not given.
        point: which of the forecast's points, from 0.
    """
    from matplotlib.ticker import MaxNLocator

    answer, asked = answers(forecast)[point], forecast.points[point]
    rows = [
        (f"{law.name}, weight {law.weight}", band, f"{law.median}  ({law.low} to {law.high})")
        for law, band in zip(answer.laws, asked.by_law.values(), strict=True)
    ]
    if len(rows) > 1:
        mixed = f"{answer.median}  ({spread(answer.interval['90'])})"
        rows.append(("all laws, mixed", asked.predictive, mixed))
    with style():
        ax = ax or _new_axes(size=law_figure_size(len(rows)))
        for row, (_, band, said) in enumerate(rows):
            # The mixture is the answer; laws alone are its parts.
            strong = len(rows) == 1 or row == len(rows) - 1
            color = ACCENT if strong else MUTED
            for mass, width in ((0.9, 1.4), (0.5, 6.0)):
                ax.plot(band.interval(mass), [row, row], color=color, linewidth=width, solid_capstyle="butt")
            ax.plot(band.median, row, "o", markersize=7, color=color, markeredgecolor=PAPER, markeredgewidth=1.5)
            ax.annotate(
                said, (1.0, row), (10, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                va="center", fontweight="bold" if strong else "normal", annotation_clip=False,
            )  # fmt: skip
        ax.set_yticks(range(len(rows)), [name for name, _, _ in rows])
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.set_ylim(len(rows) - 0.5, -0.6)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x")
        ax.set_xlabel(f"{_sentence_case(metric(forecast.runs))}: median, 50% (thick) and 90% range (thin)")
    return ax


def style() -> AbstractContextManager[None]:
    """The figures' own style and nothing of the reader's settings, while it lasts."""
    from matplotlib.style import context

    return context(["default", STYLE])


def law_figure_size(rows: int) -> tuple[float, float]:
    """Width and height in inches of a figure law by law; the labels on both sides come on top of the width."""
    return 5.0, 0.9 + 0.42 * rows


def _new_axes(size: tuple[float, float] | None = None) -> Axes:
    # Through pyplot, so that a notebook shows the figure by itself; the card passes axes of its own.
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size)[1]


def _draw_runs(ax: Axes, forecast: Forecast, along: Fan, point: int) -> list[Any]:
    """The runs, filled where they lie on the fan's path; returns what the legend must explain."""
    runs = forecast.runs
    scale, loss = runs.column(runs.scale), runs.column("loss")
    kept = np.arange(len(runs))[:: 1 + len(runs) // MOST_MARKED]
    families = [str(family) for family in runs.table["family"]] if runs.has("family") else [""] * len(runs)
    names = sorted(set(families))
    marker_of = dict(zip(names, MARKERS, strict=False)) if 1 < len(names) <= len(MARKERS) else {}
    size = 4.2 if len(kept) <= 100 else 3.2
    style: dict[str, Any] = {"color": INK, "linestyle": "none", "markersize": size, "markeredgewidth": 0.8}

    def draw(x: Any, y: Any, marker: str, filled: bool, label: str) -> Any:
        return ax.plot(x, y, marker=marker, label=label, markerfacecolor=INK if filled else "none", **style)[0]

    for name in marker_of or [""]:
        mine = np.array([row for row in kept if not marker_of or families[row] == name], dtype=int)
        for filled in (False, True):
            rows = mine[along.near[mine] == filled]
            if len(rows):
                draw(scale[rows], loss[rows], marker_of.get(name, "o"), filled, "")
    said = [draw([], [], marker, True, shown(name, 24).lstrip("_") or "?") for name, marker in marker_of.items()]
    if not has_ratio(forecast, forecast.points[point]):
        return said or [draw([], [], "o", True, "runs")]
    at = forecast.points[point].at
    ratio = format_quantity(at["D"] / at["N"])
    if marker_of and _narrow(ax):
        return said
    near = [] if marker_of else [draw([], [], "o", True, f"runs near {ratio} tokens per parameter")]
    far = [draw([], [], "o", False, "far from that" if near else f"hollow: far from {ratio} tokens per parameter")]
    return [*said, *near, *(far if not along.near.all() else [])]


def _draw_points(ax: Axes, forecast: Forecast, along: Fan, point: int) -> list[float]:
    """Each point asked for as a dot with its 90% bar; returns the values that must be in view."""
    in_view = []
    for index, (answer, asked) in enumerate(zip(answers(forecast), forecast.points, strict=True)):
        x = asked.at[forecast.runs.scale]
        if index != point and not along.scale[0] <= x <= along.scale[-1]:
            continue
        low, high = asked.predictive.interval(0.9)
        color = ACCENT if index == point else MUTED
        ax.plot([x, x], [low, high], color=color, linewidth=2.2 if index == point else 1.2, solid_capstyle="butt")
        ax.plot(
            x, asked.predictive.median, "o", color=color, markersize=8 if index == point else 6,
            markeredgecolor=PAPER, markeredgewidth=1.4, zorder=4,
        )  # fmt: skip
        in_view += [low, high]
        if index == point:
            left = _across(ax, x) < 0.3
            # Below and to the left of a falling fan there is room, and above it to the right.
            ax.annotate(
                f"{answer.median}\n({spread(answer.interval['90'])})",
                (x, high if left else low),
                (5, 7) if left else (5, -7),
                textcoords="offset points",
                ha="left" if left else "right",
                va="bottom" if left else "top",
                fontweight="bold",
                color=ACCENT,
                linespacing=1.35,
                zorder=5,
            )
    return in_view


def _set_limits(ax: Axes, forecast: Forecast, along: Fan, asked: list[float]) -> None:
    loss = forecast.runs.column("loss")
    low = min(float(along.bounds[0.9][0].min()), *asked, float(loss.min()))
    high = max(float(along.bounds[0.9][1].max()), *asked, float(loss.max()))
    span = high - low or abs(high) or 1.0
    near = [target for target in forecast.targets if low - 0.4 * span <= target <= high + 0.3 * span]
    ax.set_ylim(min([low - 0.17 * span, *(t - 0.06 * span for t in near)]), max([high + 0.05 * span, *near]))


def _draw_targets(ax: Axes, forecast: Forecast, point: int) -> None:
    """Thin lines, labelled in the right margin, where nothing else stands; labels are pushed apart."""
    bottom, top = ax.get_ylim()
    gap = 0.055 * (top - bottom)
    lowest = bottom
    for target, (said, probability) in sorted(zip(forecast.targets, answers(forecast)[point].targets, strict=True)):
        if not bottom < target < top:
            continue
        ax.axhline(target, color=INK, linewidth=0.8, linestyle=(0, (5, 3)), zorder=2)
        height = max(target, lowest)
        lowest = height + gap
        label = f"{'' if _narrow(ax) else 'target '}{said}: {percent(probability)}"
        ax.annotate(
            label, (1.0, height), (8, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", fontsize=9.5, annotation_clip=False,
        )  # fmt: skip


def _shade_beyond(ax: Axes, forecast: Forecast, along: Fan) -> None:
    largest = float(forecast.runs.column(forecast.runs.scale).max())
    end = ax.get_xlim()[1]
    ax.axvspan(largest, end, facecolor=SHADE, edgecolor="none", zorder=0)
    # Only above the fan: below it the label of the point needs the room.
    foot = np.interp(np.log(largest), np.log(along.scale), along.bounds[0.9][1])
    ax.plot([largest, largest], [foot, ax.get_ylim()[1]], color=MUTED, linewidth=0.8, zorder=1)
    start = _across(ax, largest)
    inside = start < 0.55
    ax.annotate(
        "beyond the largest run" if inside else "beyond the largest run \N{RIGHTWARDS ARROW}",
        (start, 1.0), (6 if inside else -6, -4), xycoords="axes fraction", textcoords="offset points",
        ha="left" if inside else "right", va="top", color=MUTED, fontsize=9.5, style="italic",
    )  # fmt: skip


def _across(ax: Axes, x: float) -> float:
    """Where a value stands on the x axis, from 0 at its left end to 1."""
    return float(ax.transAxes.inverted().transform(ax.transData.transform((x, ax.get_ylim()[0])))[0])


def _narrow(ax: Axes) -> bool:
    """Whether the axes are too narrow for long labels, as on a phone."""
    return float(ax.bbox.width / ax.get_figure(root=True).dpi) < NARROW  # type: ignore[union-attr]


def _label_axes(ax: Axes, forecast: Forecast, scale: str) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

    names = {"C": "Training compute (FLOP)", "N": "Parameters", "D": "Training tokens"}
    name = forecast.runs.scale
    ax.set_xlabel(names.get(name, name) + (", linear scale" if scale == "linear" else ""))
    ax.set_ylabel(_sentence_case(metric(forecast.runs)))
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.grid(axis="y")
    low, high = ax.get_xlim()
    if scale == "linear":
        ax.xaxis.set_major_locator(MaxNLocator(4 if _narrow(ax) else 6))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_quantity(value)))
    elif np.log10(high / low) < 1.5:
        ticks = [
            digit * 10.0**power
            for power in range(int(np.log10(low)) - 1, int(np.log10(high)) + 2)
            for digit in (1, 2, 5)
        ]
        ax.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_quantity(value)))
    else:
        ax.xaxis.set_major_locator(LogLocator(numticks=5 if _narrow(ax) else 9))
        form = _power_of_ten if name == "C" else lambda value, _: format_quantity(value)
        ax.xaxis.set_major_formatter(FuncFormatter(form))
    ax.xaxis.set_minor_locator(NullLocator())


def _power_of_ten(value: float, _: Any) -> str:
    power = str(round(np.log10(value)))
    return "10" + power.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _legend(ax: Axes, runs: list[Any]) -> None:
    """Above the axes, where it can hide nothing: the bands in one line, the runs in the lines above."""
    handles, labels = ax.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    names = ["median", *(f"{mass:.0%} range" for mass in reversed(FAN_MASSES))]
    bands = [by_label[name] for name in names]
    if _narrow(ax):
        names = [name.removesuffix(" range") for name in names]
        names[1:2] = [f"range: {names[1]}"]
    ax.add_artist(ax.legend(bands, names, loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=4))
    columns = (2 if len(runs) > 2 else 1) if _narrow(ax) else (3 if len(runs) > 2 else 2)
    ax.legend(handles=runs, loc="lower left", bbox_to_anchor=(0.0, 1.09), ncols=columns)


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
