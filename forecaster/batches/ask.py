"""The verb of a worker: one table through the recipe, on one core and without a word."""

from __future__ import annotations

import contextlib
import io
import os
import threading
import time
import warnings
from collections.abc import Iterator

from forecaster.batches.outcome import Outcome, answered, refused
from forecaster.batches.recipe import Recipe
from forecaster.batches.tables import Table
from forecaster.errors import ForecasterError, InputError
from forecaster.fits.sampling.cores import CORES_VARIABLE
from forecaster.fits.store import versions
from forecaster.forecasts.forecast import forecast_table
from forecaster.forecasts.points import asked_of
from forecaster.runs.table import ordered_for
from forecaster.stats.threads import one_thread

UNEXPECTED = "unexpected"
"""The code of an error that is none of the package's own."""

_ONE_TABLE = threading.Lock()


class OtherVersions(InputError):
    """A worker would make other numbers than this machine."""

    code = "other-versions"


def ask(recipe: Recipe, table: Table) -> Outcome:
    """What comes of one table: the numbers that `forecast` prints for it, or why there are none.

    Args:
        recipe: that every table gets.
        table: one of the batch.

    Raises:
        OtherVersions: this process has other versions than the recipe asks for.
    """
    here = versions()
    if here != dict(recipe.versions):
        name = next(name for name in {**here, **recipe.versions} if here.get(name) != recipe.versions.get(name))
        there, asked = (known.get(name, "missing") for known in (here, recipe.versions))
        raise OtherVersions(f"a worker has {name} {there}, this machine {asked}; install the same on both")
    with _on_one_core(), _silent():
        started = time.perf_counter()
        found = _outcome(recipe, table)
        return found.took(time.perf_counter() - started)


def _outcome(recipe: Recipe, table: Table) -> Outcome:
    runs = None
    try:
        runs = table.runs(
            columns=recipe.columns,
            where=recipe.where,
            response=recipe.response,
            group=recipe.choice.group,
            checkpoints=recipe.checkpoints,
        )
        runs = ordered_for(runs, recipe.asked.points)
        laws = recipe.choice.of(runs)
        answer = forecast_table(
            recipe.choice.noted(runs, laws), laws, asked_of(recipe.asked, laws, recipe.family), weights=recipe.weights,
            seed=recipe.seed, allow_failed_checks=recipe.allow_failed_checks, cache=False,
        )  # fmt: skip
        return answered(answer, table=table.name, recipe=recipe)
    except ForecasterError as error:
        return refused(error.code, str(error), table=table.name, recipe=recipe, runs=runs)
    except Exception as error:
        message = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return refused(UNEXPECTED, message, table=table.name, recipe=recipe, runs=runs, lasting=False)


@contextlib.contextmanager
def _on_one_core() -> Iterator[None]:
    """One table at a time in a process, whose libraries and sampler keep to one core meanwhile."""
    with _ONE_TABLE, one_thread():
        before = os.environ.get(CORES_VARIABLE)
        os.environ[CORES_VARIABLE] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ[CORES_VARIABLE]
            else:
                os.environ[CORES_VARIABLE] = before


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """What libraries would print or warn of goes nowhere: the rows say all."""
    nowhere = io.StringIO()
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
