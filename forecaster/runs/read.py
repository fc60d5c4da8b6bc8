"""To read: from a file of any known kind to runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.notes import Note
from forecaster.runs.columns import assign_columns, standard_columns
from forecaster.runs.filter import kept_rows
from forecaster.runs.readers import File, load_table
from forecaster.runs.readers.frame import Cells
from forecaster.runs.response import response_of
from forecaster.runs.schema import refuse_bad_cells, scale_notes
from forecaster.runs.table import Runs

if TYPE_CHECKING:
    import pandas as pd


def read_runs(
    source: str | Path | File | pd.DataFrame,
    *,
    columns: Mapping[str, str] | str | None = None,
    where: str | None = None,
    response: str | None = None,
) -> Runs:
    """Read a table of training runs, name its columns, and refuse cells that no run can have.

    C is computed as 6*N*D where the table lacks it, or the missing one of N and D from C; a note says so.
    Rows that `where` leaves out are not checked. A blank cell is refused in every number column, U and
    loss_se included. Rows of a CSV that are blank throughout are skipped.

    Args:
        source: a path ending in .csv, .tsv, .parquet, .json (records or columns) or .jsonl; such a file held in
            memory; or a DataFrame.
        columns: which header stands for a standard column, {"N": "params"} or "N=params,loss=val_loss". A
            column so displaced is kept as "N (in file)". Any other name, such as "x=epochs", names a column, too;
            without N, D and C it is what orders the runs, as a date is where there is nothing else.
        where: an expression in column names, such as "family == 'a' and C < 1e21". Comparisons, `in`,
            and, or, not and + - * / only; `names in backticks` for headers that are not plain words.
        response: what the response is, loss, score, error or positive; judged by its header and values where not
            given. Scores and error rates in percents are divided by 100. A note says what was taken.

    Raises:
        RunsError: anything unreadable, with the file and, where it has one, the line and column.
    """
    return runs_of(load_table(source), columns=columns, where=where, response=response)


def runs_of(
    cells: Cells,
    *,
    columns: Mapping[str, str] | str | None = None,
    where: str | None = None,
    response: str | None = None,
) -> Runs:
    """The runs in a table's raw cells, as of `read_runs`.

    Args:
        cells: the raw cells, the place of each row, and the name to say.
        columns: which header stands for a standard column.
        where: which rows are kept.
        response: what the response is.

    Raises:
        RunsError: a cell that no run can have, with its place.
    """
    frame, places, name = cells
    chosen = assign_columns(list(frame.columns), columns, name=name)
    table, notes = standard_columns(frame, chosen)
    if where is not None:
        names = {str(column): table[column] for column in table.columns}
        names |= {header: table[standard] for standard, header in chosen.items() if header not in names}
        mask = kept_rows(where, names, name=name)
        notes.append(Note("rows-left-out", f"{int(mask.sum())} of {len(mask)} rows were kept by: {where}"))
        frame, table = frame[mask].reset_index(drop=True), table[mask].reset_index(drop=True)
        places = [place for place, keep in zip(places, mask, strict=True) if keep]
    raw = Runs(table=table, name=name, response=chosen["loss"], places=tuple(places), headers=chosen)
    refuse_bad_cells(table, frame, chosen, places=places, name=name, scale=raw.scale)
    notes += scale_notes(raw)
    measured = response_of(raw.response, raw.column("loss"), raw.rises, said=response or "", where=name)
    if measured.percent:
        table = table.assign(**{column: table[column] / 100 for column in ("loss", "loss_se") if column in table})
    if response or measured.kind != "loss":
        notes.append(measured.note)
    return replace(raw, table=table, notes=tuple(notes), measure=replace(measured, percent=False))
