"""Fewer rows: those that an expression in column names keeps, walked node by node and never run, or an even part."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import RunsError, clipped, listed
from forecaster.notes import Note
from forecaster.runs.table import Runs

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}

_COMPARISONS = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip

BINS = 100


def thin(runs: Runs, *, most: int, seed: int = 1) -> Runs:
    """The runs, or at most so many of them: evenly over the scale, in their order, with a note that says so.

    The scale's logarithm is cut into a hundred stretches of one length, and each gives as many runs as any other until
    it has no more, drawn at random; the smallest and the largest run are kept. So what is left out comes from where
    runs lie closest.

    Args:
        runs: the table.
        most: how many runs are kept at most.
        seed: of the drawing.

    Raises:
        RunsError: fewer than two are to be kept.
    """
    if most < 2:
        raise RunsError(f"the smallest and the largest run need 2 rows at least, not {most}")
    if len(runs) <= most:
        return runs
    scale = np.log(runs.column(runs.scale))
    place = (scale - scale.min()) / (np.ptp(scale) or 1.0)
    stretch = np.minimum(place * BINS, BINS - 1).astype(int)
    drawn = np.random.default_rng(seed).permutation(len(runs))
    drawn[[scale.argmin(), scale.argmax()]] = -1
    by_stretch = np.lexsort((drawn, stretch))
    turn = np.empty(len(runs), dtype=int)
    turn[by_stretch] = np.arange(len(runs)) - np.searchsorted(stretch[by_stretch], stretch[by_stretch])
    kept = np.zeros(len(runs), dtype=bool)
    kept[np.lexsort((drawn, turn))[:most]] = True
    text = f"{most:,} of {len(runs):,} rows were kept, evenly over {runs.along.word} and drawn with seed {seed}"
    thinned = runs.select(kept)
    return replace(thinned, notes=(*runs.notes, Note("rows-thinned", text)))


def kept_rows(where: str, names: Mapping[str, Any], *, name: str) -> NDArray[np.bool_]:
    """The rows an expression keeps, shape (runs,). It is never handed to Python or pandas to run.

    Args:
        where: comparisons, `in`, and, or, not and + - * / in column names; `names in backticks` where needed.
        names: each column, a Series, under every name it may be called by.
        name: the table's, for errors.

    Raises:
        RunsError: anything else in the expression, an unknown column, or no row left.
    """
    quoted: dict[str, str] = {}

    def plain_word(found: re.Match[str]) -> str:
        word = f"_quoted{len(quoted)}"
        quoted[word] = found[1]
        return word

    plain = re.sub(r"`([^`]*)`", plain_word, where)
    try:
        expression = ast.parse(plain.strip(), mode="eval").body
        mask = _Expression(names, quoted, name).truth(expression).to_numpy(dtype=bool)
    except (SyntaxError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError, MemoryError) as error:
        reason = clipped(str(error), 60) or "it is nested too deeply"
        if isinstance(error, SyntaxError):
            reason = "it is not an expression"
        raise RunsError(f'"{clipped(where)}" cannot be evaluated: {reason}', parameter="where") from None
    if not mask.any():
        raise RunsError(f'no run is left of {len(mask)} by `where` "{clipped(where)}"', where=name, named=("where",))
    return mask


@dataclass(frozen=True, eq=False)
class _Expression:
    """What its nodes stand for: columns by name, headers in backticks by the word put in their place."""

    names: Mapping[str, Any]
    quoted: Mapping[str, str]
    table: str

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | str() as constant):
                return constant
            case ast.Constant(value=int() | float() as constant):
                return float(constant)
            case ast.Name(id=word):
                return self.column(word)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return [self.value(part) for part in parts]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ~self.truth(operand)
            case ast.BoolOp(op=op, values=parts):
                return reduce(operator.and_ if isinstance(op, ast.And) else operator.or_, map(self.truth, parts))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return _ARITHMETIC[type(op)](self.value(left), self.value(right))
            case ast.Compare(left=left, ops=ops, comparators=rights):
                sides = [self.value(side) for side in (left, *rights)]
                return reduce(operator.and_, map(_compared, sides, ops, sides[1:]))
        raise RunsError(
            f'"{clipped(ast.unparse(node))}" is not allowed; only comparisons, in, and, or, not and + - * /',
            parameter="where",
        )

    def column(self, word: str) -> Any:
        header = self.quoted.get(word, word)
        if self.names.get(header) is None:
            raise RunsError(f"there is no column {clipped(header)}; columns: {listed(self.names)}", where=self.table)
        return self.names[header]

    def truth(self, node: ast.expr) -> pd.Series[bool]:
        import pandas as pd

        answer = self.value(node)
        if not (isinstance(answer, pd.Series) and pd.api.types.is_bool_dtype(answer.dtype)):
            raise RunsError(f'"{clipped(ast.unparse(node))}" is not true or false of each row', parameter="where")
        return answer.fillna(False).astype(bool)


def _compared(left: Any, sign: ast.cmpop, right: Any) -> Any:
    import pandas as pd

    if isinstance(sign, ast.In | ast.NotIn) and isinstance(left, pd.Series) and isinstance(right, list):
        return left.isin(right) if isinstance(sign, ast.In) else ~left.isin(right)
    return _COMPARISONS[type(sign)](left, right)
