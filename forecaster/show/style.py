"""What the figures share: their style and colours, axes of an input, and small helpers of layout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.inputs import Input
from forecaster.quantity import date_ticks, format_quantity
from forecaster.show.table import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

STYLE = Path(__file__).with_name("forecaster.mplstyle")

INK, MUTED, SHADE, PAPER = "#1b1f24", "#454c55", "#f3f1eb", "#ffffff"

ACCENT = "#0f3a63"

BANDS = {0.9: "#dde5ee", 0.8: "#b9c9db", 0.5: "#86a3c3"}

MARKERS = "osD^vP"
"""One for each family or method; with more of them than that all look alike."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.6)), (0, (6, 1.6, 1, 1.6)), (0, (3, 1, 1, 1, 1, 1)))
"""Line styles that stay apart in black and white; with more lines than that they start again."""

NARROW = 4.0
"""Width of the axes in inches below which labels are cut short."""


def style() -> AbstractContextManager[None]:
    """The figures' own style and nothing of the reader's settings, while it lasts."""
    from matplotlib.style import context

    return context(["default", STYLE])


def fonts() -> Path:
    """The folder of the fonts that figures are drawn with, which come with Matplotlib."""
    from matplotlib import get_data_path

    return Path(get_data_path()) / "fonts" / "ttf"


def new_axes(size: tuple[float, float] | None = None) -> Axes:
    """Axes of a new figure, which a notebook shows by itself."""
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size)[1]


def new_figure(size: tuple[float, float]) -> Figure:
    """An empty figure of a size in inches, which nothing shows by itself."""
    from matplotlib.figure import Figure

    return Figure(figsize=size)


def across(ax: Axes, x: float) -> float:
    """Where a value stands on the x axis, from 0 at its left end to 1."""
    return float(ax.transAxes.inverted().transform(ax.transData.transform((x, ax.get_ylim()[0])))[0])


def is_narrow(ax: Axes) -> bool:
    """Whether the axes are too narrow for long labels, as on a phone."""
    return float(ax.bbox.width / figure_of(ax).dpi) < NARROW


def figure_of(ax: Axes) -> Figure:
    """The figure that axes stand on."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def shade_beyond(ax: Axes, largest: float, what: Input, *, foot: float | None = None) -> None:
    """Shade what lies beyond the largest run, and say so at the top.

    Args:
        ax: with its limits set.
        largest: of the runs, on the x axis.
        what: the x axis.
        foot: where the line at the largest run starts; at the bottom where not given.
    """
    bottom, top = ax.get_ylim()
    ax.axvspan(largest, ax.get_xlim()[1], facecolor=SHADE, edgecolor="none", zorder=0)
    ax.plot([largest, largest], [bottom if foot is None else foot, top], color=MUTED, linewidth=0.8, zorder=1)
    start = across(ax, largest)
    inside = start < 0.55
    ax.annotate(
        what.past if inside else f"{what.past} \N{RIGHTWARDS ARROW}",
        (start, 1.0), (6 if inside else -6, -4), xycoords="axes fraction", textcoords="offset points",
        ha="left" if inside else "right", va="top", color=MUTED, fontsize=9.5, style="italic",
    )  # fmt: skip


def some(which: np.ndarray, most: int = 250) -> np.ndarray:
    """About `most` of those marked, evenly spaced; all where there are no more than that.

    Args:
        which: booleans.
        most: how many a light picture can bear.
    """
    rows = np.flatnonzero(which)
    return np.isin(np.arange(len(which)), rows[:: 1 + len(rows) // most])


def legend_name(name: str, *, narrow: bool = False) -> str:
    """A name from a file as a legend can hold it; matplotlib drops what begins with an underscore.

    Args:
        name: as it stands in the file.
        narrow: whether there is little room.
    """
    return shown(name, 20 if narrow else 24).lstrip("_") or "?"


def legend_above(ax: Axes, handles: Sequence[Any], labels: Sequence[str], *, columns: int, **more: Any) -> None:
    """A legend above the axes, where it can hide nothing."""
    ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=columns, **more)


def dash_of(laws: Iterable[str]) -> dict[str, Any]:
    """A line style for each law, by name."""
    return {name: DASHES[index % len(DASHES)] for index, name in enumerate(laws)}


def one_each(ax: Axes) -> tuple[list[Any], list[str]]:
    """The axes' legend entries, one handle for each label."""
    by_label = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    return list(by_label.values()), list(by_label)


def label_scale(ax: Axes, what: Input, *, linear: bool = False) -> None:
    """Name and ticks of an x axis along an input, such as a table's scale; its limits and its scale must be set.

    Args:
        ax: the axes.
        what: the input.
        linear: whether the axis is linear, which is said.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

    ax.set_xlabel(what.axis + (", linear scale" if linear else ""))
    low, high = ax.get_xlim()
    plain = FuncFormatter(lambda value, _: what.amount(value))
    if what.is_date:
        days = date_ticks(low, high, most=4 if is_narrow(ax) else 7)
        ax.xaxis.set_major_locator(FixedLocator(list(days)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: days.get(value, "")))
    elif linear:
        ax.xaxis.set_major_locator(MaxNLocator(4 if is_narrow(ax) else 6))
        ax.xaxis.set_major_formatter(plain)
    elif np.log10(high / low) < 1.5 or np.floor(np.log10(high)) - np.ceil(np.log10(low)) < 1:
        powers = range(int(np.floor(np.log10(low))), int(np.log10(high)) + 2)
        ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
        ax.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
        ax.xaxis.set_major_formatter(plain)
    else:
        ax.xaxis.set_major_locator(LogLocator(numticks=5 if is_narrow(ax) else 9))
        ax.xaxis.set_major_formatter(FuncFormatter(power_of_ten) if what.name == "C" else plain)
    ax.xaxis.set_minor_locator(NullLocator())


def quantity_axis(axis: Axis) -> None:
    """Ticks of a logarithmic axis as quantities, such as 20B; its limits must be set."""
    from matplotlib.ticker import LogLocator, NullLocator

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 300 else (1.0, 2.0, 5.0), numticks=12))
    axis.set_major_formatter(lambda value, _: format_quantity(value))
    axis.set_minor_locator(NullLocator())


def power_of_ten(value: float, _: Any) -> str:
    power = str(round(np.log10(value)))
    return "10" + power.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
