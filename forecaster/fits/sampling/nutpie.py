"""Sampling by nutpie."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import NotConverged, Say
from forecaster.fits.design import Design
from forecaster.fits.sampling.cores import cores
from forecaster.fits.sampling.density import Density, Settings

if TYPE_CHECKING:
    import xarray as xr

NO_START = (
    "the sampler finds no start, because the priors put the law where it has no finite value: "
    "see them with `forecaster laws`, and what they say of your table with `forecaster prior`"
)


def nutpie_model(jitted: Any, order: list[str], names: tuple[str, ...], columns: int, constants: int) -> Any:
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


Data = tuple[np.ndarray, np.ndarray]
"""Rows (column, run) and fixed values (reference), as `Design.density_data` gives them."""


def _with_data(density: Density, design: Design, data: Data) -> Any:
    def start(seed: int) -> np.ndarray:
        """The middle half of the prior: wide enough for R-hat to mean something, inside what is believable."""
        random = np.random.default_rng(seed)
        known: dict[str, Any] = dict(design.references.values)
        coordinates = []
        for name, prior in design.law.priors.items():
            known[name] = prior.quantile(random.uniform(0.25, 0.75), known)
            coordinates.append(float(prior.coordinate(known[name], known)))
        return np.array(coordinates)

    rows, fixed = data
    addresses = np.array([rows.ctypes.data, fixed.ctypes.data, rows.shape[1]], dtype=np.uintp)
    # The sampler reads the arrays through their addresses, so the model must keep them alive.
    return replace(
        density.model, user_data=addresses, shared_data={"rows": rows, "fixed": fixed}, initial_point_func=start
    )


def sample(density: Density, design: Design, data: Data, *, seed: int, settings: Settings, say: Say) -> xr.DataTree:
    """Draws of a law's posterior: groups `posterior` and `sample_stats`, as of `Fit.draws`.

    Args:
        density: of the law.
        design: the law on the table.
        data: of the table.
        seed: of the sampler.
        settings: how long, how many chains.
        say: called with a line of progress now and then.

    Raises:
        NotConverged: the sampler could not start.
    """
    model = _with_data(density, design, data)
    # A sampler that finds no start brings the whole process down when it leaves.
    if not any(np.isfinite(density.value(model.initial_point_func(seed + i), *data)[0]) for i in range(20)):
        raise NotConverged(NO_START, where=design.law.name)
    try:
        trace = _run(model, seed=seed, settings=settings, progress=_progress(design.law.name, say))
    except RuntimeError:
        raise NotConverged(NO_START, where=design.law.name) from None
    return _as_draws(trace, design, thin=settings.thin)


def _progress(name: str, say: Say) -> Callable[[Any], None]:
    started = time.perf_counter()
    said = started

    def progress(chains: Any) -> None:
        nonlocal said
        now = time.perf_counter()
        if now - said > 2:
            said = now
            done = sum(chain.finished_draws for chain in chains) / sum(chain.total_draws for chain in chains)
            say(f"sampling {name}: {done:.0%}, {now - started:.0f} s")

    return progress


def _run(model: Any, *, seed: int, settings: Settings, progress: Callable[[Any], None]) -> Any:
    import nutpie

    sampler = nutpie.sample(
        model,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=min(settings.chains, cores()),
        seed=seed,
        adaptation="low_rank",
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=False,
        progress_callback=progress,
        blocking=False,
    )
    try:
        return sampler.wait()
    except BaseException:
        sampler.cancel()
        raise


def _as_draws(trace: Any, design: Design, *, thin: int) -> xr.DataTree:
    """Every sampled and natural parameter from the sampler's coordinates."""
    import xarray as xr

    thinned = trace.isel(draw=slice(None, None, thin)) if thin > 1 else trace
    values: dict[str, Any] = dict(design.references.values)
    for name, prior in design.law.priors.items():
        values[name] = prior.value(thinned["posterior"][name], values)
    sampled = {name: values[name] for name in design.law.priors}
    posterior = xr.Dataset(design.complete(sampled) | sampled).reset_coords(drop=True)
    statistics = thinned["sample_stats"].to_dataset()[["diverging", "n_steps", "energy"]]
    # A divergence between two kept draws counts too.
    diverging = trace["sample_stats"]["diverging"].coarsen(draw=thin).max()
    statistics["diverging"] = (statistics["diverging"].dims, diverging.values.astype(bool))
    return xr.DataTree.from_dict({"posterior": posterior.drop_attrs(), "sample_stats": statistics.drop_attrs()})
