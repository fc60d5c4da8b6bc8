"""How many cores a fit may take."""

from __future__ import annotations

import os

import pytest

from forecaster.fits.sampling.cores import CORES_VARIABLE, cores


@pytest.mark.parametrize("asked", ["1", "3", "64"])
def test_a_fit_takes_as_many_cores_as_are_asked_for(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CORES_VARIABLE, asked)
    assert cores() == int(asked)


@pytest.mark.parametrize("asked", ["", "0", "many", "-2", "\u00b2", "1.5"])
def test_any_other_word_leaves_the_cores_to_the_machine(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CORES_VARIABLE, asked)
    assert 1 <= cores() <= (os.cpu_count() or 1)
