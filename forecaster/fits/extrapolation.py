"""The extrapolation term: how far laws have missed beyond their data, per e-fold of compute.

Beyond the largest run every law with a floor predicted too high in every public source studied. One unknown extra
slope of the log response, shared by all points of one forecast, stands for that and for its spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.stats.link import LinkName
from forecaster.stats.student import stratified_student

STUDIED = 1000.0
"""The largest ratio of asked to trained compute in the study; the term grows no further beyond it."""


@dataclass(frozen=True)
class Extrapolation:
    """The slope's distribution: Student t with four degrees of freedom.

    Args:
        mean: change of the response, on the scale of the laws' link, per e-fold of compute.
        sd: its standard deviation.
    """

    mean: float
    sd: float
    nu: float = 4.0

    def draws(self, count: int, *, seed: int) -> np.ndarray:
        """One slope for each of `count` posterior draws, stratified as `stratified_student` says."""
        scale = self.sd / np.sqrt(self.nu / (self.nu - 2))
        return np.asarray(self.mean + scale * stratified_student(self.nu, count, seed=seed))


LANGUAGE_LOSS = Extrapolation(mean=-0.003, sd=0.004)
"""Learned on 56 extrapolation splits of 14 groups of language-model runs from 8 public sources."""

OTHER_RESPONSE = Extrapolation(mean=0.0, sd=0.006)
"""Wider and without a direction, for responses that were not studied."""

OTHER_SCALE = Extrapolation(mean=0.0, sd=0.02)
"""By judgement, for noise on another scale than the log: per e-fold a fiftieth of the table's spread, or of a logit."""

ONE_INPUT = Extrapolation(mean=0.0, sd=0.02)
"""For tables of N alone or D alone, per e-fold of that: chosen on 46 of 116 published learning curves of one input,
where the narrower term left 90% ranges that held 61 to 64%."""


def extrapolation_for(*, language_loss: bool, scale: str = "C", link: LinkName = "log") -> Extrapolation:
    """The term for a response.

    Args:
        language_loss: whether it is a language-model loss.
        scale: what orders the table's runs: C, or its only one of N and D.
        link: on which scale the noise is.
    """
    if link != "log":
        return OTHER_SCALE
    if scale != "C":
        return ONE_INPUT
    return LANGUAGE_LOSS if language_loss else OTHER_RESPONSE


def distance(scale: Any, largest: float) -> Any:
    """h, the e-folds of compute beyond the largest run: 0 inside the table, held at log 1000 beyond what was studied.

    Args:
        scale: compute at the points asked for.
        largest: the largest training compute, same unit.
    """
    return np.clip(np.log(np.asarray(scale) / largest), 0.0, np.log(STUDIED))
