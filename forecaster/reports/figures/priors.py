"""Posterior against prior: where each parameter of each law lies after the data, among the values its prior allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.fits.posterior import Fit
from forecaster.fits.text import PRIOR_DRAWS, parameter_table
from forecaster.laws.families import families_of
from forecaster.show.figure import Exhibit
from forecaster.show.style import ACCENT, BANDS, INK, PAPER, legend_name
from forecaster.show.table import Table, enumerated, shown, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecaster.forecasts.result import Forecast

TITLE = "Parameters before and after the data"

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)

REACH = 3.2
"""The axis's ends in standard deviations of the prior, as if it were normal: its lowest and highest thousandth."""

LEARNED = 0.8
"""A posterior's 90% interval wider than this share of its prior's has hardly been learned from the runs."""

MOST = 16
"""Parameters of a law that are drawn; all are in the table."""

ROW, HEAD = 0.2, 0.62
"""Inches of a parameter's row, and of what stands above and below a law's rows."""


@dataclass(frozen=True)
class Learned:
    """One parameter after the data, on the scale on which its prior is a standard normal distribution.

    Args:
        name: of the parameter.
        z: its posterior's 5, 25, 50, 75 and 95% points.
    """

    name: str
    z: tuple[float, ...]

    @property
    def share(self) -> float:
        """Width of the posterior's 90% interval as a share of the prior's."""
        return (self.z[-1] - self.z[0]) / (2 * 1.6449)


def learned(fit: Fit) -> list[Learned]:
    """Every parameter of a law, natural ones first, as percentiles of its prior turned into normal deviates.

    Args:
        fit: of the law.
    """
    from scipy.special import ndtri

    law = fit.law
    prior = law.draw_priors(fit.references.values, draws=PRIOR_DRAWS, seed=1)
    p = (np.arange(PRIOR_DRAWS) + 0.5) / PRIOR_DRAWS
    found = []
    for name in dict.fromkeys((*law.parameters, *law.priors)):
        values = np.sort(prior[name][~np.isnan(prior[name])])
        points = np.quantile(fit.posterior[name].values, LEVELS)
        z = ndtri(np.interp(points, values, p[: len(values)] * PRIOR_DRAWS / max(1, len(values))))
        found.append(Learned(name, tuple(float(each) for each in z)))
    return found


def priors(forecast: Forecast) -> Exhibit:
    """Each parameter's posterior 50 and 90% intervals among the percentiles of its prior, a panel a law.

    Args:
        forecast: whose laws.
    """
    found = {fit.law.name: learned(fit) for fit in forecast.fits}
    panels = {fit.law.name: _drawn(fit, found[fit.law.name]) for fit in forecast.fits}
    most = max(len(each) for each in panels.values())
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)

    def draw(figure: Figure) -> None:
        _draw(figure, panels, 1 if figure.get_figwidth() < 5 else columns)

    sentence = _sentence(panels)
    return Exhibit(
        "priors",
        TITLE,
        sentence,
        f"For each of {len(panels)} law{'' if len(panels) == 1 else 's'}, a row a parameter: its median and its 50 and "
        f"90% intervals after the data, as percentiles of its prior, whose own 50 and 90% are bands behind all rows. "
        f"{sentence}",
        _table(forecast, found),
        draw,
        size=(7.0, rows * (HEAD + ROW * most)),
        narrow=(4.3, sum(HEAD + ROW * len(each) for each in panels.values())),
    )


def _drawn(fit: Fit, found: list[Learned]) -> list[Learned]:
    """Those that are drawn: single families' own parameters only stand in the table."""
    if families_of(fit.law):
        found = [each for each in found if not each.name.startswith("unit_")]
    return found[:MOST]


