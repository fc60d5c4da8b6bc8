"""A fit: what the runs left of a law's priors, as draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.fits.design import Design, References
from forecaster.fits.sampling.density import FIRST_TRY, Settings
from forecaster.fits.verdict import Verdict, judge
from forecaster.laws.earlier import exponents, transferred
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
    def design(self) -> Design:
        """The law on the table."""
        return Design(self.law, self.runs, self.held)

    @property
    def references(self) -> References:
        """The table's fixed values, or those that were held."""
        return self.design.references

    @property
    def link(self) -> Link:
        """The scale of the noise, on which draws are kept."""
        return self.design.link

    @cached_property
    def posterior(self) -> xr.Dataset:
        """Draws of every parameter, dims (chain, draw)."""
        return self.draws["posterior"].to_dataset()

    @cached_property
    def model(self) -> Any:
        """The law on the table as a PyMC model (`pymc.Model`) whose variables are what the draws are of.

        Free variables are the sampled parameters on their own scale, deterministic ones the formula's natural
        parameters and `linked_response`, the curve on the scale of the link. The inputs are data in the table's own
        unit; so is the table's scale where the noise grows with it. Observed is `linked_loss`, the response on the
        scale of the link: the log of the loss for most laws, which `fit.link.back` undoes. Where the table knows
        standard errors they are the data `known_errors` on that scale. Data and curve have the dim `run`. Where the
        law itself uses one of these names, an underscore follows the model's.

        The same model is returned every time, so what `pymc.set_data` puts in it stays.
        """
        from forecaster.fits.sampling.pymc import table_model

        return table_model(self.design)

    def __getstate__(self) -> dict[str, Any]:
        # PyMC's models cannot be pickled, and one can be built again.
        return {name: value for name, value in self.__dict__.items() if name != "model"}

    @property
    def divergences(self) -> int:
        """How many of the draws ended a trajectory that lost its energy."""
        return int(self.draws["sample_stats"].to_dataset()["diverging"].sum())

    def is_of(self, runs: Runs) -> bool:
        """Whether the law's inputs in a table are those that were fitted."""
        columns = self.design.columns.values()
        return all(runs.has(name) and np.array_equal(runs.column(name), self.runs.column(name)) for name in columns)

    @property
    def _values(self) -> dict[str, xr.DataArray]:
        return {str(name): values for name, values in self.posterior.items()}

    @property
    def transferred(self) -> dict[str, str]:
        """Priors on the law's exponents for another table of the same recipe, as `with_priors` takes them."""
        return transferred(self.law, {name: self._values[name].values for name in exponents(self.law)})

    def flat_draws(self, count: int | None = None) -> dict[str, np.ndarray]:
        """The parameters of the formula and of the noise, chains in a row, each of shape (count).

        Args:
            count: how many, from the first; all where not given.
        """
        names = (*self.law.parameters, *self.law.noise.sampled)
        draws = {name: self._values[name].transpose("chain", "draw").values for name in names}
        return {name: values.reshape(-1)[:count] for name, values in draws.items()}

    def linked_response(self, inputs: Mapping[str, Any]) -> xr.DataArray:
        """The law's response on the scale of its link (its natural log for most laws), free of noise, for every draw.

        Args:
            inputs: for each input of the law, numbers or arrays that broadcast with dims chain and draw.
        """
        linked: xr.DataArray = self.design.response(self._values, inputs)
        return linked

    def noise_scale(self, d: Any) -> xr.DataArray:
        """Scale of the noise on the scale of the link, for every draw.

        Args:
            d: log of the compute over the largest training compute.
        """
        scale: xr.DataArray = self.design.noise_scale(self._values, d) + self._zeros
        return scale

    def degrees_of_freedom(self) -> xr.DataArray:
        """Degrees of freedom of the noise for every draw; infinite where it is Normal."""
        nu: xr.DataArray = self._zeros + self.design.degrees_of_freedom(self._values)
        return nu

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
        inputs = self.design.inputs()
        counts = [name for name in inputs if is_count(self.law, name)]
        # A hundredfold in compute is tenfold in each of N and D.
        stretch = {name: 100.0 if self.design.columns[name] == "C" else 10.0 for name in counts}
        asked = {
            "the response at the table's centre": {
                name: float(np.exp(np.log(c).mean())) if name in counts else float(c.mean())
                for name, c in inputs.items()
            },
            "the response at the largest run": {name: float(c[top]) for name, c in inputs.items()},
            "the response at 100 times the largest compute": {
                name: float(c[top]) * stretch.get(name, 1.0) for name, c in inputs.items()
            },
        }
        return {label: self.linked_response(inputs).values for label, inputs in asked.items()}

    @cached_property
    def table(self) -> pd.DataFrame:
        """Each parameter's median, equal-tailed 90% interval, R-hat and effective draws; natural ones first."""
        import pandas as pd

        from forecaster.stats.convergence import effective_draws, rhat

        names = list(dict.fromkeys((*self.law.parameters, *self.law.priors)))
        draws = np.stack([self.posterior[name].values for name in names])
        low, median, high = np.quantile(draws, [0.05, 0.5, 0.95], axis=(1, 2))
        rows = zip(names, median, low, high, rhat(draws), effective_draws(draws), strict=True)
        columns = ["parameter", "median", "5%", "95%", "R-hat", "ESS"]
        return pd.DataFrame(rows, columns=columns).set_index("parameter")

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.fits.text import fit_document

        return fit_document(self)


def thinned(fit: Fit, most: int) -> Fit:
    """The fit with at most about `most` of its draws, evenly spaced in every chain."""
    sizes = fit.posterior.sizes
    step = max(1, round(sizes["chain"] * sizes["draw"] / most))
    return replace(fit, draws=fit.draws.isel(draw=slice(None, None, step))) if step > 1 else fit
