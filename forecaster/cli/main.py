"""The command line: one thin verb per command."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from forecaster.cli.console import AS_JSON, report_error
from forecaster.cli.interrupt import INTERRUPTED, stoppable
from forecaster.cli.options import grouped, option_strings
from forecaster.cli.verbs.allocate import allocate
from forecaster.cli.verbs.backtest import backtest
from forecaster.cli.verbs.batch import batch
from forecaster.cli.verbs.check import check
from forecaster.cli.verbs.compare import compare
from forecaster.cli.verbs.demo import demo
from forecaster.cli.verbs.example import example
from forecaster.cli.verbs.fetch import fetch
from forecaster.cli.verbs.fit import fit
from forecaster.cli.verbs.forecast import forecast
from forecaster.cli.verbs.laws import laws
from forecaster.cli.verbs.prior import prior
from forecaster.cli.verbs.report import report
from forecaster.cli.verbs.require import require
from forecaster.errors import ForecasterError, InputError, UsageError

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""How many threads libraries of linear algebra start as they are loaded: one, unless the user says otherwise.

No command has matrices that a second would help with, and threads that wait cost a tenth of a second.
"""

app = typer.Typer(
    name="forecaster",
    help="Honest forecasts of larger training runs: a 90% range that holds 90% of the time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    0 done, 2 bad input, 3 refused by a gate, 130 interrupted, 143 terminated.
    """
    for variable in THREADS:
        os.environ.setdefault(variable, "1")
    if arguments is not None:
        sys.argv[1:] = arguments
    as_json = AS_JSON in sys.argv
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show is better spelled out than the whole answer lost.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return stoppable(lambda: _ended(as_json))


def _ended(as_json: bool) -> int:
    """Run what was typed, and say its error in one line."""
    try:
        # Typer turns an interrupt into its status and says nothing.
        status = app(standalone_mode=False)
        return status if isinstance(status, int) else 0
    except typer.TyperException as fault:
        error: ForecasterError = UsageError(fault.format_message())
    except ForecasterError as fault:
        error = fault
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has left; Python would complain once more when it flushes at exit.
        sys.stdout = None
        return 0
    except OSError as fault:
        error = InputError(f"{fault.strerror or fault}", where=str(fault.filename or ""))
    return report_error(error, as_json=as_json, options=option_strings(VERBS))


VERBS = tuple(
    grouped(verb)
    for verb in (
        demo,
        example,
        fetch,
        laws,
        check,
        prior,
        fit,
        forecast,
        report,
        compare,
        backtest,
        allocate,
        require,
        batch,
    )
)

for verb in VERBS:
    app.command()(verb)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"forecaster {version('forecaster')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass
