"""The store: a saved fit as a folder.

FOLDER/
  manifest.json      what was fitted, with which seed and versions, each fit's verdict, each file's hash
  runs.csv           the table
  laws/NAME.toml     each law's page
  draws/NAME.nc      each fit's draws, NetCDF
  weighting.json     how the laws are weighted, and the table's track record; absent where that was not asked for
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forecaster.errors import ForecasterError, StoreError
from forecaster.files import beside, put_in_place
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.density import Settings
from forecaster.fits.verdict import Verdict
from forecaster.laws.earlier import Earlier
from forecaster.laws.page import read_law
from forecaster.notes import Note
from forecaster.runs.columns.cells import inferred
from forecaster.runs.columns.headers import NUMBERS, STANDARD
from forecaster.runs.columns.response import Response
from forecaster.runs.table import Runs
from forecaster.show.json import json_ready

FORMAT = 2

WEIGHTING = "weighting.json"


@cache
def versions() -> Mapping[str, str]:
    """Versions of what decides a fit's numbers, looked up once."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("forecaster", "pymc", "pytensor", "nutpie", "llvmlite", "numba", "numpy", "scipy"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return MappingProxyType(found)


def read_verdict(facts: Mapping[str, Any]) -> Verdict:
    """A verdict from its facts as JSON holds them.

    Raises:
        TypeError, KeyError: they are none.
    """
    rhat = float("inf") if facts["rhat"] is None else facts["rhat"]
    return Verdict(**{**facts, "rhat": rhat, "notes": tuple(facts["notes"])})


def save_fits(fits: Sequence[Fit], folder: str | Path, *, weighting: str = "") -> Path:
    """Write fits of one table as a folder, whole or not at all.

    A folder that already holds a saved fit is replaced; anything else there is left alone and refused.

    Args:
        fits: of one table.
        folder: where to.
        weighting: the page of their weighting, where there is one.

    Raises:
        StoreError: the place is taken by something else, or cannot be written; no fits, fits of several
            tables, two laws of one name, or a fit around reference values other than its table's.
    """
    folder = Path(folder)
    names = [fit.law.name for fit in fits]
    if len(set(names)) < len(names):
        raise StoreError("two of the laws have one name, and would share one file", where=", ".join(names))
    if len({fit.runs.sha256 for fit in fits}) != 1:
        raise StoreError("a saved fit holds one table; save fits of other tables elsewhere", where=str(folder))
    if any(fit.held for fit in fits):
        raise StoreError("reference values were held, and a saved fit takes them from its table", where=str(folder))
    refuse_taken(folder)
    try:
        with beside(folder) as partial:
            write_fits(fits, partial, weighting=weighting)
            put_in_place(partial, folder)
    except OSError as error:
        raise StoreError(f"cannot be written ({error.strerror or error})", where=str(folder)) from None
    return folder


def load_fits(folder: str | Path) -> tuple[Fit, ...]:
    """Read a saved fit without sampling anything.

    Raises:
        StoreError: not a saved fit, or one that is damaged or of another format.
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise StoreError(f"has format {manifest['format']}; this version reads {FORMAT}", where=str(folder))
        _refuse_changed_files(folder, manifest["files"])
        runs = _read_runs(folder, manifest)
        fits = tuple(_read_fit(folder, entry, runs) for entry in manifest["fits"])
    except (FileNotFoundError, NotADirectoryError) as error:
        missing = Path(error.filename or folder).name
        raise StoreError(f"is not a saved fit: it has no {missing}", where=str(folder)) from None
    except ForecasterError as error:
        raise error if isinstance(error, StoreError) else _damaged(folder, error) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(folder, error) from None
    if runs.sha256 != manifest["runs"]["sha256"]:
        raise StoreError("its runs.csv is not the table that was fitted", where=str(folder))
    return fits


def load_earlier(folder: str | Path) -> Earlier:
    """A saved fit as what it says of laws' exponents; laws whose checks failed say nothing.

    Raises:
        StoreError: not a saved fit, or one that is damaged or of another format.
    """
    fits = load_fits(folder)
    priors = {fit.law.name: fit.transferred for fit in fits if fit.verdict.status != "fail"}
    known = {name: found for name, found in priors.items() if found}
    return Earlier(str(folder), fits[0].runs.name, _hash(Path(folder) / "manifest.json"), known)


def load_weighting_page(folder: str | Path) -> str:
    """The page of a saved fit's weighting; empty where it has none.

    Raises:
        StoreError: it cannot be read.
    """
    path = Path(folder) / WEIGHTING
    try:
        return path.read_text("utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        raise _damaged(Path(folder), error) from None


def is_saved_fit(path: str | Path) -> bool:
    """Whether a path is a folder that `load_fits` may read."""
    return _manifest(Path(path)) is not None


def refuse_taken(folder: str | Path) -> None:
    """Refuse a place that holds anything but an earlier saved fit, so that replacing it loses nothing else.

    Raises:
        StoreError: a file, or a folder with something that no saved fit put there.
    """
    folder = Path(folder)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    manifest = _manifest(folder)
    if manifest is None:
        raise StoreError("exists and is not a saved fit; give another place", where=str(folder))
    known = {"manifest.json", *manifest.get("files", ())}
    for path in sorted(folder.rglob("*")):
        if not path.is_dir() and path.relative_to(folder).as_posix() not in known:
            raise StoreError(
                f"holds {path.relative_to(folder)}, which is not part of its saved fit; give another place",
                where=str(folder),
            )


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a saved fit, or None where the folder holds no such thing."""
    try:
        found = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"format", "fits", "runs"} <= set(found) else None


