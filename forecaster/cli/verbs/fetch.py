"""The verb fetch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import output_option


def fetch(
    *,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="wandb:ENTITY/PROJECT or mlflow:EXPERIMENT.")],
    output: Annotated[Path, output_option("Write the runs to this file, ending in .csv.")],
    uri: Annotated[str, typer.Option(help="Of the server. [default: as the tracker's own client is set up]")] = "",
    console: Console,
) -> None:
    """Write a tracker's runs as a CSV with a hash, the only command that uses the network.

    Example: `forecaster fetch wandb:lab/scaling -o runs.csv`, `forecaster fetch mlflow:scaling -o runs.csv`
    """
    from forecaster.runs.fetch.fetch import fetch as fetch_runs

    found = fetch_runs(source, output, uri=uri)
    console.result(found.text, {"fetch": found.as_dict()})
