"""RUNS of a command line, a table or a saved fit, and what is asked of either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.backtests.weighting import BASES, Weighting, load_weighting
from forecaster.errors import InputError, NotConverged, Say, UsageError
from forecaster.fits.ensemble import fit_each, refuse_too_few, with_refusals
from forecaster.fits.posterior import Fit
from forecaster.fits.store import is_saved_fit, load_earlier, load_fits
from forecaster.forecasts.forecast import forecast, forecast_table
from forecaster.forecasts.points import asked_of, refuse_incomplete
from forecaster.forecasts.result import Forecast
from forecaster.laws.choice import Choice
from forecaster.laws.shelf import law
from forecaster.quantity import duration, format_quantity
from forecaster.runs.filter import thin
from forecaster.runs.points import Point, Scenario
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs, ordered_for, with_codes
from forecaster.stats.stacking import equal

if TYPE_CHECKING:
    from forecaster.assess.comparison.result import Comparison
    from forecaster.cli.console import Console
    from forecaster.cli.options import Comparing, Forecasting, LawChoice, RunsChoice
    from forecaster.laws.law import Law

LARGE = 20_000
"""Rows beyond which a person is told beforehand how long it takes."""

LARGE_FILE = 10_000_000
"""Bytes beyond which reading takes seconds."""

SAMPLING = 3e-4
"""Seconds that a fit of one law takes for each row, chinchilla on an idle machine."""

CHECKING = 6e-6
"""Seconds that a check takes for each row."""

SAVED_WITHOUT = "equal, because the fit was saved without earned weights"


@dataclass(frozen=True)
class Source:
    """RUNS, read once.

    Args:
        runs: the table, or the one that a saved fit was made from.
        laws: those that are asked.
        fits: of a saved fit, one a law; None for a table, which is to be sampled.
        weighting: that a saved fit holds; None where it holds none.
    """

    runs: Runs
    laws: tuple[Law, ...]
    fits: tuple[Fit, ...] | None = None
    weighting: Weighting | None = None

    def seed(self, said: int | None) -> int:
        """The seed that was said, else the saved fit's own, else 1."""
        own = self.fits[0].seed if self.fits else 1
        return own if said is None else said

    def sampled(self, *, seed: int, cache: bool, say: Say) -> tuple[Sequence[Fit], dict[str, NotConverged]]:
        """A fit a law, saved or sampled now, and why any law could not start."""
        if self.fits is not None:
            return self.fits, {}
        return fit_each(self.laws, self.runs, seed=seed, cache=cache, say=say)


def read_source(chosen: RunsChoice, laws: LawChoice, *, asked: Iterable[Point] = (), say: Say | None = None) -> Source:
    """A table with the laws named for it, or a saved fit with those of its own that are named.

    Args:
        chosen: RUNS, and which of its rows.
        laws: that are asked.
        asked: the points; where one is a date alone, the table is ordered by date.
        say: called with a line where the table is large, before what takes long.

    Raises:
        RunsError: the file cannot be read as runs.
        LawError: as of `asked_laws`.
        UsageError: options of a table with a saved fit.
        InputError: a law that the saved fit does not hold.
    """
    runs, fits = _read(chosen, laws.group, say)
    if fits is None:
        runs = ordered_for(runs, asked)
        _say_if_long(runs, f"each fit of a law takes about {duration(len(runs) * SAMPLING)}", say)
        return Source(*asked_laws(laws, runs))
    if laws.changes:
        raise UsageError("--prior, --prior-from, --noise and --group are for a table; fit it again", where=chosen.runs)
    by_name = {each.law.name: each for each in fits}
    names = listed_names(laws.law)
    for name in names:
        if name not in by_name:
            raise InputError(f"the saved fit holds {', '.join(by_name)}, not {name}", where=chosen.runs)
    fits = tuple(by_name[name] for name in names) or fits
    return Source(runs, tuple(each.law for each in fits), fits, load_weighting(chosen.runs, runs))


def read_table(chosen: RunsChoice, *, group: str = "", say: Say | None = None, fitting: bool = True) -> Runs:
    """The runs of a table, their families counted where a column is named, or those that a saved fit was made from.

    Args:
        chosen: RUNS, and which of its rows.
        group: the column that names each run's family.
        say: called with a line where the table is large, before what takes long.
        fitting: whether laws will be fitted to it.

    Raises:
        RunsError: the file cannot be read as runs.
        UsageError: columns or where with a saved fit.
    """
    runs, fits = _read(chosen, group, say)
    if fits is None:
        each = "each fit of a law" if fitting else "the check"
        _say_if_long(runs, f"{each} takes about {duration(len(runs) * (SAMPLING if fitting else CHECKING))}", say)
    return runs


def _read(chosen: RunsChoice, group: str, say: Say | None) -> tuple[Runs, tuple[Fit, ...] | None]:
    if not is_saved_fit(chosen.runs):
        most, path = chosen.most, Path(chosen.runs)
        if say is not None and path.is_file() and path.stat().st_size > LARGE_FILE:
            say(f"reading {path.name}, {path.stat().st_size / 1e6:.0f} MB")
        runs = read_runs(
            chosen.runs, columns=chosen.named, where=chosen.where or None, response=chosen.response or None,
            checkpoints=chosen.checkpoints,
        )  # fmt: skip
        if most is not None:
            runs = thin(runs, most=most)
        return with_codes(runs, group) if group else runs, None
    if chosen.named or chosen.where or chosen.rows or chosen.checkpoints or chosen.response:
        said = (
            "--columns, --rows, --where, --checkpoints and --response do not apply to a saved fit; fit the table again "
            "instead"
        )
        raise UsageError(said)
    fits = load_fits(chosen.runs)
    return fits[0].runs, fits


