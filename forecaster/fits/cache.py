"""The cache: finished fits and what was computed from them, each under a key of all that decides it.

FOLDER/fits/KEY.fit     SHA-256 of the rest; a fit's draws in NumPy's own format without pickles, its verdict as JSON
FOLDER/pages/KEY.json   what was computed from fits

The folder is safe to delete at any time, and several processes may share it. A damaged entry counts as absent. What has
not been used for longest makes room once all entries together exceed `MOST_BYTES`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.files import replace_files
from forecaster.fits.design import Design
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.compile import density_asked
from forecaster.fits.sampling.density import Settings
from forecaster.fits.store import read_verdict, versions
from forecaster.laws.law import Law
from forecaster.runs.table import Runs

if TYPE_CHECKING:
    import xarray as xr

CACHE_VARIABLE = "FORECASTER_CACHE"

FORMAT = 3
"""Of an entry; its key has it, so that entries of another format are not found."""

MOST_BYTES = 2 * 2**30
"""Of all entries together: some two thousand fits."""

DIMS = ("chain", "draw")

FACTS = "facts"

DIGEST = hashlib.sha256().digest_size

ENTRY = re.compile(r"[0-9a-f]{32}\.(fit|json)|\.[0-9a-f]{32}\.(fit|json)\..*\.part")
"""Names of an entry, and of one that is being written or never was finished; nothing else is ever removed."""


def cache_folder() -> Path:
    """FORECASTER_CACHE if set, else the user's cache folder. Safe to delete at any time."""
    from platformdirs import user_cache_path

    named = os.environ.get(CACHE_VARIABLE)
    return (Path(named) if named else user_cache_path("forecaster")) / "fits"


def load_cached(law: Law, runs: Runs, *, seed: int, settings: Settings) -> Fit | None:
    """The identical fit from the cache, or None. A damaged entry counts as absent and is removed."""
    path = _fit(fit_key(law, runs, seed=seed, settings=settings))
    content = _read(path)
    if content is None:
        return None
    packed = content[DIGEST:]
    if hashlib.sha256(packed).digest() != content[:DIGEST]:
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    facts, draws = _unpacked(packed)
    return Fit(law, runs, draws, seed, settings, read_verdict(facts["verdict"]), facts["seconds"])


def save_cached(fit: Fit) -> None:
    """Leave a fit in the cache; where that is impossible (a full or read-only disk), go on without."""
    packed = _packed(fit)
    key = fit_key(fit.law, fit.runs, seed=fit.seed, settings=fit.settings)
    _save(_fit(key), hashlib.sha256(packed).digest() + packed)


def _packed(fit: Fit) -> bytes:
    """A fit's draws and verdict; its law, table, seed and settings are those of whoever finds it."""
    arrays = {
        f"{group.name}/{name}": variable.transpose(*DIMS, missing_dims="ignore").values
        for group in fit.draws.children.values()
        for name, variable in group.variables.items()
    }
    facts = json.dumps({"verdict": asdict(fit.verdict), "seconds": dict(fit.seconds)}).encode()
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **{FACTS: np.frombuffer(facts, np.uint8)}, **arrays)
    return packed.getvalue()


def _unpacked(packed: bytes) -> tuple[dict[str, Any], xr.DataTree]:
    """The facts and the draws of an entry."""
    import xarray as xr

    groups: dict[str, dict[str, Any]] = {}
    with np.load(io.BytesIO(packed), allow_pickle=False) as found:
        facts = json.loads(found[FACTS].tobytes())
        for path in found.files:
            group, _, name = path.partition("/")
            if name:
                array = found[path]
                groups.setdefault(group, {})[name] = (DIMS if array.ndim == len(DIMS) else (name,), array)
    return facts, xr.DataTree.from_dict({group: xr.Dataset(variables) for group, variables in groups.items()})


def fit_key(law: Law, runs: Runs, *, seed: int, settings: Settings) -> str:
    """A hash of all that decides a fit's numbers: law, runs, seed, settings and versions."""
    parts = [
        FORMAT,
        dict(versions()),
        law.name,
        law.sha256,
        list(law.inputs),
        list(law.priors),
        runs.sha256,
        # The table's own hash leaves out columns that only this law reads.
        {name: hashlib.sha256(column.tobytes()).hexdigest() for name, column in Design(law, runs).inputs().items()},
        seed,
        asdict(settings),
        density_asked(),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def load_page(key: str) -> str | None:
    """A text that was kept under a key, or None."""
    content = _read(_page(key))
    try:
        return None if content is None else content.decode("utf-8")
    except ValueError:
        return None


def save_page(key: str, text: str) -> None:
    """Keep a text under a key; where that is impossible, go on without."""
    _save(_page(key), text.encode())


def trim(most: int) -> None:
    """Remove the entries that were not used for longest until the rest fit into a number of bytes.

    Another process may be reading, writing or removing at the same time: what it took away is gone, and what it holds
    open stays until it has read it.
    """
    entries = []
    for folder in (cache_folder(), _page("").parent):
        with contextlib.suppress(OSError), os.scandir(folder) as found:
            for entry in (entry for entry in found if ENTRY.fullmatch(entry.name)):
                with contextlib.suppress(OSError):
                    entries.append((entry.stat().st_mtime_ns, entry.stat().st_size, entry.path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= most:
            return
        with contextlib.suppress(OSError):
            Path(path).unlink()
        total -= size


def _read(path: Path) -> bytes | None:
    """The content of an entry, which counts as used from now on; None where there is none."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return content


def _save(path: Path, content: bytes) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_files({path: content})
        trim(MOST_BYTES)


def _fit(key: str) -> Path:
    return cache_folder() / f"{key}.fit"


def _page(key: str) -> Path:
    return cache_folder().with_name("pages") / f"{key}.json"
