"""The compute-optimal split: which N and D of a given compute reach the lowest loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.band import weighted_quantile
from forecaster.errors import ScenarioError
from forecaster.posterior import Fit

if TYPE_CHECKING:
    import xarray as xr

SPLITTING_LAWS = ("chinchilla", "farseer_lite")
"""Laws whose optimum is trusted: measured on isoFLOP optima, the coupled law is off by -0.43 in log N*."""

DRIFT_PER_EFOLD = 0.06
"""Standard deviation that log N* gains for each e-fold of compute beyond the largest run."""

REACH = 10.0
NODES = 25


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
    seed: int = 1,
) -> Split:
    """The pooled compute-optimal split of a budget.

    Every draw of every law is minimised over log N along C = 6ND (or as the table counts C), within ten times the
    runs' span stretched by the budget's distance. Where chinchilla or farseer_lite are among the fits, only those two
    speak.

    Args:
        fits: of laws with N and D.
        C: the budget, FLOP.
        weights: of the fits' laws; where those that speak here have none, they speak alike.
        others: what the laws read besides N and D.
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
            "C alone asks for the compute-optimal split, and no law here has both N and D; give N and D",
            where="point",
        )
    trusted = [fit for fit in able if fit.law.name in SPLITTING_LAWS] or able
    runs = trusted[0].runs
    flop = runs.flop_per_parameter_token
    stretch = max(1.0, C / float((flop * runs.column("N") * runs.column("D")).max()))
    lowest = np.log(
        max(
            runs.column("N").min() / REACH,
            C / (flop * runs.column("D").max() * REACH * stretch),
        )
    )
    highest = np.log(
        min(
            runs.column("N").max() * REACH * stretch,
            C / (flop * runs.column("D").min() / REACH),
        )
    )
    random = np.random.default_rng(seed)
    h = max(0.0, float(np.log(C / trusted[0].references.scale_largest)))
    optima = []
    edges = []
    for fit in trusted:
        log_N = _minimise(fit, C, lowest, highest, others)
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


def _minimise(
    fit: Fit, C: float, lowest: float, highest: float, others: Mapping[str, float] | None = None
) -> xr.DataArray:
    """Each draw's log N of least response: a grid over the whole range, then finer ones around its best."""
    import xarray as xr

    centre = xr.DataArray((lowest + highest) / 2)
    width = highest - lowest
    unit = xr.DataArray(np.linspace(-0.5, 0.5, NODES), dims="node")
    while width > 1e-4:
        log_N = (centre + width * unit).clip(lowest, highest)
        N = np.exp(log_N)
        inputs = {**(others or {}), "N": N, "D": C / (fit.runs.flop_per_parameter_token * N)}
        best = fit.linked_response(inputs).argmin("node")
        centre = log_N.isel(node=best)
        # The best node's neighbours bracket the optimum; one node more on each side forgives a flat valley.
        width = width * 4 / (NODES - 1)
    return centre