def write_fits(fits: Sequence[Fit], folder: Path, *, weighting: str = "") -> None:
    """Put fits of one table into an empty folder.

    Raises:
        OSError: it cannot be written.
    """
    runs = fits[0].runs
    (folder / "laws").mkdir()
    (folder / "draws").mkdir()
    runs.table.to_csv(folder / "runs.csv", index=False)
    for fit in fits:
        (folder / "laws" / f"{fit.law.name}.toml").write_text(fit.law.text, "utf-8")
        fit.draws.to_netcdf(folder / "draws" / f"{fit.law.name}.nc", engine="h5netcdf")
    if weighting:
        (folder / WEIGHTING).write_text(weighting, "utf-8")
    manifest = {
        "format": FORMAT,
        "versions": dict(versions()),
        "runs": {
            "name": runs.name,
            "response": runs.response,
            "measure": asdict(runs.measured),
            "headers": dict(runs.headers),
            "sha256": runs.sha256,
            "notes": [asdict(note) for note in runs.notes],
        },
        "fits": [
            {
                "law": fit.law.name,
                "law_sha256": fit.law.sha256,
                "seed": fit.seed,
                "settings": asdict(fit.settings),
                "verdict": asdict(fit.verdict),
                "seconds": dict(fit.seconds),
            }
            for fit in fits
        ],
        "files": {
            path.relative_to(folder).as_posix(): _hash(path) for path in sorted(folder.rglob("*")) if path.is_file()
        },
    }
    text = json.dumps(json_ready(manifest), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "manifest.json").write_text(text + "\n", "utf-8")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refuse_changed_files(folder: Path, files: dict[str, str]) -> None:
    for name, digest in files.items():
        if _hash(folder / name) != digest:
            raise StoreError(
                f"its {name} is not what was saved; make it again with `forecaster fit`", where=str(folder)
            )


def _read_runs(folder: Path, manifest: dict[str, Any]) -> Runs:
    import pandas as pd

    # As text first: a family named "NA" or "01" would come back as something else, under another hash.
    text = pd.read_csv(folder / "runs.csv", dtype=str, keep_default_na=False)
    columns = {
        name: text[name].astype(float) if name in NUMBERS else text[name].astype(object)
        for name in STANDARD
        if name in text
    }
    others = inferred(text.drop(columns=list(columns)))
    table = pd.concat([pd.DataFrame(columns), others], axis=1)
    facts = manifest["runs"]
    return Runs(
        table=table,
        name=facts["name"],
        response=facts["response"],
        notes=tuple(Note(**n) for n in facts["notes"]),
        headers=facts.get("headers", {}),
        # Saved fits from before responses were told apart are judged anew.
        measure=Response(**facts["measure"]) if "measure" in facts else None,
    )


def _read_fit(folder: Path, entry: dict[str, Any], runs: Runs) -> Fit:
    import xarray as xr

    name = entry["law"]
    law = read_law((folder / "laws" / f"{name}.toml").read_text("utf-8"), name=name)
    path = folder / "draws" / f"{name}.nc"
    if not path.is_file():
        raise FileNotFoundError(2, "no such file", str(path))
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        draws = tree.load()
    return Fit(
        law=law,
        runs=runs,
        draws=draws,
        seed=entry["seed"],
        settings=Settings(**entry["settings"]),
        verdict=read_verdict(entry["verdict"]),
        seconds=entry["seconds"],
    )


def _damaged(folder: Path, error: Exception) -> StoreError:
    return StoreError(f"is a damaged saved fit ({error}); make it again with `forecaster fit`", where=str(folder))
