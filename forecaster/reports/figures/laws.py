"""Forecasts under each law along the table's scale, and where they part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.forecasts.path import BEYOND, Path, path
from forecaster.quantity import Digits
from forecaster.runs.text import after, far_text, metric, scale_text, unit
from forecaster.show.figure import Absent, Exhibit
from forecaster.show.style import (
    ACCENT,
    BANDS,
    INK,
    dash_of,
    is_narrow,
    label_scale,
    legend_above,
    legend_name,
    shade_beyond,
)
from forecaster.show.table import MIXED, Table, number, shown, significant, spread
from forecaster.stats.link import Link

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast

TITLE = "Where the laws part"

STEPS = 22

ROWS = 14
"""Steps of the table, of those drawn."""

CARET_UP = 6
"""Matplotlib's marker of a triangle whose tip stands on its place."""


def parting(forecast: Forecast, *, point: int = 0) -> Exhibit | Absent:
    """Each law's median and 90% range along the path through a point, off the mixed median.

    Args:
        forecast: whose laws.
        point: which of its points the path goes through, from 0.
    """
    names = list(forecast.points[point].by_law)
    if len(names) == 1:
        return Absent(TITLE, f"Only one law speaks, {shown(names[0])}, so there is none for it to part from.")
    scale, asked = forecast.runs.scale, forecast.points[point]
    column = forecast.runs.column(scale)
    largest, here = float(column.max()), asked.at[scale]
    start = min(float(column.min()), here / BEYOND)
    scales = np.unique([*np.geomspace(start, BEYOND * max(largest, here), STEPS), largest, here])
    along = path(forecast, asked, scales)
    medians = np.array([along.by_law[name][1] for name in names])
    gaps = medians.max(axis=0) - medians.min(axis=0)
    within = np.flatnonzero((gaps <= along.draws.noise_width()) | (scales < largest))
    start_of = int(within[-1]) + 1 if len(within) else 0
    part = float(scales[start_of]) if start_of < len(scales) else None
    sentence = _sentence(forecast, along, medians, here, part)

    def draw(figure: Figure) -> None:
        _draw(figure.subplots(), forecast, along, here, part)

    return Exhibit(
        "laws",
        TITLE,
        sentence,
        f"Lines of {len(names)} laws over {forecast.runs.along.word} from "
        f"{scale_text(forecast.runs, float(scales[0]))} to {scale_text(forecast.runs, float(scales[-1]))}: how far "
        f"each law's median and 90% range lie off the median of all laws mixed, whose 90% range is a band. {sentence}",
        _table(forecast, along, asked),
        draw,
        size=(7.0, 4.4),
        narrow=(4.3, 4.2),
    )


