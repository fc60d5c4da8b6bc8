"""To forecast many tables by one recipe, here or on a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.backtests.weighting import BASES, given
from forecaster.batches.files import refuse_unwritable, write_batch
from forecaster.batches.outcome import Outcome, read_page
from forecaster.batches.progress import progress_of
from forecaster.batches.recipe import Recipe
from forecaster.batches.result import Batch
from forecaster.batches.runner import refuse_client, run_here, run_on, say_of_threads
from forecaster.batches.tables import Table, tables_of
from forecaster.errors import RunsError, Say, UsageError
from forecaster.fits.cache import load_page, save_page
from forecaster.fits.store import load_earlier
from forecaster.laws.change_priors import parse_priors
from forecaster.laws.choice import Choice, changed
from forecaster.laws.law import Law
from forecaster.laws.shelf import law
from forecaster.runs.checkpoints import refuse_choice
from forecaster.runs.points import Scenario, Target, scenario
from forecaster.runs.table import Runs

if TYPE_CHECKING:
    from distributed import Client


def batch(
    tables: Any,
    at: Any,
    *,
    targets: Iterable[str | float | Target] = (),
    laws: Iterable[str | Law] = (),
    priors: Iterable[str] = (),
    prior_from: str | Path = "",
    noise: str = "",
    group: str = "",
    own_exponents: bool = False,
    columns: Mapping[str, str] | str | None = None,
    where: str | None = None,
    checkpoints: str = "",
    response: str | None = None,
    split_by: str = "",
    weights: str | Mapping[str, float] = "extrapolation",
    family: str = "",
    seed: int = 1,
    allow_failed_checks: bool = False,
    cache: bool = True,
    output: str | Path | None = None,
    workers: int | None = None,
    client: Client | None = None,
    say: Say | None = None,
) -> Batch:
    """Forecast many tables, each as the command `forecast` would, and give a row for each table and point.

    A table that must be refused has its error in its rows. Every finished table is kept in the cache under a hash of
    all that decides it, so that an interrupted batch goes on where it ended, on any number of workers.

    Args:
        tables: a file, a folder, a pattern, a DataFrame or Runs; several of them; or a mapping of names to single ones.
        at, targets: as of `forecast`; a target without a sign is met at or below it.
        laws: names on the shelf, paths of law pages, or laws; each table's default mixture where there are none.
        priors: in place of the laws' own, such as `alpha=Normal(0.35, 0.05)`.
        prior_from: a saved fit whose exponents, widened, are priors but for those in `priors`.
        noise: in place of the laws' own, such as `Normal,constant`.
        group, own_exponents: the column that names each run's family, and whether each has its own exponents.
        columns, where, checkpoints, response: as of `read_runs`.
        split_by: a column by whose values every table is split into several.
        weights: of the laws: `extrapolation`, `equal`, `loo`, or numbers by law name.
        family: of which every point is, where runs are grouped; a new one where not given.
        seed: of every random number, of every table.
        allow_failed_checks: show numbers of fits whose checks failed.
        cache: whether finished tables may come from, and go to, the cache.
        output: a file ending in .parquet, .csv or .jsonl; written at the end if a table was answered.
        workers: processes of this machine, each on one core; as many as it has cores where not given.
        client: of a Dask cluster that does the work in their place.
        say: called with a line of progress now and then.

    Raises:
        InputError: what was given cannot be used for any table.
    """
    named = tuple(each if isinstance(each, Law) else law(each) for each in laws)
    earlier = load_earlier(prior_from) if prior_from else None
    choice = Choice(named, tuple(priors), noise, group, own_exponents, earlier)
    asked = _directed(scenario(at, targets=targets))
    recipe = Recipe(asked, choice, weights, columns, where, response, family, seed, allow_failed_checks, checkpoints)
    return _batch(recipe, tables, split_by, cache=cache, output=output, workers=workers, client=client, say=say)


def _directed(asked: Scenario) -> Scenario:
    # A column of chances has one heading, whatever the tables hold.
    return replace(asked, targets=tuple(each.towards(above=False) for each in asked.targets))


def _batch(
    recipe: Recipe,
    tables: Any,
    split_by: str,
    *,
    cache: bool,
    output: str | Path | None,
    workers: int | None,
    client: Client | None,
    say: Say | None,
) -> Batch:
    path = None if output is None else Path(output)
    if path is not None:
        refuse_unwritable(path)
    if client is not None:
        refuse_client(client)
    found = tables_of(tables, split_by=split_by, output=path)
    _refuse_together(found, recipe, workers=workers, client=client)
    outcomes, earlier = _outcomes(found, recipe, cache=cache, workers=workers, client=client, say=say)
    made = Batch(tuple(row for table in found for row in outcomes[table.name].rows), recipe.asked.targets, earlier)
    if path is not None and made.answered:
        write_batch(made, path)
    return made


def _refuse_together(tables: Sequence[Table], recipe: Recipe, *, workers: int | None, client: Client | None) -> None:
    """Refuse what can be known to be wrong before any table is asked.

    Raises:
        UsageError: no worker, workers beside a cluster, or columns of tables that are read already.
        LawError: a prior that fits none of the laws that were named, or is none.
        ScenarioError: weights of other laws.
    """
    if workers is not None and client is not None:
        raise UsageError("a cluster has workers of its own; give either", parameter="workers")
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers can do nothing; one at least is needed", parameter="workers")
    if isinstance(recipe.weights, str) and recipe.weights not in BASES:
        raise UsageError(f"the ways of weighting are {', '.join(BASES)}, not {recipe.weights}", parameter="weights")
    if isinstance(recipe.weights, Mapping) and recipe.choice.laws:
        given(recipe.weights, [each.name for each in recipe.choice.laws])
    choice = recipe.choice
    parse_priors(choice.priors)
    if choice.laws and not choice.group:
        changed(choice.laws, priors=choice.priors, noise=choice.noise, earlier=choice.earlier)
    refuse_choice(recipe.checkpoints)
    said = recipe.columns or recipe.where or recipe.response or recipe.checkpoints
    if said and any(isinstance(table.source, Runs) for table in tables):
        raise UsageError("columns, where, response and checkpoints are for tables that are still to be read; Runs are")


def _outcomes(
    tables: Sequence[Table],
    recipe: Recipe,
    *,
    cache: bool,
    workers: int | None,
    client: Client | None,
    say: Say | None,
) -> tuple[dict[str, Outcome], int]:
    """What came of each table by name, and how many had been finished before."""
    found: dict[str, Outcome] = {}
    keys: dict[str, str] = {}
    for table in tables if cache else ():
        outcome = _kept(table, recipe)
        if outcome is not None:
            found[table.name] = outcome
    earlier = len(found)
    rest = [table for table in tables if table.name not in found]

    def load(table: Table) -> Table:
        try:
            table = table.loaded
            keys[table.name] = recipe.key(table.sha256)
        except RunsError:
            keys.pop(table.name, None)
        return table

    say = say or (lambda line: None)
    step = progress_of(len(rest), earlier=earlier, say=say)
    if client is None:
        done = run_here(recipe, rest, load=load, workers=workers or _cores())
    else:
        say_of_threads(client, say)
        done = run_on(client, recipe, rest, load=load)
    for name, outcome in done:
        found[name] = outcome
        if cache and outcome.lasting and name in keys:
            save_page(keys[name], outcome.page)
        step(outcome.is_answer)
    return found, earlier


def _kept(table: Table, recipe: Recipe) -> Outcome | None:
    try:
        page = load_page(recipe.key(table.sha256))
    except RunsError:
        return None
    return None if page is None else read_page(page, table=table.name, recipe=recipe)


def _cores() -> int:
    import joblib

    return int(joblib.cpu_count())
