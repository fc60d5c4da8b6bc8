"""A density: what a sampler needs of a law, and how it is sampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


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


densities: dict[tuple[str, tuple[str, ...], tuple[str, ...], bool], Density] = {}


@dataclass(frozen=True)
class Settings:
    """How the posterior is sampled.

    Args:
        draws: kept draws of each chain.
        tune: steps of each chain spent on adaptation and thrown away.
        chains: independent chains.
        target_accept: target of the mean acceptance probability.
        thin: keep every thin-th draw, so that a longer run returns the same number of draws.
    """

    draws: int = 1500
    tune: int = 1500
    chains: int = 4
    target_accept: float = 0.95
    thin: int = 1


FIRST_TRY = Settings()

RETRY = Settings(draws=3000, tune=4000, target_accept=0.99, thin=2)
