"""A fit: what the runs left of a law's priors, as draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import ScenarioError
from forecaster.fits.design import References, column_of, link_of, references
from forecaster.fits.sampling.density import FIRST_TRY, Settings
from forecaster.fits.verdict import Verdict, judge
from forecaster.laws.formula.tree import NUMPY, evaluate
from forecaster.laws.law import Law, is_count
from forecaster.runs.table import Runs
from forecaster.show.document import Document
from forecaster.show.result import Result
from forecaster.stats.link import Link

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def sampled_values(fit: Fit) -> dict[str, Any]:
    """Every sampled parameter's draws, shape (chain, draw), and the reference values, by name."""
    posterior = fit.posterior
    values: dict[str, Any] = dict(fit.references.values)
    return values | {name: posterior[name].transpose("chain", "draw").values for name in fit.law.priors}


@dataclass(frozen=True, eq=False)
class Fit(Result):
    """What is believed after the data.

    Args:
        law: the law that was fitted.
        runs: the table that it was fitted to.
        draws: groups `posterior` (every sampled and natural parameter, dims chain and draw) and
            `sample_stats` (`diverging`, `n_steps`).
        seed: of the sampler.
        settings: how it was sampled.
        verdict: what the checks say of the parameters and of the law's curve at three standing points.
        seconds: time spent compiling and sampling when it was made.
        held: the reference values that were held in place of the table's own, where some were.
    """

    law: Law
    runs: Runs
    draws: xr.DataTree
    seed: int
    settings: Settings
    verdict: Verdict
    seconds: Mapping[str, float]
    held: References | None = None

    @cached_property
    def references(self) -> References:
        """The table's fixed values, or those that were held."""
        return self.held or references(self.law, self.runs)

    @cached_property
    def link(self) -> Link:
        """The scale of the noise, on which draws are kept."""
        return link_of(self.law, self.references)

    @cached_property
    def posterior(self) -> xr.Dataset:
        """Draws of every parameter, dims (chain, draw)."""
        return self.draws["posterior"].to_dataset()

    @property
    def divergences(self) -> int:
        """How many of the draws ended a trajectory that lost its energy."""
        return int(self.draws["sample_stats"].to_dataset()["diverging"].sum())

    def is_of(self, runs: Runs) -> bool:
        """Whether the law's inputs in a table are those that were fitted."""
        columns = [column_of(self.law, name, self.runs) for name in self.law.inputs]
        return all(runs.has(name) and np.array_equal(runs.column(name), self.runs.column(name)) for name in columns)

    def inputs_at(self, point: Mapping[str, float]) -> dict[str, float]:
        """The law's inputs at a point.

        Raises:
            ScenarioError: the point lacks one.
        """
        found = {}
        for name in self.law.inputs:
            column = column_of(self.law, name, self.runs)
            if column not in point:
                given = ", ".join(f"{key}={value:.3g}" for key, value in point.items())
                raise ScenarioError(f"the {self.law.name} law needs {column}; the point gives {given}", where="point")
            found[name] = float(point[column])
        return found

    def linked_response(self, inputs: Mapping[str, Any]) -> xr.DataArray:
        """The law's response on the scale of its link (its natural log for most laws), free of noise, for every draw.

        Args:
            inputs: for each input of the law, numbers or arrays that broadcast with dims chain and draw.
        """
        import xarray as xr

        posterior = self.posterior
        values: dict[str, Any] = {name: posterior[name] for name in self.law.parameters}
        values |= self.references.values | dict(inputs)
        logs: dict[str, Any] = {name: np.log(inputs[name]) for name in self.law.inputs if is_count(self.law, name)}
        logs |= self.references.log_centre
        response = evaluate(self.law.formula, values, functions=NUMPY | {"where": xr.where}, logs=logs)
        linked: xr.DataArray = self.link.on(response)
        return linked

    def noise_scale(self, d: Any) -> xr.DataArray:
        """Scale of the noise on the scale of the link, for every draw.

        Args:
            d: log of the compute over the largest training compute.
        """
        scale: xr.DataArray = evaluate(self.law.noise.scale, {**self._noise_values, "d": d}) + self._zeros
        return scale

    def degrees_of_freedom(self) -> xr.DataArray:
        """Degrees of freedom of the noise for every draw; infinite where it is Normal."""
        nu: xr.DataArray = self._zeros + (
            np.inf if self.law.noise.nu is None else evaluate(self.law.noise.nu, self._noise_values)
        )
        return nu

    @property
    def _noise_values(self) -> dict[str, Any]:
        posterior = self.posterior
        return {**self.references.values, **{name: posterior[name] for name in self.law.noise.sampled}}

    @property
    def _zeros(self) -> xr.DataArray:
        """Zero for every draw, to give a constant their dims."""
        return 0.0 * self.posterior[next(iter(self.law.sampled))]

    def judge(self, quantities: Mapping[str, np.ndarray]) -> Verdict:
        """The verdict on this fit for the quantities that are about to be printed.

        Args:
            quantities: arrays (chain, draw) of what is printed, by name.
        """
        posterior = self.posterior
        return judge(
            parameters={name: posterior[name].values for name in self.law.priors},
            quantities=quantities,
            diverging=self.draws["sample_stats"].to_dataset()["diverging"].values,
            retried=self.settings != FIRST_TRY,
        )

    def standing_quantities(self) -> dict[str, np.ndarray]:
        """The law's curve at the table's centre, at its largest run and at a hundred times its compute."""
        runs = self.runs
        top = int(np.argmax(runs.column(runs.scale)))
        columns = {name: runs.column(column_of(self.law, name, runs)) for name in self.law.inputs}
        # A hundredfold in compute is tenfold in each of N and D.
        stretch = {name: 100.0 if column_of(self.law, name, runs) == "C" else 10.0 for name in columns}
        asked = {
            "the response at the table's centre": {
                name: float(np.exp(np.log(c).mean())) if is_count(self.law, name) else float(c.mean())
                for name, c in columns.items()
            },
            "the response at the largest run": {name: float(c[top]) for name, c in columns.items()},
            "the response at 100 times the largest compute": {
                name: float(c[top]) * (stretch[name] if is_count(self.law, name) else 1.0)
                for name, c in columns.items()
            },
        }
        return {label: self.linked_response(inputs).values for label, inputs in asked.items()}

    @cached_property
    def table(self) -> pd.DataFrame:
        """Each parameter's median, equal-tailed 90% interval, R-hat and effective draws; natural ones first."""
        import pandas as pd

        from forecaster.stats.convergence import effective_draws, rhat

        rows = []
        posterior = self.posterior
        for name in dict.fromkeys((*self.law.parameters, *self.law.priors)):
            draws = posterior[name].values
            low, median, high = np.quantile(draws, [0.05, 0.5, 0.95])
            rows.append((name, median, low, high, rhat(draws), effective_draws(draws)))
        columns = ["parameter", "median", "5%", "95%", "R-hat", "ESS"]
        return pd.DataFrame(rows, columns=columns).set_index("parameter")

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.fits.text import fit_document

        return fit_document(self)
