"""The backtest: hide the largest runs, forecast them from the rest, and score what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.answer import answer
from forecaster.baselines import BASELINES
from forecaster.errors import InputError, NotConverged
from forecaster.extrapolation import extrapolation_for
from forecaster.fit import Say, fit
from forecaster.fold import Fold, rolling_origins
from forecaster.law import Law
from forecaster.posterior import Fit, column_of
from forecaster.runs import Runs
from forecaster.scenario import Point
from forecaster.scores import FACTORS, Score, score_point, summarise
from forecaster.weights import log_density, named, stack

if TYPE_CHECKING:
    import pandas as pd

FEWEST_FOR_WEIGHTS = 15
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
    """

    runs: Runs
    folds: tuple[Fold, ...]
    points: pd.DataFrame
    weights: tuple[Mapping[str, float], ...]
    basis: str
    review: int
    failed: int

    @property
    def scores(self) -> tuple[Score, ...]:
        """One a method: each law, the mixture, the baselines."""
        return tuple(summarise(str(law), points) for law, points in self.points.groupby("law", sort=False))

    @property
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
        lines += ["", "  On the log of the response. `90% is`: the binomial 90% interval of the 90% range's coverage."]
        lines += self._weight_lines()
        if self.review or self.failed:
            lines.append(f"  {self.review} fits are for review, {self.failed} failed their checks and are left out.")
        return "\n".join(lines)

    def _weight_lines(self) -> list[str]:
        said = "earned inside each fold" if self.basis == "extrapolation" else "equal"
        lines = [f"  Weights of the mixture: {said}."]
        for fold, weights in zip(self.folds, self.weights, strict=True):
            shares = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
            lines.append(f"    {len(fold.train)} shown, {len(fold.test)} hidden: {shares}")
        return lines

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


def earned_weights(
    runs: Runs, laws: Sequence[Law], *, seed: int = 1, cache: bool = True, say: Say | None = None
) -> Mapping[str, float]:
    """Weights from how each law forecast this table's own larger runs; equal where the table is too small for that.

    Args:
        runs: the table; nothing else is looked at.
        laws: two or more.
        seed: of the sampler.
        cache: whether fits may come from, and go to, the cache.
        say: called with a line of progress now and then.
    """
    names = [law.name for law in laws]
    folds = rolling_origins(runs) if len(runs) >= FEWEST_FOR_WEIGHTS else ()
    densities = []
    for i, fold in enumerate(folds):
        if say:
            say(f"earning weights: cut {i + 1} of {len(folds)}, {len(fold.train)} runs shown")
        fits = [fit(law, fold.train, seed=seed, cache=cache) for law in laws]
        densities.append(np.stack([log_density(each, fold.test) for each in fits], axis=1))
    return named(stack(densities) if densities else np.full(len(laws), 1 / len(laws)), names)


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

    Weights and reference values of a fold come from its own shown runs, so nothing of the hidden ones leaks.

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
        NotConverged: in some fold no law passed its checks.
    """
    import pandas as pd

    if not folds:
        raise InputError("the table has no cut with 8 runs at 3 scales below it and 2 above", where=runs.name)
    if basis not in BASIS:
        raise InputError(f"weights are {' or '.join(BASIS)}, not {basis}", where="weights")
    if cluster and cluster not in runs.table.columns:
        raise InputError(f"there is no column {cluster} to cluster by", where=runs.name)
    rows: list[dict[str, Any]] = []
    weights = []
    review = failed = 0
    for i, fold in enumerate(folds):
        if say:
            say(f"cut {i + 1} of {len(folds)}: {len(fold.train)} runs shown, {len(fold.test)} hidden")
        fits = [fit(law, fold.train, seed=seed, cache=cache, say=say) for law in laws]
        good = [each for each in fits if each.verdict.status != "fail"]
        review += sum(each.verdict.status == "review" for each in fits)
        failed += len(fits) - len(good)
        if not good:
            raise NotConverged(f"no law passed its checks on the {len(fold.train)} runs shown", where=runs.name)
        if basis == "equal" or len(good) == 1:
            fold_weights: Mapping[str, float] = {each.law.name: 1 / len(good) for each in good}
        else:
            fold_weights = earned_weights(fold.train, [each.law for each in good], seed=seed, cache=cache, say=say)
        weights.append(fold_weights)
        rows += _score_fold(fold, good, fold_weights, cluster=cluster, seed=seed)
    order = {name: i for i, name in enumerate([*(law.name for law in laws), "mixture", *BASELINES])}
    points = pd.DataFrame(rows)
    points = points.sort_values("law", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return Backtest(runs, tuple(folds), points, tuple(weights), basis, review, failed)


def _score_fold(
    fold: Fold, fits: Sequence[Fit], weights: Mapping[str, float], *, cluster: str, seed: int
) -> list[dict[str, Any]]:
    train, test = fold.train, fold.test
    term = extrapolation_for(language_loss=train.is_language_loss)
    y = np.log(test.column("loss"))
    densities = np.stack([log_density(each, test, extrapolation=term, seed=seed) for each in fits])
    log_weights = np.log([max(weights[each.law.name], 1e-300) for each in fits])
    needed = {column_of(each.law, name, train) for each in fits for name in each.law.inputs} | {train.scale}
    columns = {name: test.column(name) for name in needed}
    baselines = {name: draw(fold, seed=seed) for name, draw in BASELINES.items()}
    rows = []
    for i in range(len(test)):
        inputs = {name: float(column[i]) for name, column in columns.items()}
        found = answer(fits, weights, Point(inputs), inputs, term, seed=seed)
        methods: dict[str, dict[str, float]] = {}
        for k, each in enumerate(fits):
            band = found.by_law[each.law.name]
            methods[each.law.name] = score_point(y[i], band.log_draws, band.weights, log_score=float(densities[k, i]))
        mixed = found.predictive
        methods["mixture"] = score_point(
            y[i], mixed.log_draws, mixed.weights, log_score=float(np.logaddexp.reduce(densities[:, i] + log_weights))
        )
        for name, draws in baselines.items():
            methods[name] = score_point(y[i], draws[None, :, i], np.ones(1))
        # A run is the same run in every fold that hides it, whatever its row there.
        label = test.table[cluster].iloc[i] if cluster else (*inputs.values(), y[i])
        extra = {"ratio": float(fold.ratios[i]), "cluster": str(label), "shown": len(train)}
        rows += [{"law": name, **scores, **extra} for name, scores in methods.items()]
    return rows
