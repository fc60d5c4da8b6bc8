"""The runs against the laws' curve: how far each lies off it, beside what run-to-run noise explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.forecasts.tables import MOST_ROWS
from forecaster.reports.figures.run_checks import CheckedRuns, counted, whose
from forecaster.runs.outliers import outliers
from forecaster.runs.plot import family_markers
from forecaster.runs.text import metric, unit
from forecaster.show.figure import Exhibit
from forecaster.show.style import ACCENT, BANDS, INK, across, is_narrow, label_scale, legend_above, legend_name, some
from forecaster.show.table import Table, significant, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.forecasts.result import Forecast

TITLE = "Runs and residuals"

REACH = 3.5
"""How many times the noise's range, or the residuals' own 95%, the axis reaches."""

MOST_NAMED = 4
"""Runs off the axis, and outliers, that are named."""


def residuals(forecast: Forecast, checked: CheckedRuns) -> Exhibit:
    """Each run's distance from the laws' median curve over scale, with the noise's 90% range; outliers are marked.

    Args:
        forecast: whose laws.
        checked: what they say of the runs.
    """
    off = residual(checked, checked.observed)
    ends = residual(checked, checked.noise[0]), residual(checked, checked.noise[1])
    inside = checked.inside(checked.noise)
    far = {each.row for each in outliers(forecast.runs)}
    marked = np.array([int(row) in far for row in checked.rows])
    what = _what(forecast, checked)

    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        _draw(ax, forecast, checked, off, ends, inside, marked)
        ax.set_ylabel(f"Observed {'above' if is_narrow(ax) else 'above or below'} the curve ({what})")

    sentence = _sentence(forecast, checked, off, inside, int(marked.sum()), what)
    runs = forecast.runs
    return Exhibit(
        "residuals",
        TITLE,
        sentence,
        f"Points: {len(off)} runs by {runs.along.word}, each as far above or below zero as its {metric(runs)} lies off "
        f"the laws' median curve, from {_signed(off.min(), what)} to {_signed(off.max(), what)}. A band around zero "
        f"holds 90% of run-to-run noise. {sentence}",
        _table(forecast, checked, off, inside, marked, what),
        draw,
        size=(7.0, 3.6),
        narrow=(4.3, 3.6),
    )


def residual(checked: CheckedRuns, linked: np.ndarray) -> np.ndarray:
    """How far responses lie off the laws' median curve: in per cent of it on the log, else in the link's own measure.

    Args:
        checked: with the curve.
        linked: responses on the scale of the link, shape (run).
    """
    off = linked - checked.curve
    match checked.link.name:
        case "log":
            return np.asarray(100 * np.expm1(np.minimum(off, 50.0)))
        case "own":
            return np.asarray(off * checked.link.spread)
        case "logit":
            return np.asarray(off)


def _what(forecast: Forecast, checked: CheckedRuns) -> str:
    return {"log": "%", "own": unit(forecast.runs) or metric(forecast.runs), "logit": "logits"}[checked.link.name]


def _signed(value: float, what: str) -> str:
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
    return f"{sign}{_size(abs(value), what)}"


def _size(value: float, what: str) -> str:
    return f"{significant(value, 2)}%" if what == "%" else f"{significant(value, 2)} {what}"


def _sentence(
    forecast: Forecast, checked: CheckedRuns, off: np.ndarray, inside: np.ndarray, marked: int, what: str
) -> str:
    count, held = len(off), int(inside.sum())
    worst = int(np.argmax(np.abs(off)))
    top = off[-max(1, count // 5) :]
    mean = float(np.mean(top))
    most = "last" if checked.runs.along.is_date else "largest"
    which = f"{most} run lies" if len(top) == 1 else f"{len(top)} {most} runs lie on average"
    where = "above" if mean > 0 else "below"
    said = (
        f"{held:,} of {counted(forecast, count)} ({held / count:.0%}) lie within the 90% range of run-to-run noise "
        f"around {whose(forecast)} median curve; the farthest, {checked.runs.place(worst)}, is "
        f"{_signed(float(off[worst]), what)} off, and the "
        f"{which} {_size(abs(mean), what)} {where} it."
    )
    if marked:
        said = f"{said[:-1]}; {marked} ringed {'run is an outlier' if marked == 1 else 'runs are outliers'}."
    return said


def _draw(
    ax: Axes,
    forecast: Forecast,
    checked: CheckedRuns,
    off: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    inside: np.ndarray,
    marked: np.ndarray,
) -> None:
    runs = checked.runs
    scale = runs.column(runs.scale)
    reach = REACH * max(float(np.max(np.abs(ends))), 0.5 * float(np.quantile(np.abs(off), 0.95)), 1e-9)
    reach = min(reach, 1.12 * max(float(np.abs(off).max()), float(np.max(np.abs(ends)))))
    beyond = np.abs(off) > reach
    ax.set_xscale("log")
    ax.set_xlim(scale.min() / 1.25, scale.max() * 1.25)
    ax.set_ylim(-1.08 * reach, 1.08 * reach)
    low, high = (_smooth(scale, each) for each in ends)
    band = ax.fill_between(low[0], low[1], high[1], color=BANDS[0.9], linewidth=0)
    ax.axhline(0, color=ACCENT, linewidth=1.4, zorder=1.5)
    families, marker_of = family_markers(runs)
    size = 4.4 if len(runs) <= 100 else 3.2
    handles, labels = [], []
    few = some(inside) | some(~inside) | marked
    for name in marker_of or [""]:
        mine = few & np.array([not marker_of or family == name for family in families])
        marker = marker_of.get(name, "o")
        style: dict[str, Any] = {
            "color": INK,
            "linestyle": "none",
            "marker": marker,
            "markersize": size,
            "markeredgewidth": 0.8,
        }
        for filled in (False, True):
            rows = mine & ~beyond & (inside == filled)
            ax.plot(scale[rows], off[rows], markerfacecolor=INK if filled else "none", **style)
        handles += ax.plot([], [], markerfacecolor=INK, **style)
        labels.append(legend_name(name, narrow=is_narrow(ax)) if marker_of else "runs")
    if not inside.all():
        hollow: dict[str, Any] = {"color": INK, "linestyle": "none", "marker": "o", "markerfacecolor": "none"}
        handles += ax.plot([], [], markersize=size, **hollow)
        labels.append("outside it" if is_narrow(ax) else "outside the noise's 90% range")
    rings = marked & ~beyond
    ax.plot(
        scale[rings], off[rings], "o", color=INK, markersize=10, markerfacecolor="none", markeredgewidth=1.0, zorder=3
    )
    for row in np.flatnonzero(beyond & few):
        up = off[row] > 0
        ax.plot(scale[row], reach if up else -reach, "^" if up else "v", color=INK, markersize=5, clip_on=False)
    _name(ax, checked, off, beyond, marked, reach)
    label_scale(ax, forecast.runs.along)
    ax.grid(axis="y")
    name = "90% range of run-to-run noise"
    columns = 2 if is_narrow(ax) else 3
    legend_above(ax, [band, *handles], [name, *labels], columns=columns if len(labels) > 1 else 2)


def _smooth(scale: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One end of a band over distinct scales, so that a table of many runs stays a light picture."""
    kept = np.unique(np.linspace(0, len(scale) - 1, 60).round().astype(int))
    return scale[kept], ends[kept]


