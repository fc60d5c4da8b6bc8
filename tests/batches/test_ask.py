"""A worker: one core, no word, and an outcome whatever happens."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace

import pytest
from batching import small_table
from threadpoolctl import threadpool_info

from forecaster.batches import ask as module
from forecaster.batches.ask import OtherVersions, ask
from forecaster.batches.recipe import Recipe
from forecaster.batches.tables import tables_of
from forecaster.fits.sampling.cores import CORES_VARIABLE, cores
from forecaster.runs.points import scenario

RECIPE = Recipe(scenario("N=10B,D=200B"))


def test_a_table_has_one_core_and_libraries_no_voice(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    seen = []

    def watched(*_: object, **__: object) -> None:
        print("library")
        warnings.warn("library", stacklevel=1)
        seen.append((cores(), {each["num_threads"] for each in threadpool_info()}))
        raise MemoryError("too large")

    monkeypatch.setattr(module, "forecast_table", watched)
    monkeypatch.setenv(CORES_VARIABLE, "3")
    before = [each["num_threads"] for each in threadpool_info()]
    (row,) = ask(RECIPE, tables_of(small_table(1))[0]).rows
    assert seen == [(1, {1})]
    assert os.environ[CORES_VARIABLE] == "3"
    assert [each["num_threads"] for each in threadpool_info()][: len(before)] == before
    assert capfd.readouterr() == ("", "")
    assert (row["error"], row["message"]) == ("unexpected", "MemoryError: too large")


def test_a_refusal_lasts_and_an_accident_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    few = tables_of(small_table(1)[:2])[0]
    refusal = ask(RECIPE, few)
    assert refusal.lasting and refusal.rows[0]["error"] == "too-few-runs" and refusal.rows[0]["runs"] == 2

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("never mind")

    monkeypatch.setattr(module, "forecast_table", broken)
    assert not ask(RECIPE, few).lasting


def test_a_worker_of_other_versions_is_refused() -> None:
    other = replace(RECIPE, versions={**RECIPE.versions, "nutpie": "0.1"})
    with pytest.raises(OtherVersions, match=r"a worker has nutpie [\d.]+, this machine 0.1; install the same"):
        ask(other, tables_of(small_table(1))[0])
