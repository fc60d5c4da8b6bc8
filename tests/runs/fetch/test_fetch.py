import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest

from forecaster.errors import InputError, UsageError
from forecaster.runs.fetch.fetch import fetch
from forecaster.runs.read import read_runs

KEY = "0123456789abcdef0123456789abcdef01234567"

RUNS = [
    ("a", "finished", {"model": {"n_params": 1e8}, "tokens": 1e9, "layers": [1, 2]}, {"val_loss": 3.0, "_wandb": {}}),
    ("b", "crashed", {"model": {"n_params": 2e8}, "tokens": 1e9}, {}),
    ("c", "finished", {"model": {"n_params": 4e8}, "tokens": 2e9}, {"val_loss": 2.5, "extra": "x,y"}),
]


class Client:
    """What stands for the client of Weights & Biases."""

    asked: tuple[Any, ...] = ()
    failure: Exception | None = None

    def __init__(self, overrides: dict[str, str] | None) -> None:
        Client.asked = (overrides,)

    def runs(self, path: str, **options: Any) -> Iterator[Any]:
        Client.asked += (path, options)
        print("a client that chats")
        if Client.failure is not None:
            raise Client.failure
        for name, state, config, summary in RUNS:
            yield SimpleNamespace(
                name=name, id=f"id-{name}", state=state, created_at="2025-01-01", config=config,
                summary=SimpleNamespace(_json_dict=summary),
            )  # fmt: skip


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    module = ModuleType("wandb")
    vars(module).update(Api=Client, Settings=SimpleNamespace, setup=lambda settings: None)
    monkeypatch.setitem(sys.modules, "wandb", module)
    monkeypatch.setattr(Client, "failure", None)
    return Client


