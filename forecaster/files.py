"""Files written whole or not at all: one, several together, or a folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from forecaster.errors import InputError, UsageError


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write all files or none.

    Raises:
        UsageError: one cannot be written; what stood there before stands there again.
    """
    try:
        replace_files(contents)
    except OSError as error:
        raise UsageError(f"cannot be written ({error.strerror or error})", where=str(next(iter(contents)))) from None


def write_new(path: Path, content: bytes) -> Path:
    """Write a file where there is none, wholly or not at all; one that already has the same content is left alone.

    Raises:
        InputError: the folder does not exist, or another file stands there.
    """
    try:
        if path.exists():
            if path.is_file() and path.read_bytes() == content:
                return path
            raise InputError("already exists and is something else; choose another name", where=str(path))
        replace_files({path: content})
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be written: {reason}", where=str(path)) from None
    return path


def replace_files(contents: Mapping[Path, bytes], *, remove: Iterable[Path] = ()) -> None:
    """Write files and take others away: everything or nothing, and each file whole at every moment.

    Args:
        contents: of each file; its folder must exist.
        remove: files that must not stay beside them.

    Raises:
        OSError: one cannot be written or removed; what stood there before stands there again.
    """
    parts: dict[Path, Path] = {}
    earlier: dict[Path, Path] = {}
    changed: list[Path] = []
    gone = list(remove)
    try:
        for path, content in contents.items():
            _write_part(path, content, parts)
        # One file alone takes its place in one step, and nothing can be left to put back.
        for path in (path for path in (*contents, *gone) if len(contents) + len(gone) > 1 and path.exists()):
            _write_part(path, path.read_bytes(), earlier)
        for path, part in parts.items():
            part.replace(path)
            changed.append(path)
        for path in gone:
            path.unlink()
            changed.append(path)
    except BaseException:
        for path in changed:
            with contextlib.suppress(OSError):
                if path in earlier:
                    earlier[path].replace(path)
                else:
                    path.unlink()
        raise
    finally:
        for part in (*parts.values(), *earlier.values()):
            with contextlib.suppress(OSError):
                part.unlink()


def _write_part(path: Path, content: bytes, parts: dict[Path, Path]) -> None:
    """The content under a name of its own in the same folder, on disk before it may take the file's place."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:60]}.", suffix=".part", dir=path.parent)
    parts[path] = Path(name)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    parts[path].chmod(0o644)


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
    """Move a folder to where it belongs; what stands there stays until it can.

    Raises:
        OSError: it cannot be moved; what stood there before stands there again.
    """
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
