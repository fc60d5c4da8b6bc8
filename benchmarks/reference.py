"""Does the sampler agree with a reference posterior, made once with a model written by hand and very many draws?

    FORECASTER_DATA=... FORECASTER_BENCHMARKS=... uv run python benchmarks/reference.py [--draws 10000]

Two law pages say the reference's model: natural priors, noise of one scale, normal or Student-t. Every mean and
quantile is printed beside the reference, with the difference in combined Monte Carlo standard errors; the exit status
is 1 where any exceeds four.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from forecaster import Fit, Runs, fit, law, read_runs
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.predict import predict
from forecaster.fits.sampling.density import FIRST_TRY

LAWS = Path(__file__).with_name("laws")
NOISES = ("normal", "studentt")
QUANTILES = {"q2.5": 0.025, "q5": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95, "q97.5": 0.975}
BAR = 4.0
"""Combined Monte Carlo standard errors; some of 229 right figures passes it in about one try of seventy."""


@dataclass(frozen=True)
class Agreement:
    """One figure of the posterior beside the reference.

    Args:
        quantity: a parameter, or the loss at a point.
        statistic: `mean`, or a quantile such as `q2.5`.
        ours: from these draws.
        reference: from the file.
        error: combined Monte Carlo standard error of the two.
    """

    quantity: str
    statistic: str
    ours: float
    reference: float
    error: float

    @property
    def distance(self) -> float:
        """The difference in combined Monte Carlo standard errors."""
        return (self.ours - self.reference) / self.error


def reference_page() -> dict[str, Any]:
    """The reference posterior, or a plain exit that says what to set."""
    folder = os.environ.get("FORECASTER_BENCHMARKS")
    if not folder:
        raise SystemExit("set FORECASTER_BENCHMARKS to the folder of published benchmarks")
    page: dict[str, Any] = json.loads((Path(folder) / "reference_posterior.json").read_text("utf-8"))
    return page


def reference_runs(page: Mapping[str, Any]) -> Runs:
    """The 240 runs that the reference was fitted to.

    Args:
        page: the reference posterior, which states the means of log N and log D of its table.
    """
    folder = os.environ.get("FORECASTER_DATA")
    if not folder:
        raise SystemExit("set FORECASTER_DATA to the folder of real run tables")
    runs = read_runs(Path(folder) / "chinchilla_epoch.csv", where="excluded_by_besiroglu == 0")
    for name in "ND":
        found, stated = float(np.log(runs.column(name)).mean()), page["centring"][f"mean_log{name}"]
        if abs(found - stated) > 1e-6:
            raise SystemExit(f"the mean of log {name} is {found:.7f} and the reference's {stated:.7f}: another table")
    return runs


def sample(noise: str, runs: Runs, *, draws: int, seed: int = 1) -> Fit:
    """The posterior of the reference's model.

    Args:
        noise: `normal` or `studentt`.
        runs: the reference's table.
        draws: of each of four chains.
        seed: of the sampler.
    """
    settings = replace(FIRST_TRY, draws=draws, target_accept=0.9)
    page = law(LAWS / f"reference_{noise}.toml")
    return fit(page, runs, seed=seed, settings=settings, cache=False, retry=False)


def quantities(fitted: Fit, points: Mapping[str, tuple[float, float]], *, seed: int = 1) -> dict[str, np.ndarray]:
    """Draws (chain, draw) of everything that the reference states.

    Args:
        fitted: of the reference's model.
        points: N and D by the point's name.
        seed: of the noise on a new run.
    """
    posterior = fitted.posterior
    found = {name: posterior[name].values for name in (*fitted.law.parameters, *fitted.law.noise.sampled)}
    found |= {f"log{name}": np.log(found[name]) for name in "AB"}
    for name, (n, d) in points.items():
        # The noise has one scale, so where the point lies does not enter it.
        at = {"N": n, "D": d, "C": fitted.references.scale_largest}
        said = predict(Ensemble((fitted,)), at, term=None, seed=seed - 1)
        m, noise = said.curve, said.noise
        shape = found["E"].shape
        found[f"loss_mean({name})"] = np.exp(m).reshape(shape)
        found[f"loss_pred({name})"] = np.exp(m + noise).reshape(shape)
    return found


def agreements(fitted: Fit, page: Mapping[str, Any], noise: str) -> Iterator[Agreement]:
    """Every figure of the reference beside ours.

    The file states the standard error of means only. Those of its quantiles are ours, times the root of the ratio of
    effective draws (in the bulk for quartiles and the median, in the tails for the others).

    Args:
        fitted: of the reference's model.
        page: the reference posterior.
        noise: `normal` or `studentt`.
    """
    from arviz_stats.base import array_stats

    summary = page["posteriors"][noise]["summary"]
    for name, draws in quantities(fitted, page["forecast_points"]).items():
        stated = summary[name]
        # exp of a Student-t variable has no mean.
        if not (noise == "studentt" and name.startswith("loss_pred")):
            error = np.hypot(array_stats.mcse(draws, method="mean"), stated["mcse_mean"])
            yield Agreement(name, "mean", float(draws.mean()), stated["mean"], float(error))
        effective = {
            "bulk": array_stats.ess(draws, method="bulk") / stated["ess_bulk"],
            "tail": array_stats.ess(draws, method="tail", prob=(0.05, 0.95)) / stated["ess_tail"],
        }
        for label, p in QUANTILES.items():
            ratio = effective["bulk" if 0.25 <= p <= 0.75 else "tail"]
            error = array_stats.mcse(draws, method="quantile", prob=p) * np.sqrt(1 + ratio)
            yield Agreement(name, label, float(np.quantile(draws, p)), stated[label], float(error))


def main() -> None:
    """Print every figure and the largest distance."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=10_000, help="of each of four chains")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    page = reference_page()
    runs = reference_runs(page)
    apart = 0
    for noise in NOISES:
        fitted = sample(noise, runs, draws=chosen.draws, seed=chosen.seed)
        found = list(agreements(fitted, page, noise))
        print(f"{noise} noise, {fitted.seconds['sample']:.1f} s of sampling, {fitted.verdict.text}")
        print(f"  {'quantity':<24}{'':>6}{'ours':>14}{'reference':>14}{'standard errors':>18}")
        for one in found:
            mark = "  APART" if abs(one.distance) > BAR else ""
            print(
                f"  {one.quantity:<24}{one.statistic:>6}{one.ours:>14.7g}{one.reference:>14.7g}"
                f"{one.distance:>18.2f}{mark}"
            )
        apart += sum(abs(one.distance) > BAR for one in found)
        largest = max(found, key=lambda one: abs(one.distance))
        spread = np.sqrt(np.mean([one.distance**2 for one in found]))
        print(
            f"{noise}: {len(found)} figures, root mean square distance {spread:.2f}, "
            f"largest {abs(largest.distance):.2f} ({largest.quantity}, {largest.statistic})\n",
            flush=True,
        )
    if apart:
        raise SystemExit(f"{apart} figures lie more than {BAR:g} combined Monte Carlo standard errors apart")


if __name__ == "__main__":
    main()