def _sentence(panels: dict[str, list[Learned]]) -> str:
    slow: dict[str, list[str]] = {}
    for law, found in panels.items():
        for each in found:
            if each.share > LEARNED:
                slow.setdefault(each.name, []).append(shown(law))
    moved = [
        (abs(each.z[2]), each.name, shown(law))
        for law, found in panels.items()
        for each in found
        if abs(each.z[2]) > 1.6449
    ]
    if slow:
        named = [
            f"{shown(name)} ({'every law' if len(laws) == len(panels) > 1 else enumerated(laws)})"
            for name, laws in list(slow.items())[:4]
        ]
        more = f" and {len(slow) - 4} more" if len(slow) > 4 else ""
        said = f"The runs hardly narrowed {enumerated(named) if not more else ', '.join(named) + more}"
        said += f": more than {LEARNED:.0%} of the prior's 90% interval is left."
    else:
        widest = max((each.share, each.name, shown(law)) for law, found in panels.items() for each in found)
        said = f"The runs narrowed every parameter, least of all {shown(widest[1])} of {widest[2]}, "
        said += f"to {widest[0]:.0%} of its prior's 90% interval."
    if moved:
        _, name, law = max(moved)
        count = "1 median" if len(moved) == 1 else f"{len(moved)} medians"
        said += (
            f" {count} lie{'s' if len(moved) == 1 else ''} outside the prior's 90%, farthest {shown(name)} of {law}."
        )
    return said


def _draw(figure: Figure, panels: dict[str, list[Learned]], columns: int) -> None:
    rows = -(-len(panels) // columns)
    names = list(panels)
    heights = [max(len(panels[name]) for name in names[row * columns : (row + 1) * columns]) for row in range(rows)]
    total = figure.get_figheight()
    grid = figure.add_gridspec(
        rows, columns, height_ratios=heights, left=0.1, right=0.98, bottom=0.3 / total, top=1 - 0.3 / total,
        wspace=0.42, hspace=0.62 / (ROW * sum(heights) / rows),
    )  # fmt: skip
    first = None
    for index, name in enumerate(names):
        ax = figure.add_subplot(grid[index // columns, index % columns])
        handles = _panel(ax, panels[name], heights[index // columns], wide=columns == 1)
        ax.set_title(legend_name(name), loc="left", fontsize=10, fontweight="bold", pad=5)
        if index + columns >= len(names):
            ax.set_xlabel("Percentile of the prior")
        first = first or (ax, handles)
    assert first is not None
    ax, handles = first
    labels = ["prior 90%", "prior 50%", "posterior 90%", "posterior 50%"]
    lift = 1 + 0.26 / (ax.get_position().height * total)
    ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, lift), ncols=2 if columns == 1 else 4)


def _panel(ax: Axes, found: list[Learned], height: int, *, wide: bool) -> list[Any]:
    from scipy.special import ndtri

    handles: list[Any] = [
        ax.axvspan(float(ndtri(low)), float(ndtri(1 - low)), facecolor=color, edgecolor="none", zorder=0)
        for low, color in ((0.05, BANDS[0.9]), (0.25, BANDS[0.8]))
    ]
    ax.axvline(0, color=PAPER, linewidth=1.0, zorder=0.5)
    z = np.clip([each.z for each in found], -REACH, REACH)
    rows = np.arange(len(found))
    handles.append(ax.hlines(rows, z[:, 0], z[:, 4], color=INK, linewidth=1.2))
    handles.append(ax.hlines(rows, z[:, 1], z[:, 3], color=ACCENT, linewidth=4.5))
    here = np.array([abs(each.z[2]) < REACH for each in found])
    ax.plot(z[here, 2], rows[here], "o", color=ACCENT, markersize=4.6, markeredgecolor=PAPER, markeredgewidth=0.9)
    for row in rows[~here]:
        ax.plot(z[row, 2], row, ">" if z[row, 2] > 0 else "<", color=INK, markersize=5, clip_on=False)
    ax.set_yticks(range(len(found)), [shown(each.name, 14) for each in found])
    ax.set_ylim(height - 0.4, -0.6)
    ax.set_xlim(-REACH, REACH)
    ticks = (1, 5, 25, 50, 75, 95, 99) if wide else (5, 50, 95)
    ax.set_xticks([float(ndtri(tick / 100)) for tick in ticks], [f"{tick}" for tick in ticks])
    ax.spines["left"].set_visible(False)
    return handles


def _table(forecast: Forecast, found: dict[str, list[Learned]]) -> Table:
    rows = []
    for fit in forecast.fits:
        share = {shown(each.name): each.share for each in found[fit.law.name]}
        for name, _, before, median, after in parameter_table(fit).rows:
            rows.append((name, shown(fit.law.name), before, after, median, f"{times(100 * share[name])}%"))
    columns = ("Parameter", "Law", "90% before the data", "90% after", "Median after", "Width left")
    return Table("Parameters before and after the data", columns, tuple(rows), frozenset({"Law"}))
