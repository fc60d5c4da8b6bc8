"""Agreement with a reference posterior that was made with a model written by hand and forty thousand draws."""

from __future__ import annotations

import os
from functools import cache

import pytest
from reference import BAR, Agreement, agreements, reference_page, reference_runs, sample

from forecaster import Fit

pytestmark = pytest.mark.skipif(
    not {"FORECASTER_DATA", "FORECASTER_BENCHMARKS"} <= set(os.environ),
    reason="FORECASTER_DATA or FORECASTER_BENCHMARKS is not set",
)


@cache
def fitted(noise: str) -> Fit:
    return sample(noise, reference_runs(reference_page()), draws=1500)


def agreements_with(noise: str, *, stated: str) -> list[Agreement]:
    return list(agreements(fitted(noise), reference_page(), stated))


@pytest.mark.parametrize("noise", ["normal", "studentt"])
def test_means_and_quantiles_agree_with_the_reference_posterior(noise: str) -> None:
    found = agreements_with(noise, stated=noise)
    names = {one.quantity for one in found}
    assert {"E", "A", "B", "alpha", "beta", "sigma", "loss_mean(100x)", "loss_pred(70e9,1.4e12)"} <= names
    assert ("nu" in names) == (noise == "studentt")
    apart = [one for one in found if not abs(one.distance) <= BAR]
    assert not apart


def test_the_other_noise_does_not_agree() -> None:
    found = agreements_with("normal", stated="studentt")
    apart = {one.quantity for one in found if abs(one.distance) > BAR}
    assert {"E", "A", "B", "alpha", "beta", "sigma", "loss_mean(100x)"} <= apart
