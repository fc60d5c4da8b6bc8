"""Axes and markers of a table's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inputs import INPUTS
from forecaster.quantity import format_quantity
from forecaster.show.style import MARKERS, is_narrow, power_of_ten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecaster.runs.table import Runs


def label_scale(ax: Axes, runs: Runs, *, linear: bool = False) -> None:
    """Name and ticks of an x axis along a table's scale; its limits and its scale must be set.

    Args:
        ax: the axes.
        runs: the table.
        linear: whether the axis is linear, which is said.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

    name = runs.scale
    ax.set_xlabel(INPUTS[name].axis + (", linear scale" if linear else ""))
    low, high = ax.get_xlim()
    plain = FuncFormatter(lambda value, _: format_quantity(value))
    if linear:
        ax.xaxis.set_major_locator(MaxNLocator(4 if is_narrow(ax) else 6))
        ax.xaxis.set_major_formatter(plain)
    elif np.log10(high / low) < 1.5:
        powers = range(int(np.floor(np.log10(low))), int(np.log10(high)) + 2)
        ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
        ax.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
        ax.xaxis.set_major_formatter(plain)
    else:
        ax.xaxis.set_major_locator(LogLocator(numticks=5 if is_narrow(ax) else 9))
        ax.xaxis.set_major_formatter(FuncFormatter(power_of_ten) if name == "C" else plain)
    ax.xaxis.set_minor_locator(NullLocator())


def family_markers(runs: Runs) -> tuple[list[str], dict[str, str]]:
    """Each run's family, and a marker for each family; none where there is one family or too many to tell apart."""
    families = [str(family) for family in runs.table["family"]] if runs.has("family") else [""] * len(runs)
    names = sorted(set(families))
    return families, dict(zip(names, MARKERS, strict=False)) if 1 < len(names) <= len(MARKERS) else {}