def _name(
    ax: Axes, checked: CheckedRuns, off: np.ndarray, beyond: np.ndarray, marked: np.ndarray, reach: float
) -> None:
    """The places of runs that are outliers or lie off the axis, the farthest first."""
    scale = checked.runs.column(checked.runs.scale)
    middle = float(np.sqrt(scale.min() * scale.max()))
    rows = [int(row) for row in np.argsort(-np.abs(off)) if beyond[row] or marked[row]]
    taken: list[tuple[float, float, bool]] = []
    for row in rows[:MOST_NAMED]:
        said = checked.runs.place(row) + (f", {off[row]:+.3g}" if beyond[row] else "")
        x, y = across(ax, float(scale[row])), float(np.clip(off[row], -reach, reach))
        left = scale[row] > middle
        # Beside a label that stands there already, on its other side, or not at all.
        crowd = [side for at, height, side in taken if abs(at - x) < 0.4 and abs(height - y) < 0.14 * reach]
        if len(set(crowd)) == 2:
            continue
        left = not crowd[0] if crowd else left
        taken.append((x, y, left))
        ax.annotate(
            said, (scale[row], y), (-8 if left else 8, 0), textcoords="offset points", va="center", fontsize=9,
            ha="right" if left else "left",
        )  # fmt: skip


def _table(
    forecast: Forecast, checked: CheckedRuns, off: np.ndarray, inside: np.ndarray, marked: np.ndarray, what: str
) -> Table:
    runs = checked.runs
    back = checked.link.back
    rows = []
    for row in range(len(runs) - 1, max(-1, len(runs) - 1 - MOST_ROWS), -1):
        ends = tuple(significant(float(back(end[row])), 4) for end in checked.noise)
        rows.append(
            (
                runs.place(row),
                runs.along.amount(float(runs.column(runs.scale)[row])),
                significant(float(runs.column("loss")[row]), 4),
                significant(float(back(checked.curve[row])), 4),
                spread((ends[0], ends[1])),
                _signed(float(off[row]), what),
                "outlier" if marked[row] else "yes" if inside[row] else "no",
            )
        )
    more = "" if len(rows) == len(forecast.runs) else f", {len(rows)} of {len(forecast.runs)}"
    columns = ("Row", runs.along.header, "Observed", "Curve", "90% of noise", "Off the curve", "Within")
    return Table(f"Runs against the laws' curve{more}", columns, tuple(rows), frozenset({"Within"}))
