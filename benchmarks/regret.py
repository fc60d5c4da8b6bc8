"""What our choice of N and D loses against the best one, on tables simulated from laws drawn from their priors.

    uv run python benchmarks/regret.py --tables 120 --write

A true law is drawn from the priors of one of the default three, a table of 40 runs is simulated from it, and a budget
30 times its largest run is split: by the pooled median of `allocate`, by each law's own median, and by the usual point
fit (Huber least squares of the Chinchilla law). The regret is the log of the true loss at the choice over the true
loss at the true optimum. Truths without an optimum inside the range that is searched are left out and counted.
Finished tables are kept in a file beside the user's cache, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from harness import Bench, bench

from forecaster.backtests.huber import huber_fit, huber_starts
from forecaster.decide.allocation.allocate import allocate
from forecaster.errors import NotConverged
from forecaster.fits.cache import cache_folder
from forecaster.fits.fit import fit
from forecaster.forecasts.optimum import searched_range
from forecaster.laws.shelf import default_laws, law
from forecaster.runs.table import Runs

HERE = Path(__file__).parent
RUNS, FARTHER, SEED = 40, 30.0, 11
TRUTHS = ("chinchilla", "farseer_lite", "coupled")
GRID = 4001


def main() -> None:
    """Simulate what is missing, print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tables", type=int, default=40, help="how many, over the three true laws")
    parser.add_argument("--write", action="store_true", help="write the table into regret.md")
    parser.add_argument("--fresh", action="store_true", help="forget what was simulated before")
    asked = parser.parse_args()
    path = cache_folder() / "regret.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    if asked.fresh:
        path.unlink(missing_ok=True)
    kept = {}
    if path.exists():
        kept = {(row["truth"], row["table"]): row for row in map(json.loads, path.read_text("utf-8").splitlines())}
    each = -(-asked.tables // len(TRUTHS))
    wanted = [(name, i) for i in range(each) for name in TRUTHS][: asked.tables]
    benches = {name: bench(law(name), runs=RUNS, repetitions=each, seed=SEED) for name in TRUTHS}
    for name, i in wanted:
        if (name, i) not in kept:
            kept[name, i] = one(benches[name], name, i)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(kept[name, i]) + "\n")
            print(f"{len(kept)} of {len(wanted)}: {name}, {said(kept[name, i])}", flush=True)
    text = page([kept[each] for each in wanted])
    print(text)
    if asked.write:
        (HERE / "regret.md").write_text(text, "utf-8")


def said(row: dict[str, Any]) -> str:
    """One table's result in a few words."""
    if "regret" not in row:
        return "left out"
    ours, usual = (f"{100 * row['regret'][name]:.2f}%" for name in ("pooled", "huber"))
    return f"regret {ours}, Huber {usual}, 90% range {'held' if row['covered']['90'] else 'missed'}"


def one(made: Bench, name: str, table: int) -> dict[str, Any]:
    """Simulate one table, split its budget in every way, and score the splits.

    Args:
        made: of the true law.
        name: of it.
        table: which set of parameters, from 0.
    """
    runs = made.simulate(table, seed=SEED)
    C = FARTHER * float(runs.column("C").max())
    row: dict[str, Any] = {"truth": name, "table": table}
    low, high = searched_range(runs, C)
    grid = np.linspace(low, high, GRID)

    def log_loss(log_N: Any) -> np.ndarray:
        N = np.exp(np.asarray(log_N))
        return np.log(made.response(table, {"N": N, "D": C / (6 * N)}))

    true = log_loss(grid)
    best = int(true.argmin())
    if best in (0, GRID - 1):
        return row | {"outside": True}
    row["log_N"] = float(grid[best])
    choices: dict[str, float] = {"huber": huber_choice(runs, C)}
    fits = [fit(each, runs, seed=1, cache=False) for each in default_laws(runs)]
    try:
        (found,) = allocate(fits, C, weights="equal", retry=True, cache=False).budgets
    except NotConverged:
        return row | {"refused": True}
    choices["pooled"] = math.log(found.median())
    choices |= {each: float(np.median(split.log_N.values)) for each, split in found.by_law.items()}
    # A point fit without an optimum puts it anywhere; it is held to the range that ours is searched in.
    row["regret"] = {each: float(log_loss(np.clip(value, low, high)) - true[best]) for each, value in choices.items()}
    row["error"] = {each: float(np.clip(value, low, high) - grid[best]) for each, value in choices.items()}
    ends = {f"{100 * mass:g}": np.log(found.interval(mass)) for mass in (0.5, 0.9)}
    row["covered"] = {mass: bool(a <= grid[best] <= b) for mass, (a, b) in ends.items()}
    row["width"] = float(ends["90"][1] - ends["90"][0])
    return row


def huber_choice(runs: Runs, C: float) -> float:
    """Log N* of the Chinchilla law fitted by Huber loss on the log of the response.

    Source: Hoffmann et al. 2022, arXiv:2203.15556, section 3.3 and equation 4.
    """
    x = np.log([runs.column("N"), runs.column("D")])
    centre = x.mean(axis=1)
    y = np.log(runs.column("loss"))
    _, a, b, alpha, beta = huber_fit(x - centre[:, None], y - y.mean(), starts=huber_starts(2))
    alpha, beta = max(alpha, 1e-6), max(beta, 1e-6)
    log_A, log_B = a + alpha * centre[0], b + beta * centre[1]
    slope = math.log(alpha) + log_A - math.log(beta) - log_B
    return float((slope + beta * math.log(C / 6)) / (alpha + beta))


def page(rows: Iterable[dict[str, Any]]) -> str:
    """The benchmark as a page in Markdown."""
    rows = list(rows)
    outside = sum("outside" in row for row in rows)
    refused = sum("refused" in row for row in rows)
    scored = [row for row in rows if "regret" in row]
    lines = [
        "# Regret of the compute-optimal split",
        "",
        f"{len(rows)} tables of {RUNS} runs simulated from laws drawn from their priors, a budget {FARTHER:g} times",
        f"the largest run. Left out: {outside} whose optimum lies outside the range searched, {refused} refused by the",
        "checks. Regret: per cent of loss above the best at the same budget; in brackets one standard error.",
        "",
        "| choice | tables | mean regret (%) | largest (%) | root mean square of log N* error |",
        "|---|---|---|---|---|",
    ]
    for name in ("pooled", "huber", *TRUTHS):
        regret = 100 * np.expm1([row["regret"][name] for row in scored if name in row["regret"]])
        error = np.array([row["error"][name] for row in scored if name in row["error"]])
        if not len(regret):
            continue
        spread = regret.std(ddof=1) / math.sqrt(len(regret)) if len(regret) > 1 else math.nan
        label = {"pooled": "**pooled (ours)**", "huber": "Huber least squares"}.get(name, f"{name} alone")
        root = math.sqrt(float((error**2).mean()))
        lines.append(
            f"| {label} | {len(regret)} | {regret.mean():.3f} ({spread:.3f}) | {regret.max():.2f} | {root:.2f} |"
        )
    lines += ["", "| range of N* | held | true law |", "|---|---|---|"]
    for mass in ("50", "90"):
        for name in ("any", *TRUTHS):
            hits = [row["covered"][mass] for row in scored if name in ("any", row["truth"])]
            if hits:
                share = float(np.mean(hits))
                # One hit and one miss more, so that a count without a miss does not look certain.
                near = (sum(hits) + 1) / (len(hits) + 2)
                error = math.sqrt(near * (1 - near) / (len(hits) + 2))
                lines.append(f"| {mass}% | {share:.0%} ({error:.0%}) of {len(hits)} | {name} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
