"""The file of a batch: a row a table and point, in any of three formats."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import UsageError
from forecaster.files import write_all

if TYPE_CHECKING:
    from forecaster.batches.result import Batch

FIRST = ["table", "point", "at"]
"""The columns that every batch begins with."""


@dataclass(frozen=True)
class Format:
    """A format that a batch can have.

    Args:
        content: makes the file of a batch.
        begins: the columns that a file of this format begins with, by which an earlier batch is known.
    """

    content: Callable[[Batch], bytes]
    begins: Callable[[bytes], list[str]]


def _parquet(batch: Batch) -> bytes:
    held = io.BytesIO()
    batch.table.to_parquet(held, index=False)
    return held.getvalue()


def _parquet_columns(content: bytes) -> list[str]:
    from pyarrow.parquet import read_schema

    return list(read_schema(io.BytesIO(content)).names)


def _csv(batch: Batch) -> bytes:
    return batch.table.to_csv(index=False, lineterminator="\n").encode("utf-8", "backslashreplace")


def _lines(batch: Batch) -> bytes:
    rows = (json.dumps(dict(row), allow_nan=False, ensure_ascii=False) for row in batch.rows)
    return "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace")


FORMATS: dict[str, Format] = {
    ".parquet": Format(_parquet, _parquet_columns),
    ".csv": Format(_csv, lambda content: content.split(b"\n", 1)[0].decode().split(",")),
    ".jsonl": Format(_lines, lambda content: list(json.loads(content.split(b"\n", 1)[0]))),
}
"""Every format by its suffix."""


def refuse_unwritable(output: Path) -> None:
    """Refuse a place where a batch cannot or must not go, before any work is done.

    A file that stands there already is replaced only if it is an earlier batch.

    Raises:
        UsageError: an unknown suffix, no such folder or one that cannot be written to, or a file of something else.
    """
    if output.suffix.lower() not in FORMATS:
        raise UsageError(f"a batch is written as {' or '.join(FORMATS)}, not {output.name}", parameter="output")
    if not output.resolve().parent.is_dir():
        raise UsageError(f"there is no folder {output.parent} to write it to; make it first", parameter="output")
    if output.exists() and not _is_batch(output):
        raise UsageError("already exists and is something else; choose another name", where=str(output))
    if not os.access(output.resolve().parent, os.W_OK):
        raise UsageError("cannot be written: the folder is read-only", where=str(output))


def write_batch(batch: Batch, output: Path) -> None:
    """Write a batch, whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    write_all({output: FORMATS[output.suffix.lower()].content(batch)})


def _is_batch(path: Path) -> bool:
    """Whether a file is an earlier batch, or empty."""
    if not path.is_file():
        return False
    try:
        content = path.read_bytes()
        return not content.strip() or FORMATS[path.suffix.lower()].begins(content)[: len(FIRST)] == FIRST
    except (OSError, ValueError, TypeError):
        return False
