"""Doubts: what stands beside the headline is deserved, and an ordinary forecast has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from making import chinchilla_loss, make_fit, make_record, make_runs

from forecaster.backtests.result import Backtest
from forecaster.backtests.weighting import Weighting
from forecaster.fits.fit import fit
from forecaster.fits.posterior import Fit
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.notes.doubts import FRONT, behind, disagreement, doubts, doubts_at, on_the_front
from forecaster.forecasts.result import Forecast
from forecaster.laws.change_priors import with_priors
from forecaster.laws.law import Law
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

POINT = "N=30B,D=1T"
CONSTANTS = {"E": 1.8172, "A": 482.01, "alpha": 0.3478, "B": 2085.43, "beta": 0.3658}
NAMES = ("chinchilla", "coupled", "kaplan")


@pytest.fixture(scope="module")
def runs() -> Runs:
    return make_runs()


@pytest.fixture(scope="module")
def fits(runs: Runs) -> list[Fit]:
    """The first follows the runs; the others lie where a made-up fit of their priors' medians lies."""
    right = make_fit(law("chinchilla"), runs, CONSTANTS, spread=0.002)
    return [right, *(make_fit(replace(law("chinchilla"), name=name), runs, CONSTANTS) for name in NAMES[1:])]


def record_of(runs: Runs, scores: dict[str, tuple[float, ...]]) -> Backtest:
    """A record in which each law has one mean log score at each cut."""
    made = make_record(runs, dict.fromkeys(scores, 0.9))
    parts = [
        made.points[made.points["law"] == name].assign(log_score=score, shown=cut)
        for name, each in scores.items()
        for cut, score in enumerate(each)
    ]
    return replace(made, points=pd.concat(parts, ignore_index=True))


def answered(fits: list[Fit], scores: dict[str, tuple[float, ...]] | None, **weights: float) -> Forecast:
    record = None if scores is None else record_of(fits[0].runs, scores)
    weighting = Weighting({each.law.name: weights[each.law.name] for each in fits}, "extrapolation", "earned", record)
    return forecast(fits, POINT, weights=weighting)


def codes(answer: Forecast) -> list[str]:
    return [note.code for note in on_the_front([*answer.points[0].notes, *answer.notes])]


SCORES = {"chinchilla": (3.0, 3.0, 3.0), "coupled": (2.9, 3.1, 2.8), "kaplan": (1.0, 1.5, 0.5)}
WEIGHTS = {"chinchilla": 0.5, "coupled": 0.3, "kaplan": 0.2}


def test_an_ordinary_forecast_has_no_doubts(runs: Runs) -> None:
    answer = forecast(fit(law("chinchilla"), runs), POINT, weights="equal")
    assert codes(answer) == [] and "Warnings" not in answer.text


def test_a_law_far_behind_that_moves_the_range_is_told_with_the_numbers_without_it(fits: list[Fit]) -> None:
    low = make_fit(replace(law("chinchilla"), name="kaplan"), fits[0].runs, CONSTANTS | {"E": 1.5})
    answer = answered([*fits[:2], low], SCORES, **WEIGHTS)
    (note,) = [note for note in answer.points[0].notes if note.code == "law-behind"]
    alone = answered(fits[:2], None, chinchilla=0.5 / 0.8, coupled=0.3 / 0.8)
    assert "kaplan (weight 20%, behind by 2.0 nats of log score a run)" in note.text and note.warning
    assert f"the median would be {alone.median:.2f}" in note.text
    without = alone.interval(0.9)
    assert f"90% range {without[0]:.2f}" in note.text and f"to {without[1]:.2f}" in note.text
    assert answer.interval(0.9)[0] < without[0] - 0.1


def test_a_law_behind_that_moves_nothing_is_not_worth_a_word(fits: list[Fit]) -> None:
    assert "law-behind" not in codes(answered(fits, SCORES, **WEIGHTS))


def test_a_law_is_behind_by_more_than_the_cuts_vary(runs: Runs) -> None:
    def found(**scores: tuple[float, ...]) -> dict[str, float]:
        return behind(record_of(runs, scores), list(scores))

    assert found(a=(3.0, 3.0), b=(2.0, 2.2)) == pytest.approx({"b": 0.9})
    assert found(a=(3.0, 3.0, 3.0), b=(3.0, 3.0, 1.0)) == {}
    assert found(a=(3.0, 3.0), b=(2.6, 2.6)) == {}
    assert found(a=(3.0,), b=(1.0,)) == {}
    assert behind(record_of(runs, {"a": (3.0, 3.0), "b": (1.0, 1.0)}), ["a", "untested"]) == {}


