"""The verb check."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import Checkpoints, Columns, LawChoice, Response, Rows, RunsChoice, Where
from forecaster.errors import UsageError
from forecaster.notes import explain


def check(
    *,
    runs: Annotated[str, typer.Argument(metavar="RUNS", help="The table to look at.")] = "",
    law: Annotated[str, typer.Option(help="Also look for pairs of these laws' parameters that move together.")] = "",
    columns: Columns = None,
    where: Where = "",
    rows: Rows = "",
    checkpoints: Checkpoints = "",
    response: Response = "",
    explain_code: Annotated[str, typer.Option("--explain", help="Explain a code that a check or forecast gave.")] = "",
    console: Console,
) -> None:
    """Say what was read: spans, C, duplicates, outliers, and whether exponents can be told apart.

    Example: `forecaster check runs.csv --law my_law.toml`, `forecaster check --explain not-separable`
    """
    from forecaster.cli.source import asked_laws, read_table
    from forecaster.fits.ridges import with_ridges
    from forecaster.runs.check import check as check_runs

    if explain_code:
        text = explain(explain_code)
        console.result(text, {"check": {"code": explain_code, "explanation": text}})
        return
    if not runs:
        raise UsageError("check needs a table of runs, or --explain CODE")
    table = read_table(RunsChoice(runs, columns, where, rows, checkpoints, response), say=console.say, fitting=False)
    checked = with_ridges(check_runs(table), asked_laws(LawChoice(law), table)[1] if law else (), table)
    console.result(checked.text, {"check": checked.as_dict()})
