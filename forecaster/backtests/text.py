"""A backtest in words and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.backtests.baselines import BASELINE_NAMES
from forecaster.runs.data_checks import count
from forecaster.runs.text import apart_text, far_text
from forecaster.show.document import Bullets, Document, Section, Sentence, sentences
from forecaster.show.table import MIXED, Table, number, share, shown

if TYPE_CHECKING:
    from forecaster.backtests.result import Backtest


def backtest_document(backtest: Backtest) -> Document:
    """The track record: how each method did on the runs that were hidden, and the mixture by distance."""
    _, hidden = next(iter(backtest.points.groupby("law", sort=False)))
    runs, ratios = hidden["cluster"].nunique(), hidden["ratio"]
    title = (
        f"{count(len(hidden), 'forecast')} of {count(runs, 'hidden run')} of {shown(backtest.runs.name)}, at "
        f"{count(len(backtest.folds), 'cut')} by {shown(backtest.folds[0].by)}, "
        f"{apart_text(backtest.runs, ratios.min())} to {far_text(backtest.runs, ratios.max())} shown."
    )
    table = _method_table(backtest)
    legend = f"On {backtest.scale}. `90% is`: the binomial 90% interval of the 90% range's coverage."
    methods = Section(table.caption, (table, Sentence(legend)))
    return Document(title, (methods, *_mixture_sections(backtest), _weight_section(backtest)))


def _method_table(backtest: Backtest) -> Table:
    names = {"mixture": MIXED, **BASELINE_NAMES}
    lines = []
    for score in backtest.scores:
        low, high = score.coverage_interval["90"]
        held = [share(score.coverage[mass]) for mass in ("50", "80", "90", "95")]
        rest = (
            number(score.width["90"], 3), number(score.crps, 4), number(score.log_score, 2), number(score.rmsle, 4),
            f"{score.clusters:,}",
        )  # fmt: skip
        lines.append((names.get(score.law, shown(score.law)), *held, f"{100 * low:.0f} to {high:.0%}", *rest))
    columns = ("In 50%", "80%", "90%", "95%", "90% is", "Width of 90%", "CRPS", "Log score", "RMSLE", "Runs")
    return Table("Hidden runs inside each range", ("Method", *columns), tuple(lines))


def _mixture_sections(backtest: Backtest) -> list[Section]:
    """How the mixture did by distance, and where in its ranges the hidden runs fell."""
    by_distance = tuple(
        (name, share(score.coverage["90"]), f"{score.clusters:,}", number(score.width["90"], 3), number(score.crps, 4))
        for name, scores in backtest.by_factor.items()
        for score in scores
        if score.law == "mixture"
    )
    if not by_distance:
        return []
    dated = backtest.runs.along.is_date
    title = (
        f"The mixture's 90% range, by {'how long after' if dated else 'how many times'} {backtest.runs.along.top} shown"
    )
    columns = ("Distance", "Held", "Hidden runs", "Width of 90%", "CRPS")
    tenths = [" ".join(map(share, score.pit)) for score in backtest.scores if score.law == "mixture"]
    said = f"Runs in each tenth of its range, from below (10% each where calibrated): {tenths[0]}."
    return [Section(title, (Table(title, columns, by_distance), Sentence(said)))]


def _weight_section(backtest: Backtest) -> Section:
    said = "equal"
    if backtest.basis == "extrapolation":
        said = "earned inside the runs shown" if len(backtest.folds) == 1 else "earned at the cuts before each"
    lines = []
    for fold, weights in zip(backtest.folds, backtest.weights, strict=True):
        shares = ", ".join(f"{shown(name)} {weight:.2f}" for name, weight in weights.items())
        lines.append(f"{len(fold.train)} shown, {len(fold.test)} hidden: {shares}")
    left = ""
    if backtest.review or backtest.failed:
        left = f"{backtest.review} fits are for review, {backtest.failed} failed their checks and are left out."
    return Section(f"Weights of the mixture: {said}", (Bullets(tuple(lines)), *sentences(left)))
