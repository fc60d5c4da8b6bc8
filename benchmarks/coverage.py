"""Does a 90% range hold 90%? Larger runs of real tables hidden, forecast from the smaller ones, and scored.

    FORECASTER_DATA=... uv run python benchmarks/coverage.py [--write]

Runs every split of coverage.toml with the default forecast, with parts of it left out, with each law alone, and with
what is usually done. What is finished is kept in a folder of the temporary directory, under a key of the package's
source, so a stopped run goes on where it was. `--write` puts the table into the README.
"""

from __future__ import annotations

# Numba asks whether a library of this name is there, and would take any script beside this one for it.
if __name__ != "__main__":
    raise ImportError("this is a benchmark to be run, not the library of that name")

import argparse
import hashlib
import tempfile
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from splits import Split, balanced, resampled, splits

import forecaster
from forecaster import law
from forecaster.backtests.backtest import roll
from forecaster.backtests.baselines import BASELINES
from forecaster.backtests.drift import informed
from forecaster.backtests.loo import loo_weights
from forecaster.backtests.result import FACTORS
from forecaster.backtests.trial import Trial, foretell, score_mixture, stacked, try_fold
from forecaster.fits.extrapolation import LANGUAGE_LOSS, NO_TERM, Extrapolation
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.shelf import DEFAULT_MIXTURE
from forecaster.stats.scores import score_points
from forecaster.stats.stacking import equal

README = Path(__file__).parents[1] / "README.md"
MARKS = "<!-- coverage -->", "<!-- end of coverage -->"
BEFORE = Extrapolation(mean=-0.003, sd=0.004)
"""A slope per e-fold, which shipped before."""

CONSTANT_NOISE = """
[noise]
family = "StudentT"
scale  = "sqrt(0.001**2 + sigma**2)"
nu     = "1 + tail"
[noise.sampled]
sigma  = "LogNormal(log(0.01), 1.5)"
tail   = "LogNormal(log(8), 0.8)"
"""
METHODS = {
    "default": "**default**",
    "fast": "`--fast` (equal weights)",
    "loo": "leave-one-out weights",
    "before": "a slope beyond the data",
    "no term": "without the extrapolation term",
    "no distance noise": "without noise that grows with distance",
    **{name: f"{name} alone" for name in DEFAULT_MIXTURE},
    **{f"{name}, plain": f"{name} alone, plain posterior" for name in DEFAULT_MIXTURE},
    "huber-bootstrap": "Huber fit with bootstrap",
    "naive-line": "straight line",
    "naive-last": "last value",
}
MASSES = ("50", "80", "90", "95")


def score_split(split: Split) -> pd.DataFrame:
    """Scores of every method on one split, one row a method and hidden run."""
    fold = split.fold
    y = np.log(fold.test.column("loss"))
    laws = [law(name) for name in DEFAULT_MIXTURE]
    trial = try_fold(fold, laws)
    names = trial.names
    earned, inner = _earned(trial, laws)
    with_term = foretell(trial, extrapolation=informed(LANGUAGE_LOSS, inner, earned))
    without_term, prior = (foretell(trial, extrapolation=term) for term in (NO_TERM, LANGUAGE_LOSS))
    found = {
        "default": _mixed(y, with_term, earned, names),
        "fast": _mixed(y, prior, equal(names), names),
        "loo": _mixed(y, prior, loo_weights(trial.fits), names),
        "before": _mixed(y, foretell(trial, extrapolation=BEFORE), earned, names),
        "no term": _mixed(y, without_term, earned, names),
    }
    flat = [read_law(each.text + CONSTANT_NOISE, name=each.name) for each in laws]
    steady = try_fold(fold, flat)
    weights, cuts = _earned(steady, flat)
    term = informed(LANGUAGE_LOSS, cuts, weights)
    found["no distance noise"] = _mixed(y, foretell(steady, extrapolation=term), weights, steady.names)
    for k, name in enumerate(names):
        for label, said in ((name, with_term), (f"{name}, plain", without_term)):
            found[label] = score_mixture(y, said[0][k : k + 1], said[1][k : k + 1], np.ones(1))
    for name, draw in BASELINES.items():
        found[name] = score_points(y, draw(fold, seed=1)[None], np.ones(1))
    about = {"source": split.source, "group": split.group, "split": split.name}
    rows = [scores.assign(method=name, ratio=fold.ratios, **about) for name, scores in found.items()]
    return pd.concat(rows, ignore_index=True).assign(
        fits_for_review=trial.review, fits_left_out=len(trial.left_out), squared=lambda rows: rows["error"] ** 2
    )


