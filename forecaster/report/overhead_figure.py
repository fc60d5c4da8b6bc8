"""The overhead of a model's size: compute beyond the least for the same loss, inference counted and not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.decide.allocation import Allocation
from forecaster.decide.inference import Lifetime
from forecaster.decide.quantiles import quantiles
from forecaster.quantity import format_quantity
from forecaster.report.drawing import ACCENT, BANDS, DASHES, INK, new_axes, one_each, quantity_axis, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MASSES = (0.9, 0.5)
MOST_OVERHEAD = 2.0


def plot_overhead(allocation: Allocation, ax: Axes | None = None, *, budget: int = 0) -> Axes:
    """Compute beyond the least for the same loss over parameters, with the inference tokens and without.

    Args:
        allocation: with inference tokens.
        ax: where to draw; a new figure where not given.
        budget: which of the budgets, from 0.
    """
    each = allocation.budgets[budget]
    life = each.lifetime
    if life is None:
        raise ValueError("there is no overhead without inference tokens")
    with style():
        ax = ax or new_axes()
        ax.set_xscale("log")
        N = life.overhead.N
        lines = _overhead_lines(life)
        for mass in MASSES:
            low, high = lines[f"{mass:.0%} low"], lines[f"{mass:.0%} high"]
            ax.fill_between(N, low, np.minimum(high, 2 * MOST_OVERHEAD), color=BANDS[mass], linewidth=0,
                            label=f"{mass:.0%} range")  # fmt: skip
        ax.plot(N, lines["median"], color=ACCENT, linewidth=1.8, label=f"median, serving {life.tokens.text} tokens")
        ax.plot(N, lines["training only"], color=INK, linewidth=1.3, linestyle=DASHES[1], label="median, serving none")
        top = MOST_OVERHEAD
        if life.here is not None:
            here = float(life.here.N[0])
            ax.axvline(here, color=INK, linewidth=0.8, linestyle=(0, (5, 3)))
            middle = quantiles(1 + life.here.lifetime[..., 0], life.weights, 0.5)[0]
            said = "beyond reach" if middle is None else f"+{100 * (middle - 1):.0f}%"
            right = here > np.sqrt(N[0] * N[-1])
            ax.annotate(
                f"you are here:\n{format_quantity(here)}, {said}",
                (here, 0.97 * top),
                (-6 if right else 6, 0),
                textcoords="offset points",
                ha="right" if right else "left",
                va="top",
                fontweight="bold",
            )
        ax.set_xlim(N[0], N[-1])
        ax.set_ylim(0, top)
        ax.set_xlabel("Parameters")
        quantity_axis(ax.xaxis)
        ax.set_ylabel("Extra compute for the same loss (%)")
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
        ax.grid(axis="y")
        ax.legend(*one_each(ax), loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=2)
    return ax


def _overhead_lines(life: Lifetime) -> dict[str, np.ndarray]:
    """The overhead's quantiles over parameters; beyond any amount where a range has no end."""
    p = {"90% low": 0.05, "50% low": 0.25, "median": 0.5, "50% high": 0.75, "90% high": 0.95}

    def along(draws: np.ndarray, share: float) -> np.ndarray:
        found = [quantiles(1 + draws[..., i], life.weights, share)[0] for i in range(draws.shape[-1])]
        return np.array([np.inf if each is None else each - 1 for each in found])

    lines = {name: along(life.overhead.lifetime, share) for name, share in p.items()}
    return lines | {"training only": along(life.overhead.training, 0.5)}
