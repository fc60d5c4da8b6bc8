"""MLflow, through its own client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from forecaster.errors import InputError

AT_ONCE = 1000
"""Runs that are asked for at a time."""

NAME_TAG = "mlflow.runName"


def mlflow_runs(name: str, uri: str) -> Iterator[dict[str, Any]]:
    """The runs of an experiment in the order in which they were made: id, status, metrics, parameters and tags.

    Args:
        name: of the experiment, or its number.
        uri: of the server; without it the client's own.

    Raises:
        InputError: the client is not installed, or there is no such experiment.
    """
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise InputError("needs MLflow's client: install forecaster[mlflow]") from None
    client = MlflowClient(tracking_uri=uri or None)
    found = client.get_experiment_by_name(name)
    if found is None and name.isdigit():
        found = client.get_experiment(name)
    if found is None:
        raise InputError("there is no such experiment")
    token: str | None = None
    while True:
        page = client.search_runs(
            [found.experiment_id], max_results=AT_ONCE, order_by=["attributes.start_time ASC"], page_token=token
        )
        for run in page:
            yield _row(run)
        token = page.token
        if not token:
            return


def _row(run: Any) -> dict[str, Any]:
    info, data = run.info, run.data
    started = datetime.fromtimestamp(info.start_time / 1000, UTC).isoformat() if info.start_time else ""
    row = {"run_id": info.run_id, "name": data.tags.get(NAME_TAG, ""), "status": info.status, "start_time": started}
    row |= {f"metrics.{key}": value for key, value in data.metrics.items()}
    row |= {f"params.{key}": value for key, value in data.params.items()}
    return row | {f"tags.{key}": value for key, value in data.tags.items() if not key.startswith("mlflow.")}
