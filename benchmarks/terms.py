"""What may be added beyond the data of tables of one input, and of scores in [0, 1]: terms of several forms compared.

    FORECASTER_BENCHMARKS=... FORECASTER_DATA=... uv run python benchmarks/terms.py [--write]

Three kinds of tables, each forecast by laws of equal weight. Learning curves of one run (those of curves.py), the 46
apart on which constants of one input were chosen; separate runs of one size on ever more data; and scores that rise,
cut at shares of their range. A term is a slope, or theta times the exponent of each draw, and is left at its prior or
informed by the table's own cuts. For scores the constants are chosen on all publications but one, and judged on that
one. `--write` puts the tables into curves.md.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from curves import MIXED, PAGE, benchmarks_folder, read_curves
from drift import COLUMNS, Case, Way, by_publication, left_out, row, score
from tables import data_folder

import forecaster
from forecaster import law, read_runs
from forecaster.backtests.drift import log_likelihoods
from forecaster.backtests.folds import Fold, rolling_origins
from forecaster.backtests.trial import Trial, try_fold, try_folds
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import LANGUAGE_LOSS, ONE_INPUT, SCORE, Extrapolation
from forecaster.fits.predict import LawDraws, law_draws
from forecaster.laws.law import Law
from forecaster.runs.table import Runs
from forecaster.stats.stacking import equal

DRAWS, POINTS = 800, 60
RISING = ("logistic", "rl_sigmoid")
STEP = 0.01

SLOPE, THETA = Extrapolation(0.0, 0.1, nu=3.0), Extrapolation(0.0, 0.3, nu=3.0, by_exponent=True)
"""Wide terms, at whose grids the cuts' likelihoods are kept."""


@dataclass(frozen=True, eq=False)
class Tried:
    """A table with its larger runs hidden.

    Args:
        group: of tables that are averaged.
        case: the hidden runs' draws; `gamma` is the exponent of the reducible part, or, for a score, minus the slope of
            its logit; `seen` is at the grid of `SLOPE`.
        seen_theta: the same at the grid of `THETA`.
    """

    group: str
    case: Case
    seen_theta: tuple[np.ndarray, ...]


