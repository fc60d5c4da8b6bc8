"""Cheap stand-ins for what is slow to make: a table from a formula, a fit without a sampler."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecaster.backtests.baselines import BASELINES
from forecaster.backtests.folds import rolling_origins
from forecaster.backtests.result import Backtest
from forecaster.fits.design import references
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.density import FIRST_TRY
from forecaster.fits.verdict import Verdict
from forecaster.laws.law import Law
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs
from forecaster.stats.mixture import MASSES
from forecaster.stats.stacking import equal

HELD = {"chinchilla": 0.8, "coupled": 0.85, "mixture": 0.9, "naive-last": 0.2, "naive-line": 0.3}
"""Shares of hidden runs that a made-up track record's 90% ranges held, by method."""


def chinchilla_loss(N: Any, D: Any) -> Any:
    """The parametric loss of Besiroglu et al. 2024 (arXiv:2404.10102), nats."""
    return 1.8172 + 482.01 / N**0.3478 + 2085.43 / D**0.3658


def make_runs(
    *,
    sizes: int = 6,
    lengths: int = 5,
    noise: float = 0.002,
    seed: int = 1,
    loss: Callable[[Any, Any], Any] = chinchilla_loss,
    **columns: Any,
) -> Runs:
    """A grid of N from 10M to 3B by D from 1B to 100B, C = 6ND; more columns by name."""
    n, d = np.meshgrid(np.geomspace(1e7, 3e9, sizes), np.geomspace(1e9, 1e11, lengths))
    wobble = np.exp(noise * np.random.default_rng(seed).standard_normal(n.shape))
    table = pd.DataFrame({"N": n.ravel(), "D": d.ravel(), "loss": (loss(n, d) * wobble).ravel()})
    return read_runs(table.assign(**columns))


def make_fit(
    law: Law,
    runs: Runs,
    parameters: Mapping[str, Any] | None = None,
    *,
    spread: float = 0.02,
    draws: int = 250,
    chains: int = 4,
    seed: int = 1,
    **more: Any,
) -> Fit:
    """A fit whose draws are made up around given parameters, without PyMC.

    Args:
        law: any law.
        runs: a table with the law's inputs.
        parameters: sampled or natural ones by name, a number or an array (chain, draw); those not given
            stand at their prior's median. Natural ones given here win over those that follow from the
            sampled ones.
        spread: sd of the draws, on the sampler's coordinate of a sampled parameter and on the logarithm of a
            natural one. Arrays are taken as they are.
        draws: of each chain.
        chains: how many.
        seed: of the made-up draws.
        more: parameters too.
    """
    given = dict(parameters or {}) | more
    random = np.random.default_rng(seed)
    fixed = references(law, runs)
    values: dict[str, Any] = dict(fixed.values)

    def wobble() -> np.ndarray:
        return spread * random.standard_normal((chains, draws))

    for name, prior in law.priors.items():
        value = given.pop(name, None)
        if np.ndim(value) == 2:
            values[name] = np.asarray(value)
            continue
        centre = prior.quantile(0.5, values) if value is None else float(value)
        values[name] = prior.value(prior.coordinate(centre, values) + wobble(), values)
    sampled = {name: values[name] for name in law.priors}
    natural = law.complete(sampled, fixed.values, logs=fixed.log_centre)
    for name, value in given.items():
        assert name in law.parameters, f"{name} is no parameter of {law.name}"
        natural[name] = np.asarray(value) if np.ndim(value) == 2 else value * np.exp(wobble())
    shape = (chains, draws)
    posterior = {
        name: (("chain", "draw"), np.array(np.broadcast_to(value, shape)))
        for name, value in (natural | sampled).items()
    }
    statistics = {
        "diverging": (("chain", "draw"), np.zeros(shape, dtype=bool)),
        "n_steps": (("chain", "draw"), np.full(shape, 7)),
        "energy": (("chain", "draw"), random.standard_normal(shape)),
    }
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset(posterior), "sample_stats": xr.Dataset(statistics)})
    verdict = Verdict("pass", 1.0, float(chains * draws), 0)
    return Fit(law, runs, tree, seed, FIRST_TRY, verdict, {"compile": 0.0, "sample": 0.0})


def make_record(
    runs: Runs, held: Mapping[str, float], *, hidden: int = 40, farthest: float = 20.0, repeats: int = 1, **more: Any
) -> Backtest:
    """A track record made up: for each method the share of the hidden runs that its 90% range held.

    Args:
        runs: the table.
        held: by method.
        hidden: how many runs.
        farthest: the largest ratio.
        repeats: how many cuts hide each of them.
        more: of the record, such as review=1.
    """
    row = np.tile(np.arange(hidden), repeats)
    tables = []
    for index, (name, share) in enumerate(held.items()):
        inside = (row < round(share * hidden)).astype(float)
        columns = {"law": name, "pit": 0.5, "crps": 0.004 + 0.001 * index, "log_score": 2.0, "error": 0.01}
        columns |= {f"covered {100 * mass:g}": inside for mass in MASSES}
        columns |= {f"width {100 * mass:g}": 0.04 * mass for mass in MASSES}
        ratios = np.linspace(1.5, farthest, hidden)[row]
        tables.append(pd.DataFrame(columns | {"ratio": ratios, "cluster": [f"run {i}" for i in row], "shown": 15}))
    folds = rolling_origins(runs)
    laws = [name for name in held if name not in BASELINES and name != "mixture"]
    weights = tuple(equal(laws) for _ in folds)
    kept = {"basis": "extrapolation", "review": 0, "failed": 0} | more
    return Backtest(runs=runs, folds=folds, points=pd.concat(tables, ignore_index=True), weights=weights, **kept)


def same_draws(one: Fit, other: Fit) -> bool:
    """Whether two fits have the same draws, bit for bit."""
    return all(
        one.posterior[name].dtype == other.posterior[name].dtype
        and one.posterior[name].values.tobytes() == other.posterior[name].values.tobytes()
        for name in one.posterior.data_vars
    ) and one.draws["sample_stats"].to_dataset().equals(other.draws["sample_stats"].to_dataset())


def gamma_of(fit: Fit) -> np.ndarray:
    """The exponent along the compute-optimal path of a law of alpha and beta, shape (sample)."""
    alpha, beta = (fit.posterior[name].values.ravel() for name in ("alpha", "beta"))
    return np.asarray(alpha * beta / (alpha + beta))
