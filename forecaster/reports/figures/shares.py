"""What the 90% range is made of, source by source, and how each part grows with distance from the largest run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.forecasts.path import Path, path
from forecaster.forecasts.tables import wider
from forecaster.runs.text import after, apart_text, far_text, metric, unit
from forecaster.show.figure import Exhibit
from forecaster.show.style import ACCENT, BANDS, INK, PAPER, SHADE, is_narrow, legend_above
from forecaster.show.table import Table, sentence_case, significant, whole_shares

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.forecasts.result import Forecast

TITLE = "What the range is made of, by distance"

STEPS = 13

SOURCES = {
    "parameters": "what the runs leave open inside each law",
    "law": "which law holds",
    "extrapolation": "how far laws drift beyond their data",
    "noise": "what a repeated run would differ by",
}
"""Each source of uncertainty in the order in which it is added, with what it is."""

FACES: Mapping[str, dict[str, Any]] = {
    "parameters": {"facecolor": ACCENT, "edgecolor": PAPER},
    "law": {"facecolor": BANDS[0.5], "edgecolor": INK, "hatch": "////"},
    "extrapolation": {"facecolor": BANDS[0.9], "edgecolor": INK},
    "noise": {"facecolor": SHADE, "edgecolor": INK, "hatch": "\\\\\\\\"},
}
"""How each is filled: told apart without colour too."""


def range_layers(along: Path) -> dict[str, np.ndarray]:
    """The width of the 90% range along a path, as its sources are added one by one.

    Args:
        along: the path.

    Returns:
        For each source the width once it is added, shape (step): by how many per cent the upper end exceeds the lower
        where noise is on the log, else in the response's unit.
    """
    draws, curve = along.draws, along.draws.curve
    means = curve.mean(axis=1, keepdims=True)
    # Each law moved onto their common mean leaves what the runs have not settled inside the laws.
    centred = curve - means + np.tensordot(draws.weights, means, axes=1)
    found = {
        "parameters": along.mixed(centred),
        "law": along.mixed(curve),
        "extrapolation": along.mixed(draws.without_noise),
        "noise": along.predictive,
    }
    on_log = draws.link.name == "log"
    return {name: 100 * (high / low - 1) if on_log else high - low for name, (low, _, high) in found.items()}


def shares(forecast: Forecast, *, point: int = 0) -> Exhibit:
    """The width of the 90% range over distance, in layers by source.

    Args:
        forecast: whose ranges.
        point: which of its points the path goes through, from 0.
    """
    asked = forecast.points[point]
    ratio = asked.compute_ratio
    end = 100.0 if ratio <= 30 else 1000.0 if ratio <= 500 else 2 * ratio
    ratios = np.geomspace(1.0, end, STEPS)
    if ratio > 1:
        ratios = np.unique(np.append(ratios, ratio))
    runs = forecast.runs
    largest = float(runs.column(runs.scale).max())
    along = path(forecast, asked, largest * ratios)
    layers, parts_of = range_layers(along), along.draws.shares()
    here = int(np.argmin(np.abs(np.log(ratios / max(ratio, 1.0)))))
    on_log = forecast.fits[0].link.name == "log"

    def said(width: float) -> str:
        return wider(float(np.log1p(width / 100))) if on_log else significant(width, 2) + after(unit(forecast.runs))

    rows = []
    for step, value in enumerate(ratios):
        label = apart_text(runs, float(value)) + (", the point asked" if step == here and ratio > 1 else "")
        parts = [f"{share}%" for share in whole_shares({name: part[step] for name, part in parts_of.items()}).values()]
        rows.append((label, *(said(float(layers[name][step])) for name in SOURCES), *parts))
    columns = (
        runs.along.distance, "Parameters", "with law", "with extrapolation", "with noise",
        "Share of parameters", "of law", "of extrapolation",
    )  # fmt: skip
    place = f"At the point asked, {far_text(runs, ratio)}," if ratio > 1 else f"At {runs.along.top}"
    width = {name: said(float(layer[here])) for name, layer in layers.items()}
    of_law = f"{width['law']} with the choice of law, " if len(forecast.fits) > 1 else ""
    sentence = (
        f"{place} the 90% range is {width['parameters']} wide from the parameters alone, {of_law}"
        f"{width['extrapolation']} with drift beyond the data and {width['noise']} with run-to-run noise."
    )
    growth = [said(float(layers["noise"][step])) for step in (0, -1)]

    def draw(figure: Figure) -> None:
        _draw(figure.subplots(), forecast, ratios, layers, ratio, on_log=on_log)

    return Exhibit(
        "shares",
        TITLE,
        sentence,
        f"Four layers stacked over distance from {runs.along.top} to {far_text(runs, end)}: parameters, law, "
        f"extrapolation and noise. The width of the 90% range grows from {growth[0]} to {growth[1]}. {sentence}",
        Table("Width of the 90% range as its sources are added, and shares of its variance", columns, tuple(rows)),
        draw,
        size=(7.0, 4.0),
        narrow=(4.3, 3.8),
    )


def _draw(
    ax: Axes, forecast: Forecast, ratios: np.ndarray, layers: Mapping[str, np.ndarray], ratio: float, *, on_log: bool
) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    runs = forecast.runs
    narrow = is_narrow(ax)
    below = np.zeros_like(ratios)
    handles, labels = [], []
    for name, what in SOURCES.items():
        # A layer that adds nothing may by chance of the draws come out a hair narrower.
        top = np.maximum(below, np.where(np.isfinite(layers[name]), layers[name], below))
        handles.append(ax.fill_between(ratios, below, top, linewidth=0.8, **FACES[name]))
        labels.append(name if narrow else f"{name}: {what}")
        below = top
    ax.set_xscale("log")
    ax.set_xlim(1, ratios[-1])
    ax.set_ylim(0, 1.05 * float(below.max()) or 1.0)
    if 1 < ratio <= ratios[-1]:
        ax.axvline(ratio, color=INK, linewidth=1.0, linestyle=(0, (5, 3)))
        right = np.log(ratio) > 0.6 * np.log(ratios[-1])
        ax.annotate(
            "the point asked", (ratio, 1.0), (-6 if right else 6, -4), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right" if right else "left", va="top", fontsize=9.5,
        )  # fmt: skip
    ax.xaxis.set_minor_locator(NullLocator())
    if runs.along.is_date:
        ax.xaxis.set_major_locator(FixedLocator(np.exp(np.arange(np.log(ratios[-1]) + 1e-9)).tolist()))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{np.log(value):.0f}"))
        ax.set_xlabel(f"Years {runs.along.past}")
    else:
        ax.xaxis.set_major_locator(LogLocator(numticks=5))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        ax.set_xlabel(f"{sentence_case(runs.along.word)} of the run asked for, times {runs.along.top}")
    of = runs.response if not unit(runs) else "loss"
    ax.set_ylabel(f"Width of the 90% range (% of the {of})" if on_log else f"Width of the 90% range ({metric(runs)})")
    legend_above(ax, handles[::-1], labels[::-1], columns=2 if narrow else 1)
