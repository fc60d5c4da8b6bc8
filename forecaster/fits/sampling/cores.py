"""How many cores a fit may take."""

from __future__ import annotations

import os

CORES_VARIABLE = "FORECASTER_CORES"


def cores() -> int:
    """FORECASTER_CORES where it is a whole number above 0, else those that this process may use."""
    named = os.environ.get(CORES_VARIABLE, "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
