"""To backtest: hide the largest runs, forecast them from the rest, and score what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forecaster.backtests.baselines import BASELINES
from forecaster.backtests.drift import informed
from forecaster.backtests.folds import ENOUGH, FEWEST_HIDDEN, Fold, rolling_origins
from forecaster.backtests.result import Backtest
from forecaster.backtests.trial import Trial, score_trial, stacked, try_folds
from forecaster.errors import InputError, NotConverged, Say
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import extrapolation_for
from forecaster.fits.predict import extrapolation_of
from forecaster.laws.law import Law
from forecaster.runs.data_checks import FEWEST_FOR_WEIGHTS
from forecaster.runs.table import Runs
from forecaster.stats.stacking import equal

BASIS = ("extrapolation", "equal")

NO_CUT = f"the table has no cut with {ENOUGH} below it and {FEWEST_HIDDEN} above"


def backtest(
    runs: Runs,
    laws: Sequence[Law],
    folds: Sequence[Fold],
    *,
    basis: str = "extrapolation",
    cluster: str = "",
    seed: int = 1,
    cache: bool = True,
    say: Say | None = None,
) -> Backtest:
    """Forecast the hidden runs of every fold from the shown ones, with every law, their mixture and the baselines.

    Weights, reference values and what a cut says of the extrapolation term come from a fold's own shown runs, so
    nothing of the hidden ones leaks: from rolling origins inside them where there is one fold, from the earlier folds
    where several roll. With equal weights no cut speaks.

    Args:
        runs: the whole table.
        laws: each scored alone and in the mixture.
        folds: from `holdout` or `rolling_origins`.
        basis: `extrapolation` (weights earned inside each fold) or `equal`.
        cluster: a column whose equal values count as one run; each row is its own where not given.
        seed: of every random number.
        cache: whether fits may come from, and go to, the cache.
        say: called with a line of progress now and then.

    Raises:
        InputError: no fold, an unknown basis or column.
        NotConverged: in no fold did any law pass its checks.
    """
    if not folds:
        raise InputError(NO_CUT, where=runs.name)
    if basis not in BASIS:
        raise InputError(f"weights are {' or '.join(BASIS)}, not {basis}", where="weights")
    if cluster and cluster not in runs.table.columns:
        raise InputError(f"there is no column {cluster} to cluster by", where=runs.name)
    trials = try_folds(folds, laws, seed=seed, cache=cache, say=say)
    weights = None
    inner: Sequence[Trial] = ()
    if basis == "equal":
        weights = [equal(trial.names, trial.alike) for trial in trials]
    elif len(trials) == 1:
        names = trials[0].names
        speaking = [law for law in laws if law.name in names]
        inner = roll(folds[0].train, speaking, seed=seed, cache=cache, say=say)
        weights = [stacked(inner, names, alike=trials[0].alike)]
    return track_record(runs, trials, weights=weights, basis=basis, earning=inner, cluster=cluster, seed=seed, say=say)


def roll(
    runs: Runs, laws: Sequence[Law], *, seed: int = 1, cache: bool = True, say: Say | None = None
) -> tuple[Trial, ...]:
    """The trials in which laws earn their weights and the term is informed; none under fifteen runs, or for one law
    whose term no cut informs.

    Args:
        runs: the table; nothing else is looked at.
        laws: those to be weighted.
        seed: of the sampler.
        cache: whether fits may come from, and go to, the cache.
        say: called with a line of progress now and then.
    """
    term = extrapolation_for(language_loss=runs.is_language_loss, scale=runs.scale, link=laws[0].link) if laws else None
    if len(runs) < FEWEST_FOR_WEIGHTS or term is None or (len(laws) < 2 and not term.by_exponent):
        return ()
    return try_folds(rolling_origins(runs), laws, seed=seed, cache=cache, say=say)


def track_record(
    runs: Runs,
    trials: Sequence[Trial],
    *,
    weights: Sequence[Mapping[str, float]] | None = None,
    basis: str = "extrapolation",
    earning: Sequence[Trial] = (),
    cluster: str = "",
    seed: int = 1,
    say: Say | None = None,
) -> Backtest:
    """Score trials that roll through a table.

    Args:
        runs: the whole table.
        trials: in order of their cuts.
        weights: of the laws in each trial; where not given, those earned in the earlier trials, on runs that this
            one shows.
        basis: what to call the weights.
        earning: further trials that served only to earn weights; their fits are counted.
        cluster: a column whose equal values count as one run.
        seed: of every random number.
        say: called with a line of progress now and then.

    Raises:
        NotConverged: in no trial did any law pass its checks.
    """
    import pandas as pd

    kept = [(i, trial) for i, trial in enumerate(trials) if trial.fits]
    if not kept:
        raise NotConverged(f"no law passed its checks on any of the {len(trials)} cuts", where=runs.name)
    scored, used = [], []
    for i, trial in kept:
        if say:
            say(f"scoring cut {i + 1} of {len(trials)}: {len(trial.fold.test)} runs hidden")
        if weights is not None:
            mine = weights[i]
        elif len(trial.fold.train) < FEWEST_FOR_WEIGHTS:
            mine = equal(trial.names, trial.alike)
        else:
            mine = stacked(trials[:i], trial.names, shown_by=trial.fold, alike=trial.alike)
        used.append(mine)
        cuts = trials[:i] if weights is None else earning
        term = informed(extrapolation_of(Ensemble(trial.fits)), cuts, mine, shown_by=trial.fold)
        scored.append(score_trial(trial, mine, extrapolation=term, cluster=cluster, seed=seed))
    laws = dict.fromkeys(name for trial in trials for name in trial.names)
    order = {name: i for i, name in enumerate([*laws, "mixture", *BASELINES])}
    points = pd.concat(scored, ignore_index=True)
    points = points.sort_values("law", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return Backtest(
        runs=runs,
        folds=tuple(trial.fold for _, trial in kept),
        points=points,
        weights=tuple(used),
        basis=basis,
        review=sum(trial.review for trial in (*trials, *earning)),
        failed=sum(len(trial.left_out) for trial in (*trials, *earning)),
        scale=kept[0][1].fits[0].link.text,
    )
