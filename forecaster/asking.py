"""From the words of a command line to runs, laws and a forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.choosing import LawChoice, laws_named, listed_names, weights_said
from forecaster.comparison import Comparison, compare
from forecaster.diagnosis import Verdict
from forecaster.errors import InputError, NotConverged, UsageError
from forecaster.families import asked_of, with_codes
from forecaster.fit import Say, fit
from forecaster.forecast import Forecast, forecast
from forecaster.gate import refuse_too_few
from forecaster.note import Note
from forecaster.posterior import Fit
from forecaster.quantity import parse_quantity
from forecaster.resolve import refuse_incomplete
from forecaster.runs import Runs, read_runs
from forecaster.scenario import Scenario, scenario
from forecaster.store import is_saved_fit, load_fits
from forecaster.weighting import Weighting, given, load_weighting
from forecaster.weights import equal

if TYPE_CHECKING:
    from forecaster.console import Console
    from forecaster.law import Law

SAVED_WITHOUT = "equal, because the fit was saved without earned weights"


def runs_from(source: str, *, columns: str = "", where: str = "", group: str = "") -> Runs:
    """The runs of a table's file, or those that a saved fit was made from; their families counted where asked.

    Raises:
        RunsError: the file cannot be read as runs.
        UsageError: columns or where with a saved fit.
    """
    if not is_saved_fit(source):
        runs = read_runs(source, columns=columns or None, where=where or None)
        return with_codes(runs, group) if group else runs
    if columns or where:
        raise UsageError("--columns and --where do not apply to a saved fit; fit the table again instead")
    return load_fits(source)[0].runs


def forecast_source(
    source: str,
    *,
    laws: LawChoice,
    at: Sequence[str],
    target: Sequence[str] | None,
    columns: str,
    where: str,
    console: Console,
    seed: int | None,
    cache: bool,
    allow_failed_checks: bool,
    weights: str,
    fast: bool,
    family: str = "",
) -> Forecast:
    """Forecast from a table, sampling what is not in the cache, or from a saved fit, sampling nothing.

    A saved fit without earned weights gets equal ones; only weights asked for by name are then earned by sampling.
    """
    said = weights_said(weights, fast=fast)
    asked = scenario(at, targets=[parse_quantity(each) for each in target or []])
    runs = runs_from(source, columns=columns, where=where, group=laws.group)
    if is_saved_fit(source):
        fits = _chosen(load_fits(source), laws, source)
        asked = asked_of(asked, [each.law for each in fits], family)
        seed = fits[0].seed if seed is None else seed
        saved = load_weighting(source, runs) or Weighting(
            equal([each.law.name for each in fits]), "equal", SAVED_WITHOUT
        )
        with console.progress() as say:
            return forecast(
                fits,
                asked,
                weights=said or saved,
                seed=seed,
                allow_failed_checks=allow_failed_checks,
                cache=cache,
                say=say,
            )
    named = laws_named(laws, runs)
    return forecast_table(
        runs,
        named,
        asked_of(asked, named, family),
        console=console,
        seed=1 if seed is None else seed,
        cache=cache,
        allow_failed_checks=allow_failed_checks,
        weights=said or "extrapolation",
    )


def forecast_table(
    runs: Runs,
    laws: Sequence[Law],
    asked: Scenario,
    *,
    console: Console,
    seed: int,
    cache: bool,
    allow_failed_checks: bool = False,
    weights: str | Mapping[str, float] = "extrapolation",
) -> Forecast:
    """Fit laws to a table and forecast; what must be refused is refused before anything is sampled."""
    refuse_too_few(runs, laws)
    refuse_incomplete(asked, laws, runs)
    if not isinstance(weights, str):
        weights = given(weights, [each.name for each in laws]).weights
    with console.progress() as say:
        fits, refusals = fit_each(laws, runs, seed=seed, cache=cache, say=say)
        if not isinstance(weights, str):
            weights = {each.law.name: weights[each.law.name] for each in fits}
        answer = forecast(
            fits,
            asked,
            weights=weights,
            seed=seed,
            allow_failed_checks=allow_failed_checks,
            retry=True,
            cache=cache,
            say=say,
        )
    failed, dropped = _refused(refusals)
    return replace(answer, verdicts={**answer.verdicts, **failed}, notes=(*answer.notes, *dropped))


def compare_source(
    source: str,
    *,
    laws: LawChoice,
    at: Sequence[str],
    columns: str,
    where: str,
    console: Console,
    seed: int | None,
    cache: bool,
    allow_failed_checks: bool,
    family: str = "",
) -> Comparison:
    """Compare laws on a table, sampling what is not in the cache, or those of a saved fit."""
    asked: Scenario | tuple[()] = scenario(at) if at else ()
    runs = runs_from(source, columns=columns, where=where, group=laws.group)
    saved = is_saved_fit(source)
    refusals: dict[str, NotConverged] = {}
    with console.progress() as say:
        if saved:
            fits = _chosen(load_fits(source), laws, source)
            asked = asked_of(asked, [each.law for each in fits], family) if asked else ()
            seed = fits[0].seed if seed is None else seed
        else:
            named = laws_named(laws, runs)
            if len(named) < 2:
                raise UsageError(f"a comparison needs two laws or more, got {named[0].name}", where="--law")
            refuse_too_few(runs, named)
            asked = asked_of(asked, named, family) if asked else ()
            if asked:
                refuse_incomplete(asked, named, runs)
            seed = 1 if seed is None else seed
            fits, refusals = fit_each(named, runs, seed=seed, cache=cache, say=say)
            if len(fits) < 2:
                raise next(iter(refusals.values()))
        found = compare(
            fits,
            asked,
            weighting=load_weighting(source, runs) if saved else None,
            seed=seed,
            allow_failed_checks=allow_failed_checks,
            retry=not saved,
            cache=cache,
            say=say,
        )
    failed, dropped = _refused(refusals)
    return replace(found, verdicts={**found.verdicts, **failed}, notes=(*found.notes, *dropped))


def _refused(refusals: Mapping[str, NotConverged]) -> tuple[dict[str, Verdict], list[Note]]:
    """The verdicts of laws that could not start, and what must be said of them."""
    failed = {name: Verdict("fail", math.inf, 0.0, 0, (refusal.message,)) for name, refusal in refusals.items()}
    return failed, [
        Note("law-dropped", f"{name} is left out: {refusal.message}", warning=True)
        for name, refusal in refusals.items()
    ]


def fit_each(
    laws: Sequence[Law], runs: Runs, *, seed: int, cache: bool, say: Say
) -> tuple[list[Fit], dict[str, NotConverged]]:
    """The fits of several laws, and why any of them could not start.

    Raises:
        NotConverged: none could.
    """
    fits: list[Fit] = []
    refusals: dict[str, NotConverged] = {}
    for each in laws:
        try:
            fits.append(fit(each, runs, seed=seed, cache=cache, say=say))
        except NotConverged as refusal:
            refusals[each.name] = refusal
    if not fits:
        raise next(iter(refusals.values()))
    return fits, refusals


def _chosen(fits: tuple[Fit, ...], laws: LawChoice, source: str) -> list[Fit]:
    if laws.changes:
        raise UsageError("--prior, --noise and --group are for a table; fit it again with them", where=source)
    names = laws.names
    by_name = {each.law.name: each for each in fits}
    for name in listed_names(names):
        if name not in by_name:
            raise InputError(f"the saved fit holds {', '.join(by_name)}, not {name}", where=source)
    return [by_name[name] for name in listed_names(names)] or list(fits)
