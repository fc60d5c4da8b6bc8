"""How many cores a fit may take."""

from __future__ import annotations

import os

CORES_VARIABLE = "FORECASTER_CORES"


def cores() -> int:
    """FORECASTER_CORES where it is a whole number above 0, else those of the machine."""
    named = os.environ.get(CORES_VARIABLE, "")
    return int(named) if named.isdigit() and int(named) > 0 else os.cpu_count() or 1
