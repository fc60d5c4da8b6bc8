"""Simulation-based calibration: over tables simulated from the priors, does the truth rank evenly among the draws?

    uv run python benchmarks/sbc.py [--law chinchilla ...] [--simulations 200] [--wrong 2]

For each law: parameters from its priors, a table of eight runs under them, a posterior with the reference values held
fixed, and the rank of every sampled parameter and of the response at two points among 99 draws spaced far enough to be
independent. Ranks must be uniform within simultaneous bands for all quantities of all laws together. `--wrong 2` fits
with every prior twice as wide as what the tables followed (0.5: half as wide), which must be caught. Finished
simulations are kept in a folder of the temporary directory, under a key of the package's source and the law; a stopped
run goes on where it was, and more simulations add to those there are.

Source: Talts et al. 2018, arXiv:1804.06788, algorithm 1; bands of Saeilynoja et al. 2022, arXiv:2103.10522, section 2.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from harness import Bench, bench, design_table

import forecaster
from forecaster import Fit, fit, law, shelf
from forecaster.errors import NotConverged
from forecaster.laws.law import Law
from forecaster.laws.page import RECIPE_NOISE, read_law

RUNS = 8
"""The fewest that a forecast is made from, so that the priors matter."""

DRAWS = 99
POINTS = ("centre", "100 times its compute")
FALSE_ALARM = 0.01
"""How often right ranks may leave the bands somewhere, over all quantities of all laws of one run."""

NULL_SETS = 200_000
SCALED = ("Normal", "LogNormal", "LogitNormal")


@dataclass(frozen=True)
class Calibration:
    """The ranks of a law's quantities over simulations.

    Args:
        law: its name.
        ranks: by quantity, how many of the `DRAWS` lay below the truth, one number a simulation.
        verdicts: how many fits had each verdict.
        beside: how many laws are judged together, this one included.
    """

    law: str
    ranks: Mapping[str, np.ndarray]
    verdicts: Mapping[str, int]
    beside: int = 1

    @property
    def chances(self) -> dict[str, float]:
        """By quantity, how often uniform ranks stray as far as these."""
        return {name: chance(ranks) for name, ranks in self.ranks.items()}

    @property
    def outside(self) -> list[str]:
        """The quantities whose ranks leave the bands."""
        level = FALSE_ALARM / len(self.ranks) / self.beside
        return [name for name, p in self.chances.items() if p < level]

    @property
    def text(self) -> str:
        """One row of a table."""
        chances = self.chances
        least = min(chances, key=lambda name: chances[name])
        fits = ", ".join(str(self.verdicts.get(status, 0)) for status in ("pass", "review", "fail"))
        says = "leaves the bands: " + ", ".join(self.outside) if self.outside else "uniform"
        together = min(1.0, chances[least] * len(chances))
        return f"| {self.law} | {len(next(iter(self.ranks.values())))} | {fits} | {least} | {together:.2g} | {says} |"


def chance(ranks: np.ndarray) -> float:
    """How often as many uniform ranks stray as far from the diagonal, somewhere, as these.

    The distance is the smallest pointwise binomial tail of the ranks' cumulative counts, so that a chance below p means
    that the counts leave the simultaneous band of level 1 - p.

    Args:
        ranks: integers from 0 to `DRAWS`.
    """
    counts = np.bincount(ranks, minlength=DRAWS + 1).cumsum()[:-1]
    tail = float(_tails(len(ranks))[np.arange(DRAWS), counts].min())
    null = _null_tails(len(ranks))
    return float((1 + np.searchsorted(null, tail, side="right")) / (1 + len(null)))


@cache
def _tails(simulations: int) -> np.ndarray:
    """The smaller binomial tail of each count at each rank, shape (rank, count)."""
    from scipy.stats import binom

    below = (np.arange(DRAWS) + 1) / (DRAWS + 1)
    counts = np.arange(simulations + 1)
    under = binom.cdf(counts, simulations, below[:, None])
    over = binom.sf(counts - 1, simulations, below[:, None])
    return np.asarray(np.minimum(under, over))


@cache
def _null_tails(simulations: int) -> np.ndarray:
    """The smallest tail of each of many sets of uniform ranks, in rising order."""
    random = np.random.default_rng(1)
    tails, found = _tails(simulations), []
    for _ in range(NULL_SETS // 10_000):
        each = random.multinomial(simulations, np.full(DRAWS + 1, 1 / (DRAWS + 1)), size=10_000)
        found.append(tails[np.arange(DRAWS), each.cumsum(axis=1)[:, :-1]].min(axis=1))
    return np.sort(np.concatenate(found))


def widened(right: Law, factor: float) -> Law:
    """The law with every prior of a location and a scale wider by a factor, the noise's too.

    Raises:
        SystemExit: a prior of the page is written in another way than it prints.
    """
    text = right.text
    if "[noise]" not in text:
        text += "\n[noise]" + RECIPE_NOISE.replace("[sampled]", "[noise.sampled]")
    for name, prior in right.priors.items():
        if prior.family in SCALED:
            centre, scale = (argument.text for argument in prior.arguments)
            text = re.sub(
                rf"^({name} *= *)[\"']{re.escape(prior.text)}[\"']",
                rf'\1"{prior.family}({centre}, {factor} * ({scale}))"',
                text,
                flags=re.MULTILINE,
            )
    wrong = read_law(text, name=right.name)
    for name, prior in right.priors.items():
        if prior.family in SCALED and wrong.priors[name] == prior:
            raise SystemExit(f"the page of {right.name} does not write the prior of {name} as {prior.text}")
    return wrong


def ranks_of(made: Bench, fitted: Fit, repetition: int) -> dict[str, int]:
    """How many of evenly spaced draws lie below the truth, for every sampled parameter and the response."""
    truth = made.truth(repetition)
    quantities = {name: (fitted.posterior[name].values, truth[name]) for name in fitted.law.priors}
    for label, draws in made.draws_at(fitted).items():
        if label in POINTS:
            quantities[f"response, {label}"] = (draws, float(made.response(repetition, made.points[label])))
    return {name: int((_spaced(draws) < value).sum()) for name, (draws, value) in quantities.items()}


def _spaced(draws: np.ndarray) -> np.ndarray:
    flat = draws.ravel()
    return np.asarray(flat[np.linspace(0, flat.size - 1, DRAWS).round().astype(int)])


def calibrate(right: Law, *, simulations: int, seed: int = 1, factor: float = 1.0, beside: int = 1) -> Calibration:
    """Simulate, fit and rank, going on where an earlier run stopped.

    Args:
        right: the law that the tables follow.
        simulations: tables.
        seed: of tables and sampler.
        factor: how much wider the fitted priors are.
        beside: how many laws are judged together.
    """
    fitted_law = right if factor == 1 else widened(right, factor)
    made = bench(right, runs=RUNS, repetitions=simulations, seed=seed)
    path = state_file(right, fitted_law, seed=seed)
    done = _read(path)
    with path.open("a", encoding="utf-8") as state:
        for i in range(simulations):
            if i in done:
                continue
            try:
                table = made.simulate(i, seed=seed)
                fitted = fit(fitted_law, table, seed=seed + i, held=made.fixed, cache=False)
                done[i] = {"verdict": fitted.verdict.status, "ranks": ranks_of(made, fitted, i)}
            except NotConverged:
                done[i] = {"verdict": "fail", "ranks": {}}
            state.write(json.dumps({"simulation": i, **done[i]}) + "\n")
            state.flush()
    kept = [done[i] for i in range(simulations)]
    ranked = [one["ranks"] for one in kept if one["ranks"]]
    ranks = {name: np.array([one[name] for one in ranked]) for name in ranked[0]}
    return Calibration(right.name, ranks, Counter(one["verdict"] for one in kept), beside)


def state_file(right: Law, fitted_law: Law, *, seed: int) -> Path:
    """Where finished simulations are kept: one file for each law and state of the package."""
    package = Path(forecaster.__file__).parent
    files = [*sorted(package.glob("*.py")), Path(__file__).with_name("harness.py")]
    here = "".join(inspect.getsource(each) for each in (calibrate, ranks_of, _spaced))
    settings = f"{here} {RUNS} {DRAWS} {POINTS} {right.sha256} {fitted_law.sha256} {seed}"
    parts = [path.read_bytes() for path in files] + [settings.encode()]
    folder = Path(tempfile.gettempdir()) / "forecaster-sbc"
    folder.mkdir(exist_ok=True)
    return folder / f"{right.name}-{hashlib.sha256(b''.join(parts)).hexdigest()[:16]}.jsonl"


def _read(path: Path) -> dict[int, dict[str, Any]]:
    done = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        try:
            one = json.loads(line)
        except json.JSONDecodeError:
            # The last line of a run that was stopped while writing.
            continue
        done[one.pop("simulation")] = one
    return done


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row a law."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--law", nargs="+", default=list(shelf()))
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--wrong", type=float, default=1.0, help="factor on the scales of the fitted priors")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    print("| law | simulations | pass, review, fail | farthest from uniform | its chance | ranks |")
    print("|---|---|---|---|---|---|", flush=True)
    for name in chosen.law:
        # An input whose span is not known stops the run before it has begun.
        design_table(law(name), runs=RUNS, seed=chosen.seed)
    started = time.perf_counter()
    caught = 0
    for name in chosen.law:
        found = calibrate(
            law(name),
            simulations=chosen.simulations,
            seed=chosen.seed,
            factor=chosen.wrong,
            beside=len(chosen.law),
        )
        print(found.text, flush=True)
        caught += bool(found.outside)
    print(f"\n{time.perf_counter() - started:.0f} s")
    expected = 0 if chosen.wrong == 1 else len(chosen.law)
    if caught != expected:
        raise SystemExit(f"{caught} of {len(chosen.law)} laws left the bands; expected {expected}")


if __name__ == "__main__":
    main()
