"""Which density is taken: the generated one, PyMC's where it is asked for or where no code can be generated."""

from __future__ import annotations

import pytest

from forecaster.errors import InputError
from forecaster.fits.fit import fit
from forecaster.fits.sampling import compile as compiling
from forecaster.fits.sampling.compile import DENSITY_VARIABLE, compile_density
from forecaster.fits.sampling.generated import machine
from forecaster.laws.shelf import law
from forecaster.runs.table import Runs


def test_a_word_that_names_no_density_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DENSITY_VARIABLE, "stan")
    with pytest.raises(InputError, match="`stan`; expected `generated` or `pymc`"):
        compile_density(law("power_law"))


def test_where_no_code_can_be_generated_pymc_is_taken_and_said(
    monkeypatch: pytest.MonkeyPatch, small_runs: Runs
) -> None:
    def refuse() -> None:
        raise RuntimeError("no such processor")

    monkeypatch.setattr(machine, "host_machine", refuse)
    monkeypatch.setattr(compiling, "_densities", {})
    lines: list[str] = []
    fitted = fit(law("kaplan"), small_runs, cache=False, retry=False, say=lines.append)
    assert compile_density(law("kaplan")).made_by == "pymc"
    assert any("sampled through PyMC" in line and "no such processor" in line for line in lines)
    monkeypatch.undo()
    monkeypatch.setattr(compiling, "_densities", {})
    usual = fit(law("kaplan"), small_runs, cache=False, retry=False)
    for name in law("kaplan").sampled:
        one, other = fitted.posterior[name], usual.posterior[name]
        assert abs(float(one.mean() - other.mean())) < 0.15 * float(other.std())
