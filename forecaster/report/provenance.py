"""Provenance: what a forecast rests on, so that anybody can make it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.report.prose import stamps
from forecaster.store import versions

if TYPE_CHECKING:
    from forecaster.forecast import Forecast


def provenance(forecast: Forecast, command: str = "") -> dict[str, Any]:
    """The key `provenance` of the command-line contract.

    Args:
        forecast: what was answered.
        command: the exact command that asked for it; empty where there was none.

    Returns:
        JSON-ready: the hash of the runs' content, of each law's page, the forecast's seed and that of each fit,
        the versions that decide the numbers, the command, and what must be said where checks did not simply pass.
    """
    return {
        "runs": forecast.runs.name,
        "runs_sha256": forecast.runs.sha256,
        "laws": {fit.law.name: fit.law.sha256 for fit in forecast.fits},
        "seed": forecast.seed,
        "fit_seeds": {fit.law.name: fit.seed for fit in forecast.fits},
        "versions": versions(),
        "command": command,
        "stamps": stamps(forecast),
    }
