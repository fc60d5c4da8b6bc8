"""Commas in numbers: between thousands or before decimals, decided once for a whole file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forecaster.errors import RunsError, clipped

_NUMBER = re.compile(r"\s*[+-]?([0-9.,]*[0-9])(e[+-]?[0-9]+)?\s*[a-z]{0,12}\s*", flags=re.IGNORECASE)

_THREES = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")

_EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


@dataclass(frozen=True)
class Seen:
    """The first cell that tells something.

    Args:
        column: which column, as a person calls it.
        row: counted from 0.
        cell: as it stands.
    """

    column: str
    row: int
    cell: str


def sign_of(cell: str) -> str:
    """Which sign stands before a number's decimals: "." or ",", "?." or "?," where it could part thousands; else ""."""
    found = _NUMBER.fullmatch(cell)
    if found is None:
        return ""
    body, power = found.groups()
    commas, dots = body.count(","), body.count(".")
    if commas and dots:
        return "," if body.rindex(",") > body.rindex(".") else "."
    sign, other = (",", ".") if commas else (".", ",")
    if commas + dots == 0 or (commas + dots > 1 and not _THREES.fullmatch(body)):
        return ""
    if commas + dots > 1:
        return other
    return f"?{sign}" if _EITHER.fullmatch(body) and not power else sign


def with_decimal_commas(
    columns: Mapping[str, Sequence[Any]], others: Iterable[Sequence[Any]], *, loss: str, places: list[str], name: str
) -> bool:
    """Whether commas stand before decimals in a table, in one that has any; else they part thousands.

    In a column of losses a lone sign is the decimal one: no loss is counted in thousands.

    Args:
        columns: cells of each column of numbers, by what a person calls it.
        others: cells of the columns that are asked only where those leave it open.
        loss: which column holds losses of language models; empty where none does.
        places: of each row, for errors.
        name: of the table, for errors.

    Raises:
        RunsError: some cells say one and some the other, or no cell tells.
    """
    first = _first_of_each(columns, loss)
    if {".", ","} <= first.keys():
        dot, comma = first["."], first[","]
        raise RunsError(
            f'{comma.column} is "{clipped(comma.cell)}", a decimal comma, while {dot.column} is "{clipped(dot.cell)}" '
            f"at {places[dot.row]}; write all numbers of the table alike",
            where=f"{name} {places[comma.row]}",
        )
    if "," in first:
        unclear = first.get("?.")
    elif "." in first:
        return False
    else:
        unclear = first.get("?,")
        told = _first_of_each({str(i): cells for i, cells in enumerate(others)}, "").keys() & {".", ","}
        if unclear is None or len(told) == 1:
            return told == {","}
    if unclear is not None:
        cell = clipped(unclear.cell)
        bare, point = cell.replace(",", "").replace(".", ""), cell.replace(",", ".")
        raise RunsError(
            f'{unclear.column} is "{cell}": {bare} or {point}? No other cell tells; write {bare} or {point}',
            where=f"{name} {places[unclear.row]}",
        )
    return True


def point_for_comma(cell: Any) -> Any:
    """A text with decimal commas with points in their place, and nothing between thousands."""
    return cell.replace(".", "").replace(",", ".") if isinstance(cell, str) else cell


def _first_of_each(columns: Mapping[str, Sequence[Any]], loss: str) -> dict[str, Seen]:
    """The first cell of each sign, a lone one in a column of losses taken for the decimal one."""
    first: dict[str, Seen] = {}
    for column, cells in columns.items():
        for row, cell in enumerate(cells):
            if isinstance(cell, str):
                sign = sign_of(cell)
            else:
                sign = "." if isinstance(cell, float) and not cell.is_integer() and cell == cell else ""
            sign = sign.removeprefix("?") if column == loss else sign
            if sign and sign not in first:
                first[sign] = Seen(column, row, str(cell))
    return first
