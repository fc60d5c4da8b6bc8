"""Signals: a command ends as it should at any moment, whatever a library makes of the exception."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typed import Run

SIGNALS = pytest.mark.skipif(os.name == "nt", reason="a signal cannot be sent to one child on Windows")
LINES = {
    signal.SIGINT: (130, "interrupted; finished fits stay in the cache"),
    signal.SIGTERM: (143, "terminated; finished fits stay in the cache"),
}


def hear_signals() -> None:
    """What a shell runs in its background ignores interrupts, and so would every command that the tests start."""
    for number in LINES:
        signal.signal(number, signal.SIG_DFL)


def started(command: list[str], folder: Path) -> subprocess.Popen[str]:
    """A command of its own session, with caches of its own."""
    caches = {
        "FORECASTER_CACHE": str(folder / "cache"),
        "PYTENSOR_FLAGS": f"base_compiledir={folder / 'compiled'}",
        "NUMBA_CACHE_DIR": str(folder / "numba"),
    }
    return subprocess.Popen(
        command, env=os.environ | caches, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=hear_signals,
    )  # fmt: skip


def wait_for_handlers(process: subprocess.Popen[str]) -> None:
    """Wait until a command handles SIGTERM: before that Python has not come to the package, and ends as it likes."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        time.sleep(2.0)
    while status.exists() and process.poll() is None:
        caught = int(status.read_text().partition("SigCgt:")[2].split()[0], 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.01)


def ended(process: subprocess.Popen[str], number: int) -> str:
    """What a process that was sent a signal says on stderr; it says it last, once, and nothing on stdout."""
    status, line = LINES[signal.Signals(number)]
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1] == line
    assert err.count(line) == 1
    return err


@SIGNALS
def test_an_interrupt_keeps_the_fits_that_are_finished(table: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "forecaster", "forecast", str(table), "--at", "N=10B,D=1T"]
    process = started(command, tmp_path)
    assert process.stderr is not None
    # Weights are being earned, so the three laws' own fits are finished.
    for line in process.stderr:
        if "cut 1 of" in line:
            break
    process.send_signal(signal.SIGINT)
    ended(process, signal.SIGINT)
    assert len(list((tmp_path / "cache" / "fits").glob("*.fit"))) >= 3


@SIGNALS
def test_an_interrupt_at_any_moment_of_a_cold_forecast_ends_with_130(table: Path, tmp_path: Path) -> None:
    # Seven laws take longer than the last moment.
    names = ("chinchilla", "coupled", "farseer_lite", "farseer", "kaplan", "chinchilla_no_floor", "chinchilla_tied")
    command = [
        sys.executable,
        "-m",
        "forecaster",
        "forecast",
        str(table),
        "--at",
        "N=10B,D=1T",
        "--law",
        ",".join(names),
    ]
    moments = np.random.default_rng(11).uniform(0, 5, 6)
    for i, moment in enumerate(moments):
        process = started(command, tmp_path / str(i))
        wait_for_handlers(process)
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        ended(process, signal.SIGINT)


SWALLOWING = """
import sys, time
import forecaster.cli.main as cli

def swallow(*_, **__):
    print("ready", file=sys.stderr, flush=True)
    end = time.monotonic() + {seconds}
    while time.monotonic() < end:
        try:
            time.sleep(0.05)
        except KeyboardInterrupt:
            end = min(end, time.monotonic() + {left})
    {leave}

sys.modules["forecaster.cli.verbs.example"].read_example = swallow
sys.exit(cli.main(["example", "public_models", "--json"]))
"""
FINISHES = "return __import__('forecaster.runs.examples').runs.examples.read_example('public_models')"


@SIGNALS
@pytest.mark.parametrize("number", LINES)
@pytest.mark.parametrize(
    ("left", "leave"),
    [
        (0, FINISHES),
        (0, "raise ValueError('a library made this of it')"),
        (0, "raise cli.InputError('a library made this of it')"),
        (0, "raise SystemExit(0)"),
        (40, FINISHES),
    ],
)
def test_a_library_that_swallows_an_interrupt_does_not_change_how_it_ends(
    left: int, leave: str, number: int, tmp_path: Path
) -> None:
    """The last stands for one that never comes back."""
    script = SWALLOWING.format(seconds=40, left=left, leave=leave)
    process = started([sys.executable, "-c", script], tmp_path)
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    sent = time.monotonic()
    process.send_signal(number)
    assert ended(process, number) == LINES[signal.Signals(number)][1] + "\n"
    assert time.monotonic() - sent < 20


def test_the_command_leaves_signals_as_it_found_them(run: Run) -> None:
    before = [signal.getsignal(number) for number in LINES]
    assert run("laws").status == 0
    assert [signal.getsignal(number) for number in LINES] == before
