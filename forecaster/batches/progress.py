"""The progress of a batch: what is done, and an estimate of the whole time."""

from __future__ import annotations

import time
from collections.abc import Callable

from forecaster.errors import Say
from forecaster.quantity import duration
from forecaster.runs.data_checks import count

PAUSE = 2.0
"""Seconds at least between two lines."""


def progress_of(total: int, *, earlier: int, say: Say) -> Callable[[bool], None]:
    """What is called after each table, with whether it was answered, and says a line now and then.

    Args:
        total: tables to ask.
        earlier: tables that are not to be asked, because they are finished.
        say: takes a line.
    """
    started = said = time.monotonic()
    done = refused = 0
    if earlier:
        say(f"{count(earlier, 'table')} finished before, {total} to go")

    def step(answered: bool) -> None:
        nonlocal said, done, refused
        done, refused = done + 1, refused + (not answered)
        now = time.monotonic()
        if done in (1, total) or now - said > PAUSE:
            said, gone = now, now - started
            whole = f"about {duration(gone / done * total)} in all" if done < total else "done"
            say(f"{done} of {count(total, 'table')}, {refused} refused; {duration(gone)} so far, {whole}")

    return step
