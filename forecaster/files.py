"""Files written whole or not at all: several together, or a folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from forecaster.errors import UsageError


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write all files or none: each under a temporary name first, so that what can fail fails before any is replaced.

    Raises:
        UsageError: one cannot be written; what stood there before stands there again.
    """
    waiting: dict[Path, Path] = {}
    earlier: dict[Path, bytes | None] = {}
    try:
        for path, content in contents.items():
            handle, name = tempfile.mkstemp(prefix=f".{path.name[:60]}.", suffix=".part", dir=path.parent)
            waiting[path] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            waiting[path].chmod(0o644)
        for path, part in waiting.items():
            earlier[path] = path.read_bytes() if path.exists() else None
            part.replace(path)
    except BaseException as error:
        for path, before in earlier.items():
            with contextlib.suppress(OSError):
                if before is not None:
                    path.write_bytes(before)
                elif not waiting[path].exists():
                    path.unlink()
        for part in waiting.values():
            with contextlib.suppress(OSError):
                part.unlink()
        if isinstance(error, OSError):
            first = next(iter(contents))
            raise UsageError(f"cannot be written ({error.strerror or error})", where=str(first)) from None
        raise


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """An empty folder on the same disk, removed again unless it was moved into place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def put_in_place(partial: Path, folder: Path) -> None:
    if folder.exists():
        with beside(folder) as old:
            folder.rename(old / "old")
            try:
                partial.rename(folder)
            except OSError:
                (old / "old").rename(folder)
                raise
    else:
        partial.rename(folder)
    folder.chmod(0o755)
