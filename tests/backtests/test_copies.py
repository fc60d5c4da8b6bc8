"""Copies: one law under two names counts once, and rivals that merely agree on the table count as two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import make_fit, make_runs

import forecaster
from forecaster.backtests.copies import copies
from forecaster.backtests.folds import rolling_origins
from forecaster.backtests.trial import Trial, stacked
from forecaster.fits.posterior import Fit
from forecaster.forecasts.forecast import forecast
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.shelf import DEFAULT_MIXTURE, law
from forecaster.stats.stacking import equal, sets

RUNS = make_runs()


PAGE = (Path(forecaster.__file__).parents[1] / "models" / "chinchilla.toml").read_text("utf-8")


def renamed(name: str) -> Law:
    """The Chinchilla law with other names for its exponents."""
    return read_law(PAGE.replace("alpha", "of_size").replace("beta", "of_data"), name=name)


def turned(name: str) -> Law:
    """The Chinchilla law with its terms in another order."""
    return read_law(PAGE.replace("E + A / N**alpha + B / D**beta", "B / D**beta + A / N**alpha + E"), name=name)


def made(each: Law, seed: int = 1, **parameters: Any) -> Fit:
    return make_fit(each, RUNS, {"floor": 0.6} | parameters, seed=seed)


def test_a_formula_with_other_names_is_the_same_law_whatever_its_draws() -> None:
    fits = [made(law("chinchilla")), made(law("coupled")), made(renamed("mine"), floor=0.3)]
    assert copies(fits) == (("chinchilla", "mine"),)


def test_another_order_of_terms_is_told_by_the_curves() -> None:
    same = made(turned("turned"), seed=2)
    assert copies([made(law("chinchilla")), same]) == (("chinchilla", "turned"),)
    assert copies([made(law("chinchilla")), made(turned("turned"), alpha=0.2)]) == ()


def test_laws_that_agree_on_the_table_alone_are_rivals() -> None:
    # At the smallest run and the largest the two are alike, and a hundred times beyond the largest they part.
    steep = made(turned("steep"), alpha=0.5, beta=0.5, floor=0.72)
    assert copies([made(law("chinchilla")), steep]) == ()


def test_the_default_laws_are_no_copies_of_one_another() -> None:
    assert copies([made(law(name)) for name in DEFAULT_MIXTURE]) == ()


def test_copies_share_the_weight_of_one() -> None:
    assert equal(["a", "b", "c"], [("a", "c")]) == {"a": 0.25, "b": 0.5, "c": 0.25}
    assert equal(["a", "b"]) == {"a": 0.5, "b": 0.5}
    assert sets(["a", "b", "c"], [("c", "left out", "a")]) == [("a", "c"), ("b",)]


def test_a_copy_moves_no_weight_that_was_earned() -> None:
    (fold, *_) = rolling_origins(RUNS)
    fits = tuple(
        make_fit(each, fold.train, {"floor": 0.6}) for each in (law("chinchilla"), renamed("mine"), law("coupled"))
    )
    alone, both = Trial(fold, fits[::2], {}), Trial(fold, fits, {})
    one = stacked([alone], ["chinchilla", "coupled"])
    two = stacked([both], ["chinchilla", "mine", "coupled"], alike=both.alike)
    assert both.alike == (("chinchilla", "mine"),)
    assert two["coupled"] == pytest.approx(one["coupled"], abs=0.01)
    assert two["chinchilla"] == two["mine"] and sum(two.values()) == pytest.approx(1)
    assert stacked([both], ["chinchilla", "mine", "coupled"])["coupled"] < one["coupled"] - 0.02


def test_a_forecast_says_that_copies_count_as_one() -> None:
    fits = [made(each) for each in (law("chinchilla"), renamed("mine"), law("coupled"))]
    answer = forecast(fits, "N=70B,D=1.4T", weights="equal")
    assert answer.weights == {"chinchilla": 0.25, "mine": 0.25, "coupled": 0.5}
    (note,) = [note for note in answer.notes if note.code == "near-copies"]
    assert "chinchilla and mine say the same" in note.text and not note.warning
    given = forecast(fits, "N=70B,D=1.4T", weights={"chinchilla": 1, "mine": 1, "coupled": 1})
    assert "near-copies" not in {note.code for note in given.notes}
    np.testing.assert_allclose(list(given.weights.values()), 1 / 3)
