"""How cost grows with rows and columns: CPU seconds and peak memory of whole processes.

    uv run python benchmarks/scale.py [--data FOLDER] [--most 1000000]

`--data` names the folder of real run tables, for the 1,911 runs with learning rate and batch size.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

POINT = ["--at", "N=70B,D=1.4T", "--law", "chinchilla", "--fast"]
MOST_FORECAST = 100_000
COLUMNS = 50_000


def chinchilla_table(rows: int, *, seed: int = 1) -> pd.DataFrame:
    """Runs of the chinchilla law with half a per cent of noise, over three decades of N and of D."""
    random = np.random.default_rng(seed)
    n, d = (np.exp(random.uniform(np.log(low), np.log(1000 * low), rows)) for low in (1e7, 1e9))
    loss = (1.8172 + 482.01 / n**0.3478 + 2085.43 / d**0.3658) * np.exp(0.005 * random.standard_normal(rows))
    return pd.DataFrame({"N": n, "D": d, "loss": loss})


LAUNCHER = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, used = os.wait4(os.posix_spawn(sys.executable, sys.argv[1:], os.environ, file_actions=quiet), 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""
"""A process takes over the peak memory of the one that starts it, so a small one starts what is measured."""


def measured(arguments: list[str], cache: Path) -> str:
    """CPU seconds and peak memory of a command, both of its process alone."""
    command = [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "forecaster", *arguments, "--quiet"]
    environment = os.environ | {"FORECASTER_CACHE": str(cache)}
    found = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    said = "" if found[2] == "0" else f"  exit status {found[2]}"
    return f"{float(found[0]):9.2f} CPU s {float(found[1]):8.0f} MB{said}"


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--most", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)

        def show(what: str, *arguments: str) -> None:
            cache = Path(tempfile.mkdtemp(dir=folder))
            print(f"{what:<52}{measured([*arguments], cache)}", flush=True)

        for rows in (10**power for power in range(3, 7) if 10**power <= asked.most):
            table = chinchilla_table(rows)
            for kind, write in ((".csv", table.to_csv), (".parquet", table.to_parquet)):
                path = str(folder / f"{rows}{kind}")
                write(path, index=False)
                show(f"check, {rows:,} rows, {kind}", "check", path)
            if rows <= MOST_FORECAST:
                show(f"forecast --fast, chinchilla, {rows:,} rows", "forecast", str(folder / f"{rows}.csv"), *POINT)
        values = np.random.default_rng(2).standard_normal((40, COLUMNS)).round(4)
        more = pd.DataFrame(values, columns=[f"metric {i}" for i in range(COLUMNS)])
        wide = pd.concat([chinchilla_table(40), more], axis=1)
        wide.to_csv(folder / "wide.csv", index=False)
        wide.to_json(folder / "wide.json", orient="records")
        wide.to_parquet(folder / "wide.parquet", index=False)
        for kind in ("csv", "json", "parquet"):
            show(f"check, {COLUMNS:,} columns, .{kind}", "check", str(folder / f"wide.{kind}"))
        families = chinchilla_table(180).assign(family=[*"abcdef"] * 30)
        families.to_csv(folder / "families.csv", index=False)
        grouped = ["forecast", str(folder / "families.csv"), "--group", "family", *POINT]
        show("forecast --fast, six families of 30 runs", *grouped)
        table = asked.data / "steplaw_dense.csv" if asked.data else None
        if table is not None and table.is_file():
            point = ["--at", "N=1B,D=100B,lr=1e-3,batch=1e6", "--law", "learning_rate_batch", "--fast"]
            show("forecast --fast, learning_rate_batch, steplaw_dense", "forecast", str(table), *point)


if __name__ == "__main__":
    main()