def _earned(trial: Trial, laws: Sequence[Law]) -> tuple[Mapping[str, float], tuple[Trial, ...]]:
    speaking = [each for each in laws if each.name in trial.names]
    inner = roll(trial.fold.train, speaking)
    return stacked(inner, trial.names), inner


def _mixed(
    y: np.ndarray, said: tuple[np.ndarray, np.ndarray], weights: Mapping[str, float], names: Sequence[str]
) -> pd.DataFrame:
    return score_mixture(y, said[0], said[1], np.array([weights[name] for name in names]))


def state_folder() -> Path:
    """Where finished splits are kept: one folder for each state of the package and of this file."""
    files = [
        *sorted(Path(forecaster.__file__).parent.rglob("*.py")),
        Path(__file__),
        Path(__file__).with_name("splits.py"),
    ]
    source = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"forecaster-coverage-{source}"
    folder.mkdir(exist_ok=True)
    return folder


def all_points() -> pd.DataFrame:
    """Every split's scores; those finished before are read from the state folder."""
    folder = state_folder()
    started = time.perf_counter()
    parts = []
    for i, split in enumerate(each for each in splits() if not each.apart):
        path = folder / f"{i:03d}.parquet"
        if path.exists():
            parts.append(pd.read_parquet(path))
            continue
        parts.append(score_split(split))
        partial = path.with_suffix(".part")
        parts[-1].to_parquet(partial)
        partial.replace(path)
        ours = parts[-1][parts[-1]["method"] == "default"]
        print(
            f"{split.name:<50} {len(ours):>3} hidden, to {ours['ratio'].max():>7.3g} times: "
            f"90% holds {ours['covered 90'].mean():>4.0%}, width {ours['width 90'].mean():.3f}  "
            f"{time.perf_counter() - started:6.0f} s",
            flush=True,
        )
    return pd.concat(parts, ignore_index=True)


def summary(points: pd.DataFrame) -> pd.DataFrame:
    """One row a method, every source counting alike."""
    rows = []
    for method in METHODS:
        mine = points[points["method"] == method]
        boot = resampled(mine, ["covered 90", "crps"])
        by_source = {source: balanced(part, "covered 90") for source, part in mine.groupby("source")}
        rows.append(
            {"method": method}
            | {f"{mass}%": balanced(mine, f"covered {mass}") for mass in MASSES}
            | {
                "90% from": float(boot["covered 90"].quantile(0.05)),
                "90% to": float(boot["covered 90"].quantile(0.95)),
                "worst source": min(by_source.values()),
                "width": balanced(mine, "width 90"),
                "CRPS": balanced(mine, "crps"),
                "CRPS from": float(boot["crps"].quantile(0.05)),
                "CRPS to": float(boot["crps"].quantile(0.95)),
                "log score": balanced(mine, "log_score"),
                "RMSE": balanced(mine, "squared") ** 0.5,
            }
        )
    return pd.DataFrame(rows).set_index("method")


def by_part(
    points: pd.DataFrame, column: str, methods: Sequence[str] = ("default", "before", "huber-bootstrap")
) -> pd.DataFrame:
    """Coverage and width of the 90% range and CRPS of some methods in each part."""
    rows = []
    for part, inside in points.groupby(column, sort=False, observed=True):
        row: dict[str, object] = {column: part, "points": int((inside["method"] == methods[0]).sum())}
        for method in methods:
            mine = inside[inside["method"] == method]
            row |= {f"{method} {name}": balanced(mine, key) for name, key in PARTS.items()}
        rows.append(row)
    return pd.DataFrame(rows).set_index(column)


