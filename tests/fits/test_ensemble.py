"""Which laws of one table may speak, with what weight, and why the others may not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from making import chinchilla_loss, make_fit, make_runs

from forecaster.errors import NotConverged, ScenarioError, TooFewRuns
from forecaster.fits.ensemble import Ensemble, failures, few_runs, refuse_too_few, refused
from forecaster.fits.posterior import Fit
from forecaster.fits.verdict import Verdict
from forecaster.laws.law import Law
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

RUNS = make_runs()
NAMES = ("chinchilla", "coupled", "farseer_lite")
FITS = tuple(make_fit(law(name), RUNS, draws=50) for name in NAMES)
FAILED = Verdict("fail", 1.2, 30.0, 0, ("The chains disagree.",))


def named(fit: Fit, name: str) -> Fit:
    return replace(fit, law=replace(fit.law, name=name))


def test_what_cannot_be_mixed_is_refused() -> None:
    with pytest.raises(ScenarioError, match="at least one fit"):
        Ensemble(())
    with pytest.raises(ScenarioError, match="different tables"):
        Ensemble((FITS[0], make_fit(law("coupled"), make_runs(seed=2), draws=50)))
    with pytest.raises(ScenarioError, match=r"called by one name \(chinchilla, chinchilla\)"):
        Ensemble((FITS[0], named(FITS[1], "chinchilla")))
    other: Law = replace(FITS[1].law, link="own")
    with pytest.raises(ScenarioError, match="different scales"):
        Ensemble((FITS[0], replace(FITS[1], law=other)))


def test_a_failed_law_is_left_out_with_its_weight_and_its_reason() -> None:
    whole = Ensemble(FITS, {"chinchilla": 0.5, "coupled": 0.3, "farseer_lite": 0.2})
    judged = replace(whole, verdicts={**whole.verdicts, "coupled": FAILED})
    heard = judged.speaking()
    assert heard.names == ("chinchilla", "farseer_lite")
    np.testing.assert_allclose(heard.shares, [0.5 / 0.7, 0.2 / 0.7])
    assert [(note.code, note.text) for note in heard.notes] == [
        ("law-dropped", "coupled (weight 0.30) did not pass its checks and is left out: The chains disagree.")
    ]
    assert heard.verdicts["coupled"] is FAILED and failures(heard.verdicts) == {"coupled": "The chains disagree."}
    assert judged.speaking(allow_failed_checks=True).names == NAMES
    assert whole.speaking().notes == ()


def test_nothing_is_said_where_no_law_with_a_weight_is_left() -> None:
    whole = Ensemble(FITS, {"chinchilla": 1.0, "coupled": 0.0, "farseer_lite": 0.0})
    with pytest.raises(NotConverged, match=r"no law passed its checks.*chinchilla: The chains disagree"):
        whole.speaking({**whole.verdicts, "chinchilla": FAILED})


def test_a_law_that_could_not_start_has_a_failed_verdict_and_a_note() -> None:
    verdicts, notes = refused({"kaplan": NotConverged("no start", where="kaplan")})
    assert failures(verdicts) == {"kaplan": "no start"}
    assert [note.text for note in notes] == ["kaplan is left out: no start"]


def test_draws_are_judged_by_what_is_printed() -> None:
    drifting = np.linspace(-1, 1, 4)[:, None] + 0.1 * np.random.default_rng(1).standard_normal((4, 50))
    stuck = make_fit(law("chinchilla"), RUNS, draws=50, level=0.1 * drifting)
    judged = Ensemble((stuck, FITS[1])).judged_at({"here": {"N": 7e10, "D": 1.4e12, "C": 5.88e23}})
    assert judged.verdicts["chinchilla"].status == "fail"
    assert any("response at here" in note for note in judged.verdicts["chinchilla"].notes)


def split(budgets: int, ways: int) -> Runs:
    """Budgets from 1e19 FLOP, each split into N and D in several ways."""
    n, c = np.meshgrid(np.geomspace(1e8, 1e9, ways), np.geomspace(1e19, 1e20, budgets))
    loss = chinchilla_loss(n, c / (6 * n))
    return read_runs(pd.DataFrame({"N": n.ravel(), "C": c.ravel(), "loss": loss.ravel()}))


@pytest.mark.parametrize(
    ("budgets", "ways", "name", "refused"),
    [
        (2, 3, "chinchilla", ""),
        (2, 12, "coupled", ""),
        (3, 1, "power_floor", ""),
        (2, 2, "chinchilla", "2 distinct values of C, and 3, or 2 budgets split in 3 ways or more, are needed"),
        (1, 25, "chinchilla", "1 distinct value of C"),
        (2, 12, "power_floor", "2 distinct values of C, and 3 are needed by power_floor"),
        (2, 1, "chinchilla", "2 runs are too few to forecast from; 3 are needed"),
    ],
)
def test_a_table_is_refused_where_it_cannot_tell_parameters_apart(
    budgets: int, ways: int, name: str, refused: str
) -> None:
    if not refused:
        refuse_too_few(split(budgets, ways), [law(name)])
        return
    with pytest.raises(TooFewRuns, match=refused) as refusal:
        refuse_too_few(split(budgets, ways), [law(name)])
    assert "forecaster prior" in str(refusal.value)


def test_runs_are_few_below_eight_or_below_the_parameters_of_a_law() -> None:
    assert few_runs(split(2, 3), [law("chinchilla")]) == "6 runs, fewer than 8"
    assert few_runs(split(2, 4), [law("chinchilla")]) == few_runs(split(2, 4)) == ""
    said = few_runs(split(2, 4), [law("chinchilla"), law("learning_rate_batch")])
    assert said == "8 runs, fewer than the 13 parameters of learning_rate_batch"