def thinned(runs: Runs) -> Runs:
    """An even part of many runs."""
    return runs.select(np.arange(len(runs)) % (1 + (len(runs) - 1) // POINTS) == 0)


def steepness(drawn: LawDraws, test: Runs) -> np.ndarray:
    """By how much less a score's logit gets with each e-fold at the table's top, shape (sample, point)."""
    design, scale = drawn.design, test.column(test.scale)
    up, down = (
        design.response(drawn._columns, design._moved(design.inputs(test), step - design.distance(scale)))
        for step in (STEP, -STEP)
    )
    return np.asarray((down - up) / (2 * STEP))


def read_tried(group: str, about: Mapping[str, str], trial: Trial, inner: Sequence[Trial]) -> Tried:
    """A trial's draws, and what earlier ones say of the term."""
    test = thinned(trial.fold.test)
    found = law_draws(Ensemble(trial.fits), term=None, seed=1)
    step = max(1, len(found[0].numbers) // DRAWS)
    shape = (len(found[0].numbers), len(test))
    log = found[0].design.link.name == "log"

    def each(what: Callable[[LawDraws], np.ndarray]) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.stack([np.broadcast_to(np.nan_to_num(what(one)), shape)[::step] for one in found])

    scale = test.column(test.scale)
    weights = equal(trial.names)
    seen, seen_theta = (
        log_likelihoods(term, inner, weights, shown_by=None if log else trial.fold) if log or term is SLOPE else ()
        for term in (SLOPE, THETA)
    )
    case = Case(
        about=about,
        apart=False,
        y=found[0].design.link.on(test.column("loss")),
        h=found[0].beyond(test),
        ratio=scale / trial.fold.train.column(test.scale).max(),
        m=each(lambda one: one.curve(test)),
        gamma=each(
            lambda one: (
                one.design.exponent(one._columns, one.design.inputs(test), scale) if log else steepness(one, test)
            )
        ),
        noise=each(lambda one: one.noise(test)),
        scale=each(lambda one: one.noise_scale(test)),
        nu=np.stack(
            [np.broadcast_to(one.design.degrees_of_freedom(one.values), len(one.numbers))[::step] for one in found]
        ),
        weights=np.array(list(weights.values())),
        seen=seen,
        tested=0.0,
    )
    return Tried(group, case, seen_theta)


def of_curves(laws: Sequence[Law]) -> Iterator[Tried]:
    """Learning curves of one run, context and target as published."""
    count: dict[str, int] = {}
    for curve in read_curves():
        i = count[curve.domain] = count.get(curve.domain, -1) + 1
        chosen = i % {"IC": 4, "Nano": 3}.get(curve.domain, 1) == 0
        image = "IC" if curve.domain == "IC" else "language" if chosen else "nanoGPT"
        about = {"source": curve.domain, "group": str(i), "split": ""}
        inner = try_folds(rolling_origins(curve.fold.train), laws, cache=False)
        group = f"{image}, {'chosen on' if chosen else 'others'}"
        yield read_tried(group, about, try_fold(curve.fold, laws, cache=False), inner)


SEPARATE = {
    "gadre_overtrain": "",
    "porian_isoflop": "loss_split == 'val' and family.str.contains('tuned|chinchilla')",
    "misfitting_runs": "best_lr_in_cell == 1",
    "laion_mammut": "",
    "laion_clip": "",
    "protein_clm": "",
}
"""Tables with eight or more separate runs of one size, and which rows of them."""


def of_separate_runs(laws: Sequence[Law]) -> Iterator[Tried]:
    """Separate runs of one size on ever more data, six tenths of the range of its log shown."""
    for name, where in SEPARATE.items():
        table = pd.read_csv(data_folder() / f"{name}.csv")
        table = table.query(where) if where else table
        for key, rows in table.groupby(["family", "N"]):
            series = rows.groupby("D", as_index=False)["loss"].mean()
            log_d = np.log(series["D"].to_numpy())
            if len(series) < 8 or np.ptp(log_d) < np.log(16):
                continue
            cut = max(log_d[0] + 0.6 * np.ptp(log_d), log_d[5])
            fold = Fold.at(read_runs(series), by="D", cut=float(np.exp(cut)))
            about = {"source": name.split("_")[0], "group": str(key), "split": ""}
            yield read_tried("separate runs", about, try_fold(fold, laws, cache=False), ())


TASKS = ("hellaswag", "piqa", "arc_easy", "arc_challenge", "lambada_openai", "winograd", "copa", "openbook_qa")
BOARDS = {
    "obs_scaling": ("MMLU", "ARC-C", "HellaSwag", "Winograd", "GSM8K", "XWinograd", "HumanEval", "leaderboard_bbh"),
    "sloth_leaderboard": ("MMLU-PRO", "BBH", "MATH Lvl 5", "MMLU", "ARC", "HellaSwag", "Winogrande", "GSM8K"),
}


def score_tables() -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Publication, name and table of each score: C (for learning curves their data) and the score."""
    folder = data_folder()
    downstream = pd.read_csv(folder / "gadre_downstream.csv")
    for (family, task), rows in downstream[downstream["task"].isin(TASKS)].groupby(["family", "task"]):
        yield "gadre", f"{family} {task}", pd.DataFrame({"C": rows["C"], "score": 1 - rows["value"]})
    for board, tasks in BOARDS.items():
        models = pd.read_csv(folder / f"{board}.csv").query("D < 1e14")
        models = models[~models["Instruct"].astype(bool)] if "Instruct" in models else models
        for task in tasks:
            yield "leaderboards", f"{board} {task}", models[["C", task]].rename(columns={task: "score"}).dropna()
    clip = pd.read_csv(folder / "laion_clip.csv")
    yield "laion", "clip", pd.DataFrame({"C": clip["C"], "score": 1 - clip["loss"]})
    for domain, every in (("IC", 6), ("BB", 1)):
        curves = pd.read_csv(benchmarks_folder() / "curves" / f"{domain}.csv")
        for i, (key, rows) in enumerate(curves.groupby(["task", "model"], sort=False)):
            rows = rows.drop_duplicates().iloc[:: 1 + len(rows) // 120]
            if i % every == 0:
                yield domain, str(key), pd.DataFrame({"C": rows["x"], "score": 1 - rows["y"]})


def of_scores(laws: Sequence[Law]) -> Iterator[Tried]:
    """Scores at each of their cuts, of which the earlier ones inform the term."""
    for source, name, table in score_tables():
        runs = read_runs(table.query("0 < score < 1").reset_index(drop=True), columns={"loss": "score"})
        trials = try_folds(rolling_origins(runs), laws, cache=False)
        for i, trial in enumerate(trials):
            if trial.fits:
                yield read_tried("score", {"source": source, "group": name, "split": str(i)}, trial, trials[:i])


def kept(kind: str, read: Callable[[Sequence[Law]], Iterator[Tried]], names: Sequence[str]) -> list[Tried]:
    """Every table of a kind; read once and kept in the temporary directory, by the state of the package."""
    files = [*sorted(Path(forecaster.__file__).parent.rglob("*.py")), Path(__file__)]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"forecaster-terms-{kind}-{state}.pickle"
    if not path.exists():
        found = []
        for tried in read([law(name) for name in names]):
            found.append(tried)
            print(f"{kind}: {tried.case.about['source']} {tried.case.about['group']}", flush=True)
        pd.to_pickle(found, path)
    return list(pd.read_pickle(path))


def after_cuts(term: Extrapolation, tried: Tried) -> Extrapolation:
    """The term after a table's cuts have spoken."""
    wide, cuts = (THETA, tried.seen_theta) if term.by_exponent else (SLOPE, tried.case.seen)
    return term.informed([np.interp(term.grid, wide.grid, seen) for seen in cuts])


def theta(mean: float, sd: float) -> Extrapolation:
    """Theta with another prior than that of language-model losses."""
    return replace(LANGUAGE_LOSS, mean=mean, sd=sd)


CHANGING = replace(ONE_INPUT, walk=0.03, blur=0.02)

TERMS: Mapping[str, tuple[Extrapolation, bool]] = {
    "**slope, sd .02 (as it ships)**": (ONE_INPUT, False),
    "slope, sd .01": (Extrapolation(0.0, 0.01), False),
    "slope, sd .03": (Extrapolation(0.0, 0.03), False),
    "slope, sd .05": (Extrapolation(0.0, 0.05), False),
    "slope, sd .02, walk .03, blur .02, informed": (CHANGING, True),
    "slope, sd .05, walk .03, blur .02, informed": (replace(CHANGING, sd=0.05), True),
    "theta gamma of language-model losses (.045, .04)": (LANGUAGE_LOSS, False),
    "the same, informed": (LANGUAGE_LOSS, True),
    **{
        f"theta gamma, mean 0, sd {sd:g}{', informed' if informed else ''}": (theta(0.0, sd), informed)
        for sd, informed in product((0.05, 0.1, 0.2, 0.4), (False, True))
    },
}
"""Terms of one input, and whether a table's cuts inform them."""

HELD = tuple(f"covered {mass}" for mass in (50, 80, 90, 95))


def one_input(tables: Sequence[Tried]) -> list[str]:
    """A row a term, a column a group of tables: log score, shares held, width of the 90% range."""
    groups = list(dict.fromkeys(sorted((each.group for each in tables), key=lambda name: ("others" in name, name))))
    counts = pd.Series([each.group for each in tables]).value_counts()
    lines = [
        f"| term | {' | '.join(f'{name} ({counts[name]})' for name in groups)} |",
        "|---" * (1 + len(groups)) + "|",
    ]
    for name, (term, informed) in TERMS.items():
        scored = []
        for each in tables:
            found = score(each.case, after_cuts(term, each) if informed else term, each.case.weights)
            scored.append(found.assign(table=each.group))
        points = pd.concat(scored)
        cells = []
        for group in groups:
            mine = points[points["table"] == group]
            # A publication of separate runs counts alike whatever its number of series; a curve counts as a curve.
            by = ["source", "group"]
            mean = mine.groupby(by)[["log_score", *HELD, "width 90"]].mean()
            mean = mean.groupby("source").mean().mean() if group == "separate runs" else mean.mean()
            shares = "/".join(f"{100 * mean[column]:.0f}" for column in HELD)
            cells.append(f"{mean['log_score']:.2f}, {shares}, {mean['width 90']:.3f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return lines


def of_score(sd: float, mean: float = 0.0) -> Extrapolation:
    """A slope per e-fold, of a logit."""
    return Extrapolation(mean, sd)


def slope_after_cuts(case: Case, sd: float) -> Extrapolation:
    """A slope that may change from cut to cut, after they have spoken."""
    term = Extrapolation(0.0, sd, walk=0.06, blur=0.06)
    return term.informed([np.interp(term.grid, SLOPE.grid, seen) for seen in case.seen])


SDS = tuple((sd,) for sd in (0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2))
WAYS = (
    Way("a slope of sd .02", lambda case: of_score(0.02)),
    Way("a slope, sd learned", lambda case, sd: of_score(sd), SDS),
    Way(
        "a slope, mean and sd learned",
        lambda case, mean, sd: of_score(sd, mean),
        tuple(product((0.02, 0.04, 0.06), (0.06, 0.1, 0.15))),
    ),
    Way("a slope, sd learned, informed by every cut", slope_after_cuts, ((0.04,), (0.06,), (0.1,), (0.15,))),
    Way("theta times the slope of the logit, as of losses", lambda case: theta(0.045, 0.04)),
    Way(
        "theta times the slope of the logit, mean and sd learned",
        lambda case, mean, sd: theta(mean, sd),
        tuple(product((0.0, 0.1, 0.2), (0.2, 0.4, 0.8))),
    ),
    Way("**a slope as it ships**", lambda case: SCORE),
)
"""Terms of scores."""


def scores(tables: Sequence[Tried]) -> list[str]:
    """A row a way, judged on each publication with the constants that the others choose."""
    cases = [each.case for each in tables]
    keep = [i for i, name in enumerate(COLUMNS) if "well-behaved" not in name]
    names = [COLUMNS[i].replace("means", "constants") for i in keep]
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    first = None
    for way in WAYS:
        points = left_out(cases, way)
        first = points if first is None else first
        cells = row(way.name, points, first).strip("| ").split(" | ")
        lines.append(f"| {' | '.join(cells[i] if i < len(cells) else '' for i in keep)} |")
        by_source = by_publication(points, ["covered 90"])["covered 90"]
        print(lines[-1], {source: round(share, 2) for source, share in by_source.items()}, flush=True)
    return lines


def write(**blocks: Sequence[str]) -> None:
    """Put tables between their marks in curves.md."""
    text = PAGE.read_text("utf-8")
    for name, lines in blocks.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        text = f"{before}{mark}{chr(10).join(lines)}\n{end}{after}"
    PAGE.write_text(text, "utf-8")


def main() -> None:
    """Score every term, print both tables, and write them where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="put the tables into curves.md")
    asked = parser.parse_args()
    first = one_input([*kept("curves", of_curves, MIXED), *kept("runs", of_separate_runs, MIXED)])
    second = scores(kept("scores", of_scores, RISING))
    if asked.write:
        write(terms=first, scores=second)


if __name__ == "__main__":
    main()
