"""The backtest: hide the largest runs, forecast them from the rest, and score what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.baselines import BASELINES
from forecaster.errors import InputError, NotConverged
from forecaster.fit import Say
from forecaster.fold import Fold, rolling_origins
from forecaster.law import Law
from forecaster.link import LOG
from forecaster.remarks import FEWEST_FOR_WEIGHTS, count
from forecaster.runs import Runs
from forecaster.scores import FACTORS, Score, summarise
from forecaster.trial import Trial, score_trial, stacked, try_folds
from forecaster.upstairs import upstairs
from forecaster.weights import equal

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BASIS = ("extrapolation", "equal")


@dataclass(frozen=True, eq=False)
class Backtest:
    """How forecasts from this table would have done on its own largest runs.

    Args:
        runs: the whole table.
        folds: the cuts that were made.
        points: one row a method, fold and hidden run: scores, ratio, cluster.
        weights: of the laws in each fold.
        basis: whether the weights were earned or equal.
        review: how many of the fits were shown although their checks call for review.
        failed: how many failed theirs and were left out.
        scale: what widths and scores are of.
    """

    runs: Runs
    folds: tuple[Fold, ...]
    points: pd.DataFrame
    weights: tuple[Mapping[str, float], ...]
    basis: str
    review: int
    failed: int
    scale: str = LOG.text

    @cached_property
    def scores(self) -> tuple[Score, ...]:
        """One a method: each law, the mixture, the baselines."""
        return tuple(summarise(str(law), points) for law, points in self.points.groupby("law", sort=False))

    @cached_property
    def by_factor(self) -> Mapping[str, tuple[Score, ...]]:
        """The same by how many times the largest run shown the hidden ones lie beyond it."""
        groups = {}
        for low, high in pairwise(FACTORS):
            inside = self.points[(self.points["ratio"] > low) & (self.points["ratio"] <= high)]
            if len(inside):
                name = f"{low:g} to {high:g} times" if np.isfinite(high) else f"over {low:g} times"
                groups[name] = tuple(summarise(str(law), found) for law, found in inside.groupby("law", sort=False))
        return groups

    @property
    def table(self) -> pd.DataFrame:
        """One row a method: coverage and width at 90%, CRPS, log score and RMSLE."""
        import pandas as pd

        rows = []
        for score in self.scores:
            low, high = score.coverage_interval["90"]
            coverage = {f"{mass}%": share for mass, share in score.coverage.items()}
            rest = {"90% from": low, "90% to": high, "width 90%": score.width["90"], "CRPS": score.crps}
            rows.append({"law": score.law, **coverage, **rest, "log score": score.log_score, "RMSLE": score.rmsle})
        return pd.DataFrame(rows).set_index("law")

    @property
    def text(self) -> str:
        """The track record, readable aloud."""
        hidden = self.points.loc[self.points["law"] == "mixture"]
        folds = "cut" if len(self.folds) == 1 else "cuts"
        ratios = hidden["ratio"]
        lines = [
            f"{len(hidden)} forecasts of {hidden['cluster'].nunique()} hidden runs of {self.runs.name}, at "
            f"{len(self.folds)} {folds} by {self.folds[0].by}, {ratios.min():.2g} to {ratios.max():.2g} times the "
            f"largest run shown.",
            "",
            f"  {'':<16}{'runs inside the range':>28}{'':>13}{'width':>8}{'':>9}{'log':>8}",
            f"  {'':<16}{'50%':>7}{'80%':>7}{'90%':>7}{'95%':>7}{'90% is':>13}{'of 90%':>8}{'CRPS':>9}{'score':>8}"
            f"{'RMSLE':>8}",
        ]
        for score in self.scores:
            low, high = score.coverage_interval["90"]
            shares = "".join(f"{share:>7.0%}" for share in score.coverage.values())
            lines.append(
                f"  {score.law:<16}{shares}{f'{low:.0%} to {high:.0%}':>13}{score.width['90']:>8.3f}{score.crps:>9.4f}"
                f"{score.log_score:>8.2f}{score.rmsle:>8.4f}"
            )
        lines += ["", f"  On {self.scale}. `90% is`: the binomial 90% interval of the 90% range's coverage."]
        lines += self._mixture_lines()
        lines += self._weight_lines()
        if self.review or self.failed:
            lines.append(f"  {self.review} fits are for review, {self.failed} failed their checks and are left out.")
        return "\n".join(lines)

    def _mixture_lines(self) -> list[str]:
        """How the mixture did by distance, and where in its ranges the hidden runs fell."""
        if not (self.points["law"] == "mixture").any():
            return []
        lines = ["", "  The mixture's 90% range, by how many times the largest run shown:"]
        for name, scores in self.by_factor.items():
            for score in (score for score in scores if score.law == "mixture"):
                lines.append(
                    f"    {name:<18} held {score.coverage['90']:>4.0%} of {count(score.clusters, 'run')}, "
                    f"width {score.width['90']:.3f}, CRPS {score.crps:.4f}"
                )
        for score in (score for score in self.scores if score.law == "mixture"):
            tenths = " ".join(f"{share:.0%}" for share in score.pit)
            lines += [f"  Runs in each tenth of its range, from below (10% each where calibrated): {tenths}", ""]
        return lines

    def _weight_lines(self) -> list[str]:
        said = "equal"
        if self.basis == "extrapolation":
            said = "earned inside the runs shown" if len(self.folds) == 1 else "earned at the cuts before each"
        lines = [f"  Weights of the mixture: {said}."]
        for fold, weights in zip(self.folds, self.weights, strict=True):
            shares = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
            lines.append(f"    {len(fold.train)} shown, {len(fold.test)} hidden: {shares}")
        return lines

    def plot(self, ax: Axes | None = None) -> Axes:
        """Shares of hidden runs held; see `forecaster.report.calibration_figure.plot_calibration`."""
        axes: Axes = upstairs("report.calibration_figure.plot_calibration", self, ax)
        return axes

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        shown: dict[str, str] = upstairs("report.notebook.backtest_bundle", self)
        return shown

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the key `backtest` of the command-line contract, and how it came about."""
        return {
            "backtest": [score.as_dict() for score in self.scores],
            "by_factor": {name: [score.as_dict() for score in scores] for name, scores in self.by_factor.items()},
            "folds": [
                {
                    "by": fold.by,
                    "cut": fold.cut,
                    "shown": len(fold.train),
                    "hidden": len(fold.test),
                    "weights": {name: round(weight, 6) for name, weight in weights.items()},
                }
                for fold, weights in zip(self.folds, self.weights, strict=True)
            ],
            "fits": {"review": self.review, "failed": self.failed},
        }


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

    Weights and reference values of a fold come from its own shown runs, so nothing of the hidden ones leaks: from
    rolling origins inside them where there is one fold, from the earlier folds where several roll.

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
        raise InputError("the table has no cut with 8 runs at 3 scales below it and 2 above", where=runs.name)
    if basis not in BASIS:
        raise InputError(f"weights are {' or '.join(BASIS)}, not {basis}", where="weights")
    if cluster and cluster not in runs.table.columns:
        raise InputError(f"there is no column {cluster} to cluster by", where=runs.name)
    trials = try_folds(folds, laws, seed=seed, cache=cache, say=say)
    weights = None
    inner: Sequence[Trial] = ()
    if basis == "equal":
        weights = [equal(trial.names) for trial in trials]
    elif len(trials) == 1:
        names = trials[0].names
        speaking = [law for law in laws if law.name in names]
        inner = roll(folds[0].train, speaking, seed=seed, cache=cache, say=say)
        weights = [stacked(inner, names)]
    return track_record(runs, trials, weights=weights, basis=basis, earning=inner, cluster=cluster, seed=seed, say=say)


def roll(
    runs: Runs, laws: Sequence[Law], *, seed: int = 1, cache: bool = True, say: Say | None = None
) -> tuple[Trial, ...]:
    """The trials in which laws earn their weights; none for one law, or under fifteen runs.

    Args:
        runs: the table; nothing else is looked at.
        laws: those to be weighted.
        seed: of the sampler.
        cache: whether fits may come from, and go to, the cache.
        say: called with a line of progress now and then.
    """
    if len(laws) < 2 or len(runs) < FEWEST_FOR_WEIGHTS:
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
    scored = []
    used = []
    for i, trial in kept:
        if say:
            say(f"scoring cut {i + 1} of {len(trials)}: {len(trial.fold.test)} runs hidden")
        if weights is not None:
            mine = weights[i]
        elif len(trial.fold.train) < FEWEST_FOR_WEIGHTS:
            mine = equal(trial.names)
        else:
            mine = stacked(trials[:i], trial.names, shown_by=trial.fold)
        used.append(mine)
        scored.append(score_trial(trial, mine, cluster=cluster, seed=seed))
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
