"""A fold: the runs that are shown and the larger ones that are hidden to be forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.errors import InputError, TooFewRuns
from forecaster.inputs import DATE
from forecaster.runs.data_checks import FEWEST_RUNS, FEWEST_SCALES, few_scales
from forecaster.runs.table import Runs

ORIGINS = (0.40, 0.55, 0.70, 0.85)
"""Shares of the log range of scale at which the origins roll."""

FEWEST_HIDDEN = 2

ENOUGH = f"{FEWEST_RUNS} runs at {FEWEST_SCALES} scales, or at 2 budgets split in {FEWEST_SCALES} ways,"


@dataclass(frozen=True, eq=False)
class Fold:
    """One cut through a table.

    Args:
        train: the runs below the cut; all that a forecast may know.
        test: the runs above it.
        by: the column that was cut.
        cut: the largest value of that column that is shown.
    """

    train: Runs
    test: Runs
    by: str
    cut: float

    @classmethod
    def at(cls, runs: Runs, *, by: str, cut: float) -> Fold:
        """The fold that shows the runs up to a value of a column."""
        shown = _shown(runs, by, cut)
        return cls(train=runs.select(shown), test=runs.select(~shown), by=by, cut=cut)

    @property
    def ratios(self) -> np.ndarray:
        """Each hidden run's scale over the largest one shown, shape (test run)."""
        scale = self.train.scale
        return self.test.column(scale) / self.train.column(scale).max()

    def shows(self, runs: Runs) -> np.ndarray:
        """Which of some runs of the same table lie on the shown side of the cut, shape (run)."""
        return _shown(runs, self.by, self.cut)

    @property
    def usable(self) -> bool:
        """Whether enough is shown to fit, and enough hidden to score."""
        return len(self.train) >= FEWEST_RUNS and not few_scales(self.train) and len(self.test) >= FEWEST_HIDDEN


def rolling_origins(runs: Runs, *, shares: tuple[float, ...] = ORIGINS) -> tuple[Fold, ...]:
    """Folds at shares of the log range of the table's scale, those too small to use left out.

    Args:
        runs: the whole table.
        shares: where to cut, between 0 (the smallest run) and 1 (the largest).
    """
    log_scale = np.log(runs.column(runs.scale))
    span = log_scale.max() - log_scale.min()
    folds = [Fold.at(runs, by=runs.scale, cut=float(np.exp(log_scale.min() + share * span))) for share in shares]
    kept: list[Fold] = []
    for fold in folds:
        # Two cuts inside one gap of a sparse table are the same fold.
        if fold.usable and not any(len(fold.train) == len(each.train) for each in kept):
            kept.append(fold)
    return tuple(kept)


def holdout(runs: Runs, *, by: str = "", holdout: float = 0.2) -> Fold:
    """One fold that hides the largest runs.

    Args:
        runs: the whole table.
        by: the column whose largest values are hidden; the table's scale where not given.
        holdout: below 1 the share of the runs to hide; otherwise the largest value of the column that is shown.

    Raises:
        InputError: the column cannot order the runs.
        TooFewRuns: too little is left on one side of the cut.
    """
    by = by or runs.scale
    values = _orderable(runs, by)
    if holdout <= 0:
        raise InputError(f"holdout is {holdout:g}; it is a share of the runs such as 0.2, or a value of {by}")
    cut = holdout if holdout >= 1 else float(np.sort(values)[max(0, round(len(runs) * (1 - holdout)) - 1)])
    fold = Fold.at(runs, by=by, cut=cut)
    if not fold.usable:
        said = runs.input(by).amount(cut) if by == DATE.name else f"{cut:.3g}"
        raise TooFewRuns(
            f"cut at {by} = {said}, {len(fold.train)} runs are shown and {len(fold.test)} hidden; "
            f"{ENOUGH} and {FEWEST_HIDDEN} are needed: choose another `holdout`",
            where=runs.name,
            named=("holdout",),
        )
    return fold


def _shown(runs: Runs, by: str, cut: float) -> np.ndarray:
    # A hair above, so that a run at the cut itself is shown whatever its last binary digit.
    return np.asarray(_orderable(runs, by) <= cut + 1e-9 * abs(cut))


def _orderable(runs: Runs, by: str) -> np.ndarray:
    if by == DATE.name and not runs.has(by):
        raise InputError("the table has no column date to order the runs by", where=runs.name)
    return runs.column(by)
