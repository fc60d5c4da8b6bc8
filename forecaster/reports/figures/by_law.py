"""The answer law by law: the range at one point under each law alone and mixed, with the numbers beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.forecasts.tables import answers, law_table
from forecaster.runs.text import metric
from forecaster.show.figure import Exhibit
from forecaster.show.style import ACCENT, MUTED, PAPER, figure_of, new_axes, style
from forecaster.show.table import sentence_case, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.forecasts.result import Forecast

SLIM = 4.5
"""Inches below which a figure has its labels above the rows."""

LONGEST = 26
"""Characters of a label above a row."""


def by_law(forecast: Forecast, *, point: int = 0) -> Exhibit:
    """The answer at a point law by law as an exhibit.

    Args:
        forecast: of several laws.
        point: which of its points, from 0.
    """

    def draw(figure: Figure) -> None:
        plot_by_law(forecast, figure.subplots(), point=point)

    answer, asked = answers(forecast)[point], forecast.points[point]
    rows = len(answer.laws) + 1
    medians = {law.median: asked.by_law[name].median for law, name in zip(answer.laws, asked.by_law, strict=True)}
    low, high = min(medians, key=lambda said: medians[said]), max(medians, key=lambda said: medians[said])
    mixed = spread(answer.interval["90"])
    parts = [f"{law.name} {law.median}, {spread(law.interval['90'])}" for law in answer.laws]
    return Exhibit(
        "by-law",
        "Forecast under each law",
        f"The laws' medians lie between {low} and {high}; mixed by their weights they give {answer.median}, "
        f"90% range {mixed}.",
        f"Median and 90% range: {'; '.join(parts)}; mixed {answer.median}, {mixed}.",
        law_table(answer, halves=True),
        draw,
        law_figure_size(rows),
        law_figure_size(rows, narrow=True),
    )


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
        (f"{law.name}, weight {law.weight}", band, f"{law.median}  ({spread(law.interval['90'])})")
        for law, band in zip(answer.laws, asked.by_law.values(), strict=True)
    ]
    if len(rows) > 1:
        mixed = f"{answer.median}  ({spread(answer.interval['90'])})"
        rows.append(("all laws, mixed", asked.predictive, mixed))
    with style():
        ax = ax or new_axes(size=law_figure_size(len(rows)))
        narrow = figure_of(ax).get_figwidth() < SLIM
        for row, (name, band, said) in enumerate(rows):
            # The mixture is the answer; laws alone are its parts.
            strong = len(rows) == 1 or row == len(rows) - 1
            color = ACCENT if strong else MUTED
            for mass, width in ((0.9, 1.4), (0.5, 6.0)):
                ax.plot(band.interval(mass), [row, row], color=color, linewidth=width, solid_capstyle="butt")
            ax.plot(band.median, row, "o", markersize=7, color=color, markeredgecolor=PAPER, markeredgewidth=1.5)
            _say(ax, row, name if narrow else "", said, bold=strong)
        ax.set_yticks([] if narrow else range(len(rows)), [] if narrow else [name for name, _, _ in rows])
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.set_ylim(len(rows) - 0.5, -0.8 if narrow else -0.6)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x")
        ax.set_xlabel(f"{sentence_case(metric(forecast.runs))}: median, 50% (thick) and 90% range (thin)")
    return ax


def _say(ax: Axes, row: int, name: str, said: str, *, bold: bool) -> None:
    """A row's numbers to the right of it; or, where its name is given, both above it."""
    weight = "bold" if bold else "normal"
    if not name:
        ax.annotate(
            said, (1.0, row), (10, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            va="center", fontweight=weight, annotation_clip=False,
        )  # fmt: skip
        return
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    for side, text in (("left", short), ("right", said)):
        ax.annotate(
            text, (float(side == "right"), row), (0, 8), xycoords=("axes fraction", "data"), fontsize=9,
            textcoords="offset points", ha=side, va="bottom", fontweight=weight, annotation_clip=False,
        )  # fmt: skip


def law_figure_size(rows: int, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches of a figure law by law; wide, the labels on both sides come on top of the width.

    Args:
        rows: how many.
        narrow: for a phone.
    """
    return (SLIM - 0.1, 0.9 + 0.5 * rows) if narrow else (5.0, 0.9 + 0.42 * rows)