def _say_if_long(runs: Runs, lasting: str, say: Say | None) -> None:
    if say is not None and len(runs) > LARGE:
        fewer = f"--rows {format_quantity(LARGE)} would keep {LARGE:,} of them, evenly over {runs.along.word}"
        say(f"{runs.name} has {len(runs):,} rows, all of which are used: {lasting}; {fewer}")


def forecast_source(source: Source, asked: Scenario, how: Forecasting, *, console: Console) -> Forecast:
    """Forecast from a table, sampling what is not in the cache, or from a saved fit, sampling nothing.

    What must be refused is refused before anything is sampled. A saved fit without earned weights gets equal ones;
    only weights asked for by name are then earned by sampling.
    """
    said = weights_said(how.weights, fast=how.fast)
    asked = asked_of(asked, source.laws, how.family)
    seed, cache = source.seed(how.seed), not how.no_cache
    with console.progress() as say:
        if source.fits is None:
            return forecast_table(
                source.runs, source.laws, asked, weights=said or "extrapolation", seed=seed,
                allow_failed_checks=how.allow_failed_checks, cache=cache, say=say,
            )  # fmt: skip
        kept = said or source.weighting or Weighting(equal([each.name for each in source.laws]), "equal", SAVED_WITHOUT)
        return forecast(
            source.fits,
            asked,
            weights=kept,
            seed=seed,
            allow_failed_checks=how.allow_failed_checks,
            cache=cache,
            say=say,
        )


def compare_source(source: Source, asked: Scenario | tuple[()], how: Comparing, *, console: Console) -> Comparison:
    """Compare laws on a table, sampling what is not in the cache, or those of a saved fit."""
    from forecaster.assess.comparison.compare import compare

    if source.fits is None:
        if len(source.laws) < 2:
            raise UsageError(f"a comparison needs two laws or more, got {source.laws[0].name}", where="--law")
        refuse_too_few(source.runs, source.laws)
    if asked:
        asked = asked_of(asked, source.laws, how.family)
    if asked and source.fits is None:
        refuse_incomplete(asked, source.laws, source.runs)
    seed, cache = source.seed(how.seed), not how.no_cache
    with console.progress() as say:
        fits, refusals = source.sampled(seed=seed, cache=cache, say=say)
        if refusals and len(fits) < 2:
            raise next(iter(refusals.values()))
        found = compare(
            fits, asked, weighting=source.weighting, seed=seed, allow_failed_checks=how.allow_failed_checks,
            retry=source.fits is None, cache=cache, say=say,
        )  # fmt: skip
    return with_refusals(found, refusals)


def asked_laws(choice: LawChoice, runs: Runs) -> tuple[Runs, tuple[Law, ...]]:
    """The laws that were chosen, with the priors, the noise and the families that were asked for.

    Returns:
        The runs with what must be said of the laws' priors, and the laws.

    Raises:
        LawError: an unknown name, a page that is not valid, or a prior that fits none of the laws.
        UsageError: two laws of one name, or no such noise.
        StoreError: priors are to come from what is no saved fit.
    """
    chosen = choice_of(choice)
    laws = chosen.of(runs)
    return chosen.noted(runs, laws), laws


def choice_of(choice: LawChoice) -> Choice:
    """The choice of laws that the options make, for any table.

    Raises:
        LawError: an unknown name, or a page that is not valid.
        UsageError: no law named, two of one name, or exponents of families without families.
    """
    named = tuple(law(name) for name in listed_names(choice.law))
    if choice.law and not named:
        raise UsageError(f"`{choice.law}` names no law", where="--law")
    earlier = load_earlier(choice.prior_from) if choice.prior_from else None
    return Choice(named, tuple(choice.prior or ()), choice.noise, choice.group, choice.own_exponents, earlier)


def weights_said(weights: str, *, fast: bool) -> str | dict[str, float]:
    """What --weights and --fast ask for: a way of weighting, numbers by law, or nothing.

    Raises:
        UsageError: neither a known way nor NAME=0.5,...; or both options, saying different things.
    """
    if fast and weights not in ("", "equal"):
        raise UsageError(f"--fast means equal weights, and --weights asks for {weights}; give one", where="--weights")
    if fast or weights in ("", *BASES):
        return "equal" if fast else weights
    numbers = {}
    for each in listed_names(weights):
        name, _, value = each.partition("=")
        try:
            numbers[name.strip()] = float(value)
        except ValueError:
            said = f"`{weights}` is neither {', '.join(BASES)} nor NAME=0.5,NAME=0.5"
            raise UsageError(said, where="--weights") from None
    return numbers


def listed_names(names: str) -> list[str]:
    """The parts of a comma-separated list, without blanks around them."""
    return [name.strip() for name in names.split(",") if name.strip()]
