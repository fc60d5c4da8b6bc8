"""A trial: one fold forecast by several laws, with how well each foretold the runs that were hidden from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtests.baselines import BASELINES
from forecaster.backtests.copies import Groups, copies
from forecaster.backtests.folds import Fold
from forecaster.errors import Say
from forecaster.fits.ensemble import Ensemble, failures, fit_each, refused
from forecaster.fits.extrapolation import Extrapolation
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import extrapolation_of, log_density, predict
from forecaster.laws.law import Law
from forecaster.stats.scores import score_points
from forecaster.stats.stacking import equal, sets, stack

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 2_000
"""Draws of each law that are scored; the error this leaves is far below that of a few hidden runs."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One fold and the fits of its shown runs.

    Args:
        fold: what was shown and what was hidden.
        fits: of the laws whose draws may be used (pass or review).
        left_out: why each other law is missing, by name.
    """

    fold: Fold
    fits: tuple[Fit, ...]
    left_out: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the laws that speak."""
        return tuple(each.law.name for each in self.fits)

    @property
    def review(self) -> int:
        """How many of the fits are for review."""
        return sum(each.verdict.status == "review" for each in self.fits)

    @cached_property
    def alike(self) -> Groups:
        """Names of laws that say the same of the runs shown and beyond."""
        return copies(self.fits)

    @cached_property
    def density(self) -> np.ndarray:
        """Log density by which weights are earned, shape (test run, law)."""
        return np.stack([log_density(each, self.fold.test) for each in self.fits], axis=1)


def try_fold(fold: Fold, laws: Sequence[Law], *, seed: int = 1, cache: bool = True, say: Say | None = None) -> Trial:
    """Fit every law to the runs that a fold shows; a law that cannot start or fails its checks is left out."""
    fits, refusals = fit_each(laws, fold.train, seed=seed, cache=cache, say=say, hidden=True)
    left_out = failures({each.law.name: each.verdict for each in fits} | refused(refusals)[0])
    return Trial(fold, tuple(each for each in fits if each.law.name not in left_out), left_out)


def try_folds(
    folds: Sequence[Fold], laws: Sequence[Law], *, seed: int = 1, cache: bool = True, say: Say | None = None
) -> tuple[Trial, ...]:
    """A trial of every fold, one compile a law for all of them."""
    trials = []
    for i, fold in enumerate(folds):
        if say:
            say(f"cut {i + 1} of {len(folds)}: {len(fold.train)} runs shown, {len(fold.test)} hidden")
        trials.append(try_fold(fold, laws, seed=seed, cache=cache, say=say))
    return tuple(trials)


def stacked(
    trials: Sequence[Trial], names: Sequence[str], *, shown_by: Fold | None = None, alike: Groups = ()
) -> Mapping[str, float]:
    """The laws' weights by how they did in trials; equal where no trial can tell.

    Laws that say the same are weighed as one, by the mean of their densities, and share its weight.

    Args:
        trials: those that lack one of the laws are passed over.
        names: of the laws.
        shown_by: a later fold; hidden runs that it hides too are not looked at.
        alike: names of laws that say the same.
    """
    from scipy.special import logsumexp

    folds = []
    own = sets(names, alike)
    for trial in trials:
        if not set(names) <= set(trial.names):
            continue
        density = trial.density[:, [trial.names.index(name) for name in names]]
        if shown_by is not None:
            density = density[shown_by.shows(trial.fold.test)]
        if len(density) and np.isfinite(density).all():
            rows = [[names.index(name) for name in each] for each in own]
            each_once = [logsumexp(density[:, row], axis=1) - np.log(len(row)) for row in rows]
            folds.append(np.stack(each_once, axis=1) if alike else density)
    if not folds:
        return equal(names, alike)
    found = {name: float(weight) / len(each) for each, weight in zip(own, stack(folds), strict=True) for name in each}
    return {name: found[name] for name in names}


def foretell(
    trial: Trial, *, seed: int = 1, extrapolation: Extrapolation | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """What each law says of the hidden runs: draws (law, sample, test run) and log density (law, test run).

    Args:
        trial: whose laws speak.
        seed: of every random number.
        extrapolation: the term beyond the data; the response's own where not given.
    """
    test, ensemble = trial.fold.test, Ensemble(trial.fits)
    term = extrapolation or extrapolation_of(ensemble)
    draws = predict(ensemble, test, term=term, seed=seed).predictive
    density = np.stack([log_density(each, test, extrapolation=term, seed=seed) for each in trial.fits])
    return draws[:, :: max(1, draws.shape[1] // DRAWS)], density


def score_mixture(y: np.ndarray, draws: np.ndarray, density: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    """Scores of a mixture of laws.

    Args:
        y: the responses that were observed, on the scale of the laws' link, shape (point).
        draws: shape (law, sample, point).
        density: log predictive density at y, shape (law, point).
        weights: of the laws.
    """
    log_w = np.log(np.maximum(weights, 1e-300))
    return score_points(y, draws, weights, log_score=np.logaddexp.reduce(density + log_w[:, None], axis=0))


def score_trial(
    trial: Trial,
    weights: Mapping[str, float],
    *,
    extrapolation: Extrapolation | None = None,
    cluster: str = "",
    seed: int = 1,
) -> pd.DataFrame:
    """Scores of each law, of their mixture and of the baselines, one row a method and hidden run.

    Args:
        trial: whose laws speak.
        weights: of those laws in the mixture.
        extrapolation: the term beyond the data; the response's own where not given.
        cluster: a column whose equal values count as one run; each row is its own where not given.
        seed: of every random number.
    """
    import pandas as pd

    train, test = trial.fold.train, trial.fold.test
    link = trial.fits[0].link
    y = link.on(test.column("loss"))
    draws, density = foretell(trial, seed=seed, extrapolation=extrapolation)
    found = {
        name: score_mixture(y, draws[k : k + 1], density[k : k + 1], np.ones(1)) for k, name in enumerate(trial.names)
    }
    found["mixture"] = score_mixture(y, draws, density, np.array([weights[name] for name in trial.names]))
    for name, draw in BASELINES.items():
        if (draws_of := draw(trial.fold, link=link, seed=seed)) is not None:
            found[name] = score_points(y, draws_of[None], np.ones(1))
    # A run is the same run in every fold that hides it, whatever its row there.
    columns = [test.column(name) for name in dict.fromkeys((*train.inputs, train.scale))]
    label = test.table[cluster].astype(str) if cluster else [str(row) for row in zip(*columns, y, strict=True)]
    rows = []
    for name, scores in found.items():
        about = pd.DataFrame({"law": name, "ratio": trial.fold.ratios, "cluster": list(label), "shown": len(train)})
        rows.append(pd.concat([about, scores], axis=1))
    return pd.concat(rows, ignore_index=True)
