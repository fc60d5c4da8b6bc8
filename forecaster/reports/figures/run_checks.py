"""What the laws say of the table's own runs, before the data and after, for figures that hold them against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.fits.design import column_of
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import curve_and_scale, with_known_errors
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import is_count
from forecaster.runs.table import Runs
from forecaster.stats.link import Link
from forecaster.stats.mixture import quantiles_by_point
from forecaster.stats.student import stratified_student

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast

DRAWS = 1000
"""Of each law, posterior and prior."""

MOST_RUNS = 1000
"""Runs that are looked at; of more, evenly spaced ones in the order of scale."""

AT_ONCE = 250

Ends = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class CheckedRuns:
    """The runs of a table with what the mixed laws say of each; all on the scale of the link, shape (run).

    Args:
        runs: those looked at, in rising order of scale.
        rows: where each stands in the whole table, from 0.
        link: the scale of the arrays.
        observed: the responses measured.
        curve: the laws' median curve.
        noise: ends of the 90% range of run-to-run noise around the curve.
        after: ends of the posterior predictive 90% range.
        before: ends of the prior predictive 90% range; not a number where the priors give no response.
    """

    runs: Runs
    rows: np.ndarray
    link: Link
    observed: np.ndarray
    curve: np.ndarray
    noise: Ends
    after: Ends
    before: Ends

    def inside(self, ends: Ends) -> np.ndarray:
        """Which runs lie within some ends, shape (run)."""
        return np.asarray((ends[0] <= self.observed) & (self.observed <= ends[1]))


def checked_runs(forecast: Forecast) -> CheckedRuns:
    """Ask the laws, mixed by their weights, of the table's own runs.

    Args:
        forecast: whose laws and table.
    """
    order = np.argsort(forecast.runs.column(forecast.runs.scale), kind="stable")
    rows = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST_RUNS)).round().astype(int))]
    runs = _rows(forecast.runs, rows)
    weights = np.array([forecast.weights[fit.law.name] for fit in forecast.fits])
    thin = [_thinned(fit) for fit in forecast.fits]
    priors = [fit.law.draw_priors(fit.references.values, draws=DRAWS, seed=1) for fit in thin]
    middle, outer = (0.5,), (0.05, 0.95)
    parts: list[np.ndarray] = []
    for start in range(0, len(runs), AT_ONCE):
        part = _rows(runs, np.arange(start, min(start + AT_ONCE, len(runs))))
        after = [_after(fit, part) for fit in thin]
        count = min(len(curve) for curve, _ in after)
        curves, noises = (np.stack([draws[:count] for draws in each]) for each in zip(*after, strict=True))
        before = np.stack([_before(fit, prior, part) for fit, prior in zip(thin, priors, strict=True)])
        found = (
            quantiles_by_point(curves, middle, weights),
            quantiles_by_point(noises, outer, weights),
            quantiles_by_point(curves + noises, outer, weights),
            quantiles_by_point(before, outer, weights),
        )
        parts.append(np.concatenate(found))
    curve, low, high, *rest = np.concatenate(parts, axis=1)
    link = forecast.fits[0].link
    return CheckedRuns(
        runs=runs, rows=rows, link=link, observed=np.asarray(link.on(runs.column("loss"))), curve=curve,
        noise=(curve + low, curve + high), after=(rest[0], rest[1]), before=(rest[2], rest[3]),
    )  # fmt: skip


def counted(forecast: Forecast, count: int) -> str:
    """How many runs were looked at, in words."""
    whole = len(forecast.runs)
    return f"{count:,} runs" if count == whole else f"{count:,} runs evenly spaced among all {whole:,}"


def whose(forecast: Forecast) -> str:
    """The laws that speak, in the genitive."""
    return "the law's" if len(forecast.fits) == 1 else "the laws' mixed"


def _rows(runs: Runs, rows: np.ndarray) -> Runs:
    places = tuple(runs.place(int(row)) for row in rows)
    return replace(runs, table=runs.table.iloc[rows].reset_index(drop=True), places=places)


def _thinned(fit: Fit) -> Fit:
    """The fit with about `DRAWS` of its draws, evenly spaced."""
    import xarray as xr

    posterior = fit.posterior
    step = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // DRAWS)
    thin = posterior.isel(draw=slice(None, None, step))
    return replace(fit, draws=xr.DataTree.from_dict({"posterior": thin}))


def _ratio(fit: Fit, runs: Runs) -> np.ndarray:
    return np.asarray(runs.column(runs.scale) / fit.references.scale_largest)


def _inputs(fit: Fit, runs: Runs) -> dict[str, Any]:
    return {name: runs.column(column_of(fit.law, name, runs)) for name in fit.law.inputs}


def _after(fit: Fit, runs: Runs) -> tuple[np.ndarray, np.ndarray]:
    """The law's curve and noise at each run after the data, each of shape (sample, run)."""
    m, scale = curve_and_scale(fit, _inputs(fit, runs), _ratio(fit, runs))
    unit = stratified_student(fit.degrees_of_freedom().values.ravel()[: len(m)], len(m), seed=1)
    return m[:DRAWS], (with_known_errors(scale, fit, runs) * unit[:, None])[:DRAWS]


def _before(fit: Fit, prior: Mapping[str, np.ndarray], runs: Runs) -> np.ndarray:
    """The response at each run before the data, shape (sample, run); not finite where the priors give none."""
    law, fixed = fit.law, fit.references
    values: dict[str, Any] = {**fixed.values, **{name: draws[:, None] for name, draws in prior.items()}}
    inputs = _inputs(fit, runs)
    logs: dict[str, Any] = {name: np.log(x) for name, x in inputs.items() if is_count(law, name)}
    nu = np.inf if law.noise.nu is None else evaluate(law.noise.nu, {**fixed.values, **prior})
    unit = stratified_student(nu, DRAWS, seed=2)[:, None]
    with np.errstate(all="ignore"):
        curve = fit.link.on(evaluate(law.formula, values | inputs, logs=logs | dict(fixed.log_centre)))
        scale = evaluate(law.noise.scale, values | {"d": np.log(_ratio(fit, runs))})
        response = curve + with_known_errors(np.broadcast_to(scale, (DRAWS, len(runs))), fit, runs) * unit
    return np.asarray(np.broadcast_to(response, (DRAWS, len(runs))))
