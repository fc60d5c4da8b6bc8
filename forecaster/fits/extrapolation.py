"""The extrapolation term: how far laws have missed beyond their data.

Beyond the largest run laws with a floor predicted too high in nearly every publication studied, by more the faster
their own curve fell. One unknown number, shared by all points of a forecast, stands for that and for its spread.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.stats.link import LinkName
from forecaster.stats.student import log_student, stratified_student

STUDY = Path(__file__).with_suffix(".toml")
"""What benchmarks/drift.py measured, and on whose publications."""

FEWEST_PUBLICATIONS = 3
"""Under which a share is not told."""

STUDIED = 1000.0
"""The largest ratio of asked to trained compute in the study; the term grows no further beyond it."""

BEYOND_SCALES, NODES = 60.0, 161
"""The grid of the number: to so many scales of its prior on both sides, denser towards its middle."""

BLUR_NU = 4.0


@dataclass(frozen=True)
class Extrapolation:
    """One unknown number for all points of a forecast, and what it does to the response on the scale of its link.

    As a slope s it adds s h; as theta it takes theta gamma h away, gamma each draw's own exponent. Its prior is
    Student's t. The cuts of a table inform it one after the other, and what may differ from one cut to the next, and
    from the last cut to the forecast, are changes of Student's t with four degrees of freedom.

    Args:
        mean: of the prior.
        sd: the prior's standard deviation.
        nu: the prior's degrees of freedom.
        by_exponent: whether it is theta.
        walk: standard deviation of its change from cut to cut.
        blur: standard deviation of its change from the last cut, or from the prior, to the forecast.
        believed: probabilities of the values in `grid` after the table's cuts have spoken; empty where none did.
    """

    mean: float
    sd: float
    nu: float = 4.0
    by_exponent: bool = False
    walk: float = 0.0
    blur: float = 0.0
    believed: tuple[float, ...] = ()

    def informed(self, cuts: Sequence[np.ndarray]) -> Extrapolation:
        """The term after a table's cuts have spoken.

        Args:
            cuts: log likelihood by each at every value in `grid`, the earliest first.
        """
        if not cuts:
            return self
        p = np.asarray(self.probabilities)
        for i, seen in enumerate(cuts):
            p = (p if i == 0 else p @ self._walks) * np.exp(seen - np.max(seen))
            p = p / p.sum()
        return replace(self, believed=tuple(p.tolist()))

    @property
    def scale(self) -> float:
        """Of the prior."""
        return float(self.sd / np.sqrt(self.nu / (self.nu - 2)))

    @property
    def grid(self) -> np.ndarray:
        """Values of the number, rising; evenly on the inverse hyperbolic sine of their distance from the mean."""
        return np.asarray(self.mean + self.scale * np.sinh(_EVENLY))

    @property
    def probabilities(self) -> np.ndarray:
        """Of the values in `grid`, summing to one."""
        if self.believed:
            return np.array(self.believed)
        p = np.exp(log_student(np.sinh(_EVENLY), np.array(self.nu))) * np.cosh(_EVENLY)
        return np.asarray(p / p.sum())

    @property
    def _walks(self) -> np.ndarray:
        """Chances of each value after each, shape (from, to)."""
        grid = self.grid
        z = (grid[None, :] - grid[:, None]) / (self.walk / np.sqrt(BLUR_NU / (BLUR_NU - 2)))
        chances = np.exp(log_student(z, np.array(BLUR_NU))) * np.cosh(_EVENLY)
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def draws(self, count: int, *, seed: int) -> np.ndarray:
        """The number for each of `count` posterior draws, stratified as `stratified_student` says."""
        from scipy.special import stdtr

        standard = stratified_student(self.nu, count, seed=seed)
        number = self.mean + self.scale * standard
        if self.believed:
            p = self.probabilities
            number = np.interp(stdtr(self.nu, standard), (np.cumsum(p) - p / 2), self.grid)
        if self.blur:
            # Of a stream of its own: the next seed is the noise's.
            number = number + self.blur * stratified_student(BLUR_NU, count, seed=(seed, 1)) / np.sqrt(2)
        return np.asarray(number)

    @property
    def expected(self) -> float:
        """The number's mean."""
        return float(self.probabilities @ self.grid) if self.believed else self.mean

    @property
    def spread(self) -> float:
        """The number's standard deviation."""
        variance = self.probabilities @ (self.grid - self.expected) ** 2 if self.believed else self.sd**2
        return float(np.sqrt(variance + self.blur**2))


