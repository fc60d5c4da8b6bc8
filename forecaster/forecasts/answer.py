"""The answer at one point: bands for a new run there, and where their width comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import Extrapolation
from forecaster.fits.predict import predict
from forecaster.inputs import DATE, input_of
from forecaster.notes import Note
from forecaster.quantity import DAYS, TYPED, finite
from forecaster.runs.points import Point, Target
from forecaster.stats.mixture import Band


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
        compute_ratio: the point's scale over the table's largest; of a date, e to the power of the years between.
        notes: what a reader must hear about this point.
        below_smallest: how many times below the table's smallest run the point's scale lies; 1 where it does not.
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
    below_smallest: float = 1.0

    @property
    def distance(self) -> dict[str, float | None]:
        """JSON-ready: how far the point lies from the largest run; of a date, in days after the last row."""
        if DATE.name in self.at:
            return {"compute_ratio": None, "days": round(DAYS * math.log(self.compute_ratio))}
        return {"compute_ratio": self.compute_ratio, "below_smallest": self.below_smallest}

    def digits(self, name: str) -> int:
        """With how many digits the amount of one of its inputs is said: as it was typed where it was, else two."""
        return TYPED if self.asked.inputs.get(name) == self.at[name] else 2

    def as_dict(self, weights: Mapping[str, float], targets: Sequence[Target]) -> dict[str, Any]:
        """JSON-ready, at full precision; `mcse` holds the Monte Carlo errors of the median and the 90% range.

        Args:
            weights: of the laws.
            targets: values of the response whose chance is given.
        """
        band = self.predictive.as_dict()
        return {
            "asked": self.asked.text,
            "at": {name: input_of(name).plain(value) for name, value in self.at.items()},
            "median": band["median"],
            "raw_median": finite(self.raw.median),
            "interval": band["interval"],
            "mcse": band["mcse"],
            "raw_interval": self.raw.ranges(),
            "curve_interval": self.curve.ranges(),
            "share": dict(self.share),
            "noise_width": self.noise_width,
            "by_law": {name: alone.as_dict() | {"weight": weights[name]} for name, alone in self.by_law.items()},
            "targets": [
                {
                    "value": target.value,
                    "direction": target.direction,
                    "probability": self.predictive.probability(**target.side),
                }
                for target in targets
            ],
            "distance": self.distance,
            "notes": [note.as_dict() for note in self.notes],
        }


def answer(
    ensemble: Ensemble,
    asked: Sequence[Point],
    inputs: Sequence[Mapping[str, float]],
    term: Extrapolation,
    *,
    seed: int,
    notes: Sequence[Sequence[Note]] = (),
) -> tuple[PointForecast, ...]:
    """Mix the laws' draws at points.

    Args:
        ensemble: whose laws.
        asked: the points as they were asked for.
        inputs: the same, completed with all that the laws need and the table's scale.
        term: beyond the data.
        seed: of the term's slopes and of the noise.
        notes: what a reader must hear about each point.
    """
    at = {name: np.array([each[name] for each in inputs]) for name in inputs[0] if all(name in each for each in inputs)}
    found = predict(ensemble, at, term=term, seed=seed)
    predictive, raw, without_noise = found.predictive, found.raw, found.without_noise
    shares, noise_width = found.shares(), found.noise_width()

    def at_point(i: int) -> PointForecast:
        band = found.band(predictive, i)
        return PointForecast(
            asked=asked[i],
            at=inputs[i],
            predictive=band,
            raw=found.band(raw, i),
            curve=found.band(without_noise, i),
            by_law={
                name: replace(band, draws=band.draws[k : k + 1], weights=np.ones(1))
                for k, name in enumerate(ensemble.names)
            },
            share={name: float(part[i]) for name, part in shares.items()},
            noise_width=float(noise_width[i]),
            compute_ratio=inputs[i][ensemble.runs.scale] / ensemble.largest,
            notes=tuple(notes[i]) if notes else (),
            below_smallest=ensemble.runs.below_smallest(inputs[i][ensemble.runs.scale]),
        )

    return tuple(at_point(i) for i in range(len(asked)))
