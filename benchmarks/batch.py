"""What a batch costs: CPU seconds a fit, and two workers of a cluster beside one.

    uv run python benchmarks/batch.py [--tables 200]

Tables of 8 to 30 runs are simulated under Chinchilla parameters from the priors, as in recovery.py, and each is
forecast by that law with equal weights: one fit a table where the first try passes. Wall times are of a cluster of this
machine whose workers, one thread each, are already warm. Writes the figures into docs/batch.md, between its marks.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import statistics
import time
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster
from harness import bench

from forecaster import Batch, Runs, batch, law

PAGE = Path(__file__).parent.parent / "docs" / "batch.md"
POINT = "N=10B,D=200B"
HOW: dict[str, Any] = {"laws": ["chinchilla"], "weights": "equal", "cache": False}
FITS = 15
"""Of the default mixture: three laws, each on the table and on up to four cuts of it."""

TABLES, CORES = 10_000, 1_000

BAR_FIT, BAR_RATIO = 0.15, 0.70


def small_tables(count: int) -> dict[str, Runs]:
    """Simulated tables by name, of 8 to 30 runs."""
    found = {}
    for runs in range(8, 31):
        repetitions = len(range(runs - 8, count, 23))
        if repetitions:
            made = bench(law("chinchilla"), runs=runs, repetitions=repetitions, seed=runs)
            found |= {f"{runs} runs, {i}": made.simulate(i, seed=1) for i in range(repetitions)}
    return found


def cpu_seconds() -> float:
    """Of the process in which it is called, and of what that waited for."""
    return sum(os.times()[:4])


def cluster_of(workers: int) -> LocalCluster:
    """A cluster of this machine, with one thread a worker."""
    return LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.CRITICAL
    )


def measured(tables: dict[str, Runs], workers: int) -> tuple[float, float, Batch]:
    """Wall seconds and the workers' CPU seconds of a batch on a local cluster, and the batch."""
    local = LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    )
    with local as cluster, Client(cluster) as client:
        client.wait_for_workers(workers)
        # Each worker compiles the law and loads its libraries once.
        first = dict(list(tables.items())[: 4 * workers])
        batch(first, POINT, client=client, **HOW)
        before = sum(client.run(cpu_seconds).values())
        started = time.perf_counter()
        made = batch(tables, POINT, client=client, **HOW)
        wall = time.perf_counter() - started
        return wall, sum(client.run(cpu_seconds).values()) - before, made


def started_cold() -> float:
    """CPU seconds of a worker from its start to its first forecast, beyond those of a second one."""
    one = dict(list(small_tables(1).items())[:1])
    with cluster_of(1) as cluster, Client(cluster) as client:
        taken = []
        for _ in range(2):
            batch(one, POINT, client=client, **HOW)
            taken.append(sum(client.run(cpu_seconds).values()))
    return taken[0] - (taken[1] - taken[0])


def many(fit: float, start: float, *, fits: int) -> str:
    """Core hours of `TABLES`, and seconds of wall on `CORES`, every worker started anew; as cells of a table.

    Args:
        fit: CPU seconds of one fit with its forecast.
        start: CPU seconds of a worker until its first forecast.
        fits: of each table.
    """
    hours = (fit * fits * TABLES + start * CORES) / 3600
    wall = start + TABLES / CORES * fit * fits
    return f"{hours:.1f} | {wall:.0f}"


def write_figures(figures: dict[str, str]) -> None:
    """Put each figure between its marks on the page.

    Raises:
        SystemExit: the page has no place for one.
    """
    page = PAGE.read_text("utf-8")
    for name, said in figures.items():
        page, found = re.subn(rf"(<!-- {name} -->).*?(<!-- / -->)", rf"\g<1>{said}\g<2>", page, flags=re.DOTALL)
        if not found:
            raise SystemExit(f"{PAGE.name} has no place for {name}")
    PAGE.write_text(page, "utf-8")


def main() -> None:
    """Measure, print every figure with its bar, and write the page's."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    tables = small_tables(asked.tables)
    start = started_cold()
    walls: dict[int, list[float]] = {1: [], 2: []}
    fits = []
    rows: list[Any] = []
    for _ in range(asked.repeat):
        for workers in walls:
            wall, cpu, made = measured(tables, workers)
            walls[workers].append(wall)
            fits.append(cpu / len(tables))
            rows.append([{**row, "seconds": None} for row in made.rows])
            print(f"{workers} worker: {wall:.1f} s of wall, {cpu / len(tables):.3f} CPU s a table, "
                  f"{len(made.refused)} refused", flush=True)  # fmt: skip
    if any(other != rows[0] for other in rows):
        raise SystemExit("the rows differ between one worker and two")
    ratio = statistics.median(two / one for one, two in zip(walls[1], walls[2], strict=True))
    fit = statistics.median(fits)
    print(f"CPU seconds a fit, with its forecast: {fit:.3f}    <= {BAR_FIT}")
    print(f"wall of two workers over one: {ratio:.2f}    <= {BAR_RATIO}")
    print(f"CPU seconds until a worker's first forecast: {start:.1f}")
    figures = {
        "tables": f"{len(tables)}",
        "fit": f"{fit:.2f}",
        "start": f"{start:.1f}",
        "ratio": f"{ratio:.2f}",
        "one": many(fit, start, fits=1),
        "mixture": many(fit, start, fits=FITS),
    }
    write_figures(figures)
    print(f"wrote {PAGE.name}")


if __name__ == "__main__":
    main()
