"""A formula as JavaScript, written from the checked tree that everything else is computed from."""

from __future__ import annotations

import json
from collections.abc import Mapping

from forecaster.errors import FormulaError
from forecaster.laws.formula.tree import Binary, Call, Formula, Name, Negative, Node, Number, log_of

HELPERS = """\
const power = (a, b) => a === 1 || (a === -1 && (b === Infinity || b === -Infinity)) ? 1 : Math.pow(a, b);
const logaddexp = (a, b) => a === b ? a + Math.LN2
  : a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
"""
"""What JavaScript computes otherwise than NumPy, or not at all: it has 1 to the power of NaN or infinity as NaN."""

_FUNCTIONS = {
    "exp": "Math.exp",
    "log": "Math.log",
    "sqrt": "Math.sqrt",
    "log1p": "Math.log1p",
    "expm1": "Math.expm1",
    "tanh": "Math.tanh",
    "minimum": "Math.min",
    "maximum": "Math.max",
    "logaddexp": "logaddexp",
}

LOGS = {"*": "({} + {})".format, "/": "({} - {})".format}


def javascript(formula: Formula | Node, names: Mapping[str, str], *, logs: Mapping[str, str] | None = None) -> str:
    """A formula as a JavaScript expression that is worth what `evaluate` makes of it.

    No name of the formula enters the text: each becomes what `names` has for it.

    Args:
        formula: a checked formula, or one of its nodes.
        names: a JavaScript expression for each name.
        logs: expressions of the natural logarithms of some names, used as `evaluate` uses them.

    Raises:
        FormulaError: a name without an expression.
    """
    logs = logs or {}

    def text(node: Node) -> str:
        match node:
            case Number(value):
                return literal(value)
            case Name(name):
                if name not in names:
                    raise FormulaError(f"the formula needs an expression for `{name}`")
                return names[name]
            case Negative(operand):
                return f"(-{text(operand)})"
            case Binary("**", base, exponent):
                log_base = log_of(base, logs, joined=LOGS)
                if log_base is None:
                    return f"power({text(base)}, {text(exponent)})"
                return f"Math.exp({text(exponent)} * {log_base})"
            case Binary(symbol, left, right):
                return f"({text(left)} {symbol} {text(right)})"
            case Call("where", (condition, then, otherwise)):
                return f"({text(condition)} ? {text(then)} : {text(otherwise)})"
            case Call(function, arguments):
                return f"{_FUNCTIONS[function]}({', '.join(text(argument) for argument in arguments)})"

    return text(formula.tree if isinstance(formula, Formula) else formula)


def literal(value: float) -> str:
    """A number as JavaScript that reads back as the same number."""
    said = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(float(value)), repr(float(value)))
    return f"({said})" if said.startswith("-") else said


def in_script(data: object) -> str:
    """Data as JSON that stays text inside a script element, whatever its strings hold.

    Raises:
        ValueError: a number that is not finite.
    """
    said = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        said = said.replace(character, f"\\u{ord(character):04x}")
    return said


def settled(node: Node, values: Mapping[str, float]) -> Node:
    """A formula with some names held at numbers, and each `where` that this decides replaced by its branch."""
    match node:
        case Name(name) if name in values:
            return Number(values[name])
        case Negative(operand):
            return Negative(settled(operand, values))
        case Binary(symbol, left, right):
            return Binary(symbol, settled(left, values), settled(right, values))
        case Call("where", (condition, then, otherwise)):
            asked = settled(condition, values)
            match asked:
                case Binary(symbol, Number(one), Number(other)):
                    holds = {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[symbol]
                    return settled(then if holds else otherwise, values)
                case _:
                    return Call("where", (asked, settled(then, values), settled(otherwise, values)))
        case Call(function, arguments):
            return Call(function, tuple(settled(argument, values) for argument in arguments))
        case _:
            return node
