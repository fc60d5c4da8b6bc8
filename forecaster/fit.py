"""The verb fit: law + runs -> posterior. The only module that builds a PyMC model and runs a sampler.

`compile_density` is the seam for a faster density: whatever returns the same `Density` can replace it, and
`tests/test_fit.py` holds it against PyMC's own log probability.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from forecaster.cache import load_cached, save_cached
from forecaster.diagnosis import Verdict, better
from forecaster.errors import NotConverged
from forecaster.formula import FUNCTIONS, evaluate
from forecaster.law import Law
from forecaster.posterior import (
    FIRST_TRY,
    RETRY,
    Fit,
    References,
    Settings,
    column_of,
    is_count,
    link_of,
    references,
)
from forecaster.runs import Runs

Say = Callable[[str], None]

NO_START = (
    "the sampler finds no start, because the priors put the law where it has no finite value: "
    "see them with `forecaster laws`, and what they say of your table with `forecaster prior`"
)


@dataclass(frozen=True, eq=False)
class Density:
    """The log density of a law's sampled parameters and its gradient, compiled once for tables of any length.

    Args:
        coordinates: the sampler's coordinates, one for each sampled parameter, in order.
        value: coordinates (parameter), rows (column, run), fixed (reference) -> log density, gradient.
        model: what the sampler holds; data are put in with `_with_data`.
    """

    coordinates: tuple[str, ...]
    value: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[Any, Any]]
    model: Any


_densities: dict[tuple[str, tuple[str, ...], tuple[str, ...], bool], Density] = {}


def fit(
    law: Law,
    runs: Runs,
    *,
    seed: int = 1,
    settings: Settings = FIRST_TRY,
    held: References | None = None,
    cache: bool = True,
    retry: bool = True,
    say: Say | None = None,
) -> Fit:
    """Sample the posterior of a law's parameters given a table of runs, and judge the draws.

    The same law, runs and seed give the same draws on the same machine, with a cold or a warm cache and on any
    number of cores. Where the first try does not pass, one longer try is made and the better one returned.

    Args:
        law: what the shape is believed to be.
        runs: what was measured.
        seed: of the sampler, from 0 to 2**32 - 1.
        settings: of the first try.
        held: reference values in place of the table's own, as simulated tables need whose parameters were drawn
            around given ones; such a fit is neither cached nor saved.
        cache: look for an identical fit on disk first, and leave this one there.
        retry: whether to make the second try where needed.
        say: called with a line of progress now and then.

    Raises:
        RunsError: the table lacks an input of the law.
        NotConverged: the sampler could not start.
    """
    say = say or (lambda line: None)
    first = _fit_once(law, runs, seed=seed, settings=settings, held=held, cache=cache, say=say)
    if first.verdict.status == "pass" or not retry:
        return first
    say(f"{law.name}: {first.verdict.status} at the first try; sampling longer")
    second = refit(first, cache=cache, say=say)
    return first if better(first.verdict, second.verdict) else second


def refit(first: Fit, *, cache: bool = True, say: Say | None = None) -> Fit:
    """The longer second try: more tuning, target acceptance .99."""
    say = say or (lambda line: None)
    return _fit_once(first.law, first.runs, seed=first.seed, settings=RETRY, held=first.held, cache=cache, say=say)


def _fit_once(
    law: Law, runs: Runs, *, seed: int, settings: Settings, held: References | None, cache: bool, say: Say
) -> Fit:
    cache = cache and held is None
    if cache:
        found = load_cached(law, runs, seed=seed, settings=settings)
        if found is not None:
            say(f"{law.name}: fit found in the cache")
            return found
    fixed_values = held or references(law, runs)
    started = time.perf_counter()
    density = compile_density(law, known_errors=has_known_errors(runs), say=say)
    compiled = time.perf_counter()
    rows, fixed = density_data(law, runs, fixed_values)
    draws = _sample(density, law, rows, fixed, fixed_values, seed=seed, settings=settings, say=say)
    seconds = {"compile": compiled - started, "sample": time.perf_counter() - compiled}
    unjudged = Verdict("fail", float("inf"), 0.0, 0)
    made = Fit(law, runs, draws, seed, settings, unjudged, seconds, held)
    made = replace(made, verdict=made.judge(made.standing_quantities()))
    if cache:
        save_cached(made)
    return made


def density_data(law: Law, runs: Runs, fixed: References) -> tuple[np.ndarray, np.ndarray]:
    """The rows (column, run) and fixed values (reference) that a law's density takes.

    Rows are each input (its log where it is a count), d = log(C / C_max), the response on the scale of the law's link
    less that of L0 (log(loss / L0) for most laws), and, where the table knows them, the standard errors on that scale.
    Fixed values are each input's centre (its log where it is a count) and, last, what gives L0 and S0 back: log L0
    for a law on the log scale, L0 and S0 for another.
    """
    link = link_of(law, fixed)
    response = runs.column("loss")
    rows = []
    centres = []
    for name in law.inputs:
        column = runs.column(column_of(law, name, runs))
        rows.append(np.log(column) if is_count(law, name) else column)
        centres.append(fixed.log_centre[f"{name}0"] if is_count(law, name) else fixed.centre[f"{name}0"])
    rows.append(np.log(runs.column(runs.scale) / fixed.scale_largest))
    rows.append(np.log(response / fixed.level) if law.link == "log" else link.on(response) - link.on(fixed.level))
    if has_known_errors(runs):
        rows.append(link.error(response, runs.column("loss_se")))
    level = [np.log(fixed.level)] if law.link == "log" else [fixed.level, fixed.spread]
    return np.ascontiguousarray(rows), np.array([*centres, *level])


def has_known_errors(runs: Runs) -> bool:
    """Whether the table gives a standard error of the response that adds to the noise's scale."""
    return runs.has("loss_se") and bool((runs.column("loss_se") > 0).any())


