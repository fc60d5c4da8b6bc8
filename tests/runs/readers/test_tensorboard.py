import random
import struct
from pathlib import Path

import pytest

from forecaster.errors import RunsError
from forecaster.runs.read import read_runs
from forecaster.runs.readers.tensorboard import masked_checksum

NAME = "events.out.tfevents.1700000000.host.1.0"


def varint(number: int) -> bytes:
    parts = []
    number &= (1 << 64) - 1
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def simple(tag: str, value: float) -> bytes:
    return field(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value)


def tensor(tag: str, value: float, *, packed: bool = True) -> bytes:
    content = field(4 if packed else 5, struct.pack("<f", value))
    metadata = field(9, field(1, field(1, b"scalars")))
    return field(1, tag.encode()) + field(8, varint(1 << 3) + varint(1) + field(2, b"") + content) + metadata


def picture(tag: str) -> bytes:
    return field(1, tag.encode()) + field(4, b"\x89PNG")


def event(step: int, *values: bytes) -> bytes:
    wall = varint(1 << 3 | 1) + struct.pack("<d", 1.7e9)
    return wall + varint(2 << 3) + varint(step) + field(5, b"".join(field(1, value) for value in values))


def records(*contents: bytes) -> bytes:
    def record(content: bytes) -> bytes:
        length = struct.pack("<Q", len(content))
        return (
            length + struct.pack("<I", masked_checksum(length)) + content + struct.pack("<I", masked_checksum(content))
        )

    version = varint(1 << 3 | 1) + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2")
    return b"".join(map(record, (version, *contents)))


EVENTS = records(
    event(100, simple("loss", 3.5), picture("sample")),
    event(200, simple("loss", 3.0)),
    event(200, tensor("eval/loss", 3.25)),
    event(400, tensor("eval/loss", 2.75, packed=False), simple("lr", 0.5)),
)


def test_the_checksum_is_that_of_the_standard() -> None:
    # RFC 3720, B.4: the CRC-32C of 32 bytes of zeros is 0x8A9136AA.
    crc = 0x8A9136AA
    assert masked_checksum(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@pytest.mark.parametrize("name", [NAME, "copied"])
def test_the_scalars_of_an_event_file_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(EVENTS)
    runs = read_runs(tmp_path / name, columns="D=step")
    assert runs.column("D").tolist() == [200, 400] and runs.column("loss").tolist() == [3.25, 2.75]
    assert runs.response == "eval/loss" and runs.places == ("step 200", "step 400")
    text = runs.notes[0].text
    assert "3 scalars at 3 steps" in text and "its loss, that of training, is called training_loss" in text


def test_a_file_whose_writer_was_stopped_is_read_up_to_there(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(EVENTS[:-9])
    assert read_runs(tmp_path / NAME, columns="D=step").column("D").tolist() == [200]


def test_damage_is_told_with_its_byte(tmp_path: Path) -> None:
    for at in (len(EVENTS) - 20, 0):
        damaged = bytearray(EVENTS)
        damaged[at] ^= 1
        (tmp_path / NAME).write_bytes(damaged)
        with pytest.raises(RunsError, match="is damaged at byte"):
            read_runs(tmp_path / NAME)
    noise = random.Random(3)
    for _ in range(300):
        (tmp_path / NAME).write_bytes(records(noise.randbytes(40)))
        with pytest.raises(RunsError, match=r"is damaged at byte|holds no scalars"):
            read_runs(tmp_path / NAME)


def test_a_folder_holds_a_run_a_folder(tmp_path: Path) -> None:
    for run in ("a", "b"):
        (tmp_path / "logs" / run).mkdir(parents=True)
        (tmp_path / "logs" / run / NAME).write_bytes(EVENTS)
    later = tmp_path / "logs" / "b" / NAME.replace("17", "18")
    later.write_bytes(records(event(400, simple("eval/loss", 2.5)), event(-1, simple("eval/loss", 9.0))))
    with pytest.raises(RunsError, match=r"steps of runs whose N is not known, 2 of them by column run \(a, b\)"):
        read_runs(tmp_path / "logs", columns="D=step", where="step > 0")
    runs = read_runs(tmp_path / "logs", columns="D=step", where="run == 'b' and step > 0")
    assert runs.name == "logs" and runs.column("loss").tolist() == [3.25, 2.5] and runs.places[1] == "b step 400"
    (tmp_path / "logs" / "empty").mkdir()
    with pytest.raises(RunsError, match="it is a folder"):
        read_runs(tmp_path / "logs" / "empty")


def test_a_file_without_scalars_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(records(event(1, picture("sample"))))
    with pytest.raises(RunsError, match="holds no scalars"):
        read_runs(tmp_path / NAME)


def test_a_downloaded_scalar_is_called_by_its_tag_where_the_name_tells_it(tmp_path: Path) -> None:
    text = "Wall time,Step,Value\n1700000000.1,100,3.5\n1700000001.2,200,3.25\n"
    for name, header in (("scalar.csv", "Value"), ("run-a-tag-eval_loss.csv", "eval_loss")):
        (tmp_path / name).write_text(text)
        with pytest.raises(RunsError, match=f"TensorBoard.*`columns` loss={header},D=Step"):
            read_runs(tmp_path / name)
        runs = read_runs(tmp_path / name, columns=f"loss={header},D=Step")
        assert runs.response == header and runs.column("loss").tolist() == [3.5, 3.25]
    assert read_runs(tmp_path / "run-a-tag-eval_loss.csv", columns="D=Step").response == "eval_loss"
