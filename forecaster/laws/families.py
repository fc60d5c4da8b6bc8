"""Families of runs: each with its own level, partially pooled, so that a forecast can name one or ask for a new one."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from forecaster.errors import InputError, LawError, clipped, listed
from forecaster.inputs import CODE
from forecaster.laws.formula.algebra import names_in, replaced, text_of
from forecaster.laws.formula.parse import parse_formula
from forecaster.laws.formula.tree import Binary, Call, Name, Node, Number, walk, with_parts
from forecaster.laws.law import Law
from forecaster.laws.page import page_text, read_law
from forecaster.stats.distributions import FAMILIES

POOLING = "LogNormal(log(0.03), 1)"
"""Prior of how far families lie apart: the standard deviation of their levels on the log of the response."""

EXPONENT_POOLING = "LogNormal(log(0.05), 1)"
"""The same of their exponents, on the log of those."""


def with_families(law: Law, names: Sequence[str], by: str, *, exponents: bool = False) -> Law:
    """The law with a level for each family, under its old name and with a page of its own.

    The response is multiplied by exp(pooling * unit_k) for family k, unit_k standard normal; pooling, the spread
    between families, is learned. A new family draws its unit from the prior, so its range is wider. Where noise is on
    the response's own scale the same is added in units of the table's spread. Exponents, where asked for, are
    multiplied in the same way, about the table's centre, so that a family's level and exponents can be told apart.

    Source: varying intercepts and slopes, Gelman and Hill 2006, chapters 12 and 13, in the non-centred form of
    Papaspiliopoulos, Roberts and Skold 2007, Statistical Science 22(1).

    Args:
        law: any law whose noise is on the log of the response or on its own scale.
        names: of the families, counted from 0.
        by: the column that names them.
        exponents: whether each family also has its own exponents.

    Raises:
        LawError: noise on the logit, names of its own that the families need, or no exponent that can differ.
    """
    if law.link == "logit":
        raise LawError("its noise is on the logit, where families have no level yet", where=law.name)
    page = tomllib.loads(law.text)
    sampled = dict(page["sampled"])

    def effect(name: str, prior: str) -> str:
        """What a family adds to the log of something, with its parameters put among the sampled ones."""
        units = [f"unit_{name}{k}" for k in (*range(len(names)), "new")]
        sampled.update({f"pooling_{name}".rstrip("_"): prior} | dict.fromkeys(units, "Normal(0, 1)"))
        chosen = units[-1]
        for k in reversed(range(len(names))):
            chosen = f"where({CODE} < {k + 0.5}, {units[k]}, {chosen})"
        return f"{f'pooling_{name}'.rstrip('_')} * {chosen}"

    tree = law.formula.tree
    if exponents:
        own = _own_exponents(law)
        changed = {
            name: Binary("*", Name(name), Call("exp", (parse_formula(effect(f"{name}_", EXPONENT_POOLING)).tree,)))
            for name in own
        }
        tree = _with_exponents(tree, law, changed)
    formula = text_of(tree) if exponents else law.formula.text
    term = effect("", POOLING)
    page["formula"] = f"({formula}) * exp({term})" if law.link == "log" else f"({formula}) + S0 * {term}"
    page["inputs"] = {**page["inputs"], CODE: f"{by}, counted from 0 in {json.dumps(list(names))}; beyond, a new one"}
    page["sampled"] = sampled
    page.pop("presets", None)
    try:
        return read_law(page_text(page), name=law.name)
    except InputError as error:
        raise LawError(f"cannot be given families: {error.message}", where=law.name) from None


def families_of(law: Law) -> list[str]:
    """The families that a law knows, in the order of their codes; none for a law without."""
    unit = law.inputs.get(CODE, "")
    found: list[str] = json.loads(unit[unit.index("[") : unit.rindex("]") + 1]) if unit else []
    return found


def family_at(law: Law, code: float) -> str:
    """The family that a code stands for, in words."""
    names = families_of(law)
    return f"family {clipped(names[int(code)])}" if int(code) < len(names) else "a new family"


def _own_exponents(law: Law) -> list[str]:
    """The positive parameters that stand in powers of an input and nowhere else.

    Raises:
        LawError: there is none, or one stands elsewhere too, so that families could not be told apart about the centre.
    """
    positive = [name for name in law.parameters if _is_positive(law, name)]
    powers = [node for node in walk(law.formula.tree) if _is_power(node, law)]
    found = [name for name in positive if any(name in names_in(power.right) for power in powers)]
    inside = [name for power in powers for name in names_in(power.right)]
    elsewhere = [name for name in found if names_in(law.formula.tree).count(name) > inside.count(name)]
    if not found or elsewhere:
        why = f"{listed(elsewhere)} stands outside the powers of its inputs" if elsewhere else "it has no such exponent"
        raise LawError(f"families cannot have exponents of their own, because {why}; name another law", where=law.name)
    return found


def _is_positive(law: Law, name: str) -> bool:
    """Whether a parameter is above zero whatever the sampler does."""
    if name in law.sampled:
        return FAMILIES[law.sampled[name].family].coordinate == "log"
    return _keeps_above_zero(law.natural[name].tree, law)


def _keeps_above_zero(node: Node, law: Law) -> bool:
    """Whether a formula of positive parameters and shares, and of what shares leave, can only be above zero."""
    match node:
        case Number(value):
            return value > 0
        case Name(name) if name in law.sampled:
            return FAMILIES[law.sampled[name].family].support[0] == 0
        case Binary("-", Number(1.0), Name(name)) if name in law.sampled:
            return FAMILIES[law.sampled[name].family].support == (0.0, 1.0)
        case Binary("*" | "/" | "+", left, right):
            return _keeps_above_zero(left, law) and _keeps_above_zero(right, law)
        case Call("exp", _):
            return True
        case _:
            return False


def _is_power(node: Node, law: Law) -> TypeGuard[Binary]:
    """Whether a node is a power of an input, or of an input over its centre."""
    match node:
        case Binary("**", Name(name), _) | Binary("**", Binary("/", Name(name), Name(_)), _):
            return name in law.inputs
        case _:
            return False


def _with_exponents(node: Node, law: Law, changed: Mapping[str, Node]) -> Node:
    """A formula whose powers of inputs have other exponents, and the same value at the table's centre."""
    if _is_power(node, law) and set(names_in(node.right)) & changed.keys():
        other = replaced(node.right, changed)
        if isinstance(node.left, Binary):
            return Binary("**", node.left, other)
        assert isinstance(node.left, Name)
        centred = Binary("/", node.left, Name(f"{node.left.name}0"))
        return Binary("*", node, Binary("**", centred, Binary("-", other, node.right)))
    return with_parts(node, lambda part: _with_exponents(part, law, changed))
