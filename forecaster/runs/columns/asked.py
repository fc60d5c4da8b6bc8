"""What a caller asks of columns: "N=params,loss=val_loss", headers with commas and units included."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from forecaster.errors import RunsError, clipped, listed
from forecaster.runs.columns.headers import STANDARD, meaning
from forecaster.runs.columns.units import Unit, bracketed

FORM = "N=params,loss=val_loss"

_ANY_CASE = {standard.lower(): standard for standard in STANDARD}

_PART = re.compile(
    r"""\s*([^=,]*?)\s*=\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)')\s*(?:,|$)  # a header in quotes
    |([^,]*)(?:,|$)""",
    flags=re.VERBOSE,
)


@dataclass(frozen=True)
class Asked:
    """The header that a caller gives to a name, with a unit where one is said.

    Args:
        header: one of the table's.
        unit: that the caller puts behind a header, "params (M)"; None where none was put.
    """

    header: str
    unit: Unit | None = None


def asked_columns(columns: Mapping[str, str] | str | None, headers: Collection[str], *, name: str) -> dict[str, Asked]:
    """The header asked for under each name: those of standard columns in any case, and any others.

    Args:
        columns: {"N": "params"} or "N=params,loss=val_loss"; a header with a comma may stand in quotes.
        headers: those of the table.
        name: the table's, for errors.

    Raises:
        RunsError: it is not of that form, a header is not there, something is named twice, or a name is an unusual
            one of a standard column.
    """
    pairs = _pairs(columns, headers) if isinstance(columns, str) else list((columns or {}).items())
    pairs = [(_ANY_CASE.get(said.lower(), said), header) for said, header in pairs]
    found = {said: _found(header, headers) for said, header in pairs}
    for side, what in ((0, "column"), (1, "header")):
        names = [pair[side] for pair in pairs]
        twice = next((one for one in names if names.count(one) > 1), None)
        if twice is not None:
            raise RunsError(f"the {what} {clipped(twice)} is named twice", parameter="columns")
    for said, header in pairs:
        _refuse_unusual(said, header)
        if found[said] is None:
            raise RunsError(f"there is no column {clipped(header)}; columns: {listed(headers)}", where=name)
    return {said: each for said, each in found.items() if each is not None}


def _refuse_unusual(said: str, header: str) -> None:
    if said in STANDARD or said == header:
        return
    if not said.isidentifier():
        raise RunsError(f'"{clipped(said)}" is no name; one is a word, such as N, loss or batch', parameter="columns")
    meant = meaning(said)
    if meant is not None and (meant.rank < 3 or said.lower() == "size"):
        hint = f"say {meant.standard}={clipped(header)}"
        raise RunsError(
            f"{clipped(said)} is not a standard column; those are {', '.join(STANDARD)}: {hint}", parameter="columns"
        )


def _found(header: str, headers: Collection[str]) -> Asked | None:
    if header in headers:
        return Asked(header)
    bare, unit = bracketed(header)
    return Asked(bare, unit) if unit is not None and bare in headers else None


def _pairs(columns: str, headers: Collection[str]) -> list[tuple[str, str]]:
    """The name and the header of each part; a header that holds commas is known by the table having it."""
    parts: list[tuple[str, str, bool]] = []
    at = 0
    while at < len(columns):
        found = _PART.match(columns, at)
        assert found is not None  # the last alternative takes anything
        said, double, single, plain = found.groups()
        if plain is None:
            quoted = double.replace('""', '"') if double is not None else single.replace("''", "'")
            parts.append((said, quoted, True))
        else:
            left, sign, right = plain.partition("=")
            parts.append((left if sign else "", right if sign else plain, False))
        at = max(found.end(), at + 1)
    pairs: list[tuple[str, str]] = []
    i = 0
    while i < len(parts):
        said, header, quoted = parts[i]
        i += 1
        if not quoted and _found(header.strip(), headers) is None:
            i, header = _joined(parts, i, header, headers)
        if not said.strip() or not header.strip():
            raise RunsError(
                f'"{clipped(columns)}" is not of the form {FORM}; a header with a comma goes in quotes, '
                'as in loss="acc,none"',
                parameter="columns",
            )
        pairs.append((said.strip(), header if quoted else header.strip()))
    return pairs


def _joined(parts: list[tuple[str, str, bool]], i: int, header: str, headers: Collection[str]) -> tuple[int, str]:
    """The part after the last one that belongs to a header, and the header: as the table has it, else as it stands."""
    whole = header
    for j in range(i, len(parts)):
        said, right, quoted = parts[j]
        if quoted:
            break
        whole += "," + (f"{said}={right}" if said else right)
        if _found(whole.strip(), headers) is not None:
            return j + 1, whole
    return i, header
