"""Are known parameters and responses found again, and is a wrong law found out?

    uv run python benchmarks/recovery.py [--law chinchilla ...] [--repetitions 40]

For each law on the shelf: parameters drawn from its priors, a table of sixty runs simulated under them, a fit as a user
makes it. The 90% intervals of every parameter of the formula and of the noise, and of the response at four points in
and beyond the table, must hold the truth in as many tables as a binomial count allows. Then wrong laws, which must fail
the same. The exit status is 1 where a law of the shelf fails or a wrong one passes.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from harness import bench, design_table

from forecaster import fit, law, shelf
from forecaster.errors import NotConverged
from forecaster.laws.law import Law
from forecaster.laws.page import read_law

RUNS = 60
MASS = 0.9
FALSE_ALARM = 0.001
"""How often a right law may fail."""


@dataclass(frozen=True)
class Recovery:
    """How many of a law's 90% intervals held the truth.

    Args:
        truth: name of the law that the tables followed.
        fitted: name of the law that was fitted.
        repetitions: tables.
        held: by quantity, in how many tables its interval held the truth.
        verdicts: how many fits had each verdict.
    """

    truth: str
    fitted: str
    repetitions: int
    held: Mapping[str, int]
    verdicts: Mapping[str, int]

    @property
    def bounds(self) -> tuple[int, int]:
        """The fewest and the most tables in which a right interval holds the truth."""
        from scipy.stats import binom

        tail = FALSE_ALARM / len(self.held) / 2
        low, high = binom.ppf([tail, 1 - tail], self.repetitions, MASS)
        return int(low), int(high)

    @property
    def outside(self) -> dict[str, int]:
        """The quantities whose count is not binomial."""
        low, high = self.bounds
        return {name: count for name, count in self.held.items() if not low <= count <= high}

    @property
    def share(self) -> float:
        """The share of all intervals that held the truth."""
        return sum(self.held.values()) / (self.repetitions * len(self.held))

    @property
    def text(self) -> str:
        """One row of a table."""
        lowest = min(self.held, key=lambda name: self.held[name])
        return (
            f"| {self.fitted} | {self.truth} | {self.share:.1%} | "
            f"{self.held[lowest] / self.repetitions:.0%} ({lowest}) | {self.bounds[0] / self.repetitions:.0%} | "
            f"{self.verdicts.get('pass', 0)}, {self.verdicts.get('review', 0)}, {self.verdicts.get('fail', 0)} | "
            f"{'fails' if self.outside else 'passes'} |"
        )


def recover(true_law: Law, fitted_law: Law | None = None, *, repetitions: int, seed: int = 1) -> Recovery:
    """Simulate tables from one law, fit one, and count the intervals that hold the truth.

    Quantities are the parameters of formula and noise that both laws have, and the response.

    Args:
        true_law: what the tables follow.
        fitted_law: what is fitted; the same law where absent.
        repetitions: tables.
        seed: of the tables and the sampler.
    """
    fitted_law = fitted_law or true_law
    made = bench(true_law, runs=RUNS, repetitions=repetitions, seed=seed)
    shared = [name for name in true_law.parameters if name in fitted_law.parameters]
    if true_law.link != "own":
        # On the response's own scale the noise is stated in units of each table's spread.
        shared += [name for name in true_law.noise.sampled if name in fitted_law.noise.sampled]
    held = Counter(dict.fromkeys([*shared, *made.points], 0))
    verdicts: Counter[str] = Counter()
    for i in range(repetitions):
        try:
            fitted = fit(fitted_law, made.simulate(i, seed=seed), seed=seed + i, cache=False)
        except NotConverged:
            verdicts["fail"] += 1
            continue
        verdicts[fitted.verdict.status] += 1
        truth = {name: made.truth(i)[name] for name in shared}
        truth |= {label: float(made.response(i, inputs)) for label, inputs in made.points.items()}
        draws = {name: fitted.posterior[name].values for name in shared} | made.draws_at(fitted)
        for name, value in truth.items():
            low, high = np.quantile(draws[name], [(1 - MASS) / 2, (1 + MASS) / 2])
            held[name] += bool(low <= value <= high)
    return Recovery(true_law.name, fitted_law.name, repetitions, held, verdicts)


def planted() -> tuple[Law, Law]:
    """A law, and the same page with an error in its formula."""
    right = law(Path(__file__).with_name("laws") / "floor.toml")
    page = right.text.replace("A / X**alpha", "A / (X + X0)**alpha")
    return right, read_law(page, name="floor, planted error")


def wrong_laws() -> list[tuple[Law, Law]]:
    """Pairs of the law that tables follow and a wrong one to fit to them."""
    return [(law("chinchilla"), law("kaplan")), (law("farseer_lite"), law("coupled")), planted()]


def main() -> None:
    """Print a row a law, then a row a wrong law."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--law", nargs="+", default=list(shelf()))
    parser.add_argument("--repetitions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print("| fitted | tables follow | 90% intervals hold | least | least allowed | pass, review, fail | recovery |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in chosen.law:
        # An input whose span is not known stops the run before it has begun.
        design_table(law(name), runs=RUNS, seed=chosen.seed)
    wrong = 0
    pairs = [(law(name), law(name)) for name in chosen.law] + wrong_laws()
    started = time.perf_counter()
    for true_law, fitted_law in pairs:
        found = recover(true_law, fitted_law, repetitions=chosen.repetitions, seed=chosen.seed)
        print(found.text, flush=True)
        wrong += bool(found.outside) == (true_law.name == fitted_law.name)
    print(f"\n{time.perf_counter() - started:.0f} s")
    if wrong:
        raise SystemExit(f"{wrong} of {len(pairs)} rows are not as they should be")


if __name__ == "__main__":
    main()
