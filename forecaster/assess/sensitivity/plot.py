"""The tornado: a forecast with each of its choices made otherwise, the largest effect on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.assess.sensitivity.text import median_and_range, tornado_sentence, tornado_table
from forecaster.runs.text import metric
from forecaster.show.figure import Exhibit
from forecaster.show.style import ACCENT, BANDS, INK, MUTED, PAPER, new_axes, style
from forecaster.show.table import sentence_case, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.assess.sensitivity.result import Sensitivity

TITLE = "What the forecast hangs on"

PHONE = 5.0
"""Width of a figure in inches below which names stand above their bars."""


def tornado(sens: Sensitivity) -> Exhibit:
    """The tornado as an exhibit; the forecast's own bar alone where nothing could be varied.

    Args:
        sens: of a forecast at one point.
    """

    def draw(figure: Figure) -> None:
        phone = figure.get_figwidth() < PHONE
        ax = figure.add_axes((0.02, 0.12, 0.96, 0.86) if phone else (0.39, 0.12, 0.34, 0.86))
        plot_tornado(sens, ax, phone=phone)

    parts = [f"{shown(bar.name)}, {median_and_range(sens, bar)}" for bar in sens.bars]
    rows = len(sens.bars) + 1
    return Exhibit(
        "tornado",
        TITLE,
        tornado_sentence(sens),
        f"A line from end to end of the 90% range with a dot at the median for the forecast, "
        f"{median_and_range(sens, sens.base)}, and below it for each choice made otherwise: "
        f"{'; '.join(parts) or 'none'}.",
        tornado_table(sens),
        draw,
        size=(7.0, 0.7 + 0.27 * rows),
        narrow=(4.3, 0.7 + 0.42 * rows),
    )


def plot_tornado(sens: Sensitivity, ax: Axes | None = None, *, phone: bool = False) -> Axes:
    """Median and 90% range of a new run under each variation, against the forecast's own.

    Args:
        sens: what to show.
        ax: where to draw; a new figure where not given.
        phone: whether names and numbers stand above their bars, as on a narrow page, and not beside them.
    """
    from matplotlib.ticker import MaxNLocator

    bars = (sens.base, *sens.bars)
    with style():
        ax = ax or new_axes(size=(4.3 if phone else 4.2, 0.7 + (0.42 if phone else 0.27) * len(bars)))
        base = sens.base
        ax.axvspan(base.low, base.high, facecolor=BANDS[0.9], edgecolor="none", zorder=0)
        # On a phone the words stand between the bars, and nothing may cross them.
        reach = 0.12 if phone else 0.5
        for end, dashes in ((base.low, (0, (1, 2))), (base.median, "-"), (base.high, (0, (1, 2)))):
            for row in range(len(bars)):
                ax.plot([end] * 2, [row - reach, row + reach], color=MUTED, linewidth=0.9, linestyle=dashes, zorder=1)
        for row, bar in enumerate(bars):
            strong = row == 0
            color = ACCENT if strong else INK
            ax.plot([bar.low, bar.high], [row, row], color=color, linewidth=3.2 if strong else 1.8, zorder=2)
            ax.plot(
                bar.median, row, "o", markersize=8 if strong else 6.5, color=color, markeredgecolor=PAPER,
                markeredgewidth=1.4, zorder=3,
            )  # fmt: skip
            _label(ax, row, shown(bar.name, 36), median_and_range(sens, bar), strong=strong, phone=phone)
        ax.set_ylim(len(bars) - 0.45, -0.9 if phone else -0.6)
        ax.margins(x=0.06)
        ax.set_yticks([])
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(f"{sentence_case(metric(sens.runs))}: median and 90% range")
    return ax


def _label(ax: Axes, row: int, name: str, numbers: str, *, strong: bool, phone: bool) -> None:
    weight = "bold" if strong else "normal"
    for side, text in ((0.0, name), (1.0, numbers)):
        offset = (0, 5) if phone else (-10 if side == 0 else 10, 0)
        inward = (side == 0) == phone
        ax.annotate(
            text, (side, row), offset, xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="left" if inward else "right", va="bottom" if phone else "center", fontweight=weight,
            fontsize=8.5 if phone else 9.5, annotation_clip=False,
        )  # fmt: skip
