"""Runners: tables asked side by side by processes of this machine, or by the workers of a cluster."""

from __future__ import annotations

import contextlib
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any

from forecaster.batches.ask import ask
from forecaster.batches.outcome import Outcome, refused
from forecaster.batches.recipe import Recipe
from forecaster.batches.tables import Table
from forecaster.errors import ForecasterError, InputError, Say, UsageError, clipped

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD = 4000
"""Tables that a cluster holds at once: a few for each of a thousand workers, whose number may change."""

WAIT = 10
"""Seconds for a scheduler to answer."""

DIED = ("worker-died", "the worker that was to forecast it died more than once, perhaps for lack of memory")

LOST = "the cluster gave it up; finished tables are kept, so start the same batch again"

Done = Iterator[tuple[str, Outcome]]

Load = Callable[[Table], Table]


def run_here(recipe: Recipe, tables: Iterable[Table], *, load: Load, workers: int) -> Done:
    """Each table with what came of it, as processes of this machine finish them.

    Where a process dies, every table that it may have been at is asked again on its own, so that one table that kills
    its process gets an error and the others their answers.

    Args:
        recipe: that every table gets.
        tables: of the batch.
        load: opens a table, when its turn comes.
        workers: how many processes; one alone is this one.
    """
    waiting = {table.name: table for table in tables}
    # One alone would be this process, which no table may kill where others were asked for.
    workers = min(workers, max(2, len(waiting)))
    while waiting:
        try:
            for name, outcome in _side_by_side(recipe, list(waiting.values()), load=load, workers=workers):
                del waiting[name]
                yield name, outcome
        except BrokenProcessPool:
            # They are taken up in order, so those at work are among the first that are left.
            for table in list(waiting.values())[:workers]:
                del waiting[table.name]
                yield table.name, _alone(recipe, table, load=load)


def _alone(recipe: Recipe, table: Table, *, load: Load) -> Outcome:
    try:
        # Two, since the one of a single worker would be this process itself.
        return next(iter(_side_by_side(recipe, [table], load=load, workers=2)))[1]
    except BrokenProcessPool:
        return refused(*DIED, table=table.name, recipe=recipe, lasting=False)


def _side_by_side(recipe: Recipe, tables: Iterable[Table], *, load: Load, workers: int) -> Done:
    import joblib

    with joblib.parallel_config("loky", n_jobs=workers, inner_max_num_threads=1, initializer=_leave_signals_to_parent):
        parallel = joblib.Parallel(batch_size=1, return_as="generator_unordered")
        found = parallel(joblib.delayed(_named_ask)(recipe, load(table)) for table in tables)
    with warnings.catch_warnings():
        # That tasks are given up is what an interrupt means.
        warnings.filterwarnings("ignore", "[0-9]+ tasks", UserWarning)
        with contextlib.closing(found):
            yield from found


def _leave_signals_to_parent() -> None:
    # An interrupt from a terminal reaches the whole group, and the parent ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _named_ask(recipe: Recipe, table: Table) -> tuple[str, Outcome]:
    return table.name, ask(recipe, table)


def run_on(client: Client, recipe: Recipe, tables: Iterable[Table], *, load: Load) -> Done:
    """Each table with what came of it, as the workers of a Dask cluster finish them.

    Where a worker dies, Dask asks its table again elsewhere; one that killed several workers gets an error.

    Args:
        client: of the cluster, which needs no disk in common with this machine.
        recipe: that every table gets.
        tables: of the batch.
        load: opens a table, when its turn comes.

    Raises:
        InputError: the cluster is lost, cannot load the package, or has other versions of it.
    """
    from distributed import as_completed

    names: dict[Future, str] = {}
    rest = iter(tables)

    def submitted(table: Table) -> Future:
        with warnings.catch_warnings():
            # A long table is no mistake.
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            future = client.submit(ask, recipe, load(table), pure=False)
        names[future] = table.name
        return future

    try:
        done = as_completed([submitted(table) for table in islice(rest, AHEAD)], loop=client.loop)
        for future in done:
            name = names.pop(future)
            yield name, _result(future, name, recipe)
            done.update([submitted(table) for table in islice(rest, 1)])
    finally:
        if names:
            client.cancel(list(names))


def _result(future: Future, name: str, recipe: Recipe) -> Outcome:
    from distributed import KilledWorker

    try:
        found: Outcome = future.result()
        return found
    except KilledWorker:
        return refused(*DIED, table=name, recipe=recipe, lasting=False)
    except ForecasterError:
        raise
    except (Exception, CancelledError) as error:
        reason = clipped(" ".join(f"{type(error).__name__} {error}".split()), 200)
        raise InputError(f"{LOST} ({reason})", where="the cluster") from None


@contextlib.contextmanager
def connected(scheduler: str) -> Iterator[Client]:
    """A client of the cluster whose scheduler has an address.

    Raises:
        UsageError: Dask is not installed, or no scheduler answers.
    """
    require_dask("scheduler")
    from distributed import Client

    try:
        client = Client(scheduler, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = clipped(" ".join(str(error).split()), 200)
        raise UsageError(f"no scheduler answers at {clipped(scheduler)} ({reason})", parameter="scheduler") from None
    with client:
        yield client


def refuse_client(client: Any) -> None:
    """Refuse what is no client of a cluster that a function can wait for.

    Raises:
        UsageError: Dask is not installed, it is something else, or a client of an event loop.
    """
    require_dask("client")
    from distributed import Client

    if not isinstance(client, Client):
        raise UsageError(f"a dask.distributed.Client is needed, not {type(client).__name__}", where="client")
    if client.asynchronous:
        raise UsageError("an asynchronous client cannot be waited for; make one without", where="client")


def say_of_threads(client: Client, say: Say) -> None:
    """Say how a cluster's workers would serve better, where they have several threads each."""
    if any(threads > 1 for threads in client.nthreads().values()):
        say("a worker forecasts one table at a time, on one core; start more of them, each with one thread")


def require_dask(parameter: str) -> None:
    """Refuse to go on without Dask.

    Raises:
        UsageError: with the cure.
    """
    if find_spec("distributed") is None:
        raise UsageError("a cluster needs Dask: install forecaster[dask]", parameter=parameter)
