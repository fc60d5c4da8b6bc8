"""A law: a formula with its inputs, priors and noise."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from forecaster.errors import LawError
from forecaster.inputs import INPUTS
from forecaster.laws.formula.tree import NUMPY, Formula, evaluate
from forecaster.laws.prior import Prior
from forecaster.show.document import Document
from forecaster.show.result import Shown
from forecaster.stats.link import LinkName

SCALE = "scale"
"""The unit of an input that stands for whatever the table's scale is: compute, or its only one of N and D."""


@dataclass(frozen=True)
class Noise:
    """How single runs scatter around the law, on the scale of the law's link.

    Args:
        family: `Normal` or `StudentT`.
        scale: formula of the scale in the noise's own parameters and `d`, the log of a run's compute over the
            largest compute in the table.
        nu: formula of the degrees of freedom; None for `Normal`.
        sampled: the noise's own parameters with their priors.
    """

    family: Literal["Normal", "StudentT"]
    scale: Formula
    nu: Formula | None
    sampled: Mapping[str, Prior]


@dataclass(frozen=True)
class Law(Shown):
    """What the shape of the response is believed to be.

    Args:
        name: the name that it is called by; a file's stem.
        title: one line for a person.
        source: paper and equation.
        formula: the response in natural units, as in the paper.
        inputs: each input with its unit.
        sampled: what the sampler moves, each with its prior.
        natural: the formula's parameters as formulas of the sampled ones and the reference names.
        noise: how single runs scatter.
        text: the page itself, kept so that a saved fit holds what was fitted.
        link: the scale of the noise: `log` for a positive response, `own` for one of either sign, `logit` for one
            in (0, 1).
        of_score: whether the response is a score that rises with scale; such a law is asked of an error rate through
            what it leaves of 1.
        presets: published values of the formula's parameters, by name.
        exponent: gamma, with which the reducible part of the response falls with compute along the compute-optimal
            path, as a formula of the parameters; None where the page gives none.
    """

    name: str
    title: str
    source: str
    formula: Formula
    inputs: Mapping[str, str]
    sampled: Mapping[str, Prior]
    natural: Mapping[str, Formula]
    noise: Noise
    text: str
    link: LinkName = "log"
    of_score: bool = False
    presets: Mapping[str, Preset] = field(default_factory=lambda: MappingProxyType({}))
    exponent: Formula | None = None

    @cached_property
    def sha256(self) -> str:
        """Hash of what is sampled: the page without comments, layout, presets and exponent, with the noise it takes."""
        page = tomllib.loads(self.text)
        page.pop("presets", None)
        page.pop("extrapolation", None)
        # The link is told apart below: a page that spells out the usual one is the page that leaves it out.
        page.pop("response", None)
        noise = [self.noise.family, str(self.noise.scale), str(self.noise.nu)]
        priors = sorted((name, prior.text) for name, prior in self.noise.sampled.items())
        link = [] if self.link == "log" else [self.link]
        return hashlib.sha256(repr([_plain(page), noise, priors, *link]).encode()).hexdigest()

    @cached_property
    def priors(self) -> Mapping[str, Prior]:
        """Every sampled parameter, the law's and the noise's, each after those that its prior names."""
        return _ordered({**self.sampled, **self.noise.sampled})

    @property
    def parameters(self) -> tuple[str, ...]:
        """The formula's own parameters, in the order of the formula."""
        references = self.references
        return tuple(n for n in self.formula.names if n not in self.inputs and n not in references)

    @property
    def references(self) -> frozenset[str]:
        """Names of the table's fixed reference values: an input's name with a 0, L0 and S0."""
        return frozenset({f"{name}0" for name in self.inputs} | {"L0", "S0"})

    def complete(
        self,
        sampled: Mapping[str, Any],
        references: Mapping[str, Any],
        *,
        functions: Mapping[str, Any] = NUMPY,
        logs: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The formula's parameters from the sampled ones.

        Args:
            sampled: a value or an array of draws for each sampled parameter.
            references: the table's reference values, in the inputs' units.
            functions: the grammar's functions for that kind of array.
            logs: logarithms of the reference values, where known.
        """
        values = {**references, **sampled}
        for name, formula in self.natural.items():
            values[name] = evaluate(formula, values, functions=functions, logs=logs)
        return {name: values[name] for name in self.parameters}

    def draw_priors(self, references: Mapping[str, float], *, draws: int, seed: int) -> dict[str, np.ndarray]:
        """Independent draws of every sampled and natural parameter from the priors.

        Args:
            references: the table's reference values.
            draws: how many; each array has this length.
            seed: of the random numbers.
        """
        random = np.random.default_rng(seed)
        values: dict[str, Any] = dict(references)
        for name, prior in self.priors.items():
            values[name] = np.asarray(prior.quantile(random.uniform(size=draws), values))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            natural = self.complete({n: values[n] for n in self.priors}, references)
        return {name: np.asarray(values[name]) for name in self.priors} | {
            name: np.broadcast_to(value, (draws,)) for name, value in natural.items()
        }

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.laws.text import law_document

        return law_document(self)

    def __str__(self) -> str:
        return f"{self.name}: {self.formula}"


def _ordered(priors: Mapping[str, Prior]) -> Mapping[str, Prior]:
    """Each prior after those it names; a circle is left for the caller to refuse."""
    done: dict[str, Prior] = {}
    waiting = dict(priors)
    while waiting:
        ready = [name for name, prior in waiting.items() if not set(prior.names) & set(waiting)]
        if not ready:
            raise LawError(f"the priors of {', '.join(waiting)} name one another in a circle")
        for name in ready:
            done[name] = waiting.pop(name)
    return MappingProxyType(done)


def _plain(data: Any) -> Any:
    """Nested dictionaries as sorted pairs, so that the order of keys within a section does not count."""
    if isinstance(data, dict):
        return sorted((key, _plain(value)) for key, value in data.items())
    return data


def is_count(law: Law, name: str) -> bool:
    """Whether an input is always positive, so that laws may work with its logarithm."""
    return name in INPUTS or law.inputs[name] == SCALE


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
