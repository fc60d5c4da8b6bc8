"""The generated functions: right to a few units in the last place, over all doubles, alone and side by side."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest
from llvmlite import binding

from forecaster.fits.sampling.generated import functions
from forecaster.fits.sampling.generated.functions import LANES, Code
from forecaster.fits.sampling.generated.machine import host_machine

ULP = 2.0**-52


def compiled(function: Callable[..., str], *, width: int, inputs: int = 1) -> Callable[..., np.ndarray]:
    """A generated function on arrays whose length is a multiple of the width."""
    code = Code(width, "t")
    read = [code.put(f"load {code.type()}, ptr %x{i}, align 8") for i in range(inputs)]
    code.line(f"store {code.type()} {function(code, *read)}, ptr %y, align 8")
    pointers = ", ".join([*(f"ptr %x{i}" for i in range(inputs)), "ptr %y"])
    declared = [
        "declare double @llvm.sqrt.f64(double)",
        f"declare <{LANES} x double> @llvm.sqrt.v{LANES}f64(<{LANES} x double>)",
    ]
    text = "\n".join([f"define void @f({pointers}) {{", "entry:", *code.lines, "  ret void", "}", *declared])
    module = binding.parse_assembly(text)
    engine = binding.create_mcjit_compiler(module, host_machine())
    engine.finalize_object()
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (inputs + 1))(engine.get_function_address("f"))

    def on(*arrays: np.ndarray) -> np.ndarray:
        arrays = tuple(np.ascontiguousarray(a, dtype=float) for a in arrays)
        y = np.empty(len(arrays[0]))
        for i in range(0, len(y), width):
            call(*(a.ctypes.data + 8 * i for a in arrays), y.ctypes.data + 8 * i)
        assert engine
        return y

    return on


RANDOM = np.random.default_rng(1)
ANY = np.concatenate([RANDOM.normal(0, 1, 200), RANDOM.normal(0, 30, 200), RANDOM.uniform(-1e-3, 1e-3, 96)])
POSITIVE = np.concatenate([10.0 ** RANDOM.uniform(-300, 300, 240), RANDOM.uniform(0.3, 3, 240), 1 + ANY[-96:]])
EXACT: dict[str, tuple[Callable[[mp.mpf], mp.mpf], np.ndarray, float]] = {
    "exp": (mp.exp, np.concatenate([ANY, RANDOM.uniform(-708, 709, 96)]), 2),
    "log": (mp.log, POSITIVE, 2),
    "log1p": (mp.log1p, np.concatenate([POSITIVE, np.expm1(np.maximum(ANY, -30.0))]), 4),
    "expm1": (mp.expm1, ANY, 6),
    "tanh": (mp.tanh, ANY, 8),
    "sqrt": (mp.sqrt, POSITIVE, 1),
    "log_gamma": (mp.loggamma, np.concatenate([10.0 ** RANDOM.uniform(-10, 10, 160)]), 64),
    "digamma": (mp.digamma, np.concatenate([10.0 ** RANDOM.uniform(-10, 10, 160)]), 64),
}


@pytest.mark.parametrize("width", [1, LANES])
@pytest.mark.parametrize("name", EXACT)
def test_a_function_is_exact_to_a_few_units_in_the_last_place(name: str, width: int) -> None:
    truth, x, units = EXACT[name]
    got = compiled(getattr(functions, name), width=width)(x)
    with mp.workdps(40):
        for each, y in zip(x, got, strict=True):
            true = truth(mp.mpf(float(each)))
            # The logarithm of the gamma function and its derivative have zeros, near which its parts cancel.
            size = max(abs(true), 1) if name in ("log_gamma", "digamma") else abs(true)
            assert abs(mp.mpf(float(y)) - true) <= units * ULP * size, (name, each, y)


EDGES = np.array(
    [0.0, -0.0, 5e-324, 1e-310, 2.0**-1022, -5e-324, 1e-300, -1e-300, 1.0, -1.0, 709.78, 709.79, 710.5, 1e308, -708.5,
     -740.0, -745.1, -745.2, -1e308, np.inf, -np.inf, np.nan, 0.35, 22.0]
)  # fmt: skip


@pytest.mark.parametrize("width", [1, LANES])
@pytest.mark.parametrize("name", ["exp", "log", "log1p", "expm1", "tanh", "sqrt"])
def test_a_function_does_at_the_edges_what_numpys_does(name: str, width: int) -> None:
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(EDGES)
    got = compiled(getattr(functions, name), width=width)(EDGES)
    # A denormal is right to its own last place.
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-323)


@pytest.mark.parametrize("width", [1, LANES])
@pytest.mark.parametrize("name", ["minimum", "maximum", "logaddexp"])
def test_a_function_of_two_does_what_numpys_does(name: str, width: int) -> None:
    a, b = (grid.ravel() for grid in np.meshgrid(EDGES, EDGES))
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(a, b)
    got = compiled(getattr(functions, name), width=width, inputs=2)(a, b)
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-323)


@pytest.mark.parametrize("width", [1, LANES])
def test_a_power_of_a_base_that_is_not_negative_is_numpys(width: int) -> None:
    base = np.array([0.0, 0.0, 0.0, 0.5, 2.0, 3.0, np.inf, 1e-310])
    exponent = np.array([0.0, 1.5, -1.5, 0.3, -7.7, 0.0, 0.5, 0.5])
    with np.errstate(divide="ignore"):
        expected = base**exponent
    np.testing.assert_allclose(compiled(functions.power, width=width, inputs=2)(base, exponent), expected, rtol=1e-13)
    negative = compiled(functions.power, width=width, inputs=2)(-base[3:5].repeat(4), exponent[3:5].repeat(4))
    assert np.isnan(negative).all()


def test_a_branch_that_is_not_taken_passes_nothing_on() -> None:
    where = compiled(functions.where, width=LANES, inputs=3)
    condition = np.array([1.0, 0.0] * 4)
    np.testing.assert_array_equal(where(condition, np.full(8, np.nan), np.zeros(8)), np.where(condition, np.nan, 0.0))