def build_model(law: Law, rows: np.ndarray, fixed: np.ndarray, *, known_errors: bool = False) -> Any:
    """The PyMC model of a law, its data held in `pm.Data` so that another table can take their place.

    Args:
        law: any law.
        rows: from `density_data`.
        fixed: from `density_data`.
        known_errors: whether the last row holds standard errors of the response.
    """
    import pymc as pm
    import pytensor.tensor as pt

    functions = {name: getattr(pt, "switch" if name == "where" else name) for name in FUNCTIONS}
    with pm.Model(check_bounds=False) as model:
        row_data = pm.Data("rows", rows)
        fixed_data = pm.Data("fixed", fixed)
        values: dict[str, Any] = {}
        logs: dict[str, Any] = {}
        for i, name in enumerate(law.inputs):
            values[name], values[f"{name}0"] = row_data[i], fixed_data[i]
            if is_count(law, name):
                logs[name], logs[f"{name}0"] = row_data[i], fixed_data[i]
                values[name], values[f"{name}0"] = pt.exp(row_data[i]), pt.exp(fixed_data[i])
        level = fixed_data[len(law.inputs)]
        values["L0"] = pt.exp(level) if law.link == "log" else level
        if law.link != "log":
            values["S0"] = fixed_data[len(law.inputs) + 1]
        d, y = row_data[len(law.inputs)], row_data[len(law.inputs) + 1]
        for name, prior in law.priors.items():
            values[name] = prior.to_pymc(name, values, functions)
        evaluated = partial(evaluate, functions=functions, logs=logs)
        for name, formula in law.natural.items():
            values[name] = evaluated(formula, values)
        response = evaluated(law.formula, values)
        match law.link:
            case "log":
                mean = pt.log(response) - level
            case "own":
                mean = (response - level) / values["S0"]
            case "logit":
                mean = pt.log(response) - pt.log1p(-response) - pt.log(level) + pt.log1p(-level)
        scale = evaluated(law.noise.scale, {**values, "d": d}) + pt.zeros_like(d)
        if known_errors:
            scale = pt.sqrt(scale**2 + row_data[len(law.inputs) + 2] ** 2)
        if law.noise.nu is None:
            pm.Normal("y", mu=mean, sigma=scale, observed=y)
        else:
            pm.StudentT("y", nu=evaluated(law.noise.nu, values), mu=mean, sigma=scale, observed=y)
    return model


