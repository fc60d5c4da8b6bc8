"""Every noun survives being pickled, copied and sent to another process; what was said of a forecast dies with it."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import pickle
import weakref
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any

import pytest
from making import make_fit, make_record, make_runs

import forecaster
from forecaster import Report, check, law, prior_predictive, scenario
from forecaster.backtests.weighting import Weighting
from forecaster.forecasts.evidence.grade import grade
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.forecasts.tables import answers

POINT = "N=70B,D=1.4T"


def a_forecast() -> Forecast:
    runs = make_runs()
    fits = [make_fit(law(name), runs) for name in ("chinchilla", "coupled")]
    record = make_record(runs, {"chinchilla": 0.8, "coupled": 0.85, "mixture": 0.9})
    weights = Weighting({"chinchilla": 0.5, "coupled": 0.5}, "extrapolation", "made up", record)
    return forecast(fits, POINT, targets=[2.0], weights=weights)


@cache
def nouns() -> dict[str, Any]:
    answer = a_forecast()
    fit = answer.fits[0]
    found: list[Any] = [
        answer, answer.points[0], answer.points[0].predictive, fit, fit.law, fit.law.noise, fit.runs, fit.references,
        fit.verdict, answer.weighting, answer.weighting.record, check(fit.runs), scenario(POINT),
        scenario(POINT).points[0], prior_predictive(fit.law, fit.runs, POINT), Report(answer),
        next(iter(fit.law.presets.values())), fit.law.sampled["alpha"], fit.runs.notes[0],
        forecaster.price(), forecaster.compare(list(answer.fits), weighting=answer.weighting),
        forecaster.sensitivity(answer, refit=False, cache=False),
        forecaster.allocate(list(answer.fits), 6e23, price="default", weights=answer.weighting),
        forecaster.require(list(answer.fits), 2.0, weights=answer.weighting),
        forecaster.batch(make_runs(sizes=2, lengths=2), POINT, workers=1, cache=False),
    ]  # fmt: skip
    return {type(noun).__name__: noun for noun in found}


NOUNS = (
    "Forecast", "PointForecast", "Band", "Fit", "Law", "Noise", "Runs", "References", "Verdict", "Weighting",
    "Backtest", "Check", "Scenario", "Point", "PriorPredictive", "Report", "Preset", "Prior", "Note", "Price",
    "Comparison", "Sensitivity", "Allocation", "Requirement", "Batch",
)  # fmt: skip


def said(noun: Any) -> str:
    """What a noun says of itself; its type's name where it says nothing."""
    return str(noun.text) if hasattr(noun, "text") else type(noun).__name__


@pytest.mark.parametrize("name", NOUNS)
def test_a_noun_survives_being_pickled_and_copied(name: str) -> None:
    noun = nouns()[name]
    for other in (pickle.loads(pickle.dumps(noun)), copy.copy(noun), copy.deepcopy(noun)):
        assert type(other) is type(noun) and said(other) == said(noun)


def test_nouns_survive_a_spawned_process() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = dict(zip(nouns(), pool.map(said, nouns().values()), strict=True))
    assert there == {name: said(noun) for name, noun in nouns().items()}


def test_what_was_said_of_a_forecast_keeps_neither_it_nor_its_draws_alive() -> None:
    answer = a_forecast()
    assert answers(answer) and grade(answer, answer.points[0]) and Report(answer).text
    gone = weakref.ref(answer), weakref.ref(answer.fits[0])
    del answer
    gc.collect()
    assert [each() for each in gone] == [None, None]
