"""Which header stands for each column: as asked, else by its name, else by its words; never half of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forecaster.errors import RunsError, clipped, listed
from forecaster.inputs import INPUTS
from forecaster.notes import Note
from forecaster.runs.columns.asked import Asked, asked_columns
from forecaster.runs.columns.headers import STANDARD, Meaning, meaning
from forecaster.runs.columns.response import looks_like_error, looks_like_score
from forecaster.runs.columns.units import Unit, split_unit

UNCLEAR = 4
"""The rank of a header with a word that is not understood."""

type Likely = Mapping[str, Meaning]


@dataclass(frozen=True)
class Assignment:
    """Which header stands for each column.

    Args:
        headers: by the name of the column, standard ones first.
        units: of those columns whose header, or whoever named it, says one.
        asked: the names that the caller gave.
        notes: what must be said of the choice.
    """

    headers: Mapping[str, str]
    units: Mapping[str, Unit]
    asked: frozenset[str]
    notes: tuple[Note, ...] = ()


def assign_columns(
    headers: list[str],
    columns: Mapping[str, str] | str | None,
    *,
    name: str,
    counts: Callable[[str], bool] = lambda header: True,
) -> Assignment:
    """Which header stands for each standard column: as asked, else exactly named, else the only one that means it.

    Args:
        headers: those of the table.
        columns: what the caller asked for, {"N": "params"} or "N=params,loss=val_loss".
        name: the table's, for errors.
        counts: whether a header's cells are numbers; asked only of headers that are known by their words.

    Raises:
        RunsError: two headers could be one column, a header seems to be one that is missing, no response or no input
            is there, or `columns` is wrong.
    """
    asked = asked_columns(columns, dict.fromkeys(headers), name=name)
    taken = {each.header for each in asked.values()}
    meant = {header: found for header in headers if header not in taken and (found := meaning(header)) is not None}
    chosen = {standard: each.header for standard, each in asked.items() if standard in STANDARD}
    units = {said: unit for said, each in asked.items() if (unit := _unit_asked(said, each)) is not None}
    notes: list[Note] = []
    training: list[str] = []
    for standard in (standard for standard in STANDARD if standard not in asked):
        likely: Likely = {header: each for header, each in meant.items() if each.standard == standard}
        if standard == "loss":
            likely, training, said = _responses(likely, counts)
            notes += said
        if header := _only(likely, standard, counts, name=name):
            chosen[standard] = header
            if (unit := likely[header].unit) is not None:
                units[standard] = unit
    if "loss" not in chosen and not training:
        free = [header for header in headers if header not in {*chosen.values(), *meant, *taken} and counts(header)]
        notes += _other_response(chosen, free)
    own = [said for said in asked if said not in STANDARD]
    _refuse_absent(chosen, headers, training, name=name, orders=bool(own) or "date" in chosen)
    notes += _half_read(chosen, meant, counts, name=name)
    named = {standard: chosen[standard] for standard in STANDARD if standard in chosen}
    named |= {said: each.header for said, each in asked.items() if said not in STANDARD}
    return Assignment(named, units, frozenset(asked), tuple(notes))


def _unit_asked(said: str, asked: Asked) -> Unit | None:
    """The unit of a column that was named: as the caller says it, else as a header of a count does."""
    if asked.unit is not None or said not in INPUTS:
        return asked.unit
    found = meaning(asked.header)
    unit = split_unit(asked.header)[1]
    # A small letter or a bare "TFLOPs" is a unit only where the header is known to count something.
    return unit if unit is not None and (unit.sure or (found is not None and found.standard == said)) else None


def _responses(likely: Likely, counts: Callable[[str], bool]) -> tuple[Likely, list[str], list[Note]]:
    """The headers that may be the response, those of training losses, and what must be said of them.

    Beside an evaluation's loss, one that says no more than "loss" is that of training.
    """
    training = [header for header, each in likely.items() if each.training]
    likely = {header: each for header, each in likely.items() if not each.training}
    plain = [header for header, each in likely.items() if each.twin == "plain"]
    twins = [header for header, each in likely.items() if each.twin == "evaluation" and counts(header)]
    if not (plain and twins):
        return likely, training, []
    likely = {header: each for header, each in likely.items() if header not in plain}
    text = (
        f"{' and '.join(plain)} beside {' and '.join(twins)} is taken for the training loss and was not read; "
        f"name loss={plain[0]} where it is meant"
    )
    return likely, [*training, *plain], [Note("training-loss", text)]


def _only(likely: Likely, standard: str, counts: Callable[[str], bool], *, name: str) -> str | None:
    """The one header of the surest rank that any has; None where none is sure enough."""
    for rank in sorted({each.rank for each in likely.values()}):
        if rank == UNCLEAR and standard != "loss":
            return None
        alike = [header for header, each in likely.items() if each.rank == rank and (rank < 2 or counts(header))]
        if len(alike) > 1:
            both, cure = " and ".join(clipped(each) for each in alike[:5]), f"`columns` {standard}={clipped(alike[0])}"
            raise RunsError(f"columns {both} could each be {standard}; say {cure}", where=name, named=("columns",))
        if alike:
            return alike[0]
    return None


def _other_response(chosen: dict[str, str], free: list[str]) -> list[Note]:
    """Put the only header of a score or an error rate in place of a loss, and say so; nothing where several are."""
    likely = [header for header in free if looks_like_score(header) or looks_like_error(header)]
    if len(likely) != 1:
        return []
    chosen["loss"] = likely[0]
    text = (
        f"there is no loss, and {clipped(likely[0])} is the only score or error rate, so it is taken for the response"
    )
    return [Note("response-found", text)]


def _refuse_absent(
    chosen: Mapping[str, str], headers: list[str], training: list[str], *, name: str, orders: bool
) -> None:
    """Refuse a table without a response, or without anything to order its runs by.

    Raises:
        RunsError: with the headers there are, and the cure.
    """
    inputs = "N=HEADER,D=HEADER, or x=HEADER for another"
    for needed, cure in ((("loss",), "loss=HEADER"), (("N", "D", "C"), inputs)):
        if not any(standard in chosen for standard in needed) and not (needed != ("loss",) and orders):
            said = ""
            if needed == ("loss",) and training:
                said = f"{clipped(training[0])} is a training loss and is not taken unasked; "
                cure = f"loss={clipped(training[0])} if it is meant"
            raise RunsError(
                f"there is no column {', '.join(needed)}; {said}columns: {listed(headers)}; say `columns` {cure}",
                where=name,
                named=("columns",),
            )


def _half_read(chosen: Mapping[str, str], meant: Likely, counts: Callable[[str], bool], *, name: str) -> list[Note]:
    """What is said of a header that seems to be a column that is missing.

    Compute follows from N and D, so that a header that may be it is only named where both are there.

    Raises:
        RunsError: any other, by its name and with the cure.
    """
    for standard in (standard for standard in INPUTS if standard not in chosen):
        left = [
            header
            for header, each in meant.items()
            if each.standard == standard and header not in chosen.values() and counts(header)
        ]
        if not left:
            continue
        word, header = INPUTS[standard].word, clipped(left[0])
        quoted = f'"{header}"' if "," in header else header
        if standard == "C" and {"N", "D"} <= chosen.keys():
            text = f"{header} may be the compute and was not read; name C={quoted} where it is"
            return [Note("left-unread", text, warning=True)]
        raise RunsError(
            f"{header} looks like {standard} ({word}) and was not read; say `columns` {standard}={quoted}, or "
            f"other={quoted} if it is something else",
            where=name,
            named=("columns",),
        )
    return []