def compile_density(law: Law, *, known_errors: bool = False, say: Say | None = None) -> Density:
    """Compile a law's density once; later calls for the same law in this process return it at once.

    Args:
        law: any law.
        known_errors: whether tables come with standard errors of the response.
        say: called with a line of progress.
    """
    # The hash does not know the order of keys on the page, and the order of rows and coordinates follows it.
    key = (law.sha256, tuple(law.inputs), tuple(law.priors), known_errors)
    if key in _densities:
        return _densities[key]
    if say:
        say(f"compiling {law.name} (once)")

    import pytensor

    # Fast-math lets the compiler reorder sums, and a cold and a warm cache then take different paths for one seed.
    pytensor.config.numba__fastmath = False
    import pymc as pm
    import pytensor.tensor as pt
    from pytensor.graph import clone_replace

    columns = len(law.inputs) + (3 if known_errors else 2)
    constants = len(law.inputs) + (1 if law.link == "log" else 2)
    # Any values will do, as long as the expressions are defined.
    model = build_model(law, np.zeros((columns, 2)), np.full(constants, 0.5), known_errors=known_errors)
    names = tuple(variable.name for variable in model.free_RVs)
    point = pt.vector("point", shape=(len(names),))
    log_density = clone_replace(
        model.logp(), {v: point[i] for i, v in enumerate(model.value_vars)}, rebuild_strict=False
    )
    with model:
        function = pm.pytensorf.compile(
            [point], [log_density, pt.grad(log_density, point)], mode="NUMBA", on_unused_input="ignore"
        )
    order = [variable.name for variable in function.get_shared()]
    jitted = function.vm.jit_fn

    def value(x: np.ndarray, rows: np.ndarray, fixed: np.ndarray) -> tuple[Any, Any]:
        data = {"rows": rows, "fixed": fixed}
        result: tuple[Any, Any] = jitted(x, *(data[name] for name in order))
        return result

    _densities[key] = Density(names, value, _nutpie_model(jitted, order, names, columns, constants))
    return _densities[key]


def _nutpie_model(jitted: Any, order: list[str], names: tuple[str, ...], columns: int, constants: int) -> Any:
    """What nutpie samples from, around a jitted density.

    nutpie's own wrapper unpacks every shared variable generically and takes four times as long to compile; this one
    knows that there are two, and returns the sampler's coordinates untouched.
    """
    import numba
    from numba import carray, types
    from nutpie.compile_pymc import CompiledPyMCModel, address_as_void_pointer

    size = len(names)
    if order == ["rows", "fixed"]:

        @numba.njit(inline="always")
        def density(x, rows, fixed):  # type: ignore[no-untyped-def]
            return jitted(x, rows, fixed)

    else:

        @numba.njit(inline="always")
        def density(x, rows, fixed):  # type: ignore[no-untyped-def]
            return jitted(x, fixed, rows)

    def log_density(_size, x_, gradient_, value_, data_):  # type: ignore[no-untyped-def]
        data = carray(data_, (3,), np.uintp)
        rows = carray(address_as_void_pointer(data[0]), (columns, np.int64(data[2])), np.float64)
        fixed = carray(address_as_void_pointer(data[1]), (constants,), np.float64)
        value, gradient = density(carray(x_, (size,)), rows, fixed)
        value_[0] = value[()]
        finite = np.isfinite(value_[0])
        for i in range(size):
            gradient_[i] = gradient[i]
            finite = finite and np.isfinite(gradient[i])
        return 0 if finite else 3

    def expand(_size, _expanded, x_, out_, _data):  # type: ignore[no-untyped-def]
        for i in range(size):
            out_[i] = x_[i]
        return 0

    double = types.CPointer(types.double)
    return CompiledPyMCModel(
        dims={},
        compiled_logp_func=numba.cfunc(types.int64(types.uint64, double, double, double, types.voidptr))(log_density),
        compiled_expand_func=numba.cfunc(types.int64(types.uint64, types.uint64, double, double, types.voidptr))(
            expand
        ),
        initial_point_func=lambda seed: np.zeros(size),
        shared_data={},
        shared_var_keys={},
        user_data=np.zeros(3, dtype=np.uintp),
        n_expanded=size,
        shape_info=(list(names), [slice(i, i + 1) for i in range(size)], [() for _ in names]),
        logp_func=None,
        expand_func=None,
        _n_dim=size,
        _shapes=dict.fromkeys(names, ()),
        _coords={},
    )


