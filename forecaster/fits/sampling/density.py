"""A density: what a sampler needs of a law, and how it is sampled."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

OF_C = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, *[ctypes.c_void_p] * 4)


@dataclass(frozen=True, eq=False)
class TableDensity:
    """The log density of a law's sampled parameters on one table, and its gradient, as compiled functions.

    Args:
        coordinates: the sampler's coordinates, one for each sampled parameter, in order.
        address: of a C function (size, coordinates, gradient, value, table) -> 0, or 3 where one is not finite.
        copy: of a C function (size, size, coordinates, copied coordinates, table) -> 0.
        table: the address that both take last.
        kept: what must live as long as this does.
    """

    coordinates: tuple[str, ...]
    address: int
    copy: int
    table: int
    kept: Any

    @cached_property
    def _function(self) -> Any:
        return OF_C(self.address)

    def value(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Log density at some coordinates, and its gradient, shape (parameter); not finite where a run's is not."""
        x = np.ascontiguousarray(x, dtype=float)
        gradient, value = np.empty(len(self.coordinates)), np.empty(1)
        self._function(len(gradient), x.ctypes.data, gradient.ctypes.data, value.ctypes.data, self.table)
        return float(value[0]), gradient


@dataclass(frozen=True, eq=False)
class Density:
    """The log density of a law, compiled once for tables of any length.

    Args:
        made_by: `generated` from the formula, or `pymc`.
        of: rows (column, run) and fixed values (reference), as `Design.density_data` gives them -> on that table.
    """

    made_by: str
    of: Callable[[np.ndarray, np.ndarray], TableDensity]


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
    tune: int = 700
    chains: int = 4
    target_accept: float = 0.95
    thin: int = 1


FIRST_TRY = Settings()

RETRY = Settings(draws=3000, tune=1500, target_accept=0.99, thin=2)