def _off(link: Link, value: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """How far responses lie off others: in per cent where noise is on the log, else in the response's unit."""
    return np.asarray(100 * (value / middle - 1) if link.name == "log" else value - middle)


def _sentence(forecast: Forecast, along: Path, medians: np.ndarray, here: float, part: float | None) -> str:
    def apart(value: float) -> tuple[str, str]:
        step = int(np.flatnonzero(along.scale == value)[0])
        low, high = int(np.argmin(medians[:, step])), int(np.argmax(medians[:, step]))
        gap = float(_off(along.draws.link, medians[high, step], medians[low, step]))
        measure = "%" if along.draws.link.name == "log" else after(unit(forecast.runs))
        return significant(gap, 2) + measure, f"from {shown(along.names[low])} to {shown(along.names[high])}"

    gap, ends = apart(here)
    said = f"At the point asked the laws' medians lie {gap} apart, {ends}"
    top = forecast.runs.along.top
    said += "" if here == along.largest else f", and at {top} {apart(along.largest)[0]}"
    if part is None:
        return (
            f"{said}; even at the end of the path they differ by no more than the 90% range of run-to-run "
            "noise, so a single run there would say little about which law holds."
        )
    where = f"about {scale_text(forecast.runs, part)}, {far_text(forecast.runs, part / along.largest)},"
    where = top if part == along.largest else where
    return f"{said}; from {where} on they differ by more than the 90% range of run-to-run noise."


def _draw(ax: Axes, forecast: Forecast, along: Path, here: float, part: float | None) -> None:
    def off(response: np.ndarray) -> np.ndarray:
        return _off(along.draws.link, response, along.predictive[1])

    narrow = is_narrow(ax)
    scales = along.scale
    low, _, high = off(along.predictive)
    ax.set_xscale("log")
    ax.set_xlim(scales[0], scales[-1])
    handles: list[Any] = [ax.fill_between(scales, low, high, color=BANDS[0.9], linewidth=0)]
    labels = ["90% range, all mixed" if narrow else "90% range, all laws mixed"]
    lines = {name: off(along.by_law[name]) for name in along.names}
    for (name, ends), dash in zip(lines.items(), dash_of(lines).values(), strict=True):
        ax.plot(scales, ends[[0, 2]].T, color=INK, linewidth=0.9, linestyle=dash)
        handles += ax.plot(scales, ends[1], color=ACCENT, linewidth=2.2, linestyle=dash)
        labels.append(legend_name(name, narrow=narrow))
    _set_limits(ax, low, high, list(lines.values()))
    shade_beyond(ax, along.largest, forecast.runs.along)
    asked: dict[str, Any] = {"color": INK, "linewidth": 1.0, "linestyle": (0, (9, 3))}
    ax.axvline(here, zorder=1, **asked)
    handles += ax.plot([], [], **asked)
    labels.append("the point asked")
    if part is not None and part > along.largest:
        mark: dict[str, Any] = {"marker": CARET_UP, "color": INK, "markersize": 8, "linestyle": "none"}
        ax.plot(part, 0.0, transform=ax.get_xaxis_transform(), clip_on=False, **mark)
        handles += ax.plot([], [], **mark | {"marker": "^", "markersize": 6})
        labels.append("parted by more than noise")
    label_scale(ax, forecast.runs.along)
    ax.grid(axis="y")
    measure = "%" if along.draws.link.name == "log" else unit(forecast.runs) or metric(forecast.runs)
    ax.set_ylabel(f"Off the mixed median ({measure})")
    legend_above(ax, handles, labels, columns=2 if narrow else 3, handlelength=2.4)


def _set_limits(ax: Axes, low: np.ndarray, high: np.ndarray, lines: list[np.ndarray]) -> None:
    """All in view, unless one law's range would leave nothing of the mixed one's."""
    bottom, top = float(low.min()), float(high.max())
    room = 2 * (top - bottom) or 1.0
    bottom, top = (
        max(min(float(each.min()) for each in lines), bottom - room),
        min(max(float(each.max()) for each in lines), top + room),
    )
    span = top - bottom or 1.0
    ax.set_ylim(bottom - 0.06 * span, top + 0.14 * span)


def _table(forecast: Forecast, along: Path, asked: PointForecast) -> Table:
    here = asked.at[forecast.runs.scale]
    named = {along.largest: forecast.runs.along.top, here: "the point asked"}
    even = set(np.linspace(0, len(along.scale) - 1, ROWS).round().astype(int).tolist())
    rows = []
    for step, value in enumerate(along.scale):
        if step in even or value in named:
            low, _, high = along.predictive[:, step]
            # The point asked as everywhere else; far from it another number of places may be due.
            digits = asked.predictive.digits if value == here else Digits.of((high - low) / 100, low, high, high)
            cells = []
            for found in (*along.by_law.values(), along.predictive):
                low, median, high = (number(float(each), digits) for each in found[:, step])
                cells.append(f"{median} ({spread((low, high))})")
            label = f", {named[value]}" if value in named else ""
            rows.append((scale_text(forecast.runs, float(value)) + label, *cells))
    columns = (forecast.runs.along.header, *(shown(name) for name in along.names), MIXED)
    return Table("Median and 90% range under each law", columns, tuple(rows))