def test_the_runs_are_written_with_their_hash_and_read_as_the_tracker_s(
    client: type[Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "runs.csv"
    found = fetch("wandb:lab/scaling", path, uri="http://127.0.0.1:1")
    assert client.asked[:2] == ({"base_url": "http://127.0.0.1:1"}, "lab/scaling")
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() and found.runs == 3
    assert found.states == (("finished", 2), ("crashed", 1))
    assert found.text.splitlines()[0].endswith("3 runs of wandb:lab/scaling (2 finished, 1 crashed)")
    assert capsys.readouterr().out == ""
    header = path.read_text().splitlines()[0]
    assert header == (
        "Name,ID,State,Created,config.layers,config.model.n_params,config.tokens,summary.extra,summary.val_loss"
    )
    runs = read_runs(path, columns="N=model.n_params,D=tokens")
    assert runs.column("N").tolist() == [1e8, 4e8] and runs.column("loss").tolist() == [3.0, 2.5]
    assert "1 crashed are left out" in runs.notes[0].text
    assert fetch("wandb:lab/scaling", path).sha256 == found.sha256


def test_another_file_is_never_replaced(client: type[Client], tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("mine")
    with pytest.raises(InputError, match="already exists"):
        fetch("wandb:lab/scaling", path)
    assert path.read_text() == "mine" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("source", ["wandb:lab", "wandb:", "wandb:a/b/c", "neptune:lab/x", "runs.csv"])
def test_a_source_that_cannot_be_understood_is_refused(source: str, client: type[Client], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="wandb:ENTITY/PROJECT"):
        fetch(source, tmp_path / "runs.csv")


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_asked(
    client: type[Client], tmp_path: Path
) -> None:
    client.asked = ()
    for path, reason in ((tmp_path / "runs.parquet", "as CSV"), (tmp_path / "absent" / "runs.csv", "folder")):
        with pytest.raises(UsageError, match=reason):
            fetch("wandb:lab/scaling", path)
    assert client.asked == ()


def test_no_key_and_no_password_is_repeated(
    client: type[Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "short-key")
    client.failure = RuntimeError(f"401 for short-key at https://me:pass-word@host/x?sig=abc with Bearer {KEY}\nmore")
    with pytest.raises(InputError) as refused:
        fetch("wandb:lab/scaling", tmp_path / "runs.csv", uri="https://me:pass-word@host")
    said = str(refused.value)
    assert said.startswith("wandb:lab/scaling: cannot be fetched: RuntimeError: 401") and "\n" not in said
    for secret in ("short-key", "pass-word", KEY, "abc"):
        assert secret not in said
    assert refused.value.__suppress_context__ and not list(tmp_path.iterdir())


def test_a_project_without_runs_is_refused(
    client: type[Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "RUNS", [])
    with pytest.raises(InputError, match="has no runs"):
        fetch("wandb:lab/scaling", tmp_path / "runs.csv")


@pytest.mark.parametrize("tracker", ["wandb", "mlflow"])
def test_a_missing_client_is_told_with_the_cure(tracker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, tracker, None)
    with pytest.raises(InputError, match=rf"install forecaster\[{tracker}\]"):
        fetch(f"{tracker}:lab/scaling", tmp_path / "runs.csv")


def test_the_pages_of_an_experiment_are_asked_for_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Page(list[Any]):
        token = ""

    def run(name: str, state: str, loss: float) -> Any:
        info = SimpleNamespace(run_id=name, status=state, start_time=1.7e12)
        tags = {"mlflow.runName": name, "mlflow.user": "me", "team": "x"}
        data = SimpleNamespace(metrics={"val_loss": loss}, params={"N": "1B"}, tags=tags)
        return SimpleNamespace(info=info, data=data)

    first, second = Page([run("a", "FINISHED", 3.0)]), Page([run("b", "FAILED", 2.0), run("c", "FINISHED", 2.5)])
    first.token = "next"

    class MlflowClient:
        def __init__(self, tracking_uri: str | None) -> None:
            assert tracking_uri is None

        def get_experiment_by_name(self, name: str) -> Any:
            return None

        def get_experiment(self, number: str) -> Any:
            return SimpleNamespace(experiment_id=number)

        def search_runs(self, numbers: list[str], *, page_token: str | None, **options: Any) -> Page:
            assert numbers == ["7"]
            return second if page_token == "next" else first

    module = ModuleType("mlflow")
    vars(module).update(MlflowClient=MlflowClient)
    monkeypatch.setitem(sys.modules, "mlflow", module)
    with pytest.raises(InputError, match="no such experiment"):
        fetch("mlflow:scaling", tmp_path / "runs.csv")
    found = fetch("mlflow:7", tmp_path / "runs.csv")
    assert found.states == (("finished", 2), ("failed", 1)) and "mlflow.user" not in found.path.read_text()
    runs = read_runs(found.path)
    assert runs.column("N").tolist() == [1e9, 1e9] and runs.column("loss").tolist() == [3.0, 2.5]


def answered(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """An MLflow server of this machine's own."""
    pytest.importorskip("mlflow", reason="MLflow's client is not installed")
    command = shutil.which("mlflow")
    if command is None:
        pytest.skip("MLflow's server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = ["--backend-store-uri", f"sqlite:///{tmp_path / 'mlflow.db'}", "--workers", "1"]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [command, "server", "--host", "127.0.0.1", "--port", str(port), *store],
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        )
        try:
            for _ in range(400):
                if answered(port) or process.poll() is not None:
                    break
                time.sleep(0.5)
            if process.poll() is not None:
                pytest.skip("MLflow's server does not start, as where only its client is installed")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its workers, too, which outlive it otherwise
            process.wait(30)


@pytest.mark.filterwarnings("default")
def test_a_real_server_of_mlflow_is_read(server: str, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=server)
    experiment = client.create_experiment("scaling")
    for size, state in ((1e8, "FINISHED"), (2e8, "FAILED"), (4e8, "FINISHED")):
        run = client.create_run(experiment).info.run_id
        client.log_param(run, "n_params", size)
        client.log_param(run, "tokens", "2B")
        client.log_metric(run, "val_loss", 2 + 1e8 / size)
        client.set_terminated(run, state)
    found = fetch("mlflow:scaling", tmp_path / "runs.csv", uri=server)
    assert found.runs == 3 and found.states == (("finished", 2), ("failed", 1))
    runs = read_runs(found.path)
    assert runs.column("N").tolist() == [1e8, 4e8] and runs.column("loss").tolist() == [3.0, 2.25]
    with pytest.raises(InputError, match="there is no such experiment"):
        fetch("mlflow:absent", tmp_path / "absent.csv", uri=server)


class Answers(BaseHTTPRequestHandler):
    """What a server of Weights & Biases says, written by hand."""

    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Answers.asked.append(query)
        data = json.dumps({"data": self._data(json.loads(query)["query"])}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _data(self, query: str) -> dict[str, Any]:
        if "viewer" in query and "project(" not in query:
            return {"viewer": {"id": "u", "username": "me", "entity": "lab", "flags": "{}", "teams": {"edges": []}}}
        edges = [{"node": _node(*run), "cursor": str(i)} for i, run in enumerate(RUNS)]
        page = {"endCursor": "2", "hasNextPage": False}
        project = {"internalId": "1", "runCount": len(edges), "readOnly": False}
        return {"project": project | {"runs": {"edges": edges, "pageInfo": page, "totalCount": len(edges)}}}

    def log_message(self, format: str, *words: Any) -> None:
        pass


def _node(name: str, state: str, config: dict[str, Any], summary: dict[str, Any]) -> dict[str, Any]:
    values = {key: {"value": value, "desc": None} for key, value in config.items()}
    return {
        "id": f"id-{name}", "name": name, "displayName": name, "state": state, "createdAt": "2025-01-01T00:00:00Z",
        "config": json.dumps(values), "summaryMetrics": json.dumps(summary), "systemMetrics": "{}", "tags": [],
        "historyKeys": None, "group": None, "jobType": None, "commit": None, "readOnly": False, "sweepName": None,
        "heartbeatAt": "2025-01-01T00:00:00Z", "description": None, "notes": None, "historyLineCount": 1,
        "projectId": "1", "user": {"name": "me", "username": "me"},
    }  # fmt: skip


@pytest.mark.filterwarnings("default")
def test_the_client_of_weights_and_biases_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb", reason="the client of Weights & Biases is not installed")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        found = fetch("wandb:lab/scaling", tmp_path / "runs.csv", uri=f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert found.runs == 3 and found.states == (("finished", 2), ("crashed", 1)) and Answers.asked
    assert KEY not in found.text + found.path.read_text()
    runs = read_runs(found.path, columns="N=model.n_params,D=tokens")
    assert runs.column("N").tolist() == [1e8, 4e8] and runs.column("loss").tolist() == [3.0, 2.5]
