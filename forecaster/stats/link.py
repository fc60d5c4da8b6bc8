"""A link: the scale on which single runs scatter around a law, and on which draws are kept and scored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

LinkName = Literal["log", "own", "logit"]

NEEDS = {"log": "a response above 0", "own": "a finite response", "logit": "a response between 0 and 1"}


@dataclass(frozen=True)
class Link:
    """One scale for a table's response.

    Args:
        name: `log` for a response above zero, `own` for one of either sign, `logit` for one between 0 and 1.
        spread: what one unit of the own scale is, in the response's unit; 1 for the others.
    """

    name: LinkName = "log"
    spread: float = 1.0

    def on(self, response: Any) -> Any:
        """The response on this scale; not a number, or infinite, where it has no place there."""
        match self.name:
            case "log":
                return np.log(response)
            case "own":
                return response / self.spread
            case "logit":
                return np.log(response) - np.log1p(-response)

    def back(self, z: Any) -> Any:
        """The response in its own unit."""
        match self.name:
            case "log":
                return np.exp(z)
            case "own":
                return z * self.spread
            case "logit":
                return 0.5 * (1.0 + np.tanh(0.5 * z))

    def threshold(self, value: float) -> float:
        """A value on this scale; infinite below or above all that a response can be."""
        if self.name != "own" and value <= 0:
            return -math.inf
        if self.name == "logit" and value >= 1:
            return math.inf
        return float(self.on(value))

    def error(self, response: Any, se: Any) -> Any:
        """A standard error of the response as one on this scale, to first order."""
        match self.name:
            case "log":
                return se / response
            case "own":
                return se / self.spread
            case "logit":
                return se / (response * (1.0 - response))

    def holds(self, response: np.ndarray) -> np.ndarray:
        """Which responses have a place on this scale, as booleans of the same shape."""
        match self.name:
            case "log":
                return np.asarray(response > 0)
            case "own":
                return np.isfinite(response)
            case "logit":
                return np.asarray((response > 0) & (response < 1))

    @property
    def needs(self) -> str:
        """What a response must be, in words."""
        return NEEDS[self.name]

    @property
    def scale(self) -> str:
        """The scale in a few words, to follow "on"."""
        return "the response itself" if self.name == "own" else f"the {self.name} of the response"

    @property
    def text(self) -> str:
        """The scale in words, to follow "on"."""
        return f"the response in units of its spread, {self.spread:.3g}" if self.name == "own" else self.scale


LOG = Link()


def spread_of(response: np.ndarray) -> float:
    """How far a table's responses spread: the width of their middle 80%, as a standard deviation of a normal one."""
    low, high = np.quantile(response, [0.1, 0.9])
    return float(high - low) / 2.563 or float(np.ptp(response)) or 1.0
