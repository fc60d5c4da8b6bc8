"""A recipe: what every table of a batch is asked, and how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from forecaster.fits.store import versions
from forecaster.laws.choice import Choice
from forecaster.laws.shelf import DEFAULTS, law
from forecaster.runs.points import Scenario

FORMAT = 1


@dataclass(frozen=True)
class Recipe:
    """What every table of a batch is asked, and how.

    Args:
        asked: points and targets.
        choice: which laws.
        weights: of the laws, as of `forecast`.
        columns: which header stands for a standard column.
        where: which rows are kept.
        response: what the response is, where that is said.
        family: of which every point is, where the laws know families.
        seed: of every random number.
        allow_failed_checks: show numbers of fits whose checks failed.
        checkpoints: which of the rows of one run are kept.
        versions: of what decides the numbers, the same wherever the tables are forecast.
    """

    asked: Scenario
    choice: Choice = field(default_factory=Choice)
    weights: str | Mapping[str, float] = "extrapolation"
    columns: Mapping[str, str] | str | None = None
    where: str | None = None
    response: str | None = None
    family: str = ""
    seed: int = 1
    allow_failed_checks: bool = False
    checkpoints: str = ""
    versions: Mapping[str, str] = field(default_factory=lambda: dict(versions()))

    def key(self, sha256: str) -> str:
        """A hash of all that decides what comes of a table.

        Args:
            sha256: of all that the table holds.
        """
        choice = self.choice
        defaults = dict.fromkeys(name for both in DEFAULTS.values() for names in both for name in names)
        laws = choice.laws or tuple(law(name) for name in defaults)
        parts = [
            FORMAT, sha256, dict(self.versions), [dict(point.inputs) for point in self.asked.points],
            [[each.value, each.above] for each in self.asked.targets], bool(choice.laws),
            [[each.name, each.sha256, list(each.inputs), list(each.priors)] for each in laws],
            choice.priors, choice.noise, choice.group, choice.own_exponents,
            choice.earlier and choice.earlier.sha256,
            self.weights if isinstance(self.weights, str) else dict(self.weights),
            self.columns if isinstance(self.columns, str | None) else dict(self.columns),
            self.where, self.response, self.family, self.seed, self.allow_failed_checks, self.checkpoints,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