def _with_data(density: Density, law: Law, rows: np.ndarray, fixed: np.ndarray, values: Mapping[str, float]) -> Any:
    def start(seed: int) -> np.ndarray:
        """The middle half of the prior: wide enough for R-hat to mean something, inside what is believable."""
        random = np.random.default_rng(seed)
        known: dict[str, Any] = dict(values)
        coordinates = []
        for name, prior in law.priors.items():
            known[name] = prior.quantile(random.uniform(0.25, 0.75), known)
            coordinates.append(float(prior.coordinate(known[name], known)))
        return np.array(coordinates)

    addresses = np.array([rows.ctypes.data, fixed.ctypes.data, rows.shape[1]], dtype=np.uintp)
    # The sampler reads the arrays through their addresses, so the model must keep them alive.
    return replace(
        density.model,
        user_data=addresses,
        shared_data={"rows": rows, "fixed": fixed},
        initial_point_func=start,
    )


def _sample(
    density: Density,
    law: Law,
    rows: np.ndarray,
    fixed: np.ndarray,
    fixed_values: References,
    *,
    seed: int,
    settings: Settings,
    say: Say,
) -> Any:
    import nutpie
    import xarray as xr

    started = time.perf_counter()
    said = started

    def progress(chains: Any) -> None:
        nonlocal said
        now = time.perf_counter()
        if now - said > 2:
            said = now
            done = sum(chain.finished_draws for chain in chains) / sum(chain.total_draws for chain in chains)
            say(f"sampling {law.name}: {done:.0%}, {now - started:.0f} s")

    model = _with_data(density, law, rows, fixed, fixed_values.values)
    # A sampler that finds no start brings the whole process down when it leaves.
    if not any(np.isfinite(density.value(model.initial_point_func(seed + i), rows, fixed)[0]) for i in range(20)):
        raise NotConverged(NO_START, where=law.name)
    try:
        sampler = nutpie.sample(
            model,
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            cores=min(settings.chains, os.cpu_count() or 1),
            seed=seed,
            adaptation="low_rank",
            target_accept=settings.target_accept,
            save_warmup=False,
            progress_bar=False,
            progress_callback=progress,
            blocking=False,
        )
        try:
            trace = sampler.wait()
        except BaseException:
            sampler.cancel()
            raise
    except RuntimeError:
        raise NotConverged(NO_START, where=law.name) from None
    thinned = trace.isel(draw=slice(None, None, settings.thin)) if settings.thin > 1 else trace
    values: dict[str, Any] = dict(fixed_values.values)
    for name, prior in law.priors.items():
        values[name] = prior.value(thinned["posterior"][name], values)
    sampled = {name: values[name] for name in law.priors}
    natural = law.complete(sampled, fixed_values.values, logs=fixed_values.log_centre)
    posterior = xr.Dataset(natural | sampled).reset_coords(drop=True)
    statistics = thinned["sample_stats"].to_dataset()[["diverging", "n_steps", "energy"]]
    # A divergence between two kept draws counts too.
    diverging = trace["sample_stats"]["diverging"].coarsen(draw=settings.thin).max()
    statistics["diverging"] = (statistics["diverging"].dims, diverging.values.astype(bool))
    return xr.DataTree.from_dict({"posterior": posterior.drop_attrs(), "sample_stats": statistics.drop_attrs()})
