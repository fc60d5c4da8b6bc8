"""The density of a law, generated from its formula."""

from __future__ import annotations

import numpy as np

from forecaster.fits.sampling.density import Density, TableDensity
from forecaster.fits.sampling.generated.log_density import log_density
from forecaster.fits.sampling.generated.machine import compile_program, table_of
from forecaster.fits.sampling.generated.program import program_of, settle
from forecaster.laws.law import Law


def generated_density(law: Law, *, known_errors: bool = False) -> Density:
    """A law's density as machine code of its own.

    Args:
        law: any law.
        known_errors: whether tables come with standard errors of the response.

    Raises:
        Unsupported: the law needs what the generator does not have.
    """
    program = program_of(log_density(law, known_errors=known_errors))
    machine = compile_program(program)
    names = tuple(law.priors)

    def of(rows: np.ndarray, fixed: np.ndarray) -> TableDensity:
        head, kept = table_of(*settle(program, rows, fixed))
        return TableDensity(names, machine.density, machine.copy, head.ctypes.data, (machine, kept))

    return Density("generated", of)