def test_a_law_that_cannot_bend_is_told_and_one_that_can_is_not() -> None:
    C = np.geomspace(1e17, 1e21, 14)
    smooth = read_runs(pd.DataFrame({"C": C, "loss": 0.4 + 3 * (C / 1e17) ** -0.3}))
    straight = forecast(fit(law("power_law"), smooth), "C=1e22", weights="equal")
    (note,) = [note for note in straight.notes if note.code == "misfit"]
    assert "power_law (weight 100%) does not bend as the runs do" in note.text and note.warning
    bent = forecast(fit(law("power_floor"), smooth), "C=1e22", weights="equal")
    assert "misfit" not in codes(bent)


def test_noise_however_large_is_no_misfit() -> None:
    noisy = make_runs(noise=0.2)
    answer = forecast(fit(law("chinchilla"), noisy), POINT, weights="equal")
    assert "misfit" not in codes(answer)


def test_a_prior_against_the_data_is_told_by_parameter_and_law(runs: Runs) -> None:
    def asked(each: Law) -> Forecast:
        return forecast(fit(each, runs), POINT, weights="equal")

    against = with_priors(law("chinchilla"), {"alpha": "Normal(0.8, 0.04)"})
    (note,) = [note for note in asked(against).points[0].notes if note.code == "prior-data-conflict"]
    assert "chinchilla (weight 100%)" in note.text and "below its prior Normal(0.8, 0.04)" in note.text
    mild = with_priors(law("chinchilla"), {"alpha": "Normal(0.36, 0.04)"})
    assert "prior-data-conflict" not in codes(asked(mild))


def test_disagreement_is_that_of_two_normal_distributions(runs: Runs) -> None:
    # A prior of mean .5 and sd .1 with data of mean .2 and sd .1: the posterior lies halfway.
    one = with_priors(law("chinchilla"), {"alpha": "Normal(0.5, 0.1)"})
    draws = 0.35 + np.sqrt(0.5) * 0.1 * np.random.default_rng(1).standard_normal((4, 5000))
    found = disagreement(make_fit(one, runs, {"alpha": draws}, draws=5000))
    assert found["alpha"] == pytest.approx(-0.3 / np.sqrt(0.02), rel=0.05)
    unmoved = make_fit(one, runs, {"alpha": 0.5 + 0.1 * np.random.default_rng(2).standard_normal((4, 250))})
    assert abs(disagreement(unmoved)["alpha"]) < 0.5


def test_a_forecast_that_turns_back_is_told(runs: Runs) -> None:
    high = make_fit(law("chinchilla"), runs, CONSTANTS | {"E": 3.5})
    answer = forecast(high, POINT, weights="equal")
    (note,) = [note for note in answer.points[0].notes if note.code == "wrong-way"]
    assert "falls with scale" in note.text and "lies above" in note.text
    # Off the split of the largest run nothing says which of the two is to be better.
    assert "wrong-way" not in [note.code for note in forecast(high, "N=1M,D=1000T").points[0].notes]
    assert "wrong-way" not in codes(forecast(make_fit(law("chinchilla"), runs, CONSTANTS), POINT))


def test_a_response_that_rises_turns_back_when_it_falls() -> None:
    rising = make_runs(loss=lambda N, D: 5 - chinchilla_loss(N, D) / 2)
    low = make_fit(law("chinchilla"), rising, CONSTANTS)
    (note,) = [note for note in forecast(low, POINT).points[0].notes if note.code == "wrong-way"]
    assert "rises with scale" in note.text and "lies below" in note.text


def test_doubts_stand_below_the_headline_once_and_in_the_json(runs: Runs) -> None:
    answer = forecast(make_fit(law("chinchilla"), runs, CONSTANTS | {"E": 3.5}), [POINT, "N=40B,D=1T"])
    text = answer.text
    assert text.index("90% range") < text.index("Warnings\n  - wrong-way: ") < text.index("Ranges for a new run")
    assert text.count("wrong-way:") == 2 and "Warning, wrong-way" not in text
    said = answer.as_dict()
    assert "wrong-way" in [note["code"] for note in said["forecast"][0]["notes"]]
    assert set(FRONT) >= {note.code for note in doubts_at(answer.ensemble, answer.weighting, answer.points[0])}
    assert doubts(answer.ensemble, answer.weighting) == [note for note in answer.notes if note.code in FRONT]
