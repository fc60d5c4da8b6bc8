"""Algebra on a formula's tree: its factors, solving it for a name, and its text."""

from __future__ import annotations

from collections.abc import Mapping

from forecaster.laws.formula.tree import Binary, Call, Name, Negative, Node, Number, walk, with_parts

_PRECEDENCE = {"<": 0, "<=": 0, ">": 0, ">=": 0, "+": 1, "-": 1, "*": 2, "/": 2, "**": 4}

_ATOM = 5


def factors(node: Node) -> list[Node]:
    """What a formula is the product of."""
    match node:
        case Binary("*", left, right):
            return [*factors(left), *factors(right)]
        case Binary("/", left, right):
            return [*factors(left), *(Binary("/", Number(1.0), factor) for factor in factors(right))]
        case Binary("**", base, exponent):
            return [Binary("**", factor, exponent) for factor in factors(base)]
        case _:
            return [node]


def names_in(node: Node) -> list[str]:
    """Every name in a formula, as often as it stands there."""
    return [each.name for each in walk(node) if isinstance(each, Name)]


def replaced(node: Node, by: Mapping[str, Node]) -> Node:
    """A formula with another part wherever one of the names stood."""
    if isinstance(node, Name):
        return by.get(node.name, node)
    return with_parts(node, lambda part: replaced(part, by))


def solved(node: Node, name: str, value: Node, *, positive: bool) -> Node | None:
    """What `name` is where a formula that holds it once has a value; None where it cannot be told.

    Args:
        node: the formula.
        name: of a parameter that may take any value.
        value: what the formula is worth.
        positive: whether the value is known to be above zero, so that it has a logarithm and powers.
    """

    def has(part: Node) -> bool:
        return name in names_in(part)

    def inside(part: Node, worth: Node, *, positive: bool = False) -> Node | None:
        return solved(part, name, worth, positive=positive)

    match node:
        case Name(found) if found == name:
            return value
        case Negative(operand):
            return inside(operand, Negative(value))
        case Call("exp", (argument,)) if positive:
            return inside(argument, Call("log", (value,)))
        case Binary("+", left, right):
            part, other = (left, right) if has(left) else (right, left)
            return inside(part, Binary("-", value, other))
        case Binary("-", left, right) if has(left):
            return inside(left, Binary("+", value, right))
        case Binary("-", left, right):
            return inside(right, Binary("-", left, value))
        case Binary("*", left, right):
            part, other = (left, right) if has(left) else (right, left)
            return inside(part, Binary("/", value, other), positive=positive)
        case Binary("/", left, right) if has(left):
            return inside(left, Binary("*", value, right), positive=positive)
        case Binary("/", left, right):
            return inside(right, Binary("/", left, value), positive=positive)
        case Binary("**", base, exponent) if positive and has(base):
            return inside(base, Binary("**", value, _inverse(exponent)), positive=True)
        case _:
            return None


def _inverse(node: Node) -> Node:
    match node:
        case Binary("/", Number(1.0), right):
            return right
        case Binary("/", left, right):
            return Binary("/", right, left)
        case _:
            return Binary("/", Number(1.0), node)


def text_of(node: Node, above: int = 0) -> str:
    """A formula's text from its tree, with the brackets that it needs below an operator of that precedence."""
    match node:
        case Number(value):
            said, own = f"{value:.15g}" if float(f"{value:.15g}") == value else repr(value), _ATOM
        case Name(name):
            said, own = name, _ATOM
        case Negative(operand):
            said, own = f"-{text_of(operand, 3)}", 3
        case Call(function, arguments):
            said, own = f"{function}({', '.join(text_of(argument) for argument in arguments)})", _ATOM
        case Binary("**", left, right):
            said, own = f"{text_of(left, _ATOM)}**{text_of(right, _ATOM)}", _PRECEDENCE["**"]
        case Binary(symbol, left, right):
            own = _PRECEDENCE[symbol]
            said = f"{text_of(left, own)} {symbol} {text_of(right, own + 1)}"
    return f"({said})" if own < above else said
