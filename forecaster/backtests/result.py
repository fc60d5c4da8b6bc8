"""The backtest: hide the largest runs, forecast them from the rest, and score what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.backtests.folds import Fold
from forecaster.quantity import span_text
from forecaster.runs.table import Runs
from forecaster.show.document import Document
from forecaster.show.json import json_ready
from forecaster.show.result import Result
from forecaster.stats.link import LOG
from forecaster.stats.mixture import MASSES
from forecaster.stats.scores import binomial_interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Backtest(Result):
    """How forecasts from this table would have done on its own largest runs.

    Args:
        runs: the whole table.
        folds: the cuts that were made.
        points: one row a method, fold and hidden run: scores, ratio, cluster, and how many runs were shown.
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
                if self.runs.along.is_date:
                    ends = [span_text(float(np.log(each))) for each in (low, high) if np.isfinite(each)]
                    name = " to ".join(ends) if len(ends) == 2 else f"over {ends[0]}"
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
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.backtests.text import backtest_document

        return backtest_document(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Shares of hidden runs held."""
        from forecaster.backtests.plot import plot_calibration

        return plot_calibration(self, ax)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the key `backtest` of the command-line contract, and how it came about."""
        return {
            "backtest": [score.as_dict() for score in self.scores],
            "by_factor": {name: [score.as_dict() for score in scores] for name, scores in self.by_factor.items()},
            "folds": [
                {
                    "by": fold.by,
                    "cut": fold.train.input(fold.by).plain(fold.cut),
                    "shown": len(fold.train),
                    "hidden": len(fold.test),
                    "weights": dict(weights),
                }
                for fold, weights in zip(self.folds, self.weights, strict=True)
            ],
            "fits": {"review": self.review, "failed": self.failed},
        }


FACTORS = (1.0, 3.0, 10.0, 30.0, 100.0, np.inf)
"""Edges of the groups of points by how many times the largest run shown they lie beyond it."""


@dataclass(frozen=True)
class Score:
    """How one method did over hidden runs.

    Args:
        law: a law's name, `mixture`, or a baseline's name.
        points: forecasts scored.
        clusters: of them, those that count as independent.
        compute_ratio: median of how many times the largest run shown the hidden ones lie beyond it.
        coverage: share of hidden runs inside the range, by mass.
        coverage_interval: equal-tailed 90% interval of that share, binomial with the clusters as trials.
        width: mean width of the range on the log response, by mass.
        crps: mean continuous ranked probability score; lower is better.
        log_score: mean log predictive density; higher is better.
        rmsle: root mean squared error of the median of the log response.
        pit: how many clusters fall into each tenth of the predicted distribution, as shares.
    """

    law: str
    points: int
    clusters: int
    compute_ratio: float
    coverage: Mapping[str, float]
    coverage_interval: Mapping[str, tuple[float, float]]
    width: Mapping[str, float]
    crps: float
    log_score: float
    rmsle: float
    pit: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        data: dict[str, Any] = json_ready(asdict(self))
        return data


def summarise(law: str, points: pd.DataFrame) -> Score:
    """The score of one method from the scores of its points.

    Points of one cluster are averaged first, so that a run hidden by several cuts, or a run's many checkpoints, counts
    as one.

    Args:
        law: the method.
        points: one row a point with the columns of `score_point`, `ratio` and `cluster`.
    """
    scored = points.assign(squared=points["error"] ** 2)
    mean = scored.drop(columns=["law"], errors="ignore").groupby("cluster").mean(numeric_only=True)
    masses = [f"{100 * mass:g}" for mass in MASSES]
    coverage = {mass: float(mean[f"covered {mass}"].mean()) for mass in masses}
    counts, _ = np.histogram(mean["pit"], bins=np.linspace(0, 1, 11))
    return Score(
        law=law,
        points=len(points),
        clusters=len(mean),
        compute_ratio=float(points["ratio"].median()),
        coverage=coverage,
        coverage_interval={mass: binomial_interval(share, len(mean)) for mass, share in coverage.items()},
        width={mass: float(mean[f"width {mass}"].mean()) for mass in masses},
        crps=float(mean["crps"].mean()),
        log_score=float(mean["log_score"].mean()),
        rmsle=float(np.sqrt(mean["squared"].mean())),
        pit=tuple(float(count) / len(mean) for count in counts),
    )
