"""How often the sampler's first try passes, and whether the second always does.

    uv run python benchmarks/convergence.py [--seeds 1 2 3]

Fits the three default laws to sixteen real tables without cache and prints the verdict of each first try, then of
the longer second try where it was needed.
"""

from __future__ import annotations

import argparse
import time

from tables import sixteen_tables

from forecaster import fit, law
from forecaster.laws.shelf import DEFAULT_MIXTURE


def main() -> None:
    """Print one line a fit and the totals."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    seeds = parser.parse_args().seeds
    tables = sixteen_tables()
    total = first_good = second_good = passed = 0
    seconds = []
    for name, runs in tables.items():
        for law_name in DEFAULT_MIXTURE:
            for seed in seeds:
                started = time.perf_counter()
                first = fit(law(law_name), runs, seed=seed, cache=False, retry=False)
                seconds.append(time.perf_counter() - started)
                status = first.verdict.status
                line = f"{name:<24} {len(runs):>4} {law_name:<13} seed {seed}  {status:<6} {seconds[-1]:5.1f} s"
                total += 1
                passed += status == "pass"
                first_good += status != "fail"
                if status != "pass":
                    both = fit(law(law_name), runs, seed=seed, cache=False)
                    line += f"  -> {both.verdict.status}  {first.verdict.text}"
                    status = both.verdict.status
                second_good += status != "fail"
                print(line, flush=True)
    seconds.sort()
    print(f"first try: {passed} pass, {first_good} pass or review, of {total}; with the second: {second_good}")
    print(
        f"seconds a first try, median {seconds[len(seconds) // 2]:.2f}, 90th percentile {seconds[int(0.9 * total)]:.2f}"
    )


if __name__ == "__main__":
    main()
