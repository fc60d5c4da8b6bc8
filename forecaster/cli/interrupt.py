"""Signals that end a command: taken by the command itself, so that its exit status is right whatever a library does."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

GRACE = 5.0
"""Seconds from a signal until the process leaves for good: enough for every `finally`, which removes files at most."""

APART = 1.0
"""Seconds after which a second signal is an impatient person and not the same one sent to a whole group."""

ENDED: dict[int, tuple[int, str]] = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}

INTERRUPTED = ENDED[signal.SIGINT][0]


class Stopped(KeyboardInterrupt):
    """A signal came. Of its own type, since CPython ends with SIGINT's own status, whatever was returned, where a plain
    KeyboardInterrupt once left an `exec` of text, as generated code is run, even if it was caught later."""


_taken: int | None = None

_closing = False

_said = False


def refuse_if_stopped() -> None:
    """Raise `Stopped` once more where a signal came, since a library may have swallowed the first."""
    if _taken is not None:
        raise Stopped


def stoppable(command: Callable[[], int]) -> int:
    """Run a command to its exit status; a signal meanwhile decides that status, whatever the command makes of it.

    SIGINT and SIGTERM raise `Stopped`, the first of them only; what stood before stands again afterwards. A
    library may swallow the exception, and native code may never give Python a turn to raise it. So a thread that the
    signal itself wakes ends the process `GRACE` seconds later, or at a second signal more than `APART` seconds after
    the first.

    Args:
        command: gives its exit status; that of an interrupt is said in a line.
    """
    global _taken, _closing, _said
    if threading.current_thread() is not threading.main_thread():
        return command()
    _taken, _closing, _said = None, False, False
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    watch = threading.Thread(target=_leave_in_time, args=(reader,), daemon=True)
    watch.start()
    woken = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    hook, sys.unraisablehook = sys.unraisablehook, _unraisable
    before = {each: signal.getsignal(each) for each in ENDED}
    found = 0
    try:
        _take(_raise_once)
        try:
            found = command()
            _closing = True
        except BaseException:
            if _taken is None:
                raise
        number = signal.SIGINT if _taken is None else _taken
        if _taken is not None or found == INTERRUPTED:
            _said = True
            print(_line(number), file=sys.stderr, flush=True)
        return found if _taken is None else ENDED[number][0]
    finally:
        for each, old in before.items():
            signal.signal(each, old)
        sys.unraisablehook = hook
        signal.set_wakeup_fd(woken)
        writer.close()
        watch.join()
        reader.close()
        _taken = None


def _take(handler: Callable[[int, FrameType | None], None]) -> None:
    for each in ENDED:
        # A shell lets what runs in its background ignore interrupts, and that stays so.
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, handler)


def _line(number: int) -> str:
    return f"{ENDED[number][1]}; finished fits stay in the cache"


def _raise_once(number: int, _frame: FrameType | None) -> None:
    global _taken
    # A second exception would break into the `finally` that the first is running.
    if _taken is None:
        _taken = number
        if not _closing:
            raise Stopped


def _unraisable(what: Any) -> None:
    # Native code calling back into Python cannot raise; the flag stands, and is enough.
    if not issubclass(what.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(what)


def _leave_in_time(reader: socket.socket) -> None:
    first, came = 0, 0.0
    while True:
        reader.settimeout(max(0.01, came + GRACE - time.monotonic()) if first else None)
        try:
            woken = reader.recv(64)
        except TimeoutError:
            break
        if not woken:
            return
        for number in (each for each in woken if each in ENDED):
            if first and time.monotonic() - came > APART:
                _leave(first)
            first, came = first or number, came if first else time.monotonic()
    _leave(first)


def _leave(number: int) -> None:
    # Neither Python's streams nor its exit can be relied on here: the main thread may hold their locks.
    if not _said:
        os.write(2, f"{_line(number)}\n".encode())
    os._exit(ENDED[number][0])


# While a command is being imported nothing is open yet, so that a signal can end it at once.
_started = getattr(sys, "argv", [""])[0]

if Path(_started).stem == "forecaster" or (_started == "-m" and "forecaster" in sys.orig_argv):
    _take(lambda number, _frame: _leave(number))
