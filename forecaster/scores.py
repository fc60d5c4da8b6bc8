"""Scores of forecasts against runs that were hidden, all on the scale of the laws' link: the log for most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.band import MASSES, weighted_quantile

if TYPE_CHECKING:
    import pandas as pd

FACTORS = (1.0, 3.0, 10.0, 30.0, 100.0, np.inf)
"""Edges of the groups of points by how many times the largest run shown they lie beyond it."""


def score_points(
    y: np.ndarray, draws: np.ndarray, weights: np.ndarray, *, log_score: np.ndarray | None = None
) -> pd.DataFrame:
    """Scores of one method's forecasts, one row a point.

    Args:
        y: the responses that were observed, shape (point).
        draws: of the predicted response, shape (law, sample, point).
        weights: of the laws, summing to one.
        log_score: log predictive density at y where it is known, shape (point); else it is estimated from the draws.

    Returns:
        `pit`, `crps` and `log_score` (higher is better), `error` of the median, and for each mass `covered` and
        `width`.
    """
    import pandas as pd

    laws, samples, points = draws.shape
    each = np.repeat(weights / samples, samples)
    flat = draws.reshape(laws * samples, points)
    if log_score is None:
        log_score = np.array([_kernel_log_score(y[i], flat[:, i], each) for i in range(points)])
    edges = [(1 - sign * mass) / 2 for mass in MASSES for sign in (1, -1)]
    quantiles = np.array([weighted_quantile(draws[:, :, i], np.array([0.5, *edges]), weights) for i in range(points)])
    found = {
        "pit": np.minimum(1.0, each @ (flat <= y)),
        "crps": crps(y, flat, each),
        "log_score": log_score,
        "error": quantiles[:, 0] - y,
    }
    for k, mass in enumerate(MASSES):
        low, high = quantiles[:, 1 + 2 * k], quantiles[:, 2 + 2 * k]
        found[f"covered {100 * mass:g}"] = ((low <= y) & (y <= high)).astype(float)
        found[f"width {100 * mass:g}"] = high - low
    return pd.DataFrame(found)


def crps(y: np.ndarray, draws: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of weighted draws, as the integral of the pinball loss over all quantiles.

    scoringrules has the same; its import compiles for four seconds, so only the tests hold this one against it.

    Args:
        y: what was observed, shape (point).
        draws: shape (sample, point).
        weights: of the samples, summing to one.

    Source: Laio and Tamea 2007, Hydrology and Earth System Sciences 11, eq. 7, for a distribution of steps.
    """
    order = np.argsort(draws, axis=0)
    x, w = np.take_along_axis(draws, order, axis=0), weights[order]
    below = np.cumsum(w, axis=0) - 0.5 * w
    return np.asarray(2 * (w * (x - y) * ((y < x) - below)).sum(axis=0))


def _kernel_log_score(y: float, draws: np.ndarray, weights: np.ndarray) -> float:
    """Log density at y of a Gaussian kernel estimate; Silverman's bandwidth with a robust spread."""
    from scipy.special import logsumexp

    low, high = np.quantile(draws, [0.25, 0.75])
    spread = min(float(np.std(draws)), float(high - low) / 1.349) or float(np.std(draws)) or 1e-6
    bandwidth = 0.9 * spread * draws.size**-0.2
    z = (y - draws) / bandwidth
    return float(logsumexp(-0.5 * z**2, b=weights) - np.log(bandwidth * np.sqrt(2 * np.pi)))


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

        def clean(value: float) -> float | None:
            return round(value, 6) if np.isfinite(value) else None

        return {
            "law": self.law,
            "points": self.points,
            "clusters": self.clusters,
            "compute_ratio": clean(self.compute_ratio),
            "coverage": {mass: clean(share) for mass, share in self.coverage.items()},
            "coverage_interval": {mass: [clean(end) for end in ends] for mass, ends in self.coverage_interval.items()},
            "width": {mass: clean(width) for mass, width in self.width.items()},
            "crps": clean(self.crps),
            "log_score": clean(self.log_score),
            "rmsle": clean(self.rmsle),
            "pit": [clean(share) for share in self.pit],
        }


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


def binomial_interval(share: float, trials: int, *, mass: float = 0.9) -> tuple[float, float]:
    """Equal-tailed Jeffreys interval of a probability after `trials` trials of which `share` succeeded.

    Source: Brown, Cai, DasGupta 2001, Statistical Science 16(2), section 3.1.3.
    """
    from scipy.special import betaincinv

    hits = share * trials
    low = 0.0 if hits == 0 else float(betaincinv(hits + 0.5, trials - hits + 0.5, (1 - mass) / 2))
    high = 1.0 if hits == trials else float(betaincinv(hits + 0.5, trials - hits + 0.5, (1 + mass) / 2))
    return low, high
