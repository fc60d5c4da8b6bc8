"""How long a person waits, side by side in one run.

    uv run python benchmarks/speed.py [--repeat 3]

Whole processes are timed from outside: `cold` starts with empty compile and fit caches, `warm` with compiled code but
no finished fit, `cached` with both. The obvious model is what one writes first: raw N and D, priors on log A and
log B, `pm.sample` with its defaults.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tables import lowest, sixteen_tables

from forecaster import fit, law
from forecaster.fits.sampling.density import Settings

POINT = ["--at", "N=70B,D=1.4T", "--quiet"]
HUNDRED = 100


def whole_process(arguments: list[str], environment: dict[str, str]) -> float:
    """Seconds that a command takes as a process of its own."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "forecaster", *arguments],
        env=os.environ | environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - started


def median_of(repeat: int, measure: Callable[[], float]) -> tuple[float, float, float]:
    """Least, median and greatest of several measurements."""
    seconds = sorted(measure() for _ in range(repeat))
    return seconds[0], statistics.median(seconds), seconds[-1]


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
    repeat = parser.parse_args().repeat
    tables = sixteen_tables()
    runs = tables["chinchilla 240"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        runs.table.to_csv(folder / "runs.csv", index=False)
        table = str(folder / "runs.csv")
        counter = iter(range(10_000))

        def fresh() -> str:
            return str(folder / f"cache{next(counter)}")

        warm_code, warm_fits = fresh(), fresh()

        def environment(code: str, fits: str) -> dict[str, str]:
            return {"PYTENSOR_FLAGS": f"base_compiledir={code}", "FORECASTER_CACHE": fits}

        def show(what: str, bar: str, seconds: tuple[float, float, float]) -> None:
            low, middle, high = seconds
            print(f"{what:<58} {middle:7.2f} s  ({low:.2f} to {high:.2f})  {bar}", flush=True)

        plain = environment(warm_code, warm_fits)
        show("--help", "<= 0.5", median_of(repeat, lambda: whole_process(["--help"], plain)))
        show("laws", "<= 0.5", median_of(repeat, lambda: whole_process(["laws"], plain)))
        for what, laws, bars in [
            ("one law, --fast", ["--law", "chinchilla", "--fast"], ("<= 18", "<= 11", "<= 3")),
            ("three laws, --fast", ["--fast"], ("<= 35", "<= 22", "")),
            ("default, weights earned", [], ("<= 75", "<= 50", "<= 4")),
        ]:
            command = ["forecast", table, *POINT, *laws]
            show(
                f"{what}, cold", bars[0],
                median_of(repeat, lambda command=command: whole_process(command, environment(fresh(), fresh()))),
            )  # fmt: skip
            whole_process(command, plain)
            show(
                f"{what}, warm", bars[1],
                median_of(repeat, lambda command=command: whole_process(command, environment(warm_code, fresh()))),
            )  # fmt: skip
            show(
                f"{what}, cached", bars[2],
                median_of(repeat, lambda command=command: whole_process(command, plain)),
            )  # fmt: skip
        card = ["demo", "-o", str(folder / "card.html"), "--quiet"]
        show(
            "the demo with its whole card, cold", "",
            median_of(repeat, lambda: whole_process(card, environment(fresh(), fresh()))),
        )  # fmt: skip
        whole_process(card, plain)
        show("the demo with its whole card, cached", "", median_of(repeat, lambda: whole_process(card, plain)))

    ours = []
    for seed in range(1, repeat + 1):
        found = fit(law("chinchilla"), runs, seed=seed, cache=False)
        seconds = found.seconds["sample"]
        if found.settings != Settings():
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
    print(f"{'  times ours':<58} {more}{total / our_median:7.1f}    >= 20", flush=True)

    small = [lowest(each, 8 + i % 23) for i in range(HUNDRED // 10) for each in list(tables.values())[:10]]
    started = time.perf_counter()
    for each in small:
        fit(law("chinchilla"), each, cache=False, retry=False)
    show(
        f"a fit, over {len(small)} small tables with diagnostics",
        "<= 0.6",
        ((time.perf_counter() - started) / HUNDRED,) * 3,
    )


if __name__ == "__main__":
    main()
