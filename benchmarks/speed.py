"""How long a person waits, in whole processes, and how sampling compares with the obvious model.

    uv run python benchmarks/speed.py [--repeat 3] [--before FOLDER]

Whole processes are timed from outside, CPU (user and system) and wall: `cold` starts with no finished fit and nothing
compiled on disk, `warm` with compiled code left by an earlier command, `cached` with finished fits. With `--before`,
the checkout of an earlier commit with an environment of its own, each command is run by turns from both, and the last
column is how many times less CPU it takes now. The obvious model is what one writes first: raw N and D, priors on
log A and log B, `pm.sample` with its defaults.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tables import lowest, sixteen_tables

from forecaster import fit, law
from forecaster.fits.sampling.density import FIRST_TRY

POINT = ["--at", "N=70B,D=1.4T", "--quiet"]
ONE_LAW = ["--law", "chinchilla", "--fast"]
HUNDRED = 100


@dataclass(frozen=True)
class Wait:
    """What one process takes, in seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Case:
    """A command in a state of the caches, and how many times less CPU it must take than before."""

    what: str
    command: list[str]
    state: str
    bar: float | None = None


def whole_process(python: Path, arguments: list[str], environment: dict[str, str]) -> Wait:
    """A command as a process of its own, with those that it starts."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [str(python), "-m", "forecaster", *arguments],
        env=os.environ | environment, cwd=Path(environment["FORECASTER_CACHE"]).parent, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Wait(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - started)


class Checkout:
    """A state of the project with its own caches.

    Args:
        python: of its environment.
        folder: for its caches.
    """

    def __init__(self, python: Path, folder: Path) -> None:
        self.python, self.folder, self.count = python, folder, 0

    def run(self, case: Case) -> Wait:
        """The command of a case in its state; what the state needs is made first, and not timed."""
        self.count += 1
        fresh = {"PYTENSOR_FLAGS": f"base_compiledir={self.folder}/code{self.count}"}
        fresh |= {"FORECASTER_CACHE": f"{self.folder}/fits{self.count}"}
        kept = {"PYTENSOR_FLAGS": f"base_compiledir={self.folder}/code", "FORECASTER_CACHE": f"{self.folder}/fits"}
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {"cold": fresh, "warm": kept | {"FORECASTER_CACHE": fresh["FORECASTER_CACHE"]}, "cached": kept}
        marker = self.folder / "-".join(case.command).replace("/", "_")
        if case.state in ("warm", "cached") and not marker.exists():
            whole_process(self.python, case.command, kept)
            marker.touch()
        return whole_process(self.python, case.command, environment[case.state])


def cases(table: str, card: str) -> list[Case]:
    """What is timed."""
    forecast = ["forecast", table, *POINT]
    demo = ["demo", "-o", card, "--quiet"]
    return [
        Case("--help", ["--help"], "cached"),
        Case("laws", ["laws"], "cached"),
        Case("check", ["check", table], "cached"),
        Case("one law, --fast", [*forecast, *ONE_LAW], "cold", 5),
        Case("one law, --fast", [*forecast, *ONE_LAW], "warm", 3),
        Case("one law, --fast", [*forecast, *ONE_LAW], "cached"),
        Case("three laws, --fast", [*forecast, "--fast"], "cold"),
        Case("default, weights earned", forecast, "cold"),
        Case("default, weights earned", forecast, "warm", 4.5),
        Case("default, weights earned", forecast, "cached", 1.3),
        Case("the demo with its whole card", demo, "cold", 3.5),
        Case("the demo with its whole card", demo, "cached"),
    ]


def time_cases(table: str, folder: Path, *, repeat: int, before: Path | None) -> None:
    """Print the medians of each case, by turns with the checkout before."""
    now = Checkout(Path(sys.executable), folder / "now")
    then = Checkout(before / ".venv/bin/python", folder / "then") if before else None
    print(f"{'':<42} {'CPU s':>7} {'wall s':>7}   {'before':>7} {'wall s':>7}   {'times less CPU':>14}")
    for case in cases(table, str(folder / "card.html")):
        ours, theirs = [], []
        for _ in range(repeat):
            ours.append(now.run(case))
            if then is not None:
                theirs.append(then.run(case))
        line = f"{f'{case.what}, {case.state}':<42} {_median(ours)}"
        if theirs:
            times = statistics.median(b.cpu / a.cpu for a, b in zip(ours, theirs, strict=True))
            line += f"   {_median(theirs)}   {times:9.2f}" + (f" (>= {case.bar:g})" if case.bar else "")
        print(line, flush=True)


def _median(waits: list[Wait]) -> str:
    return f"{statistics.median(w.cpu for w in waits):7.2f} {statistics.median(w.wall for w in waits):7.2f}"


def obvious_model(N: np.ndarray, D: np.ndarray, loss: np.ndarray, *, draws: int) -> tuple[float, bool, str]:
    """Seconds of sampling of the obvious model, whether its gate passes, and why not."""
    import logging

    import arviz as az
    import pymc as pm

    logging.getLogger("pymc").setLevel(logging.ERROR)
    with pm.Model():
        E = pm.LogNormal("E", np.log(1.7), 0.4)
        log_A = pm.Normal("log_A", 6, 3)
        log_B = pm.Normal("log_B", 6, 3)
        alpha = pm.LogNormal("alpha", np.log(0.35), 0.4)
        beta = pm.LogNormal("beta", np.log(0.35), 0.4)
        sigma = pm.HalfNormal("sigma", 0.1)
        nu = pm.Gamma("nu", 2, 0.1)
        mean = pm.math.log(E + pm.math.exp(log_A) / N**alpha + pm.math.exp(log_B) / D**beta)
        pm.StudentT("y", nu=nu, mu=mean, sigma=sigma, observed=np.log(loss))
        started = time.perf_counter()
        trace = pm.sample(draws=draws, tune=draws, chains=4, random_seed=1, progressbar=False)
        elapsed = time.perf_counter() - started
    # The sampler's own clock where it keeps one, so that compiling is not counted.
    elapsed = float(trace["posterior"].attrs.get("sampling_time", elapsed))
    summary = az.summary(trace, ci_prob=0.9, ci_kind="eti", round_to="none")
    rhat, ess = float(summary["r_hat"].max()), float(summary[["ess_bulk", "ess_tail"]].min().min())
    divergences = int(trace["sample_stats"]["diverging"].sum())
    passes = rhat <= 1.01 and ess >= 400 and divergences == 0
    return elapsed, passes, f"R-hat {rhat:.3f}, ESS {ess:.0f}, {divergences} divergences"


def main() -> None:
    """Print every figure with its bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit, its environment in .venv")
    asked = parser.parse_args()
    tables = sixteen_tables()
    runs = tables["chinchilla 240"]
    with tempfile.TemporaryDirectory() as scratch:
        runs.table.to_csv(Path(scratch) / "runs.csv", index=False)
        time_cases(str(Path(scratch) / "runs.csv"), Path(scratch), repeat=asked.repeat, before=asked.before)

    ours = []
    for seed in range(1, asked.repeat + 1):
        found = fit(law("chinchilla"), runs, seed=seed, cache=False)
        seconds = found.seconds["sample"]
        if found.settings != FIRST_TRY:
            seconds += fit(law("chinchilla"), runs, seed=seed, cache=False, retry=False).seconds["sample"]
        ours.append(seconds)
    our_median = statistics.median(ours)
    print(
        f"{'sampling until the gate passes, ours':<58} {our_median:7.2f} s  verdict {found.verdict.status}", flush=True
    )
    total = 0.0
    for draws in (1000, 2000, 4000):
        elapsed, passes, why = obvious_model(runs.column("N"), runs.column("D"), runs.column("loss"), draws=draws)
        total += elapsed
        print(f"{f'  the obvious model, {draws} draws a chain':<58} {elapsed:7.2f} s  {why}", flush=True)
        if passes:
            break
    more = "" if passes else "at least "
    print(f"{'sampling until the gate passes, the obvious model':<58} {total:7.2f} s", flush=True)
    print(f"{'  times ours':<58} {more}{total / our_median:7.1f}    >= 100", flush=True)

    small = [lowest(each, 8 + i % 23) for i in range(HUNDRED // 10) for each in list(tables.values())[:10]]
    started = time.process_time()
    for each in small:
        fit(law("chinchilla"), each, cache=False, retry=False)
    taken = (time.process_time() - started) / len(small)
    print(f"{f'a fit, over {len(small)} small tables with diagnostics':<58} {taken:7.2f} CPU s", flush=True)


if __name__ == "__main__":
    main()
