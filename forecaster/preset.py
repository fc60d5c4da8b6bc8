"""A preset: published values of a law's parameters, which predict without any fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """One published set of constants of a law.

    Args:
        law_name: the law that they belong to.
        name: what to call it, such as `besiroglu2024`.
        source: the publication, the data that it was fitted to and the unit of its response.
        parameters: a value for each parameter of the law's formula, in natural units.
    """

    law_name: str
    name: str
    source: str
    parameters: Mapping[str, float]

    def __str__(self) -> str:
        values = ", ".join(f"{name} = {value:g}" for name, value in self.parameters.items())
        return f"{self.name}: {values} ({self.source})"
