"""What a table's own cuts say of the extrapolation term, by the runs that they hid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forecaster.backtests.folds import Fold
from forecaster.backtests.trial import Trial
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import Extrapolation
from forecaster.fits.predict import law_draws
from forecaster.runs.data_checks import FEWEST_FOR_WEIGHTS
from forecaster.runs.table import Runs
from forecaster.stats.student import log_student

OBSERVATIONS = 3.0
"""What a cut counts as: the errors of its hidden runs move together."""

NEAREST = 0.3
"""e-folds that the farthest hidden run must lie beyond the largest shown one for a cut to tell anything."""

DRAWS, MOST_RUNS = 300, 300
"""Of each law, and hidden runs, that are looked at: enough for a mean that counts as three observations."""


def informed(
    term: Extrapolation, trials: Sequence[Trial], weights: Mapping[str, float], *, shown_by: Fold | None = None
) -> Extrapolation:
    """The term after a table's usable cuts have spoken in turn; as it was where none can, or it is a slope.

    Args:
        term: before.
        trials: of the table's cuts, the earlier ones first.
        weights: of the laws.
        shown_by: a later fold; hidden runs that it hides too are not looked at.
    """
    if not term.by_exponent:
        return term
    return term.informed(log_likelihoods(term, trials, weights, shown_by=shown_by))


def log_likelihoods(
    term: Extrapolation, trials: Sequence[Trial], weights: Mapping[str, float], *, shown_by: Fold | None = None
) -> tuple[np.ndarray, ...]:
    """Each usable cut's log likelihood at every value in the term's grid; arguments as of `informed`.

    It is (3 / n) sum_i log sum_k W_k p_ik: of hidden run i under law k, moved by -theta gamma h, the mean over draws
    of the Student-t density.
    """
    found = []
    for trial in trials:
        test = trial.fold.test if shown_by is None else trial.fold.test.select(shown_by.shows(trial.fold.test))
        shown = trial.fold.train
        # Laws fitted to fewer runs miss for other reasons than drift.
        if len(shown) < FEWEST_FOR_WEIGHTS or not len(test):
            continue
        if sum(weights.get(name, 0.0) for name in trial.names) > 0:
            reach = float(np.log(test.column(shown.scale).max() / shown.column(shown.scale).max()))
            if reach >= NEAREST:
                found.append(_log_likelihood(term, trial, test, weights))
    return tuple(found)


def _log_likelihood(term: Extrapolation, trial: Trial, test: Runs, weights: Mapping[str, float]) -> np.ndarray:
    """Of the term's number at every value in its grid, shape (node)."""
    test = test.select(np.arange(len(test)) % (1 + (len(test) - 1) // MOST_RUNS) == 0)
    density = np.zeros((len(term.grid), len(test)))
    for law in law_draws(Ensemble(trial.fits), term=term, seed=1):
        if not (weight := weights.get(law.design.law.name, 0.0)):
            continue
        few = slice(None, None, max(1, len(law.numbers) // DRAWS))

        def drawn(
            values: object, few: slice = few, shape: tuple[int, int] = (len(law.numbers), len(test))
        ) -> np.ndarray:
            return np.broadcast_to(np.asarray(values), shape)[few]

        scale = drawn(law.noise_scale(test))
        nu = drawn(np.broadcast_to(law.design.degrees_of_freedom(law.values), len(law.numbers))[:, None])[:, :1]
        miss = (law.design.link.on(test.column("loss")) - drawn(law.curve(test))) / scale
        moved = drawn(law.lever(test)) / scale
        for k, number in enumerate(term.grid):
            density[k] += weight * (np.exp(log_student(miss - number * moved, nu)) / scale).mean(axis=0)
    with np.errstate(divide="ignore"):
        # One run that no value foretells must not silence the others.
        return np.asarray(OBSERVATIONS * np.maximum(np.log(density), -700.0).mean(axis=1))
