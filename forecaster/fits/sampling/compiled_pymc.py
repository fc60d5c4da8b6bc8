"""PyMC's own density of a law, compiled by PyTensor and numba for the sampler: the reference, and the way out."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecaster.fits.sampling.density import Density, TableDensity
from forecaster.fits.sampling.pymc import density_graph
from forecaster.laws.law import Law


def pymc_density(law: Law, *, known_errors: bool = False) -> Density:
    """A law's density from PyMC's graph.

    Args:
        law: any law.
        known_errors: whether tables come with standard errors of the response.
    """
    import pytensor

    # Fast-math lets the compiler reorder sums, and a cold and a warm cache then take different paths for one seed.
    pytensor.config.numba__fastmath = False
    import pymc as pm
    import pytensor.tensor as pt

    model, data, point, log_density = density_graph(law, known_errors=known_errors)
    columns, constants = (len(variable.get_value()) for variable in data)
    names = tuple(law.priors)
    with model:
        function = pm.pytensorf.compile(
            [point], [log_density, pt.grad(log_density, point)], mode="NUMBA", on_unused_input="ignore"
        )
    names_of_data = [variable.name for variable in data]
    order = [names_of_data.index(variable.name) for variable in function.get_shared()]
    value, copy = _callable_by_address(function.vm.jit_fn, order, len(names), columns, constants)

    def of(rows: np.ndarray, fixed: np.ndarray) -> TableDensity:
        rows, fixed = np.ascontiguousarray(rows), np.ascontiguousarray(fixed)
        table = np.array([rows.ctypes.data, fixed.ctypes.data, rows.shape[1]], dtype=np.uintp)
        return TableDensity(
            names, value.address, copy.address, table.ctypes.data, (function, value, copy, table, rows, fixed)
        )

    return Density("pymc", of)


def _callable_by_address(jitted: Any, order: list[int], size: int, columns: int, constants: int) -> tuple[Any, Any]:
    """A jitted density, and a function that copies coordinates, as C functions.

    nutpie's own wrapper unpacks every shared variable generically and takes four times as long to compile; this one
    knows that there are two.
    """
    import numba
    from numba import carray, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    @intrinsic
    def pointer_at(_typing, address):  # type: ignore[no-untyped-def]
        def as_pointer(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
            return builder.inttoptr(arguments[0], cgutils.voidptr_t)

        return types.voidptr(address), as_pointer

    if order == [0, 1]:

        @numba.njit(inline="always")
        def density(x, rows, fixed):  # type: ignore[no-untyped-def]
            return jitted(x, rows, fixed)

    else:

        @numba.njit(inline="always")
        def density(x, rows, fixed):  # type: ignore[no-untyped-def]
            return jitted(x, fixed, rows)

    def log_density(_size, x_, gradient_, value_, table_):  # type: ignore[no-untyped-def]
        table = carray(table_, (3,), np.uintp)
        rows = carray(pointer_at(table[0]), (columns, np.int64(table[2])), np.float64)
        fixed = carray(pointer_at(table[1]), (constants,), np.float64)
        value, gradient = density(carray(x_, (size,)), rows, fixed)
        value_[0] = value[()]
        finite = np.isfinite(value_[0])
        for i in range(size):
            gradient_[i] = gradient[i]
            finite = finite and np.isfinite(gradient[i])
        return 0 if finite else 3

    def copy(_size, _expanded, x_, out_, _table):  # type: ignore[no-untyped-def]
        for i in range(size):
            out_[i] = x_[i]
        return 0

    double = types.CPointer(types.double)
    return (
        numba.cfunc(types.int64(types.uint64, double, double, double, types.voidptr))(log_density),
        numba.cfunc(types.int64(types.uint64, types.uint64, double, double, types.voidptr))(copy),
    )
