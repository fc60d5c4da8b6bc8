"""Sampling by nutpie."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import NotConverged, Say
from forecaster.fits.design import Design
from forecaster.fits.sampling.cores import cores
from forecaster.fits.sampling.density import Settings, TableDensity

if TYPE_CHECKING:
    import xarray as xr

NO_START = (
    "the sampler finds no start, because the priors put the law where it has no finite value: "
    "see them with `forecaster laws`, and what they say of your table with `forecaster prior`"
)


@cache
def library() -> Any:
    """nutpie's compiled part.

    Its package imports ArviZ, PyMC's compiler and Stan's, which takes longer than the sampling. Where the part cannot
    be loaded alone, it is imported with all of them.
    """
    if "nutpie._lib" in sys.modules:
        return sys.modules["nutpie._lib"]
    try:
        return _loaded_alone("nutpie", "nutpie._lib")
    except (ImportError, AttributeError):
        sys.modules.pop("nutpie._lib", None)
        from nutpie import _lib

        return _lib


def _loaded_alone(package: str, name: str) -> Any:
    """A module of a package, loaded without the package's own imports."""
    place = importlib.util.find_spec(package)
    found = importlib.machinery.PathFinder.find_spec(name, place.submodule_search_locations if place else None)
    if found is None or found.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(found)
    # Under its own name, so that a later import of the package finds it: it cannot be loaded twice.
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def sample(density: TableDensity, design: Design, *, seed: int, settings: Settings, say: Say) -> xr.DataTree:
    """Draws of a law's posterior: groups `posterior` and `sample_stats`, as of `Fit.draws`.

    Args:
        density: of the law on the table.
        design: the law on the table.
        seed: of the sampler.
        settings: how long, how many chains.
        say: called with a line of progress now and then.

    Raises:
        NotConverged: the sampler could not start.
    """

    def start(seed: int) -> np.ndarray:
        """The middle half of the prior: wide enough for R-hat to mean something, inside what is believable."""
        random = np.random.default_rng(seed)
        known: dict[str, Any] = dict(design.references.values)
        coordinates = []
        for name, prior in design.law.priors.items():
            known[name] = prior.quantile(random.uniform(0.25, 0.75), known)
            coordinates.append(float(prior.coordinate(known[name], known)))
        return np.array(coordinates)

    # A sampler that finds no start brings the whole process down when it leaves.
    if not any(np.isfinite(density.value(start(seed + i))[0]) for i in range(20)):
        raise NotConverged(NO_START, where=design.law.name)
    try:
        chains = _run(density, start, seed=seed, settings=settings, progress=_progress(design.law.name, say))
    except RuntimeError:
        raise NotConverged(NO_START, where=design.law.name) from None
    return _as_draws(chains, design, settings)


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


def _run(
    density: TableDensity,
    start: Callable[[int], np.ndarray],
    *,
    seed: int,
    settings: Settings,
    progress: Callable[[Any], None],
) -> list[tuple[Any, Any]]:
    """Each chain's draws and what the sampler says of them, as Arrow tables, tuning included."""
    nutpie = library()
    names = list(density.coordinates)
    size = len(names)
    nuts = nutpie.PyNutsSettings.LowRank(seed)
    nuts.update(
        {
            "num_draws": settings.draws,
            "num_tune": settings.tune,
            "num_chains": settings.chains,
            "target_accept": settings.target_accept,
        }
    )
    model = nutpie.PyMcModel(
        nutpie.LogpFunc(density.address, density.table, density),
        nutpie.ExpandFunc(size, size, density.copy, density.table, density),
        nutpie.PyVariable.new_variables(names, ["float64"] * size, [()] * size, {}, {}),
        size,
        {},
        {},
        start,
        None,
    )
    quiet, rate = nutpie.ProgressType.none(), 100
    sampler = nutpie.PySampler.from_pymc(
        nuts, min(settings.chains, cores()), model, quiet, progress, rate, nutpie.PyStorage.arrow()
    )
    try:
        sampler.wait(None)
        draws, statistics = sampler.take_results().get_arrow_trace()
    except BaseException:
        sampler.abort()
        raise
    return list(zip(draws, statistics, strict=True))


def _as_draws(chains: list[tuple[Any, Any]], design: Design, settings: Settings) -> xr.DataTree:
    """Every sampled and natural parameter from the sampler's coordinates."""
    import xarray as xr

    def kept(which: int, name: str) -> np.ndarray:
        """Shape (chain, draw), tuning left out."""
        return np.stack([np.asarray(chain[which].column(name).to_numpy())[settings.tune :] for chain in chains])

    thin, shape = settings.thin, (len(chains), -(-settings.draws // settings.thin))
    values: dict[str, Any] = dict(design.references.values)
    for name, prior in design.law.priors.items():
        values[name] = prior.value(np.ascontiguousarray(kept(0, name)[:, ::thin]), values)
    sampled = {name: values[name] for name in design.law.priors}
    # A divergence between two kept draws counts too.
    diverging = np.logical_or.reduceat(kept(1, "diverging"), np.arange(0, settings.draws, thin), axis=1)
    statistics = {"diverging": diverging} | {name: kept(1, name)[:, ::thin] for name in ("n_steps", "energy")}
    coordinates = {"chain": np.arange(shape[0]), "draw": np.arange(shape[1])}

    def dataset(arrays: dict[str, Any]) -> xr.Dataset:
        filled = {name: (("chain", "draw"), np.broadcast_to(array, shape)) for name, array in arrays.items()}
        return xr.Dataset(filled, coords=coordinates)

    groups = {"posterior": dataset(design.complete(sampled) | sampled), "sample_stats": dataset(statistics)}
    return xr.DataTree.from_dict(groups)