PARTS = {"90%": "covered 90", "width": "width 90", "CRPS": "crps"}


def bars(table: pd.DataFrame) -> list[str]:
    """What the forecast must reach, and whether it does."""
    ours, bootstrap = table.loc["default"], table.loc["huber-bootstrap"]
    single = table.loc[[name for name in table.index if name.split(",")[0] in DEFAULT_MIXTURE], "CRPS"]
    checks = [
        (f"90% coverage's interval above .83: {ours['90% from']:.3f}", ours["90% from"] > 0.83),
        (f"no source below .70: {ours['worst source']:.3f}", ours["worst source"] >= 0.70),
        (f"50% coverage from .40 to .70: {ours['50%']:.3f}", 0.40 <= ours["50%"] <= 0.70),
        (
            f"CRPS at most .6 of the bootstrap's: {ours['CRPS'] / bootstrap['CRPS']:.3f}",
            ours["CRPS"] <= 0.6 * bootstrap["CRPS"],
        ),
        (
            f"CRPS below every single law's: {ours['CRPS']:.5f} against {single.min():.5f} ({single.idxmin()})",
            ours["CRPS"] < single.min(),
        ),
        (
            f"width at most the bootstrap's: {ours['width'] / bootstrap['width']:.3f} of it",
            ours["width"] <= bootstrap["width"],
        ),
    ]
    return [f"{'reached' if held else 'MISSED '}  {text}" for text, held in checks]


def markdown(points: pd.DataFrame, table: pd.DataFrame) -> str:
    """The README's table."""
    ours = points[points["method"] == "default"]
    said = (
        f"{len(ours)} forecasts in {ours['split'].nunique()} splits of {ours['group'].nunique()} groups of runs from "
        f"{ours['source'].nunique()} publications, up to {ours['ratio'].max():,.0f} times the largest run shown. "
        "Every publication counts alike; in brackets the 90% interval of a bootstrap over splits. "
        "Widths, CRPS and RMSE are of the log of the loss (.01 is one per cent)."
    )
    lines = [
        textwrap.fill(said, 120),
        "",
        "| method | 50% | 80% | 90% | 95% | worst publication, 90% | width of 90% | CRPS | log score | RMSE |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for method, row in table.iterrows():
        shares = [f"{row[f'{mass}%']:.0%}" for mass in MASSES]
        shares[2] += f" [{row['90% from']:.0%}, {row['90% to']:.0%}]"
        lines.append(
            f"| {METHODS[str(method)]} | {' | '.join(shares)} | {row['worst source']:.0%} | {row['width']:.3f} | "
            f"{row['CRPS']:.4f} | {row['log score']:.2f} | {row['RMSE']:.4f} |"
        )
    return "\n".join(lines)


def write_readme(text: str) -> None:
    """Put the table between its marks."""
    page = README.read_text("utf-8")
    before, rest = page.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    README.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}", "utf-8")


def main() -> None:
    """Score what is not scored yet, and print every table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    arguments = parser.parse_args()
    points = all_points()
    table = summary(points)
    pd.set_option("display.width", 250, "display.max_columns", 30, "display.precision", 4)
    print(table.to_string(float_format="{:.4f}".format))
    factor = pd.cut(points["ratio"], list(FACTORS), labels=[f"to {edge:g} times" for edge in FACTORS[1:]])
    print(by_part(points.assign(factor=factor).sort_values("factor"), "factor").to_string(float_format="{:.4f}".format))
    for column in ("source", "group"):
        print(by_part(points, column).to_string(float_format="{:.4f}".format))
    print("\n".join(bars(table)))
    if arguments.write:
        write_readme(markdown(points, table))


if __name__ == "__main__":
    main()
