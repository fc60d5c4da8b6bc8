"""The fan: ranges for a new run over a table's scale, with the runs, the points asked for and the targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecaster.forecasts import text as forecasts_text
from forecaster.forecasts.path import FAN_MASSES, Fan, fan, has_ratio, marked
from forecaster.forecasts.tables import answers, fan_table
from forecaster.quantity import format_quantity
from forecaster.runs.plot import family_markers
from forecaster.runs.text import metric
from forecaster.show.figure import Exhibit
from forecaster.show.style import (
    ACCENT,
    BANDS,
    INK,
    MUTED,
    PAPER,
    across,
    is_narrow,
    label_scale,
    legend_name,
    new_axes,
    shade_beyond,
    style,
)
from forecaster.show.table import percent, sentence_case, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.forecasts.result import Forecast


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
        ax = ax or new_axes()
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
        largest = float(forecast.runs.column(forecast.runs.scale).max())
        # Only above the fan: below it the label of the point needs the room.
        foot = float(np.interp(np.log(largest), np.log(along.scale), along.bounds[0.9][1]))
        shade_beyond(ax, largest, forecast.runs.along, foot=foot)
        label_scale(ax, forecast.runs.along, linear=scale == "linear")
        _label_response(ax, forecast)
        _legend(ax, runs)
    return ax


def _draw_runs(ax: Axes, forecast: Forecast, along: Fan, point: int) -> list[Any]:
    """The runs, filled where they lie on the fan's path; returns what the legend must explain."""
    runs = forecast.runs
    scale, loss = runs.column(runs.scale), runs.column("loss")
    kept = marked(runs)
    families, marker_of = family_markers(runs)
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
    said = [draw([], [], marker, True, legend_name(name, narrow=is_narrow(ax))) for name, marker in marker_of.items()]
    if not has_ratio(forecast, forecast.points[point]):
        return said or [draw([], [], "o", True, "runs")]
    at = forecast.points[point].at
    ratio = format_quantity(at["D"] / at["N"])
    if marker_of and is_narrow(ax):
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
            left = across(ax, x) < 0.3
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
    near = [each.value for each in forecast.targets if low - 0.4 * span <= each.value <= high + 0.3 * span]
    ax.set_ylim(min([low - 0.17 * span, *(t - 0.06 * span for t in near)]), max([high + 0.05 * span, *near]))


def _draw_targets(ax: Axes, forecast: Forecast, point: int) -> None:
    """Thin lines, labelled in the right margin, where nothing else stands; labels are pushed apart."""
    bottom, top = ax.get_ylim()
    gap = 0.055 * (top - bottom)
    lowest = bottom
    pairs = zip(forecast.targets, answers(forecast)[point].targets, strict=True)
    for target, (said, probability) in sorted((each.value, answered) for each, answered in pairs):
        if not bottom < target < top:
            continue
        ax.axhline(target, color=INK, linewidth=0.8, linestyle=(0, (5, 3)), zorder=2)
        height = max(target, lowest)
        lowest = height + gap
        label = f"{said}: {percent(probability)}"
        ax.annotate(
            label, (1.0, height), (8, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", fontsize=9.5, annotation_clip=False,
        )  # fmt: skip


def _label_response(ax: Axes, forecast: Forecast) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.set_ylabel(sentence_case(metric(forecast.runs)))
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.grid(axis="y")


def _legend(ax: Axes, runs: list[Any]) -> None:
    """Above the axes, where it can hide nothing: the bands in one line, the runs in the lines above."""
    handles, labels = ax.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    names = ["median", *(f"{mass:.0%} range" for mass in reversed(FAN_MASSES))]
    bands = [by_label[name] for name in names]
    if is_narrow(ax):
        names = [name.removesuffix(" range") for name in names]
        names[1:2] = [f"range: {names[1]}"]
    ax.add_artist(ax.legend(bands, names, loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=4))
    columns = (2 if len(runs) > 2 else 1) if is_narrow(ax) else (3 if len(runs) > 2 else 2)
    ax.legend(handles=runs, loc="lower left", bbox_to_anchor=(0.0, 1.09), ncols=columns)


def fan_exhibits(forecast: Forecast, point: int = 0) -> tuple[Exhibit, ...]:
    """The fan through a point as exhibits, on a logarithmic and on a linear scale; over dates as one.

    Args:
        forecast: what is shown.
        point: which of its points, from 0.
    """
    asked, answer = forecast.points[point], answers(forecast)[point]
    along = fan(forecast, asked)
    sentence = forecasts_text.figure_sentence(forecast, asked)
    described = (
        f"At {answer.point} the median is {answer.median} and the 90% range {spread(answer.interval['90'])}. "
        f"{forecasts_text.distance_text(forecast, asked, answer)} {sentence}"
    )
    title, table = f"Fan chart of {metric(forecast.runs)}", fan_table(forecast, asked, along)

    def drawn(scale: Literal["log", "linear"]) -> Callable[[Figure], None]:
        def draw(figure: Figure) -> None:
            plot_fan(forecast, figure.subplots(), scale=scale, point=point, along=along)

        return draw

    size, narrow = (7.0, 4.6), (4.3, 4.1)
    fan_over = Exhibit("fan", title, sentence, described, table, drawn("log"), size, narrow)
    if forecast.runs.along.is_date:
        return (fan_over,)
    return (
        fan_over,
        Exhibit("fan-linear", f"{title}, linear scale", sentence, described, table, drawn("linear"), size, narrow),
    )
