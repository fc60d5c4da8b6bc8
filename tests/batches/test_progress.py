"""Progress: how many tables are done, and an estimate of the whole time."""

from __future__ import annotations

import itertools
import time

import pytest

from forecaster.batches.progress import progress_of


def test_the_whole_time_is_estimated_from_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 30)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    lines: list[str] = []
    step = progress_of(4, earlier=2, say=lines.append)
    for answered in (True, False, True, True):
        step(answered)
    assert lines == [
        "2 tables finished before, 4 to go",
        "1 of 4 tables, 0 refused; 30 s so far, about 2 min in all",
        "2 of 4 tables, 1 refused; 60 s so far, about 2 min in all",
        "3 of 4 tables, 1 refused; 90 s so far, about 2 min in all",
        "4 of 4 tables, 1 refused; 2 min so far, done",
    ]


def test_many_quick_tables_are_said_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 0.01)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    lines: list[str] = []
    step = progress_of(1000, earlier=0, say=lines.append)
    for _ in range(1000):
        step(True)
    assert 5 <= len(lines) <= 7 and lines[-1].startswith("1000 of 1000 tables")
