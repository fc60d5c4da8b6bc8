"""Centring: a parameter's value at the table's centre, to be sampled in its place under a prior of the same meaning."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import reduce

from forecaster.errors import InputError
from forecaster.laws.formula.algebra import factors, names_in, replaced, solved, text_of
from forecaster.laws.formula.parse import parse_formula
from forecaster.laws.formula.tree import Binary, Call, Formula, Name, Negative, Node, Number, parts
from forecaster.laws.law import Law
from forecaster.laws.page import page_text, read_law
from forecaster.laws.prior import Prior


@dataclass(frozen=True)
class Cure:
    """A parameter's value at the table's centre, to be sampled in its place under a prior of the same meaning.

    Args:
        name: of the new sampled parameter.
        prior: its line under [sampled].
        old: the parameter that follows from it.
        formula: that one's line under [natural].
    """

    name: str
    prior: str
    old: str
    formula: str

    def __str__(self) -> str:
        return (
            f'under [sampled] {self.name} = "{self.prior}" in place of {self.old}, '
            f'and under [natural] {self.old} = "{self.formula}"'
        )


def cure(law: Law, old: str, other: str) -> Cure | None:
    """The smallest part of a law's formula that holds both parameters, at the centre, in place of the first.

    None where the first occurs twice, is not a factor or a summand there, or its family has no such prior.

    Args:
        law: whose formula it is.
        old: the sampled parameter to be replaced.
        other: the one it moves with.
    """
    tree = law.formula.tree
    if old not in law.sampled or names_in(tree).count(old) != 1 or any(old in f.names for f in law.natural.values()):
        return None
    if any(old in prior.names for prior in law.sampled.values()):
        return None
    part = smallest(tree, old, other)
    if part is None or not set(law.inputs) & set(names_in(part)):
        return None
    centre = replaced(part, {name: Name(f"{name}0") for name in law.inputs})
    name = f"{old}_centre"
    prior = _prior_at_centre(law.sampled[old], centre, old)
    follows = solved(centre, old, Name(name), positive=False)
    if prior is None or follows is None or name in {*law.sampled, *law.natural, *law.inputs}:
        return None
    found = Cure(name, prior, old, text_of(follows))
    return found if cured(law, found) is not None else None


def cured(law: Law, found: Cure) -> Law | None:
    """The law with a cure on its page; None where it would be no law any more."""
    page = tomllib.loads(law.text)
    sampled = {name: text for name, text in page["sampled"].items() if name != found.old}
    page["sampled"] = sampled | {found.name: found.prior}
    page["natural"] = {found.old: found.formula} | page.get("natural", {})
    try:
        return read_law(page_text(page), name=law.name)
    except InputError:
        return None


def smallest(node: Node, *names: str) -> Node | None:
    """The smallest part of a formula that holds all of the names; None where even the whole does not."""
    if not set(names) <= set(names_in(node)):
        return None
    return next((found for part in parts(node) if (found := smallest(part, *names)) is not None), node)


def _prior_at_centre(prior: Prior, centre: Node, old: str) -> str | None:
    """The prior of what `centre` is worth where the prior of `old` is this one; None where the family has none.

    A Uniform prior is sampled by its place between its bounds; these would move with the other parameter, and the ridge
    would stay.
    """

    def at(argument: Formula) -> str:
        return text_of(_tidy(replaced(centre, {old: argument.tree})))

    texts = [argument.text for argument in prior.arguments]
    product = factors(centre)
    if Name(old) in product:
        rest = [factor for factor in product if factor != Name(old)]
        match prior.family:
            case "Normal":
                texts = [at(argument) for argument in prior.arguments]
            case "StudentT":
                texts[1:] = [at(argument) for argument in prior.arguments[1:]]
            case "HalfNormal":
                texts = [at(prior.arguments[0])]
            case "Exponential" | "Gamma":
                # Of a rate, not of a scale.
                texts[-1] = text_of(reduce(lambda a, b: Binary("/", a, b), rest, prior.arguments[-1].tree))
            case "LogNormal":
                texts[0] = text_of(reduce(_plus, map(_log, rest), prior.arguments[0].tree))
            case _:
                return None
    elif isinstance(centre, Binary) and centre.symbol in "+-" and centre.left == Name(old):
        match prior.family:
            case "Normal":
                texts[0] = at(prior.arguments[0])
            case "StudentT":
                texts[1] = at(prior.arguments[1])
            case _:
                return None
    else:
        return None
    return f"{prior.family}({', '.join(texts)})"


def _tidy(node: Node) -> Node:
    """A formula as it parses again from its own text, so that nested brackets go."""
    return parse_formula(text_of(node)).tree


def _plus(left: Node, right: Node) -> Node:
    return Binary("-", left, right.operand) if isinstance(right, Negative) else Binary("+", left, right)


def _log(node: Node) -> Node:
    """The logarithm of a factor, a power taken apart."""
    match node:
        case Binary("/", Number(1.0), below):
            return Negative(_log(below))
        case Binary("**", base, Negative(exponent)):
            return Negative(_log(Binary("**", base, exponent)))
        case Binary("**", base, exponent):
            return Binary("*", exponent, Call("log", (base,)))
        case _:
            return Call("log", (node,))
