from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making import make_fit, make_runs

from forecaster.errors import LawError
from forecaster.fits.store import load_earlier, save_fits
from forecaster.fits.verdict import Verdict
from forecaster.laws.choice import Choice
from forecaster.laws.earlier import APART, Earlier, exponents, transferred
from forecaster.laws.shelf import law, shelf

SPREAD = 0.05


def earlier(*names: str) -> Earlier:
    runs = make_runs()
    priors = {name: make_fit(law(name), runs, alpha=0.3, spread=SPREAD, draws=2000).transferred for name in names}
    return Earlier("fits", "old.csv", "0123456789abcdef", priors)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("chinchilla", ["alpha", "beta"]),
        ("coupled", ["alpha", "beta"]),
        ("power_floor", ["alpha"]),
        ("kaplan", ["alphaN", "alphaD"]),
        ("vocabulary", ["alpha1", "alpha2", "beta"]),
    ],
)
def test_exponents_are_what_stands_in_powers_of_inputs(name: str, found: list[str]) -> None:
    assert exponents(law(name)) == found


def test_an_exponent_keeps_its_middle_and_a_wider_spread() -> None:
    made = make_fit(law("chinchilla"), make_runs())
    (taken,) = Choice((made.law,), earlier=earlier("chinchilla")).of(made.runs)
    low, high = taken.sampled["alpha"].interval(0.9)
    assert np.sqrt(low * high) == pytest.approx(0.3, rel=0.01)
    assert np.log(high / low) == pytest.approx(2 * 1.645 * np.hypot(SPREAD, APART), rel=0.05)


def test_each_law_takes_its_own_and_a_prior_that_was_said_wins() -> None:
    laws = (law("chinchilla"), law("coupled"), law("kaplan"))
    choice = Choice(laws, priors=("alpha=LogNormal(0, 1)",), earlier=earlier("chinchilla", "coupled"))
    chinchilla, coupled, kaplan = choice.of(make_runs())
    assert chinchilla.sampled["alpha"].text == coupled.sampled["alpha"].text == "LogNormal(0, 1)"
    assert chinchilla.sampled["beta"] != laws[0].sampled["beta"] and coupled.sampled["beta"] != laws[1].sampled["beta"]
    assert kaplan == laws[2]
    note = choice.noted(make_runs(), (chinchilla, coupled, kaplan)).notes[-1]
    assert note.code == "prior-from" and "0123456789ab" in note.text and "old.csv" in note.text
    assert "chinchilla: alpha, beta; coupled: alpha, beta)" in note.text and "kaplan" not in note.text


def test_a_law_that_follows_from_its_slope_is_sampled_by_the_exponent() -> None:
    old = make_fit(law("power_floor"), make_runs(), draws=500)
    new = Choice((law("power_floor"),), earlier=Earlier("f", "r", "0" * 64, {"power_floor": old.transferred}))
    assert [*new.of(make_runs())[0].sampled] == ["level", "floor", "alpha"]


def test_what_every_law_of_the_shelf_gives_another_can_take() -> None:
    for name in shelf():
        page = law(name)
        found = transferred(page, dict.fromkeys(exponents(page), np.full(10, 0.3)))
        (taken,) = Choice((page,), earlier=Earlier("f", "r", "0" * 64, {name: found})).of(make_runs())
        assert len(taken.sampled) <= len(page.sampled) and (not found or taken.text != page.text)


def test_laws_that_it_does_not_know_are_refused() -> None:
    with pytest.raises(LawError, match="exponents of chinchilla, not of kaplan: name one by `law`"):
        Choice((law("kaplan"),), earlier=earlier("chinchilla")).of(make_runs())


def test_a_saved_fit_is_read_and_its_failed_laws_say_nothing(tmp_path: Path) -> None:
    runs = make_runs()
    good, bad = (make_fit(law(name), runs) for name in ("chinchilla", "coupled"))
    bad = replace(bad, verdict=Verdict("fail", 2.0, 5.0, 0, ("bad",)))
    found = load_earlier(save_fits([good, bad], tmp_path / "fits"))
    assert [*found.priors] == ["chinchilla"] and [*found.priors["chinchilla"]] == ["alpha", "beta"]
    assert len(found.sha256) == 64
