"""To read: from a file of any known kind to runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import RunsError
from forecaster.notes import Note
from forecaster.runs.checkpoints import with_checkpoints
from forecaster.runs.columns.assign import assign_columns
from forecaster.runs.columns.cells import holds_numbers
from forecaster.runs.columns.magnitudes import refuse_odd_magnitudes
from forecaster.runs.columns.response import response_of
from forecaster.runs.columns.schema import refuse_bad_cells, scale_notes
from forecaster.runs.columns.standard import standard_columns
from forecaster.runs.filter import kept_rows
from forecaster.runs.readers import File, load_table
from forecaster.runs.readers.frame import Cells
from forecaster.runs.readers.shape import explained, measured_rows, refuse_several, unmeasured, with_named_headers
from forecaster.runs.table import Runs

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def read_runs(
    source: str | Path | File | pd.DataFrame,
    *,
    columns: Mapping[str, str] | str | None = None,
    where: str | None = None,
    checkpoints: str = "",
    response: str | None = None,
) -> Runs:
    """Read a table of training runs, name its columns, and refuse cells that no run can have.

    C is computed as 6*N*D where the table lacks it, or the missing one of N and D from C; a note says so.
    Rows that `where` leaves out are not checked. A blank cell is refused in every number column, U and
    loss_se included. Rows of a CSV that are blank throughout are skipped. Headers are known by their words and units
    ("training tokens (B)"); one that seems to be N, D, C or U and cannot be read for sure is refused.

    Args:
        source: a path ending in .csv, .tsv, .parquet, .json (records or columns), .jsonl or .xlsx, each also with
            .gz; a tracker's table or file, or a folder of event files (`docs/tables.md`); "-" for what is piped in;
            such a file held in memory; or a DataFrame. A file without a suffix is told by its content.
        columns: which header stands for a standard column, {"N": "params"} or "N=params,loss=val_loss"; any other
            name, such as a law's input, names a column, too, and without N, D and C it is what orders the runs, as a
            date is where there is nothing else. A header with a comma may stand in quotes, and a unit may follow one,
            "N=params (M)". A column so displaced is kept as "N (in file)".
        where: an expression in column names, such as "family == 'a' and C < 1e21". Comparisons, `in`,
            and, or, not and + - * / only; `names in backticks` for headers that are not plain words.
        checkpoints: of rows that are checkpoints of one run, `last` keeps the last and `all` keeps each; where empty
            the last is kept where rows are seen to be checkpoints. See `forecaster.runs.checkpoints.with_checkpoints`.
        response: what the response is, loss, score, error or positive; judged by its header and values where not
            given. Scores and error rates in percents are divided by 100. A note says what was taken.

    Raises:
        RunsError: anything unreadable, with the file and, where it has one, the line and column.
    """
    return runs_of(load_table(source), columns=columns, where=where, checkpoints=checkpoints, response=response)


def runs_of(
    cells: Cells,
    *,
    columns: Mapping[str, str] | str | None = None,
    where: str | None = None,
    checkpoints: str = "",
    response: str | None = None,
) -> Runs:
    """The runs in a table's raw cells, as of `read_runs`.

    Args:
        cells: the raw cells, the place of each row, and the name to say.
        columns: which header stands for a standard column.
        where: which rows are kept.
        checkpoints: which of the rows of one run are kept.
        response: what the response is.

    Raises:
        RunsError: a cell that no run can have, with its place.
    """
    frame, shapes = with_named_headers(cells, columns, where)
    places, name = cells.places, cells.name
    try:
        assigned = assign_columns(
            list(frame.columns), columns, name=name, counts=lambda header: holds_numbers(frame[header])
        )
    except RunsError as error:
        raise explained(error, shapes) from None
    chosen = assigned.headers
    table, read = standard_columns(frame, assigned, places=places, name=name)
    notes = [*frame.attrs.get("notes", ()), *(shape.note for shape in shapes), *read]
    if where is not None:
        names = {str(column): table[column] for column in table.columns}
        names |= {header: table[standard] for standard, header in chosen.items() if header not in names}
        mask = kept_rows(where, names, name=name)
        notes.append(Note("rows-left-out", f"{int(mask.sum())} of {len(mask)} rows were kept by: {where}"))
        frame, table, places = _kept(mask, frame, table, places)
    refuse_several(table, shapes, name=name)
    mask = measured_rows(frame[chosen["loss"]], shapes, name=name)
    if not mask.all():
        notes.append(unmeasured(mask, chosen["loss"]))
        frame, table, places = _kept(mask, frame, table, places)
    raw = Runs(table=table, name=name, response=chosen["loss"], places=tuple(places), headers=chosen)
    refuse_bad_cells(table, frame, chosen, places=places, name=name, scale=raw.scale)
    refuse_odd_magnitudes(table, assigned, name=name)
    rows = replace(raw, notes=(*notes, *scale_notes(raw)))
    return with_checkpoints(_measured(rows, response or ""), checkpoints)


def _measured(rows: Runs, said: str) -> Runs:
    """The rows with what their response is, percents divided by 100, and a note unless it is plainly a loss."""
    measured = response_of(rows.response, rows.column("loss"), rows.rises, said=said, where=rows.name)
    table = rows.table
    if measured.percent:
        table = table.assign(**{column: table[column] / 100 for column in ("loss", "loss_se") if column in table})
    notes = (measured.note,) if said or measured.kind != "loss" or measured.doubtful else ()
    return replace(rows, table=table, notes=(*rows.notes, *notes), measure=replace(measured, percent=False))


def _kept(
    mask: NDArray[np.bool_], frame: pd.DataFrame, table: pd.DataFrame, places: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """The rows where a mask is true, in the file's cells, the table and the places."""
    kept = [place for place, keep in zip(places, mask, strict=True) if keep]
    return frame[mask].reset_index(drop=True), table[mask].reset_index(drop=True), kept