_EVENLY = np.linspace(-np.arcsinh(BEYOND_SCALES), np.arcsinh(BEYOND_SCALES), NODES)

LANGUAGE_LOSS = Extrapolation(mean=0.045, sd=0.04, nu=3.0, by_exponent=True, walk=0.06, blur=0.02)
"""theta; see benchmarks/drift.py. Only its mean is learned; its sd is held wide on purpose: learned on some
publications it came out far too narrow for the next ones."""

NO_TERM = Extrapolation(mean=0.0, sd=0.0)

OTHER_RESPONSE = Extrapolation(mean=0.0, sd=0.006)
"""Wider and without a direction, for responses that were not studied."""

SCORE = Extrapolation(mean=0.0, sd=0.1)
"""For scores in [0, 1], per e-fold of a logit: chosen by benchmarks/terms.py, where the 90% ranges of .02 held far less
than 90%."""

OTHER_SCALE = Extrapolation(mean=0.0, sd=0.02)
"""By judgement, for noise in the response's own unit: per e-fold a fiftieth of the table's spread."""

ONE_INPUT = Extrapolation(mean=0.0, sd=0.02)
"""For tables of N alone or D alone, per e-fold of that: chosen on 46 of 116 published learning curves of one input,
where the narrower term left 90% ranges that held 61 to 64%. Theta and the cuts did no better: benchmarks/terms.py."""

WEIGHING = 0.004
"""By how much, per e-fold, the noise is widened where laws are compared for weights, on the log of the response."""


@dataclass(frozen=True)
class Held:
    """How often 90% ranges held where they were tried, on publications that taught the term nothing.

    Args:
        by: `distance`, times the largest run; or `beyond`, times the farthest that the table's own cuts tested.
        over: the least of it.
        to: the most; infinite for the last step.
        share: of the hidden runs, every publication counting alike.
        between: the ends of its 90% interval, of a bootstrap over publications.
        publications: how many.
        runs: hidden ones.
    """

    by: str
    over: float
    to: float
    share: float
    between: tuple[float, float]
    publications: int
    runs: int

    @property
    def told(self) -> bool:
        """Whether there are publications enough to tell."""
        return self.publications >= FEWEST_PUBLICATIONS


@cache
def study(*, informed: bool) -> tuple[Held, ...]:
    """Every share of the study, for terms that cuts informed or for the prior alone."""
    page = tomllib.loads(STUDY.read_text("utf-8"))
    rows = page["informed" if informed else "prior"]
    return tuple(Held(**{**row, "between": tuple(row["between"])}) for row in rows)


def studied(ratio: float, tested: float, *, informed: bool) -> tuple[Held, ...]:
    """The steps of the study in which a point lies: by its distance, and by how far cuts reached where they informed.

    Args:
        ratio: times the largest run; within the table counts as the nearest step.
        tested: how many times the largest run shown the farthest run that a cut hid lay beyond it; 0 where none did.
        informed: whether the table's cuts informed the term.
    """
    where = {"distance": max(ratio, 1.0 + 1e-9)}
    if informed and tested > 0:
        where["beyond"] = max(ratio, 1.0) / tested
    rows = study(informed=informed)
    return tuple(row for row in rows if row.by in where and row.over < where[row.by] <= row.to)


def extrapolation_for(*, language_loss: bool, scale: str = "C", link: LinkName = "log") -> Extrapolation:
    """The term for a response.

    Args:
        language_loss: whether it is a language-model loss.
        scale: what orders the table's runs: C, or its only one of N and D.
        link: on which scale the noise is.
    """
    if link != "log":
        return SCORE if link == "logit" else OTHER_SCALE
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
