"""Laws of one input on published learning curves: how close the median, how dense and how wide the forecast.

    FORECASTER_BENCHMARKS=... uv run python benchmarks/curves.py [--every 4] [--earned 6] [--write]

Each curve's context is fitted and its target forecast, about twice as far. The laws that are mixed get equal weights;
on every K-th curve of `--earned K` the weights that extrapolation earns are set beside them. `--write` puts the tables
into curves.md. Identical rows of a context are one measurement. The curves of nanoGPT have six points, under the eight
that `forecast` asks for, so every curve goes the way of a backtest: the same fits, draws and densities.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from forecaster import law, read_runs
from forecaster.backtests.backtest import roll
from forecaster.backtests.folds import Fold
from forecaster.backtests.trial import Trial, foretell, stacked, try_fold
from forecaster.fits.extrapolation import Extrapolation
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.compile import compile_density
from forecaster.laws.law import Law
from forecaster.stats.stacking import equal

PAGE = Path(__file__).with_suffix(".md")
RESPONSES = {"IC": "error", "NMT": "log_perplexity", "LM": "val_loss", "BB": "error", "Nano": "val_loss"}
MIXED = ("power_floor", "shifted_power_law", "broken_power_law")
LAWS = (*MIXED, "power_law")
ALONG_A_RUN = Extrapolation(mean=0.0, sd=0.03)
"""A wider slope, per e-fold of the one input, chosen on these curves."""

DEFAULT = "**the three mixed**"
WIDE = "the same, slope of sd .03"
FOUR = "with power_law, four mixed"
EARNED, BESIDE = "earned weights", "equal weights, the same curves"
NAIVE = "straight line, last quarter"
PUBLISHED = {
    "M4": (".0415", "", "", ""),
    "BNSL": (".0406", "", ".0223", ""),
    "MCMC(M4)": (".0422", "3.024", ".0235", "2.216"),
    "LC-PFN": (".0428", "2.429", ".0398", "1.519"),
    "NSL-PFN": (".0280", "3.330", ".0194", "2.773"),
}
"""RMSLE and log-likelihood on IC, then on language, as published (Lee et al. 2025, arXiv:2505.23032)."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One published curve.

    Args:
        domain: IC, NMT, LM, BB or Nano.
        fold: its context and target.
        unit: what the response is divided by where the log-likelihood is taken.
    """

    domain: str
    fold: Fold
    unit: float


def benchmarks_folder() -> Path:
    """The folder of published benchmarks, or a plain exit that says what to set."""
    folder = os.environ.get("FORECASTER_BENCHMARKS")
    if not folder:
        raise SystemExit("set FORECASTER_BENCHMARKS to the folder of published benchmarks")
    return Path(folder)


def read_curves(*, every: int = 1) -> Iterator[Curve]:
    """Every k-th curve of each domain.

    Args:
        every: k.
    """
    for domain, response in RESPONSES.items():
        table = pd.read_csv(benchmarks_folder() / "curves" / f"{domain}.csv").rename(columns={"x": "D", "y": response})
        read = partial(read_runs, columns={"loss": response})
        for i, (_, curve) in enumerate(table.groupby(["task", "model"], sort=False)):
            if i % every:
                continue
            shown = curve["split"] == "context"
            train = read(curve.loc[shown, ["D", response]].drop_duplicates())
            test = read(curve.loc[~shown, ["D", response]])
            unit = float(train.column("loss").max()) if domain == "Nano" else 1.0
            yield Curve(domain, Fold(train, test, by="D", cut=float(train.column("D").max())), unit)


def naive_line(fold: Fold) -> np.ndarray:
    """The log response of a straight log-log line through the last quarter of the context's points."""
    x, y = np.log(fold.train.column("D")), np.log(fold.train.column("loss"))
    last = np.argsort(x, kind="stable")[-max(2, -(-len(x) // 4)) :]
    return np.asarray(np.polyval(np.polyfit(x[last], y[last], 1), np.log(fold.test.column("D"))))


def score(curve: Curve, draws: np.ndarray, density: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """RMSLE, log-likelihood, and coverage and width of the 90% range of a mixture, means over a curve's target.

    Args:
        curve: which one.
        draws: of the log response, shape (law, sample, point).
        density: log predictive density of the log response, shape (law, point).
        weights: of the laws.
    """
    from scipy.special import logsumexp

    y = np.log(curve.fold.test.column("loss"))
    flat = draws.reshape(-1, len(y))
    each = np.repeat(weights / draws.shape[1], draws.shape[1])
    order = np.argsort(flat, axis=0)
    below = np.cumsum(each[order], axis=0)
    ranked = np.take_along_axis(flat, order, axis=0)
    low, middle, high = (
        np.take_along_axis(ranked, (below < p).sum(axis=0)[None].clip(max=len(flat) - 1), axis=0)[0]
        for p in (0.05, 0.5, 0.95)
    )
    return {
        "RMSLE": float(np.sqrt(np.mean((middle - y) ** 2))),
        # A density of log y is one of y times y.
        "LL": float(np.mean(logsumexp(density, axis=0, b=weights[:, None]) - y)) + float(np.log(curve.unit)),
        "held": float(np.mean((low <= y) & (y <= high))),
        "width": float(np.mean(high - low)),
    }


def thinned(found: Fit) -> Fit:
    """Every third draw of a fit, which hundreds of points do not need more than."""
    return replace(found, draws=found.draws.isel(draw=slice(None, None, 3)))


def weights_of(trial: Trial, weights: Mapping[str, float]) -> np.ndarray:
    """The weights of those of its laws that speak."""
    found = np.array([weights.get(name, 0.0) for name in trial.names])
    return np.asarray(found / found.sum())


def score_curve(curve: Curve, laws: Sequence[Law], *, earned: bool) -> list[dict[str, object]]:
    """Every method's scores on one curve."""
    seconds = {}
    parts = []
    for each in laws:
        started = time.perf_counter()
        parts.append(try_fold(curve.fold, [each], cache=False))
        seconds[each.name] = time.perf_counter() - started
    trial = Trial(
        curve.fold,
        tuple(thinned(fit) for part in parts for fit in part.fits),
        {name: why for part in parts for name, why in part.left_out.items()},
    )
    started = time.perf_counter()
    usual, wide = foretell(trial), foretell(trial, extrapolation=ALONG_A_RUN)
    asking = (time.perf_counter() - started) / 2 / len(laws)
    whole = sum(seconds[name] + asking for name in MIXED)
    found = {
        name: score(curve, usual[0][k : k + 1], usual[1][k : k + 1], np.ones(1)) | {"s": seconds[name] + asking}
        for k, name in enumerate(trial.names)
    }
    three = weights_of(trial, equal(MIXED))
    found[DEFAULT] = score(curve, *usual, three) | {"s": whole}
    found[WIDE] = score(curve, *wide, three) | {"s": whole}
    found[FOUR] = score(curve, *usual, weights_of(trial, equal(LAWS))) | {"s": whole + seconds["power_law"] + asking}
    found[NAIVE] = {
        "RMSLE": float(np.sqrt(np.mean((naive_line(curve.fold) - np.log(curve.fold.test.column("loss"))) ** 2)))
    }
    if earned:
        started = time.perf_counter()
        speaking = [each for each in laws if each.name in MIXED and each.name in trial.names]
        inner = roll(curve.fold.train, speaking, cache=False)
        given = weights_of(trial, stacked(inner, [each.name for each in speaking]))
        found[EARNED] = score(curve, *usual, given) | {"s": whole + time.perf_counter() - started}
        found[BESIDE] = found[DEFAULT]
    about = {"domain": curve.domain, "review": trial.review, "left out": len(trial.left_out)}
    return [{"method": method, **about, **scores} for method, scores in found.items()]


def line(name: str, points: pd.DataFrame) -> str:
    """One method's row of the table of groups."""
    cells = [name]
    for part in (points[points["domain"] == "IC"], points[points["domain"] != "IC"]):
        mean = part[["RMSLE", "LL", "held", "width", "s"]].mean()
        likely, held, width = (
            ("", "", "")
            if np.isnan(mean["LL"])
            else (f"{mean['LL']:.3f}", f"{mean['held']:.0%}", f"{mean['width']:.3f}")
        )
        cells += [f"{mean['RMSLE']:.4f}".removeprefix("0"), likely, held, width]
    seconds = points["s"].mean()
    return f"| {' | '.join([*cells, '' if np.isnan(seconds) else f'{seconds:.1f}'])} |"


def tables(points: pd.DataFrame) -> str:
    """The table of groups, the published figures, and the parts of the language group."""
    counts = points[points["method"] == DEFAULT]["domain"].value_counts()
    language = int(counts.drop("IC").sum())
    head = ["method"]
    for group in (f"IC ({counts['IC']})", f"language ({language})"):
        head += [f"{group} RMSLE", "LL", "90% holds", "its width"]
    lines = [f"| {' | '.join([*head, 'seconds a curve'])} |", "|---" * (len(head) + 1) + "|"]
    order = [DEFAULT, WIDE, FOUR, *LAWS, NAIVE, EARNED, BESIDE]
    by_method = dict(iter(points.groupby("method")))
    lines += [line(method, by_method[method]) for method in order if method in by_method]
    lines += [f"| {name}, published | {a} | {b} | | | {c} | {d} | | | |" for name, (a, b, c, d) in PUBLISHED.items()]
    domains = list(RESPONSES)
    lines += ["", f"| RMSLE / LL | {' | '.join(f'{name} ({counts[name]})' for name in domains)} |"]
    lines += ["|---" * (len(domains) + 1) + "|"]
    for method in (DEFAULT, WIDE, *LAWS, NAIVE):
        mean = by_method[method].groupby("domain")[["RMSLE", "LL"]].mean()
        cells = [
            f"{mean['RMSLE'][name]:.4f}" + ("" if np.isnan(mean["LL"][name]) else f" / {mean['LL'][name]:.2f}")
            for name in domains
        ]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    ours = by_method[DEFAULT]
    lines += [
        "",
        f"Of {len(LAWS) * len(ours)} fits {ours['review'].sum()} call for review and {ours['left out'].sum()} failed "
        "their checks and were left out. Seconds are without compiling, once a law.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Score every curve and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1, help="take every k-th curve of each domain")
    parser.add_argument("--earned", type=int, default=0, help="earn weights on every k-th of those; 0 for none")
    parser.add_argument("--write", action="store_true", help="put the tables into curves.md")
    asked = parser.parse_args()
    laws = [law(name) for name in LAWS]
    for each in laws:
        compile_density(each)
    rows = []
    started = time.perf_counter()
    for i, curve in enumerate(read_curves(every=asked.every)):
        rows += score_curve(curve, laws, earned=bool(asked.earned) and i % asked.earned == 0)
        if i % 10 == 9:
            print(f"{i + 1} curves, {time.perf_counter() - started:.0f} s", flush=True)
    text = tables(pd.DataFrame(rows))
    print(text)
    if asked.write:
        before, mark, rest = PAGE.read_text("utf-8").partition("<!-- table -->\n")
        _, end, after = rest.partition("<!-- end of table -->")
        PAGE.write_text(f"{before}{mark}{text}\n{end}{after}", "utf-8")


if __name__ == "__main__":
    main()
