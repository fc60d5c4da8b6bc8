"""Figures of an allocation: isoFLOP curves with the optimum, and the optimum's path over compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.decide.allocation.lifetime import Lifetime
from forecaster.decide.allocation.result import Allocated, Allocation, others_of
from forecaster.fits.posterior import Fit, thinned
from forecaster.fits.predict import predict
from forecaster.forecasts.result import Forecast
from forecaster.inputs import INPUTS
from forecaster.quantity import TYPED, format_quantity
from forecaster.runs.text import metric
from forecaster.show.style import (
    ACCENT,
    BANDS,
    DASHES,
    INK,
    MUTED,
    PAPER,
    SHADE,
    label_scale,
    new_axes,
    one_each,
    quantity_axis,
    style,
)
from forecaster.show.table import sentence_case
from forecaster.stats.mixture import quantiles, weighted_quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVE_NODES = 33

CURVE_DRAWS = 1_000

MASSES = (0.9, 0.5)


def plot_isoflop(allocation: Allocation, ax: Axes | None = None) -> Axes:
    """The loss over parameters at each budget with its 50 and 90% range, the runs, and the optimum of every budget.

    Two of the table's own budgets are drawn as well, so that the curves can be seen beside runs.

    Args:
        allocation: what to show.
        ax: where to draw; a new figure where not given.
    """
    with style():
        ax = ax or new_axes()
        answer = allocation.forecast
        ax.set_xscale("log")
        few = [thinned(fit, CURVE_DRAWS) for fit in answer.fits]
        shown = [(each.C, each) for each in allocation.budgets]
        lowest, highest = np.inf, -np.inf
        for budget, each in [*((C, None) for C in _own_budgets(allocation)), *shown]:
            low, high = _isoflop(ax, allocation, few, budget, each)
            lowest, highest = min(lowest, low), max(highest, high)
        _draw_optima(ax, allocation, few)
        runs = answer.runs
        ax.plot(runs.column("N"), runs.column("loss"), "o", markersize=3.2, color=INK, markerfacecolor="none",
                markeredgewidth=0.7, linestyle="none", label="runs", zorder=2)  # fmt: skip
        highest = max(highest, float(np.quantile(runs.column("loss"), 0.9)))
        span = highest - lowest
        ax.set_ylim(lowest - 0.08 * span, highest + 0.1 * span)
        ax.set_xlabel("Parameters")
        quantity_axis(ax.xaxis)
        ax.set_ylabel(sentence_case(metric(runs)))
        ax.grid(axis="y")
        ax.legend(*one_each(ax), loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=3)
    return ax


def plot_path(allocation: Allocation, ax: Axes | None = None) -> Axes:
    """The compute-optimal parameters over compute, pooled with its 50 and 90% range and law by law, with the runs."""
    with style():
        ax = ax or new_axes()
        path, runs = allocation.path, allocation.forecast.runs
        C = np.array([split.C for split in path])
        weights = np.array([path[0].weights[str(name)] for name in path[0].log_N["law"].values])
        ax.set_xscale("log")
        ax.set_yscale("log")
        for mass in MASSES:
            ends = np.exp([weighted_quantile(s.log_N.values, [(1 - mass) / 2, (1 + mass) / 2], weights) for s in path])
            ax.fill_between(C, *ends.T, color=BANDS[mass], linewidth=0, label=f"{mass:.0%} range")
        for name, line in zip(path[0].log_N["law"].values, DASHES[1:], strict=False):
            middle = [float(np.exp(np.median(split.log_N.sel(law=name).values))) for split in path]
            ax.plot(C, middle, color=INK, linewidth=1.0, linestyle=line, label=str(name))
        ax.plot(C, [split.N for split in path], color=ACCENT, linewidth=1.8, label="median")
        ax.plot(runs.column("C"), runs.column("N"), "o", markersize=3.2, color=MUTED, markerfacecolor="none",
                markeredgewidth=0.7, linestyle="none", label="runs", zorder=1.5)  # fmt: skip
        for each in allocation.budgets:
            ax.plot([each.C, each.C], each.interval(0.9), color=ACCENT, linewidth=2.0, solid_capstyle="butt")
            ax.plot(each.C, each.median(), "o", color=ACCENT, markersize=8, markeredgecolor=PAPER, zorder=4)
            ax.annotate(format_quantity(each.median()), (each.C, each.interval(0.9)[1]), (0, 5),
                        textcoords="offset points", ha="center", fontweight="bold", color=ACCENT)  # fmt: skip
        ax.axvspan(float(runs.column("C").max()), ax.get_xlim()[1], facecolor=SHADE, edgecolor="none", zorder=0)
        ax.set_xlim(C[0], C[-1])
        bottom, top = ax.get_ylim()
        ax.set_ylim(bottom, 1.6 * top)
        label_scale(ax, INPUTS["C"])
        ax.set_ylabel("Compute-optimal parameters")
        quantity_axis(ax.yaxis)
        ax.grid(axis="y")
        ax.legend(*one_each(ax), loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=3)
    return ax


def _isoflop(
    ax: Axes, allocation: Allocation, few: Sequence[Fit], budget: float, each: Allocated | None
) -> tuple[float, float]:
    """One budget's valley; returns the lowest and the highest value that must be in view."""
    answer = allocation.forecast
    if each is None:
        near = min(allocation.path, key=lambda split: abs(np.log(split.C / budget)))
        centre, half = near.N * (budget / near.C) ** 0.5, np.log(8.0)
    else:
        low, high = each.interval(0.95)
        centre, half = each.median(), max(np.log(high / each.median()), np.log(each.median() / low)) + np.log(2.0)
    N = centre * np.exp(np.linspace(-half, half, CURVE_NODES))
    rule = answer.runs.flop_per_parameter_token
    others = others_of(allocation.budgets[0].point.at)
    at = {"N": N, "D": budget / (rule * N), "C": np.full_like(N, budget)}
    at |= {name: np.full_like(N, value) for name, value in others.items()}
    draws = _without_noise(answer, at, few)
    p = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    link, weights = answer.ensemble.link, answer.ensemble.shares
    bands = link.back(weighted_quantile(draws, p, weights)).T
    strong = each is not None
    ax.fill_between(N, bands[:, 0], bands[:, 4], color=BANDS[0.9], linewidth=0, label="90% range", zorder=1)
    ax.fill_between(N, bands[:, 1], bands[:, 3], color=BANDS[0.5], linewidth=0, label="50% range", zorder=1.1)
    color = ACCENT if strong else MUTED
    ax.plot(N, bands[:, 2], color=color, linewidth=1.8 if strong else 1.1, label="median" if strong else "", zorder=3)
    side = -1
    said = format_quantity(budget, "FLOP", digits=TYPED)
    ax.annotate(said, (N[side], bands[side, 2]), (4, 0), textcoords="offset points", va="center",
                color=color, fontsize=9.5, annotation_clip=False)  # fmt: skip
    if each is not None:
        level = float(np.interp(np.log(each.median()), np.log(N), bands[:, 2]))
        ax.plot(each.interval(0.9), [level, level], color=INK, linewidth=2.0, solid_capstyle="butt", zorder=4)
        ax.plot(each.median(), level, "o", color=INK, markersize=7, markeredgecolor=PAPER, zorder=5)
        ax.annotate(format_quantity(each.median()), (each.median(), float(bands[:, 0].min())), (0, -4),
                    textcoords="offset points", ha="center", va="top", fontweight="bold", color=ACCENT)  # fmt: skip
    return float(bands[:, 0].min()), float(bands[:, 3].max())


