"""TensorBoard: event files, and the CSV that its page downloads for one scalar.

An event file is a sequence of records, each its length, a checksum of that, the content and a checksum of that; the
content is a message in the wire format of protocol buffers (tensorflow/core/util/event.proto and summary.proto). Of
those messages only scalars are read, so that no library is needed which weighs more than this package.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from forecaster.errors import RunsError, clipped
from forecaster.runs.readers.frame import Cells, named
from forecaster.runs.readers.shape import CALLED_APART, Shape, apart_from_training, held_out

EVENTS = ".tfevents"

LARGEST_CHECKED = 65_536
"""Bytes of a record up to which its content is held against its checksum; scalars are far smaller, pictures larger."""

DOWNLOAD = ["Wall time", "Step", "Value"]

CURE = "say what the response is and what D is, such as `columns` loss={tag},D={step}"


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC = _crc_table()


def masked_checksum(data: bytes) -> int:
    """CRC-32C as event files store it: turned by 15 bits, plus a constant."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def is_event_file(data: bytes) -> bool:
    """Whether bytes begin as an event file does."""
    return len(data) >= 12 and struct.unpack("<I", data[8:12])[0] == masked_checksum(data[:8])


def read_events(data: bytes, *, name: str) -> Cells:
    """The scalars of an event file: one row a step, one column a tag.

    Raises:
        RunsError: it is damaged, with the byte, or holds no scalar.
    """
    return _table({"": _scalars(data, name=name)}, name=name)


def event_files(folder: Path) -> list[Path]:
    """The event files of a folder and those inside it, in alphabetical order."""
    return sorted(path for path in folder.rglob(f"*{EVENTS}*") if path.is_file())


def read_event_folder(folder: Path, *, name: str) -> Cells:
    """The scalars of every run of a folder, one row a run and step; files side by side are of one run.

    Raises:
        RunsError: a file cannot be read or is damaged, or there is no scalar.
    """
    runs: dict[str, dict[int, dict[str, float]]] = {}
    for path in event_files(folder):
        try:
            data = path.read_bytes()
        except OSError as error:
            raise RunsError(f"cannot be read: {error.strerror or error}", where=clipped(path.name)) from None
        steps = runs.setdefault(path.parent.relative_to(folder).as_posix(), {})
        for step, values in _scalars(data, name=clipped(path.name)).items():
            steps.setdefault(step, {}).update(values)
    return _table({run: steps for run, steps in runs.items() if steps}, name=name)


def downloaded_scalar(cells: Cells) -> Cells | None:
    """The CSV of one scalar, its value called as the file's name says; None for another table."""
    if list(cells.frame.columns) != DOWNLOAD:
        return None
    tag = re.search(r"-tag-(.+?)(\.csv)?(\.gz)?$", cells.name)
    header = tag[1] if tag and tag[1] not in DOWNLOAD else DOWNLOAD[-1]
    frame = cells.frame.rename(columns={DOWNLOAD[-1]: header})
    text = "a scalar that TensorBoard's page downloads (Wall time, Step, Value)"
    text += f", of which the file's name tells the tag {clipped(header)}" if header != DOWNLOAD[-1] else ""
    cure = CURE.format(tag=header, step="Step")
    shape = Shape(text, cure, renamed=((DOWNLOAD[-1], header),) if header != DOWNLOAD[-1] else ())
    return cells._replace(frame=frame, shapes=(*cells.shapes, shape))


def _table(runs: dict[str, dict[int, dict[str, float]]], *, name: str) -> Cells:
    import pandas as pd

    rows = [
        ({"run": run} if run else {}) | {"step": step} | values
        for run, steps in runs.items()
        for step, values in sorted(steps.items())
    ]
    if not rows:
        raise RunsError("holds no scalars, so there is no loss to read", where=name)
    frame = pd.DataFrame(rows)
    tags = [str(header) for header in frame.columns if header not in ("run", "step")]
    renamed = apart_from_training(tags)
    text = f"TensorBoard's event files: {len(tags)} scalar{'s' if len(tags) > 1 else ''} at {len(rows):,} steps"
    text += f" of {len(runs)} run{'s' if len(runs) > 1 else ''}" if "run" in frame else ""
    text += f"; {CALLED_APART}" if renamed else ""
    places = [f"{row['run']} step {row['step']}" if "run" in row else f"step {row['step']}" for row in rows]
    cure = CURE.format(tag=next(iter(held_out(tags)), "TAG"), step="step")
    shape = Shape(text, cure, renamed=tuple(renamed.items()), curves="run" if len(runs) > 1 else "")
    return named(frame.rename(columns=renamed), name=name, places=places)._replace(shapes=(shape,))


def _scalars(data: bytes, *, name: str) -> dict[int, dict[str, float]]:
    """The scalars of each step by tag; where a step was written twice the later value stands."""
    steps: dict[int, dict[str, float]] = {}
    for at, record in _records(data, name):
        try:
            event = dict(_fields(record))
            step = int(event.get(2, 0))
            for number, value in _fields(_bytes(event.get(5, b""))):
                tag, scalar = _scalar(_bytes(value)) if number == 1 else ("", None)
                if scalar is not None:
                    steps.setdefault(step - (1 << 64 if step >> 63 else 0), {})[tag] = scalar
        except (ValueError, LookupError, struct.error):
            raise RunsError(f"is damaged at byte {at:,}; copy it again", where=name) from None
    return steps


def _records(data: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    """The records with their places; one that a stopped writer left unfinished ends them."""
    at = 0
    while at + 12 <= len(data):
        length, checksum = struct.unpack_from("<QI", data, at)
        if masked_checksum(data[at : at + 8]) != checksum:
            raise RunsError(f"is damaged at byte {at:,}; copy it again", where=name)
        end = at + 12 + length
        if end + 4 > len(data):
            return
        record = data[at + 12 : end]
        if length <= LARGEST_CHECKED and masked_checksum(record) != struct.unpack_from("<I", data, end)[0]:
            raise RunsError(f"is damaged at byte {at:,}; copy it again", where=name)
        yield at, record
        at = end + 4


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message by number: whole numbers as such, all else as its bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        length, at = _varint(message, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
        if at + length > len(message):
            raise ValueError("a field ends too early")
        yield number, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


def _scalar(message: bytes) -> tuple[str, float | None]:
    """The tag and number of one value of a summary; no number where it is a picture, a histogram or a text."""
    fields = dict(_fields(message))
    tag = _bytes(fields.get(1, b"")).decode()
    if 2 in fields:
        return tag, float(struct.unpack("<f", _bytes(fields[2]))[0])
    tensor = dict(_fields(_bytes(fields.get(8, b""))))
    # Of tensors: a type, then the number packed as bytes, or in a field of its type; a shape without dimensions.
    form = {1: "<f", 2: "<d", 3: "<i", 9: "<q"}.get(int(tensor.get(1, 0)))
    content = next((_bytes(tensor[number]) for number in (4, 5, 6) if number in tensor), b"")
    if form is None or tensor.get(2, b"") or len(content) != struct.calcsize(form):
        return tag, None
    return tag, float(struct.unpack(form, content)[0])


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where a message was expected")
    return value
