"""What a table's own cuts say of the drift beyond its data."""

from dataclasses import replace

import numpy as np
import pytest
from making import gamma_of, make_fit, make_runs

from forecaster.backtests.drift import informed, log_likelihoods
from forecaster.backtests.folds import Fold, rolling_origins
from forecaster.backtests.trial import Trial
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import LANGUAGE_LOSS, OTHER_RESPONSE
from forecaster.fits.predict import law_draws
from forecaster.laws.shelf import law
from forecaster.runs.table import Runs

STEADY = {"sigma": 0.005, "growth": 0.001, "tail": 20.0}


def drifting(theta: float) -> tuple[Runs, list[Trial]]:
    """A table whose runs above each cut leave the fitted law by theta, and the trials of its cuts."""
    runs = make_runs(sizes=10, lengths=6)
    trials = []
    for fold in rolling_origins(runs):
        fit = make_fit(law("chinchilla"), fold.train, STEADY, spread=0.0, draws=500)
        h = np.log(fold.ratios)
        m = law_draws(Ensemble((fit,)), term=None, seed=1)[0].curve(fold.test)
        loss = np.exp(m[0] - theta * float(gamma_of(fit)[0]) * h)
        test = replace(fold.test, table=fold.test.table.assign(loss=loss))
        trials.append(Trial(Fold(fold.train, test, fold.by, fold.cut), (fit,), {}))
    return runs, trials


@pytest.mark.parametrize("theta", [0.0, 0.15])
def test_a_planted_drift_is_found(theta: float) -> None:
    _, trials = drifting(theta)
    cuts = log_likelihoods(LANGUAGE_LOSS, trials, {"chinchilla": 1.0})
    best = [LANGUAGE_LOSS.grid[int(cut.argmax())] for cut in cuts]
    assert len(cuts) >= 2 and best == pytest.approx([theta] * len(cuts), abs=0.02)
    found = informed(LANGUAGE_LOSS, trials, {"chinchilla": 1.0})
    assert abs(found.expected - theta) < 0.5 * abs(LANGUAGE_LOSS.expected - theta)
    assert found.spread < LANGUAGE_LOSS.spread


def test_a_cut_looks_at_nothing_that_a_later_one_hides() -> None:
    runs, trials = drifting(0.1)
    later = trials[-1].fold
    before = informed(LANGUAGE_LOSS, trials[:-1], {"chinchilla": 1.0}, shown_by=later)
    hidden = later.test.column("C").min()
    for trial in trials[:-1]:
        test = trial.fold.test
        loss = np.where(test.column("C") >= hidden, 9.0, test.column("loss"))
        object.__setattr__(trial.fold, "test", replace(test, table=test.table.assign(loss=loss)))
    assert informed(LANGUAGE_LOSS, trials[:-1], {"chinchilla": 1.0}, shown_by=later) == before
    assert informed(LANGUAGE_LOSS, trials[:-1], {"chinchilla": 1.0}) != before
    assert len(runs) == 60


def test_slopes_few_runs_and_laws_without_weight_leave_the_term_as_it_was() -> None:
    _, trials = drifting(0.1)
    assert informed(OTHER_RESPONSE, trials, {"chinchilla": 1.0}) is OTHER_RESPONSE
    assert informed(LANGUAGE_LOSS, trials, {"coupled": 1.0}) is LANGUAGE_LOSS
    few = [trial for trial in trials if len(trial.fold.train) < 15]
    assert informed(LANGUAGE_LOSS, few, {"chinchilla": 1.0}) is LANGUAGE_LOSS
