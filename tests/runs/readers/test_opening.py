import gzip
import io
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from forecaster.errors import RunsError
from forecaster.runs.read import read_runs
from forecaster.runs.readers import opening

PLAIN = "N,D,loss\n1e9,2e10,2.5\n70M,1.4B,3.5\n"
RECORDS = [{"N": 1e9, "D": 2e10, "loss": 2.5}, {"N": 70e6, "D": 1.4e9, "loss": 3.5}]
TEXTS = {
    ".csv": PLAIN, ".tsv": PLAIN.replace(",", "\t"), ".json": json.dumps(RECORDS),
    ".jsonl": "\n".join(map(json.dumps, RECORDS)) + "\n",
}  # fmt: skip


def piped(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("kind", TEXTS)
def test_packed_piped_and_nameless_tables_are_those_of_the_file(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = TEXTS[kind].encode()
    plain = read_runs(pd.DataFrame(RECORDS))
    for name, content in ((f"runs{kind}.gz", gzip.compress(data)), ("runs", data), ("packed", gzip.compress(data))):
        (tmp_path / name).write_bytes(content)
        assert read_runs(tmp_path / name).sha256 == plain.sha256
    piped(data, monkeypatch)
    runs = read_runs("-")
    assert runs.sha256 == plain.sha256 and runs.name == "stdin"


def test_parquet_is_told_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame(RECORDS).to_parquet(tmp_path / "runs.parquet")
    piped((tmp_path / "runs.parquet").read_bytes(), monkeypatch)
    assert len(read_runs("-")) == 2


def test_one_object_over_several_lines_is_json_and_several_members_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text(json.dumps({"N": [1e9], "loss": [2.5]}, indent=1))
    assert len(read_runs(tmp_path / "runs")) == 1
    halves = gzip.compress(PLAIN[:20].encode()) + gzip.compress(PLAIN[20:].encode())
    (tmp_path / "runs.csv.gz").write_bytes(halves)
    assert len(read_runs(tmp_path / "runs.csv.gz")) == 2


def test_lines_of_json_are_read_whatever_the_file_is_called(tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text(TEXTS[".jsonl"])
    assert read_runs(tmp_path / "runs.json").places == ("line 1", "line 2")
    (tmp_path / "runs.json").write_text('{"N": 1e9, "loss": 2}\nrubbish\n')
    with pytest.raises(RunsError, match=r"runs.json line 2: is not JSON"):
        read_runs(tmp_path / "runs.json")


def test_what_cannot_be_unpacked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.csv.gz"
    packed = gzip.compress(PLAIN.encode())
    for data, reason in ((packed[:-6], "ends too early"), (b"\x1f\x8b" + b"rubbish" * 9, "cannot be unpacked")):
        path.write_bytes(data)
        with pytest.raises(RunsError, match=reason):
            read_runs(path)
    monkeypatch.setattr(opening, "LARGEST", 1_000_000)
    path.write_bytes(gzip.compress(b"0" * 1_000_001))
    with pytest.raises(RunsError, match=r"unpacks to more than 0\.001 GB"):
        read_runs(path)


def test_nothing_piped_in_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    piped(b"", monkeypatch)
    with pytest.raises(RunsError, match="stdin: the file is empty"):
        read_runs("-")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(RunsError, match="stdin: is a terminal; pipe a table in"):
        read_runs("-")


@pytest.mark.parametrize(
    ("link", "cure"),
    [
        ("wandb:lab/scaling", "forecaster fetch wandb:lab/scaling -o runs.csv"),
        ("mlflow:http://me:secret@host", "forecaster fetch mlflow:... -o runs.csv"),
        ("https://me:secret@host/runs.csv?token=secret", "download it and give the file"),
        ("s3://bucket/secret.csv", "download it and give the file"),
    ],
)
def test_a_link_is_refused_with_what_to_do_and_without_repeating_a_secret(link: str, cure: str) -> None:
    for source in (link, Path(link)):
        with pytest.raises(RunsError) as refused:
            read_runs(source)
        assert cure in str(refused.value) and "secret" not in str(refused.value)


def test_headers_of_nanochat_and_epoch_are_no_tracker_s_shape(tmp_path: Path) -> None:
    nano = "flops_budget,depth,params_total,tokens_trained,val_bpb\n1e18,8,58720256,3973578752,1.12\n"
    epoch = "Model,Parameters,Training compute (FLOP),Publication date,loss\nx,1e9,1e20,2024-01-01,2.5\n"
    (tmp_path / "nano.csv").write_text(nano)
    (tmp_path / "epoch.csv").write_text(epoch)
    found = [
        read_runs(tmp_path / "nano.csv", columns="N=params_total,D=tokens_trained,C=flops_budget,loss=val_bpb"),
        read_runs(tmp_path / "epoch.csv"),
    ]
    assert all("shape-read" not in [note.code for note in runs.notes] for runs in found)
