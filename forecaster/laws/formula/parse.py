"""The grammar: text -> a checked formula, or a refusal with the culprit.

The text is read with Python's `ast` and turned into the few frozen nodes of `forecaster.laws.formula.tree`. Nothing of
the text is ever executed, so a law page from a stranger is safe to open.
"""

from __future__ import annotations

import ast
import math
import warnings

import numpy as np

from forecaster.errors import FormulaError, clipped
from forecaster.laws.formula.tree import FUNCTIONS, Binary, Call, Formula, Name, Negative, Node, Number, evaluate, walk

LONGEST = 2_000

DEEPEST = 60

_BINARY: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}

_COMPARE: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}

ALLOWED = "names, numbers, + - * / **, " + ", ".join(FUNCTIONS) + ", and one of < <= > >= inside where"


def parse_formula(text: str | float, *, where: str = "") -> Formula:
    """Read an expression, or refuse it with the culprit and what is allowed.

    Args:
        text: the expression, for instance `E + A / N**alpha`; a plain number is accepted too.
        where: the place to name in an error, such as a file and a key.

    Raises:
        FormulaError: anything outside the grammar, a text over 2,000 characters or deeper than 60 levels, a
            constant part that is not a finite number.
    """
    text = text if isinstance(text, str) else repr(text)
    if len(text) > LONGEST:
        raise FormulaError(f"the formula has {len(text)} characters; at most {LONGEST} are read", where=where)
    body = parse_expression(text)
    if body is None:
        raise FormulaError(f"`{clipped(text, 57)}` is not an expression; allowed are {ALLOWED}", where=where)
    return Formula(text=text.strip(), tree=_node(body, depth=0, where=where, inside_where=False))


def parse_expression(text: str) -> ast.expr | None:
    """Python's syntax tree of an expression; None where the text is not one. Nothing is executed."""
    try:
        with warnings.catch_warnings():
            # Python warns of odd literals such as `1or 2`; the grammar refuses them anyway.
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def unparsed(item: ast.expr) -> str:
    """The text of a part of an expression, short enough to be quoted in an error."""
    try:
        return clipped(ast.unparse(item), 57)
    except RecursionError:
        return "a part nested too deeply"


def _node(item: ast.expr, *, depth: int, where: str, inside_where: bool) -> Node:
    node = _read(item, depth=depth, where=where, inside_where=inside_where)
    if not _is_finite_or_open(node):
        raise FormulaError(
            f"`{unparsed(item)}` is not a finite real number, and every constant part must be one", where=where
        )
    return node


def _read(item: ast.expr, *, depth: int, where: str, inside_where: bool) -> Node:
    if depth > DEEPEST:
        raise FormulaError(f"the formula is nested deeper than {DEEPEST} levels", where=where)

    def below(child: ast.expr) -> Node:
        return _node(child, depth=depth + 1, where=where, inside_where=False)

    match item:
        case ast.Constant(value=bool() | str() | bytes() | complex() | None):
            pass
        case ast.Constant(value=int() | float() as value):
            try:
                return Number(float(value))
            except OverflowError:
                raise FormulaError("a number in the formula is too large", where=where) from None
        case ast.Name(id=name) if name.isascii():
            if name in FUNCTIONS:
                raise FormulaError(f"`{name}` is a function and needs its arguments in brackets", where=where)
            return Name(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Negative(below(operand))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return below(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return Binary(_BINARY[type(op)], below(left), below(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if inside_where and type(op) in _COMPARE:
            return Binary(_COMPARE[type(op)], below(left), below(right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if len(arguments) != FUNCTIONS[name]:
                raise FormulaError(f"`{name}` takes {FUNCTIONS[name]} argument(s), got {len(arguments)}", where=where)
            if name == "where":
                condition = _node(arguments[0], depth=depth + 1, where=where, inside_where=True)
                if not (isinstance(condition, Binary) and condition.symbol in _COMPARE.values()):
                    raise FormulaError("`where` needs a comparison as its first argument", where=where)
                return Call(name, (condition, *(below(argument) for argument in arguments[1:])))
            return Call(name, tuple(below(argument) for argument in arguments))
        case _:
            pass
    raise FormulaError(f"`{unparsed(item)}` is not allowed in a formula; allowed are {ALLOWED}", where=where)


def _is_finite_or_open(node: Node) -> bool:
    """Whether a part is a finite real number, or depends on a name and cannot be known yet."""
    if any(isinstance(part, Name) for part in walk(node)):
        return True
    try:
        with np.errstate(all="ignore"):
            value = evaluate(node, {})
        return not isinstance(value, complex) and math.isfinite(value)
    except (ArithmeticError, ValueError):
        return False
