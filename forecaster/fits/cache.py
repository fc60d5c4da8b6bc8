"""The cache: finished fits and what was computed from them, each under a key of all that decides it.

The folder is safe to delete at any time. A damaged entry counts as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

from forecaster.errors import StoreError
from forecaster.files import beside, replace_files
from forecaster.fits.design import Design
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.density import Settings
from forecaster.fits.store import FORMAT, load_fits, versions, write_fits
from forecaster.laws.law import Law
from forecaster.runs.table import Runs

CACHE_VARIABLE = "FORECASTER_CACHE"


def cache_folder() -> Path:
    """FORECASTER_CACHE if set, else the user's cache folder. Safe to delete at any time."""
    from platformdirs import user_cache_path

    named = os.environ.get(CACHE_VARIABLE)
    return (Path(named) if named else user_cache_path("forecaster")) / "fits"


def load_cached(law: Law, runs: Runs, *, seed: int, settings: Settings) -> Fit | None:
    """The identical fit from the cache, or None. A damaged entry counts as absent and is removed."""
    folder = cache_folder() / fit_key(law, runs, seed=seed, settings=settings)
    if not folder.is_dir():
        return None
    try:
        (found,) = load_fits(folder)
    except (StoreError, ValueError):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    # The caller's own table may have more columns or other notes than the one that was cached.
    return Fit(law, runs, found.draws, seed, settings, found.verdict, found.seconds)


def save_cached(fit: Fit) -> None:
    """Leave a fit in the cache; where that is impossible (a full or read-only disk), go on without."""
    folder = cache_folder() / fit_key(fit.law, fit.runs, seed=fit.seed, settings=fit.settings)
    with contextlib.suppress(OSError), beside(folder) as partial:
        write_fits([fit], partial)
        # Another process may have been first: its fit is the same, so either may stay.
        with contextlib.suppress(OSError):
            partial.rename(folder)


def fit_key(law: Law, runs: Runs, *, seed: int, settings: Settings) -> str:
    """A hash of all that decides a fit's numbers: law, runs, seed, settings and versions."""
    parts = [
        FORMAT,
        versions(),
        law.name,
        law.sha256,
        list(law.inputs),
        list(law.priors),
        runs.sha256,
        # The table's own hash leaves out columns that only this law reads.
        {name: hashlib.sha256(column.tobytes()).hexdigest() for name, column in Design(law, runs).inputs().items()},
        seed,
        asdict(settings),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def load_page(key: str) -> str | None:
    """A text that was kept under a key, or None."""
    try:
        return _page(key).read_text("utf-8")
    except (OSError, ValueError):
        return None


def save_page(key: str, text: str) -> None:
    """Keep a text under a key; where that is impossible, go on without."""
    path = _page(key)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_files({path: text.encode()})


def _page(key: str) -> Path:
    return cache_folder().with_name("pages") / f"{key}.json"
