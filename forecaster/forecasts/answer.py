"""The answer at one point: bands for a new run there, and where their width comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.fits.extrapolation import Extrapolation, distance
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import curve_and_noise
from forecaster.notes import Note
from forecaster.runs.points import Point
from forecaster.stats.mixture import MASSES, Band, weighted_quantile


@dataclass(frozen=True, eq=False)
class PointForecast:
    """The answer at one point.

    Args:
        asked: the point as it was asked for.
        at: its inputs, completed: N (parameters), D (tokens), C (FLOP) and any other.
        predictive: the headline: a new run there, with run-to-run noise and the extrapolation term.
        raw: the same without the extrapolation term.
        curve: the same as the headline without run-to-run noise.
        by_law: the headline as each law alone would have it.
        share: parts of the variance of the noise-free response, on the scale of the link, due to parameters, law and
            extrapolation.
        noise_width: width of the 90% range that noise alone would give, in the response's unit.
        compute_ratio: the point's scale over the table's largest.
        notes: what a reader must hear about this point.
    """

    asked: Point
    at: Mapping[str, float]
    predictive: Band
    raw: Band
    curve: Band
    by_law: Mapping[str, Band]
    share: Mapping[str, float]
    noise_width: float
    compute_ratio: float
    notes: tuple[Note, ...]

    def as_dict(self, weights: Mapping[str, float], targets: Sequence[float]) -> dict[str, Any]:
        """JSON-ready; numbers in the response's unit end at the last place that Monte Carlo error leaves.

        Args:
            weights: of the laws.
            targets: values of the response whose chance is given.
        """
        places = self.predictive.decimals

        def ranges(band: Band) -> dict[str, list[float]]:
            return {f"{100 * mass:g}": [round(end, places) for end in band.interval(mass)] for mass in MASSES}

        return {
            "asked": self.asked.text,
            "at": {name: float(f"{value:.6g}") for name, value in self.at.items()},
            "median": round(self.predictive.median, places),
            "raw_median": round(self.raw.median, places),
            "interval": ranges(self.predictive),
            "raw_interval": ranges(self.raw),
            "curve_interval": ranges(self.curve),
            "share": {name: round(value, 6) for name, value in self.share.items()},
            "noise_width": round(self.noise_width, places + 1),
            "by_law": {
                name: {
                    "median": round(band.median, places),
                    "interval": ranges(band),
                    "weight": round(weights[name], 6),
                }
                for name, band in self.by_law.items()
            },
            "targets": [
                {"value": target, "probability": round(self.predictive.probability(below=target), 4)}
                for target in targets
            ],
            "distance": {"compute_ratio": float(f"{self.compute_ratio:.6g}")},
            "notes": [note.as_dict() for note in self.notes],
        }


def answer(
    fits: Sequence[Fit],
    weights: Mapping[str, float],
    asked: Point,
    inputs: dict[str, float],
    extrapolation: Extrapolation,
    *,
    seed: int,
    notes: tuple[Note, ...] = (),
) -> PointForecast:
    """Mix the laws' draws at one point.

    Args:
        fits: of one table.
        weights: of their laws, summing to one.
        asked: the point as it was asked for.
        inputs: the same, completed with all that the laws need and the table's scale.
        extrapolation: the term beyond the data.
        seed: of the noise and of the extrapolation slopes.
        notes: what a reader must hear about this point.
    """
    (found,) = answer_all(fits, weights, [asked], [inputs], extrapolation, seed=seed)
    return replace(found, notes=notes)


def answer_all(
    fits: Sequence[Fit],
    weights: Mapping[str, float],
    asked: Sequence[Point],
    inputs: Sequence[dict[str, float]],
    extrapolation: Extrapolation,
    *,
    seed: int,
) -> tuple[PointForecast, ...]:
    """The same at many points, every law's draws computed at once.

    Args:
        fits: of one table.
        weights: of their laws, summing to one.
        asked: the points as they were asked for.
        inputs: the same, completed; each with the same names.
        extrapolation: the term beyond the data.
        seed: of the noise and of the extrapolation slopes.
    """
    scale = fits[0].runs.scale
    ratio = np.array([each[scale] for each in inputs]) / fits[0].references.scale_largest
    curves = []
    noises = []
    for fit in fits:
        known = [fit.inputs_at(each) for each in inputs]
        arrays = {name: np.array([each[name] for each in known]) for name in fit.law.inputs}
        m, noise = curve_and_noise(fit, arrays, ratio, seed=seed + 1)
        curves.append(m)
        noises.append(noise)
    count = min(len(m) for m in curves)
    m, noise = (np.stack([draws[:count].T for draws in each], axis=1) for each in (curves, noises))
    slope = extrapolation.draws(count, seed=seed)
    return tuple(
        _mixed(fits, weights, point, at, m[i], noise[i], slope, extrapolation.sd)
        for i, (point, at) in enumerate(zip(asked, inputs, strict=True))
    )


def _mixed(
    fits: Sequence[Fit],
    weights: Mapping[str, float],
    asked: Point,
    inputs: dict[str, float],
    m: np.ndarray,
    noise: np.ndarray,
    slope: np.ndarray,
    sd: float,
) -> PointForecast:
    """The answer at one point from each law's curve and noise there, shape (law, sample), and the slopes beyond."""
    scale = fits[0].runs.scale
    largest = fits[0].references.scale_largest
    h = float(distance(inputs[scale], largest))
    drift = h * slope
    w = np.array([weights[fit.law.name] for fit in fits])
    chains, link = fits[0].settings.chains, fits[0].link

    def band(draws: np.ndarray, these: np.ndarray = w) -> Band:
        return Band(draws, these, chains, link)

    parameters = float(w @ m.var(axis=1))
    means = m.mean(axis=1)
    law = float(w @ (means - w @ means) ** 2)
    beyond = (h * sd) ** 2
    # Draws that do not vary at all leave nothing to divide by.
    total = parameters + law + beyond or 1.0
    predictive = band(m + drift + noise)
    middle = weighted_quantile(m + drift, 0.5, w)
    low, high = link.back(middle + weighted_quantile(noise, np.array([0.05, 0.95]), w))
    return PointForecast(
        asked=asked,
        at=inputs,
        predictive=predictive,
        raw=band(m + noise),
        curve=band(m + drift),
        by_law={fit.law.name: band((m + drift + noise)[i : i + 1], np.ones(1)) for i, fit in enumerate(fits)},
        share={"parameters": parameters / total, "law": law / total, "extrapolation": beyond / total},
        noise_width=float(high - low),
        compute_ratio=inputs[scale] / largest,
        notes=(),
    )
