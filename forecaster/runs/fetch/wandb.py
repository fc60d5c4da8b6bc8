"""Weights & Biases, through its own client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from forecaster.errors import InputError, UsageError


def wandb_runs(name: str, uri: str) -> Iterator[dict[str, Any]]:
    """The runs of a project in the order in which they were made: name, id, state, config and summary.

    Args:
        name: "ENTITY/PROJECT".
        uri: of the server; without it the client's own.

    Raises:
        UsageError: the name has another form.
        InputError: the client is not installed.
    """
    entity, _, project = name.partition("/")
    if not (entity and project) or "/" in project:
        raise UsageError("is not of the form wandb:ENTITY/PROJECT")
    try:
        import wandb
    except ImportError:
        raise InputError("needs the client of Weights & Biases: install forecaster[wandb]") from None
    # Without this the client asks at a terminal for a key, which is nothing to type into a command that prints.
    wandb.setup(settings=wandb.Settings(silent=True))
    api = wandb.Api(overrides={"base_url": uri} if uri else None)
    for run in api.runs(f"{entity}/{project}", order="+created_at", lazy=False):
        row = {"Name": run.name, "ID": run.id, "State": run.state, "Created": run.created_at}
        yield row | flat(dict(run.config), "config") | flat(dict(run.summary._json_dict), "summary")


def flat(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Each number and word inside an object under the names that lead to it; lists as JSON."""
    found: dict[str, Any] = {}
    for key, inner in value.items():
        if key == "_wandb":
            continue
        if isinstance(inner, dict):
            found |= flat(inner, f"{name}.{key}")
        else:
            found[f"{name}.{key}"] = json.dumps(inner, default=str) if isinstance(inner, list | tuple) else inner
    return found
