"""Tables of runs simulated from a law, whose parameters are known because they were drawn from its priors.

What every law on the shelf must pass (recovery.py and sbc.py) and a wrong law must fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecaster import Fit, Runs, read_runs
from forecaster.fits.design import Design, References, references
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import SCALE, Law, is_count

LEVELS = {"log": 3.0, "own": 3.0, "logit": 0.5}
"""L0 of every simulated table by the law's link, so that it does not follow from the responses."""

FARTHEST = {"log": 600.0, "own": 1e9, "logit": 30.0}
"""Where a simulated response is cut off, on the scale of the link."""

SPANS = {
    "N": (3e7, 3e9),
    "D": (1e9, 1e11),
    "vocabulary": (1e7, 5e8),
    "experts": (1.0, 64.0),
    "streams": (1.0, 8.0),
    "weight_bits": (3.0, 16.0),
    "activation_bits": (3.0, 16.0),
    "cache_bits": (3.0, 16.0),
    "lr": (2e-4, 5e-3),
    "batch": (1e5, 4e6),
}
"""The least and the largest value of an input in a simulated table, spread evenly on its logarithm."""

REPEATS = 30.0
"""The most that a simulated run repeats its unique tokens."""

STRETCH = 10.0
"""How far beyond the largest run the last point lies, in each of N and D."""


@dataclass(frozen=True, eq=False)
class Bench:
    """A law, the inputs of a table, and parameters drawn from the priors that this table gives.

    Args:
        law: what the responses follow.
        design: the table's inputs; its responses are all L0.
        fixed: the reference values, held whatever the responses.
        truths: each sampled and natural parameter, shape (repetition).
    """

    law: Law
    design: Runs
    fixed: References
    truths: Mapping[str, np.ndarray]

    @property
    def on_table(self) -> Design:
        """The law on the table, with its fixed values."""
        return Design(self.law, self.design, self.fixed)

    @property
    def points(self) -> dict[str, dict[str, float]]:
        """The law's inputs at the smallest run, the centre, the largest run, and at a hundred times its compute."""
        columns = self.on_table.inputs()
        order = np.argsort(self.design.column(self.design.scale))
        beyond = {
            name: STRETCH**2 if self.on_table.columns[name] == "C" else STRETCH
            for name in columns
            if is_count(self.law, name)
        }
        largest = {name: float(values[order[-1]]) for name, values in columns.items()}
        return {
            "smallest run": {name: float(values[order[0]]) for name, values in columns.items()},
            "centre": {name: self.fixed.centre[f"{name}0"] for name in columns},
            "largest run": largest,
            "100 times its compute": {name: value * beyond.get(name, 1.0) for name, value in largest.items()},
        }

    def truth(self, repetition: int) -> dict[str, float]:
        """Every sampled and natural parameter behind one table."""
        return {name: float(values[repetition]) for name, values in self.truths.items()}

    def response(self, repetition: int, inputs: Mapping[str, float | np.ndarray]) -> np.ndarray:
        """The true response, free of noise, in its own unit."""
        return np.asarray(self.on_table.link.back(self._linked(repetition, inputs)))

    def _linked(self, repetition: int, inputs: Mapping[str, float | np.ndarray]) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(self.on_table.response(self.truth(repetition), inputs))

    def simulate(self, repetition: int, *, seed: int) -> Runs:
        """A table of runs with the law's noise, under the parameters of one repetition.

        Args:
            repetition: from 0.
            seed: of the noise; another repetition has other noise under the same seed.
        """
        random = np.random.default_rng([seed, repetition])
        truth, noise = self.truth(repetition), self.law.noise
        columns = self.on_table.inputs()
        d = np.log(self.design.column(self.design.scale) / self.fixed.scale_largest)
        scale = evaluate(noise.scale, {**self.fixed.values, **truth, "d": d})
        if noise.nu is None:
            z = random.standard_normal(len(d))
        else:
            z = random.standard_t(float(evaluate(noise.nu, {**self.fixed.values, **truth})), len(d))
        link = self.on_table.link
        # A heavy tail must not leave what a float can hold.
        farthest = FARTHEST[self.law.link]
        linked = np.clip(self._linked(repetition, columns) + scale * z, -farthest, farthest)
        return replace(self.design, table=self.design.table.assign(loss=link.back(linked)))

    def draws_at(self, fitted: Fit) -> dict[str, np.ndarray]:
        """Draws (chain, draw) of the response at each point, in its own unit."""
        return {label: fitted.link.back(fitted.linked_response(inputs).values) for label, inputs in self.points.items()}


def bench(law: Law, *, runs: int, repetitions: int, seed: int) -> Bench:
    """Draw a table's inputs, and as many sets of parameters as tables are wanted.

    Args:
        law: what the responses shall follow.
        runs: rows of the table.
        repetitions: sets of parameters; a longer list begins with the shorter one's.
        seed: of inputs and parameters.

    Raises:
        SystemExit: an input whose span is not known here.
    """
    design = design_table(law, runs=runs, seed=seed)
    fixed = references(law, design)
    each = [law.draw_priors(fixed.values, draws=1, seed=_mixed(seed, i)) for i in range(repetitions)]
    return Bench(law, design, fixed, {name: np.concatenate([one[name] for one in each]) for name in each[0]})


def design_table(law: Law, *, runs: int, seed: int) -> Runs:
    """Inputs spread evenly on their logarithms, C = 6ND, U at most D, and every response L0."""
    random = np.random.default_rng(seed)

    def spread(low: float, high: float) -> np.ndarray:
        return np.exp(random.uniform(np.log(low), np.log(high), runs))

    table = {name: spread(*SPANS[name]) for name in "ND"}
    table["C"] = 6 * table["N"] * table["D"]
    for name, unit in law.inputs.items():
        if name in table or unit == SCALE:
            continue
        if name == "U":
            table["U"] = table["D"] / spread(1, REPEATS)
        elif name in SPANS:
            table[name] = spread(*SPANS[name])
        else:
            raise SystemExit(f"{law.name} has an input {name} ({unit}): give its span in benchmarks/harness.py")
    return read_runs(pd.DataFrame(table | {"loss": np.full(runs, LEVELS[law.link])}))


def _mixed(seed: int, repetition: int) -> int:
    return int(np.random.SeedSequence([seed, repetition]).generate_state(1)[0])
