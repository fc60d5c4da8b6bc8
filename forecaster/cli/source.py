"""From the words of a command line to runs, laws and a forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forecaster.assess.comparison.compare import compare
from forecaster.assess.comparison.result import Comparison
from forecaster.backtests.weighting import BASES, Weighting, given, load_weighting
from forecaster.errors import InputError, NotConverged, UsageError
from forecaster.fits.ensemble import fit_each, refuse_too_few, refused
from forecaster.fits.posterior import Fit
from forecaster.fits.store import is_saved_fit, load_fits
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.points import asked_of, refuse_incomplete
from forecaster.forecasts.result import Forecast
from forecaster.laws.change_noise import with_noise
from forecaster.laws.change_priors import parse_priors, with_priors_each
from forecaster.laws.families import with_families
from forecaster.laws.shelf import default_laws, law
from forecaster.quantity import parse_quantity
from forecaster.runs.points import Scenario, scenario
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs, family_names, with_codes
from forecaster.stats.stacking import equal

if TYPE_CHECKING:
    from forecaster.cli.console import Console
    from forecaster.laws.law import Law

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
    failed, dropped = refused(refusals)
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
    failed, dropped = refused(refusals)
    return replace(found, verdicts={**found.verdicts, **failed}, notes=(*found.notes, *dropped))


def _chosen(fits: tuple[Fit, ...], laws: LawChoice, source: str) -> list[Fit]:
    if laws.changes:
        raise UsageError("--prior, --noise and --group are for a table; fit it again with them", where=source)
    names = laws.names
    by_name = {each.law.name: each for each in fits}
    for name in listed_names(names):
        if name not in by_name:
            raise InputError(f"the saved fit holds {', '.join(by_name)}, not {name}", where=source)
    return [by_name[name] for name in listed_names(names)] or list(fits)


@dataclass(frozen=True)
class LawChoice:
    """Which laws, and what is changed of them.

    Args:
        names: comma-separated names and paths; the table's default mixture where empty.
        priors: such as `alpha=Normal(0.35, 0.05)`, each for every law that has the parameter.
        noise: such as `Normal,constant`, for every law; each law's own where empty.
        group: the column that names each run's family, which then has its own level; all pooled as one where empty.
        own_exponents: whether each family has its own exponents, too.
    """

    names: str = ""
    priors: tuple[str, ...] = ()
    noise: str = ""
    group: str = ""
    own_exponents: bool = False

    @property
    def changes(self) -> bool:
        """Whether priors, noise or families differ from the laws' own."""
        return bool(self.priors or self.noise or self.group)


def laws_named(choice: LawChoice, runs: Runs) -> tuple[Law, ...]:
    """The laws that were chosen, with the priors and the noise that were asked for.

    Raises:
        LawError: an unknown name, a page that is not valid, or a prior that fits none of the laws.
        UsageError: two laws of one name, or no such noise.
    """
    chosen = tuple(law(name) for name in listed_names(choice.names)) if choice.names else default_laws(runs)
    if not chosen:
        raise UsageError(f"`{choice.names}` names no law", where="--law")
    called = [each.name for each in chosen]
    for name in called:
        if called.count(name) > 1:
            raise UsageError(f"two laws are called {name}; name each once", where="--law")
    if choice.group:
        names = family_names(runs, choice.group)
        chosen = tuple(with_families(each, names, choice.group, exponents=choice.own_exponents) for each in chosen)
    elif choice.own_exponents:
        raise UsageError("--own-exponents needs --group, the column that names the families", where="--own-exponents")
    return changed(chosen, choice)


def changed(laws: Sequence[Law], choice: LawChoice) -> tuple[Law, ...]:
    """Laws with the priors and the noise that were asked for.

    Raises:
        LawError: a prior that fits none of the laws.
        UsageError: no such noise.
    """
    return with_priors_each(tuple(with_noise(each, choice.noise) for each in laws), parse_priors(choice.priors))


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
            raise UsageError(
                f"`{weights}` is neither {', '.join(BASES)} nor NAME=0.5,NAME=0.5", where="--weights"
            ) from None
    return numbers


def listed_names(names: str) -> list[str]:
    """The parts of a comma-separated list, without blanks around them."""
    return [name.strip() for name in names.split(",") if name.strip()]
