"""Which density a law is sampled by: the one generated from its formula, or PyMC's."""

from __future__ import annotations

import os

from forecaster.errors import InputError, Say
from forecaster.fits.sampling.density import Density
from forecaster.laws.law import Law

DENSITY_VARIABLE = "FORECASTER_DENSITY"

_densities: dict[tuple[str, tuple[str, ...], tuple[str, ...], bool, str], Density] = {}


def density_asked() -> str:
    """FORECASTER_DENSITY if set, else `generated`.

    Raises:
        InputError: it is neither `generated` nor `pymc`.
    """
    asked = os.environ.get(DENSITY_VARIABLE) or "generated"
    if asked not in ("generated", "pymc"):
        raise InputError(f"is `{asked}`; expected `generated` or `pymc`", where=DENSITY_VARIABLE)
    return asked


def compile_density(law: Law, *, known_errors: bool = False, say: Say | None = None) -> Density:
    """A law's density, compiled once; later calls for the same law in this process return it at once.

    Where no code can be generated, PyMC's density takes its place, and a line says so.

    Args:
        law: any law.
        known_errors: whether tables come with standard errors of the response.
        say: called with a line of progress.
    """
    say = say or (lambda line: None)
    asked = density_asked()
    # The hash does not know the order of keys on the page, and the order of rows and coordinates follows it.
    key = (law.sha256, tuple(law.inputs), tuple(law.priors), known_errors, asked)
    if key not in _densities:
        _densities[key] = _compiled(law, known_errors=known_errors, asked=asked, say=say)
    return _densities[key]


def _compiled(law: Law, *, known_errors: bool, asked: str, say: Say) -> Density:
    if asked == "generated":
        from forecaster.fits.sampling.generated.density import generated_density
        from forecaster.fits.sampling.generated.nodes import Unsupported

        try:
            return generated_density(law, known_errors=known_errors)
        # llvmlite says RuntimeError where this processor or the text is beyond it.
        except (Unsupported, ImportError, OSError, RuntimeError) as error:
            say(f"{law.name}: sampled through PyMC, which is slower, because no code can be generated ({error})")
    else:
        say(f"compiling {law.name} (once)")
    from forecaster.fits.sampling.compiled_pymc import pymc_density

    return pymc_density(law, known_errors=known_errors)