def _draw_optima(ax: Axes, allocation: Allocation, few: Sequence[Fit]) -> None:
    """The loss at the compute-optimal split from budget to budget."""
    path, answer = allocation.path, allocation.forecast
    at = {"N": np.array([s.N for s in path]), "D": np.array([s.D for s in path]), "C": np.array([s.C for s in path])}
    at |= {name: np.full(len(path), value) for name, value in others_of(allocation.budgets[0].point.at).items()}
    loss = answer.ensemble.link.back(weighted_quantile(_without_noise(answer, at, few), 0.5, answer.ensemble.shares))
    ax.plot(at["N"], loss, color=INK, linewidth=1.0, linestyle=DASHES[2], label="optimum over compute", zorder=3.5)


def _without_noise(answer: Forecast, at: Mapping[str, np.ndarray], few: Sequence[Fit]) -> np.ndarray:
    """Draws of the response on the link, with the extrapolation term, from thinned fits, shape (law, sample, point)."""
    ensemble = replace(answer.ensemble, fits=tuple(few))
    return predict(ensemble, at, term=answer.extrapolation, seed=answer.seed).without_noise


def _own_budgets(allocation: Allocation) -> list[float]:
    """Two budgets inside the table, two fifths and nearly all of the way up its range."""
    C = np.log(allocation.forecast.runs.column("C"))
    return [float(np.exp(np.quantile([C.min(), C.max()], share))) for share in (0.4, 0.9)]


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
                f"you are here:\n{format_quantity(here, digits=TYPED)}, {said}",
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
