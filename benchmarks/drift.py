"""What the extrapolation term's constants are learned from, and what they hold on publications that taught nothing.

    uv run python benchmarks/drift.py FOLDER [--write]

Larger runs of every table of a folder are hidden as coverage.toml says (the folder's own, where it has one) and
forecast from the smaller ones. Each way of treating the drift beyond the data has a few constants; they are chosen on
all publications but one, by the log score, and judged on the one left out, in turn. Prints a row a way, each against
the first, with a bootstrap over publications; and how often the ranges held by the distance asked and by how far that
lay beyond what the table's own cuts could test. `--write` puts both into drift.md beside this file, and the second into
the package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from splits import Split, balanced, splits

import forecaster
from forecaster import law
from forecaster.backtests.backtest import roll
from forecaster.backtests.drift import OBSERVATIONS, log_likelihoods
from forecaster.backtests.trial import stacked, try_fold
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import FEWEST_PUBLICATIONS, LANGUAGE_LOSS, STUDY, Extrapolation
from forecaster.fits.predict import law_draws
from forecaster.laws.shelf import DEFAULT_MIXTURE
from forecaster.stats.scores import score_points
from forecaster.stats.student import log_student

DRAWS = 1000
WELL_BEHAVED = ("chinchilla", "llama3", "gadre", "datablations")
"""Tables on which the earlier term did well; groups by the beginning of their names."""


@dataclass(frozen=True, eq=False)
class Case:
    """One split with what a way of treating the drift may use of it.

    Args:
        about: its source, group and split.
        apart: whether it is scored by itself.
        y: log responses observed, shape (point).
        h: e-folds of compute beyond the largest run shown, shape (point).
        ratio: times the largest run shown, shape (point).
        m: the laws' log responses, shape (law, sample, point).
        gamma: their exponents, same shape.
        noise: run-to-run noise, same shape.
        scale: of the noise, same shape.
        nu: its degrees of freedom, shape (law, sample).
        weights: earned, shape (law).
        seen: log likelihood of theta by each usable cut at the shipped term's grid, the earliest first.
        tested: how many times the largest run shown the farthest run that any cut hid lay beyond it; 0 without one.
    """

    about: Mapping[str, str]
    apart: bool
    y: np.ndarray
    h: np.ndarray
    ratio: np.ndarray
    m: np.ndarray
    gamma: np.ndarray
    noise: np.ndarray
    scale: np.ndarray
    nu: np.ndarray
    weights: np.ndarray
    seen: tuple[np.ndarray, ...]
    tested: float


def read_case(split: Split) -> Case:
    """A split's draws, from cached fits where there are any."""
    laws = [law(name) for name in DEFAULT_MIXTURE]
    trial = try_fold(split.fold, laws)
    inner = roll(split.fold.train, [each for each in laws if each.name in trial.names])
    weights = stacked(inner, trial.names)
    test = split.fold.test
    found = law_draws(Ensemble(trial.fits), term=None, seed=1)
    step = max(1, len(found[0].numbers) // DRAWS)

    def each(what: Callable[..., np.ndarray]) -> np.ndarray:
        shape = (len(found[0].numbers), len(test))
        return np.stack([np.broadcast_to(what(law), shape)[::step] for law in found]).astype(np.float32)

    h = found[0].beyond(test)
    return Case(
        about={"source": split.source, "group": split.group, "split": split.name},
        apart=split.apart,
        y=np.log(test.column("loss")),
        h=h,
        ratio=split.fold.ratios,
        m=each(lambda law: law.curve(test)),
        gamma=each(lambda law: law.design.exponent(law._columns, law.design.inputs(test), test.column("C"))),
        noise=each(lambda law: law.noise(test)),
        scale=each(lambda law: law.noise_scale(test)),
        nu=np.stack(
            [np.broadcast_to(law.design.degrees_of_freedom(law.values), len(law.numbers))[::step] for law in found]
        ),
        weights=np.array(list(weights.values())),
        seen=log_likelihoods(LANGUAGE_LOSS, inner, weights),
        tested=max((float(each.fold.ratios.max()) for each in inner), default=0.0),
    )


def all_cases(folder: Path) -> list[Case]:
    """Every split's case; those read before are kept in the temporary directory, by the state of the package."""
    files = [*sorted(Path(forecaster.__file__).parent.rglob("*.py")), Path(__file__).with_name("splits.py")]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / f"forecaster-drift-{state}"
    kept.mkdir(exist_ok=True)
    cases = []
    for split in splits(folder):
        path = kept / f"{hashlib.sha256(f'{split.name} {split.fold.train.sha256}'.encode()).hexdigest()[:24]}.pickle"
        if path.exists():
            case = pd.read_pickle(path)
        else:
            case = read_case(split)
            pd.to_pickle(case, path)
            print(f"{split.name:<50} {len(case.y):>3} hidden, to {case.ratio.max():>7.3g} times", flush=True)
        cases.append(case)
    return cases


@dataclass(frozen=True)
class Way:
    """A way of treating the drift beyond the data.

    Args:
        name: for a person.
        term: of a case and some constants.
        constants: those that are tried.
        equal: whether laws are weighted alike.
    """

    name: str
    term: Callable[..., Extrapolation]
    constants: Sequence[tuple[float, ...]] = ((),)
    equal: bool = False


def theta(mean: float, *, sd: float = LANGUAGE_LOSS.sd) -> Extrapolation:
    """The shipped form with another prior."""
    return replace(LANGUAGE_LOSS, mean=mean, sd=sd)


def after_cuts(term: Extrapolation, case: Case) -> Extrapolation:
    """The term after a case's cuts have spoken, one after the other."""
    return term.informed([np.interp(term.grid, LANGUAGE_LOSS.grid, seen) for seen in case.seen])


def after_last(term: Extrapolation, case: Case) -> Extrapolation:
    """The term after the last cut alone has spoken, counted as six observations."""
    return term.informed([6 / OBSERVATIONS * np.interp(term.grid, LANGUAGE_LOSS.grid, seen) for seen in case.seen[-1:]])


BEFORE = Extrapolation(mean=-0.003, sd=0.004)
"""The slope per e-fold that shipped before."""

SLOPES = tuple(product((-0.003, -0.005, -0.007, -0.009, -0.011), (0.004, 0.006, 0.008, 0.01)))
MEANS = tuple((mean,) for mean in (0.02, 0.025, 0.03, 0.035, 0.04, 0.045, 0.05, 0.055, 0.06, 0.07))
MEANS_AND_SDS = tuple((mean, sd) for (mean,) in MEANS[::2] for sd in (0.005, 0.01, 0.02, 0.04))

SHIPPED, FAST = "theta gamma, every cut", "theta gamma, no cut, equal weights (`--fast`)"

WAYS = (
    Way("before: a slope of mean -.003 and sd .004", lambda case: BEFORE),
    Way("a slope, mean and sd learned", lambda case, mean, sd: Extrapolation(mean, sd), SLOPES),
    Way("theta gamma, no cut", lambda case, mean: theta(mean), MEANS),
    Way(FAST, lambda case, mean: theta(mean), MEANS, equal=True),
    Way("theta gamma, the last cut, as six observations", lambda case, mean: after_last(theta(mean), case), MEANS),
    Way(
        "theta gamma, every cut, sd learned too",
        lambda case, mean, sd: after_cuts(theta(mean, sd=sd), case),
        MEANS_AND_SDS,
    ),
    Way(SHIPPED, lambda case, mean: after_cuts(theta(mean), case), MEANS),
    Way("the same as it ships, mean .045", lambda case: after_cuts(LANGUAGE_LOSS, case)),
)


def score(case: Case, term: Extrapolation, weights: np.ndarray) -> pd.DataFrame:
    """Scores of one term on one split."""
    from scipy.special import logsumexp

    count = case.m.shape[1]
    shift = (
        (-case.gamma if term.by_exponent else np.ones_like(case.gamma)) * case.h * term.draws(count, seed=1)[:, None]
    )
    log_p = log_student((case.y - case.m - shift) / case.scale, case.nu[:, :, None]) - np.log(case.scale)
    density = logsumexp(log_p, axis=1, b=1 / count)
    log_score = logsumexp(density, axis=0, b=weights[:, None])
    found = score_points(case.y, case.m + shift + case.noise, weights, log_score=log_score)
    beyond = case.ratio / case.tested if case.tested else np.nan
    return found.assign(ratio=case.ratio, beyond=beyond, **case.about)


def left_out(cases: Sequence[Case], way: Way) -> pd.DataFrame:
    """Each publication's scores with the constants that the others choose."""
    tried = {}
    for constants in way.constants:
        parts = []
        for case in cases:
            weights = np.full(len(case.weights), 1 / len(case.weights)) if way.equal else case.weights
            parts.append(score(case, way.term(case, *constants), weights))
        tried[constants] = pd.concat(parts, ignore_index=True)
    found = []
    for source in dict.fromkeys(case.about["source"] for case in cases):
        best = max(tried, key=lambda each: balanced(tried[each][tried[each]["source"] != source], "log_score"))
        chosen = tried[best]
        found.append(chosen[chosen["source"] == source].assign(chosen=", ".join(f"{c:g}" for c in best)))
    return pd.concat(found, ignore_index=True)


STEPS = {"distance": ("ratio", (1, 3, 30, 100, np.inf)), "beyond": ("beyond", (0, 1, 10, np.inf))}
"""Where the shares that held are told apart: times the largest run, and times the farthest that the cuts tested."""


def by_publication(points: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Means of columns for each publication, groups and splits counting alike inside it."""
    by_split = points.groupby(["source", "group", "split"])[list(columns)].mean()
    return by_split.groupby(["source", "group"]).mean().groupby("source").mean()


def bootstrap(means: pd.DataFrame, *, draws: int = 4000, seed: int = 1) -> pd.DataFrame:
    """The mean over publications drawn with replacement, one row a draw."""
    rows = np.random.default_rng(seed).integers(0, len(means), (draws, len(means)))
    return pd.DataFrame(means.to_numpy()[rows].mean(axis=1), columns=means.columns)


def held(points: pd.DataFrame) -> list[dict[str, object]]:
    """How often 90% ranges held by each step of STEPS: the share, its 90% interval, publications and runs."""
    found: list[dict[str, object]] = []
    for by, (column, edges) in STEPS.items():
        for low, high in pairwise(edges):
            inside = points[(points[column] > low) & (points[column] <= high)]
            if inside.empty:
                continue
            means = by_publication(inside, ["covered 90"])
            drawn = bootstrap(means)["covered 90"]
            found.append(
                {
                    "by": by,
                    "over": float(low),
                    "to": float(high),
                    "share": round(float(means["covered 90"].mean()), 3),
                    "between": [round(float(drawn.quantile(p)), 3) for p in (0.05, 0.95)],
                    "publications": len(means),
                    "runs": len(inside),
                }
            )
    return found


COLUMNS = (
    "drift beyond the data", "log score", "its gain, 90% interval", "CRPS", "of the first's", "50%", "80%", "90%",
    "95%", "width of 90%", "worst publication, 90%", "CRPS on the well-behaved, of the first's", "means chosen",
)  # fmt: skip


def row(name: str, points: pd.DataFrame, first: pd.DataFrame) -> str:
    """One line of the table, beside the first way's scores."""
    columns = ["log_score", "crps", "covered 50", "covered 80", "covered 90", "covered 95", "width 90"]
    mine, theirs = by_publication(points, columns), by_publication(first, columns)
    gain = bootstrap((mine - theirs)[["log_score"]])["log_score"].quantile([0.05, 0.95])
    tidy = [
        by_publication(each[each["group"].str.startswith(WELL_BEHAVED)], ["crps"])["crps"] for each in (points, first)
    ]
    mean = mine.mean()
    cells = [
        name,
        f"{mean['log_score']:.3f}",
        "" if points is first else f"{gain.iloc[0]:+.3f} to {gain.iloc[1]:+.3f}",
        f"{mean['crps']:.5f}",
        f"{mean['crps'] / theirs['crps'].mean():.2f}",
        *(f"{mean[f'covered {mass}']:.1%}" for mass in ("50", "80", "90", "95")),
        f"{mean['width 90']:.4f}",
        f"{mine['covered 90'].min():.0%}",
        f"{(tidy[0] / tidy[1]).mean():.2f}" if len(tidy[0]) else "",
        "; ".join(sorted(set(points["chosen"]))),
    ]
    return f"| {' | '.join(cells)} |"


PAGE = Path(__file__).with_suffix(".md")


def write(lines: Sequence[str], tables: Mapping[str, list[dict[str, object]]], *, sources: Sequence[str]) -> None:
    """Put the table of ways into the page beside this file, and the shares that held into it and the package."""
    page = {
        "command": "uv run python benchmarks/drift.py FOLDER --write",
        "publications": list(sources),
    }
    body = "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in page.items())
    for name, rows in tables.items():
        for each in rows:
            said = "\n".join(
                f"{key} = {'inf' if value == np.inf else json.dumps(value)}" for key, value in each.items()
            )
            body += f"\n\n[[{name}]]\n{said}"
    STUDY.write_text(f"{HEADER}{body}\n", "utf-8")
    steps = ["| step | informed by cuts | prior alone (`--fast`) |", "|---|---|---|"]
    for each, other in zip(tables["informed"], tables["prior"], strict=True):
        what = "times the largest run" if each["by"] == "distance" else "times what the cuts tested"
        steps.append(f"| {each['over']:g} to {each['to']:g} {what} | {_cell(each)} | {_cell(other)} |")
    text = PAGE.read_text("utf-8")
    for name, block in (("ways", lines), ("held", steps)):
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        text = f"{before}{mark}{chr(10).join(block)}\n{end}{after}"
    PAGE.write_text(text, "utf-8")


HEADER = """\
# How often 90% ranges of language-model losses held, each publication judged with constants that the others taught.
# Written by the command below.

"""


def _cell(step: Mapping[str, Any]) -> str:
    if step["publications"] < FEWEST_PUBLICATIONS:
        return f"too few publications ({step['publications']})"
    low, high = step["between"]
    return (
        f"{step['share']:.0%} ({100 * low:.0f} to {high:.0%}), {step['publications']} publications, {step['runs']} runs"
    )


def main() -> None:
    """Score every way, print both tables, and write them where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, help="of the tables")
    parser.add_argument("--write", action="store_true", help="put the tables into drift.md and into the package")
    asked = parser.parse_args()
    every = all_cases(asked.folder)
    cases = [case for case in every if not case.apart]
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    scored: dict[str, pd.DataFrame] = {}
    for way in WAYS:
        scored[way.name] = left_out(cases, way)
        lines.append(row(way.name, scored[way.name], next(iter(scored.values()))))
        print(lines[-1], flush=True)
    first, shipped = scored[WAYS[0].name], scored[SHIPPED]
    sources = by_publication(shipped, ["covered 90", "crps", "width 90"])
    earlier = by_publication(first, ["covered 90", "crps", "width 90"])
    for source in sources.index:
        print(f"{source:<55} before {_said(earlier.loc[source])}   now {_said(sources.loc[source])}")
    for case_set in {case.about["source"] for case in every if case.apart}:
        apart = [case for case in every if case.about["source"] == case_set]
        for way in (WAYS[0], WAYS[-1]):
            points = pd.concat([score(case, way.term(case), case.weights) for case in apart], ignore_index=True)
            print(f"apart: {case_set}, {way.name}: {_said(by_publication(points, sources.columns).iloc[0])}")
    tables = {"informed": held(shipped), "prior": held(scored[FAST])}
    for name, rows in tables.items():
        for each in rows:
            print(name, each)
    if asked.write:
        write(lines, tables, sources=list(sources.index))


def _said(means: pd.Series) -> str:
    return f"90% held {means['covered 90']:.0%}, CRPS {means['crps']:.5f}, width {means['width 90']:.4f}"


if __name__ == "__main__":
    main()
