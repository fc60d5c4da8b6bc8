"""Prior and posterior predictive checks: the ranges that the laws gave each run before the data, and give it after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.forecasts.tables import MOST_ROWS, wider
from forecaster.reports.figures.run_checks import CheckedRuns, counted, whose
from forecaster.runs.text import after, metric, unit
from forecaster.show.figure import Exhibit
from forecaster.show.style import BANDS, INK, is_narrow, legend_above, some
from forecaster.show.table import Table, sentence_case, significant, spread, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.forecasts.result import Forecast

MOST_STEPS = 120
"""Runs each of which has its own step of the band; the band of more goes from one to the next."""

FEW = 80
"""Runs drawn on their ranges before the data."""

TITLE = "What the laws expected of these runs, before and after the data"

ROOM = 2.0
"""How far the axis reaches beyond the runs, in spans of the responses, where a range is wider than that."""


def predictive_check(forecast: Forecast, checked: CheckedRuns) -> Exhibit:
    """Each run in its prior and its posterior predictive 90% range, from the highest expectation to the lowest.

    Args:
        forecast: whose laws.
        checked: what they say of the runs.
    """
    order = np.argsort(-checked.curve, kind="stable")
    held = [int(checked.inside(ends).sum()) for ends in (checked.before, checked.after)]
    count = len(checked.observed)
    widths = [float(np.nanmedian(ends[1] - ends[0])) for ends in (checked.before, checked.after)]
    said = [_width(forecast, checked, width) for width in widths]
    narrower = widths[0] / widths[1] if widths[1] > 0 else np.inf
    sentence = (
        f"Before the data {whose(forecast)} 90% ranges held {held[0]:,} of {counted(forecast, count)} "
        f"({held[0] / count:.0%}) and were typically {said[0]} wide; after it they hold {held[1]:,} "
        f"({held[1] / count:.0%}) and are {said[1]} wide"
        + (f", {times(narrower)} times narrower." if 1.1 <= narrower < np.inf else ".")
    )

    def draw(figure: Figure) -> None:
        _draw(figure, forecast, checked, order)

    return Exhibit(
        "predictive",
        TITLE,
        sentence,
        f"{count} runs side by side from the highest expected {metric(forecast.runs)} to the lowest, in two "
        f"panels: above as dots on the 90% ranges from the priors alone, below on those after the data. "
        f"Runs outside their range after the data are crosses. {sentence}",
        _table(forecast, checked, order),
        draw,
        size=(7.0, 4.8),
        narrow=(4.3, 4.8),
    )


def _width(forecast: Forecast, checked: CheckedRuns, width: float) -> str:
    match checked.link.name:
        case "log":
            return wider(width)
        case "own":
            return significant(width * checked.link.spread, 2) + after(unit(forecast.runs))
        case "logit":
            return f"{significant(width, 2)} logits"


def _draw(figure: Figure, forecast: Forecast, checked: CheckedRuns, order: np.ndarray) -> None:
    from matplotlib.ticker import MaxNLocator

    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (2, 3), "hspace": 0.22})
    name = sentence_case(metric(forecast.runs))
    place = np.arange(1, len(order) + 1)
    size = 3.6 if len(order) <= 100 else 1.6
    narrow = is_narrow(below)
    observed = checked.observed[order]
    inside = checked.inside(checked.after)[order]
    handles: list[Any] = []
    labels = ["90% range before", "90% range after", "runs", "outside the range after"]
    # Above, where nothing depends on a single run, a few of many are enough.
    few = np.unique(np.linspace(0, len(order) - 1, min(len(order), FEW)).round().astype(int))
    every = np.flatnonzero(some(np.ones(len(order), dtype=bool), 400))
    for ax, ends, color, kept in ((above, checked.before, BANDS[0.8], few), (below, checked.after, BANDS[0.5], every)):
        low, high = _limits(observed, *ends)
        # Beyond the axis a band needs no more ink, and an infinite end could not be drawn.
        low_end, high_end = (
            np.clip(np.nan_to_num(end[order][kept], nan=low, posinf=high, neginf=low), low, high) for end in ends
        )
        if len(kept) == len(order) <= MOST_STEPS:
            # Each run's own step, the first and the last in full.
            x = np.concatenate([[0.5], place, [place[-1] + 0.5]])
            low_end, high_end = (np.pad(end, 1, mode="edge") for end in (low_end, high_end))
            handles.append(ax.fill_between(x, low_end, high_end, step="mid", color=color, linewidth=0))
        else:
            handles.append(ax.fill_between(place[kept], low_end, high_end, color=color, linewidth=0))
        held, missed = kept[some(inside[kept]) & inside[kept]], np.flatnonzero(some(~inside))
        dots = ax.plot(place[held], observed[held], "o", color=INK, markersize=size, linestyle="none")
        crosses = ax.plot(place[missed], observed[missed], "x", color=INK, markersize=6, markeredgewidth=1.2)
        ax.set_ylim(low, high)
        _tick(ax, checked)
        ax.grid(axis="y")
    below.set_xlim(0.3, len(order) + 0.7)
    below.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    below.set_xlabel("Runs, the highest expected first")
    figure.supylabel(name, x=-0.01 if narrow else 0.03, fontsize=10)
    handles += [*dots, *(() if inside.all() else crosses)]
    legend_above(above, handles, labels[: len(handles)], columns=2 if narrow else 4)


def _limits(observed: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """Every run in view, with its range as far as that leaves room for the runs; on the scale of the link."""
    span = float(np.ptp(observed)) or 0.1
    bottom, top = float(observed.min()), float(observed.max())
    ends = [end[np.isfinite(end)] for end in (low, high)]
    least = min(float(ends[0].min()), bottom) if len(ends[0]) else bottom
    most = max(float(ends[1].max()), top) if len(ends[1]) else top
    return max(least, bottom - ROOM * span) - 0.06 * span, min(most, top + ROOM * span) + 0.06 * span


def _tick(ax: Axes, checked: CheckedRuns) -> None:
    """Round numbers of the response on an axis that is on the scale of the link."""
    from matplotlib.ticker import MaxNLocator

    low, high = ax.get_ylim()
    with np.errstate(over="ignore"):
        ends = [float(checked.link.back(end)) for end in (low, high)]
    if checked.link.name == "log" and ends[1] > 30 * ends[0]:
        powers = range(int(np.floor(np.log10(ends[0]))), int(np.log10(ends[1])) + 1)
        values = np.array([10.0**power for power in powers])
        values = values[:: 1 + len(values) // 6]
    else:
        values = np.asarray(MaxNLocator(5).tick_values(*ends))
    values = values[(values > ends[0]) & (values < ends[1])]
    ax.set_yticks([float(checked.link.on(value)) for value in values], [f"{value:.5g}" for value in values])


def _table(forecast: Forecast, checked: CheckedRuns, order: np.ndarray) -> Table:
    runs = checked.runs
    back = checked.link.back
    inside = checked.inside(checked.after)
    rows = []
    for row in order[:MOST_ROWS]:
        with np.errstate(over="ignore"):
            ends = [
                spread((significant(float(back(each[0][row])), 4), significant(float(back(each[1][row])), 4)))
                for each in (checked.before, checked.after)
            ]
        loss = significant(float(runs.column("loss")[row]), 4)
        scale = runs.along.amount(float(runs.column(runs.scale)[row]))
        rows.append((runs.place(int(row)), scale, loss, *ends, "yes" if inside[row] else "no"))
    more = "" if len(rows) == len(forecast.runs) else f", {len(rows)} of {len(forecast.runs)}"
    columns = ("Row", runs.along.header, "Observed", "90% range before", "90% range after", "Inside after")
    return Table(f"Runs in their ranges before and after the data{more}", columns, tuple(rows))
