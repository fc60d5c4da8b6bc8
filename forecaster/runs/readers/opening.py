"""Opening: from what the user names to the bytes of a table and their kind, told by the name or by the content."""

from __future__ import annotations

import io
import json
import re
import sys
import zlib
from pathlib import Path

from forecaster.errors import RunsError, clipped
from forecaster.runs.readers.frame import encoding_of
from forecaster.runs.readers.tensorboard import EVENTS, is_event_file

STDIN = "-"

LARGEST = 2_000_000_000
"""Bytes that a packed file may unpack to."""

GZIP = b"\x1f\x8b"

_LINK = re.compile(r"(wandb|mlflow):.|[a-z][a-z0-9+.-]+:/{1,2}.", re.IGNORECASE)


def refuse_link(source: object) -> None:
    """Refuse what only the network could give.

    Raises:
        RunsError: a link, with what to do; of one that could hold a password only its kind is repeated.
    """
    found = _LINK.match(str(source))
    if found is None:
        return
    if found[1]:
        link = str(source) if re.fullmatch(r"[\w:/. -]{,80}", str(source)) else f"{found[1]}:..."
        cure = f"run forecaster fetch {link} -o runs.csv and give runs.csv"
    else:
        link = f"{str(source).split(':', 1)[0]}://..."
        cure = "download it and give the file; forecaster fetch gets wandb:ENTITY/PROJECT and mlflow:EXPERIMENT"
    raise RunsError(f"is a link, and tables are read from files; {cure}", where=link)


def kind_of_name(path: Path) -> str:
    """The kind that a file's name speaks of, such as ".csv", packed or not; empty where it has no suffix."""
    name = path.name.lower()
    return EVENTS if EVENTS in name else Path(name.removesuffix(".gz")).suffix


def kind_of(data: bytes) -> str:
    """The kind of a file that no name tells, from how it begins."""
    if data.startswith(b"PAR1"):
        return ".parquet"
    if data.startswith(b"PK\x03\x04"):
        return ".xlsx"
    if is_event_file(data):
        return EVENTS
    lines = (line.strip() for line in io.TextIOWrapper(io.BytesIO(data), encoding_of(data), errors="replace"))
    filled = (line for line in lines if line)
    first = next(filled, "")
    if not first.startswith(("{", "[")):
        return ".tsv" if first.count("\t") > first.count(",") else ".csv"
    try:
        alone = isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        alone = False
    return ".jsonl" if alone and next(filled, "") else ".json"


def stdin_bytes() -> bytes:
    """All that is piped in.

    Raises:
        RunsError: nothing is piped in.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise RunsError("is a terminal; pipe a table in, such as cat runs.csv | forecaster check -", where="stdin")
    return sys.stdin.buffer.read()


def unpacked(data: bytes, *, name: str) -> bytes:
    """The bytes, unpacked where they are gzip's.

    Raises:
        RunsError: they are damaged, or would take more room than any table.
    """
    if not data.startswith(GZIP):
        return data
    parts, rest, size = [], data, 0
    try:
        while rest.startswith(GZIP):  # a file may hold several, one after another
            packed = zlib.decompressobj(wbits=31)
            parts.append(packed.decompress(rest, LARGEST + 1 - size))
            size += len(parts[-1])
            if size > LARGEST:
                raise RunsError(f"unpacks to more than {LARGEST / 1e9:.3g} GB; unpack and thin it first", where=name)
            if not packed.eof:
                raise RunsError("cannot be unpacked: it ends too early", where=name)
            rest = packed.unused_data
    except zlib.error as error:
        raise RunsError(f"cannot be unpacked: {clipped(str(error), 80)}", where=name) from None
    return b"".join(parts)
