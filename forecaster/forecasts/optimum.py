"""The compute-optimal split: which N and D of a given compute reach the best response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import numpy as np

from forecaster.errors import ScenarioError
from forecaster.fits.posterior import Fit
from forecaster.runs.table import Runs
from forecaster.stats.mixture import weighted_quantile

if TYPE_CHECKING:
    import xarray as xr

SPLITTING_LAWS = ("chinchilla", "farseer_lite")
"""Laws whose optimum is trusted: measured on isoFLOP optima, the coupled law is off by -0.43 in log N*."""

DRIFT_PER_EFOLD = 0.06
"""Standard deviation that log N* gains for each e-fold of compute beyond the largest run."""

REACH = 10.0

NODES = 25

STEPS = (0.15, 0.02, 0.005)
"""Half-widths in log N of the last three parabolas, each well inside the error of the one before."""


@dataclass(frozen=True)
class Split:
    """The optimum of one compute budget, pooled over laws.

    Args:
        C: the budget, FLOP, counted as the table counts it.
        flop: what the table counts as one parameter's work on one token, FLOP.
        log_N: draws of log N*, dims (law, sample).
        weights: of the laws, summing to one.
        at_edge: share of draws whose optimum lies at the edge of what was searched.
    """

    C: float
    flop: float
    log_N: xr.DataArray
    weights: Mapping[str, float]
    at_edge: float

    @property
    def N(self) -> float:
        """Median of N*, parameters."""
        weights = np.array([self.weights[str(name)] for name in self.log_N["law"].values])
        return float(np.exp(weighted_quantile(self.log_N.values, 0.5, weights)))

    @property
    def D(self) -> float:
        """Median of D*, tokens."""
        return self.C / (self.flop * self.N)


def optimal_split(
    fits: Sequence[Fit],
    C: float,
    *,
    weights: Mapping[str, float],
    others: Mapping[str, float] | None = None,
    speaking: Sequence[str] | None = None,
    seed: int = 1,
) -> Split:
    """The pooled compute-optimal split of a budget.

    Every draw of every law is minimised over log N along C = 6ND (or as the table counts C), within ten times the
    runs' span stretched by the budget's distance. Where chinchilla or farseer_lite are among the fits, only those two
    speak, unless others are named.

    Args:
        fits: of laws with N and D.
        C: the budget, FLOP.
        weights: of the fits' laws; where those that speak here have none, they speak alike.
        others: what the laws read besides N and D.
        speaking: names of the laws that speak, in place of that rule.
        seed: of the random drift.

    Raises:
        ScenarioError: no fit has both N and D.
    """
    import xarray as xr

    able = [fit for fit in fits if {"N", "D"} <= set(fit.law.inputs)]
    others = others or {}
    able = [fit for fit in able if set(fit.law.inputs) <= {"N", "D", *others}] or able
    if not able:
        raise ScenarioError(
            "C alone asks for the compute-optimal split, and no law here has both N and D; give N and D", where="point"
        )
    trusted = [fit for fit in able if fit.law.name in (speaking or SPLITTING_LAWS)] or able
    runs = trusted[0].runs
    flop = runs.flop_per_parameter_token
    lowest, highest = searched_range(runs, C)
    random = np.random.default_rng(seed)
    h = max(0.0, float(np.log(C / trusted[0].references.scale_largest)))
    optima = []
    edges = []
    for fit in trusted:
        log_N = minimise_along(fit, C, others)
        edges.append(float(((log_N < lowest + 1e-3) | (log_N > highest - 1e-3)).mean()))
        flat = log_N.values.ravel()
        optima.append(flat + DRIFT_PER_EFOLD * h * random.standard_normal(flat.shape))
    names = [fit.law.name for fit in trusted]
    total = sum(weights[name] for name in names)
    # All weight may lie on laws that are not trusted here; these then speak alike.
    shares = {name: weights[name] / total if total > 0 else 1 / len(names) for name in names}
    return Split(
        C=C,
        flop=flop,
        log_N=xr.DataArray(np.stack(optima), dims=("law", "sample"), coords={"law": names}),
        weights=shares,
        at_edge=sum(shares[name] * edge for name, edge in zip(names, edges, strict=True)),
    )


_minima: WeakKeyDictionary[Fit, dict[tuple[Any, ...], xr.DataArray]] = WeakKeyDictionary()
"""What was minimised, for as long as its fit is held by someone."""


def minimise_along(fit: Fit, C: float, others: Mapping[str, float] | None = None) -> xr.DataArray:
    """Each draw's log N of best response on a budget, without drift, dims (chain, draw); computed once.

    Args:
        fit: of a law with N and D.
        C: the budget, FLOP.
        others: what the law reads besides N and D.
    """
    read = {name: value for name, value in (others or {}).items() if name in fit.law.inputs}
    known = _minima.setdefault(fit, {})
    key = (C, *sorted(read.items()))
    if key not in known:
        known[key] = _minimise(fit, C, *searched_range(fit.runs, C), read)
    return known[key]


def searched_range(runs: Runs, C: float) -> tuple[float, float]:
    """Ends of log N that are searched: ten times the runs' span, stretched by the budget's distance."""
    flop = runs.flop_per_parameter_token
    stretch = max(1.0, C / float((flop * runs.column("N") * runs.column("D")).max()))
    lowest = max(runs.column("N").min() / REACH, C / (flop * runs.column("D").max() * REACH * stretch))
    highest = min(runs.column("N").max() * REACH * stretch, C / (flop * runs.column("D").min() / REACH))
    return float(np.log(lowest)), float(np.log(highest))


def _minimise(fit: Fit, C: float, lowest: float, highest: float, others: Mapping[str, float]) -> xr.DataArray:
    """Each draw's log N of best response: in closed form, or by a grid over the whole range and parabolas."""
    import xarray as xr

    exact = _closed_form(fit, C)
    if exact is not None:
        return exact.clip(lowest, highest)

    # A column of draws by a row of nodes; xarray's own bookkeeping would cost more than the arithmetic.
    draws = {name: values[:, None] for name, values in fit.flat_draws().items()}
    product = C / fit.runs.flop_per_parameter_token
    sign = -1.0 if fit.runs.improves_upward else 1.0

    def response(log_N: np.ndarray) -> np.ndarray:
        N = np.exp(log_N)
        return sign * np.asarray(fit.design.response(draws, {**others, "N": N, "D": product / N}))

    sizes = fit.posterior.sizes
    shape = (sizes["chain"], sizes["draw"])
    grid = np.linspace(lowest, highest, NODES)[None, :]
    centre = grid[0, np.broadcast_to(response(grid), (shape[0] * shape[1], NODES)).argmin(axis=1)][:, None]
    for step in ((highest - lowest) / (NODES - 1), *STEPS):
        below, here, above = np.moveaxis(response(centre + step * np.array([-1.0, 0.0, 1.0])), -1, 0)
        bend = below - 2 * here + above
        with np.errstate(divide="ignore", invalid="ignore"):
            vertex = np.where(bend > 0, (below - above) / (2 * bend), np.sign(below - above))
        # Where the three do not bend upwards the lowest lies at the nearer end.
        centre = np.clip(centre + step * np.clip(np.nan_to_num(vertex), -1, 1)[:, None], lowest, highest)
    return xr.DataArray(centre.reshape(shape), dims=("chain", "draw"))


def _closed_form(fit: Fit, C: float) -> xr.DataArray | None:
    """Each draw's log N of least response where calculus gives it; None for other laws.

    Source: Hoffmann et al. 2022, arXiv:2203.15556, equation 4; for the coupled law the same derivative set to zero.
    """
    draws, log_product = fit.posterior, float(np.log(C / fit.runs.flop_per_parameter_token))

    def log(name: str) -> xr.DataArray:
        return cast("xr.DataArray", np.log(draws[name]))

    with np.errstate(invalid="ignore", divide="ignore"):
        match fit.law.formula.text:
            case "E + A / N**alpha + B / D**beta" | "A / N**alpha + B / D**beta":
                alpha, beta = draws["alpha"], draws["beta"]
                slope = log("alpha") + log("A") - log("beta") - log("B")
                found = (slope + beta * log_product) / (alpha + beta)
            case "E + T * (R / N**(alpha / beta) + 1 / D)**beta":
                ratio = draws["alpha"] / draws["beta"]
                found = (log("alpha") - log("beta") + log("R") + log_product) / (1 + ratio)
            case _:
                return None
    # A prior that lets a term be negative leaves draws without a logarithm.
    return found if bool(np.isfinite(found).all()) else None
