"""A law with other priors: the same formula and page, with what the user believes of some parameters."""

from __future__ import annotations

import graphlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial, reduce
from types import MappingProxyType

import numpy as np

from forecaster.errors import InputError, LawError, clipped, listed
from forecaster.laws.formula.algebra import factors, names_in, solved, text_of
from forecaster.laws.formula.parse import parse_formula
from forecaster.laws.formula.tree import Binary, Formula, Name, evaluate
from forecaster.laws.law import Law, is_count
from forecaster.laws.page import page_text, read_law
from forecaster.laws.prior import Prior, parse_prior
from forecaster.stats.distributions import FAMILIES

SAID_AS = "expected NAME=PRIOR, such as alpha=Normal(0.35, 0.05) or alpha=LogNormal 90% in 0.2..0.5"

DRAWS = 20_000

Z90 = 1.6448536269514722
"""Standard deviations from the middle of a Normal to either end of its 90% interval."""


def parse_priors(texts: Iterable[str]) -> dict[str, Prior]:
    """Priors by name, from texts such as `alpha=Normal(0.35, 0.05)`.

    Raises:
        LawError: a text without a name or a prior, or a name given twice.
    """
    found: dict[str, Prior] = {}
    for text in texts:
        name, equals, prior = (part.strip() for part in text.partition("="))
        if not (equals and name.isidentifier()):
            raise LawError(f"`{clipped(text, 57)}` names no parameter; {SAID_AS}", where="prior")
        if name in found:
            raise LawError(f"{name} is given two priors; expected one", where="prior")
        found[name] = parse_prior(prior, where=f"prior of {clipped(name)}")
    return found


def with_priors(law: Law, priors: Mapping[str, str | Prior]) -> Law:
    """The law with other priors on some of its parameters, under its old name and with a page of its own.

    A sampled parameter, the law's or its noise's, changes its prior. A natural one is sampled from now on, as it is
    written, and sampled parameters that nothing uses any more are dropped. Where too many would be left, the sampler
    would wander along what the data cannot tell apart (20 times the steps on the Chinchilla law, and draws that fail
    their checks), so first one sampled parameter of unbounded range follows from the natural one and gives up its own
    prior (the level, where A alone is given), and where none can, the other natural parameters are sampled too, each
    LogNormal with the 90% interval that its old priors gave it at the centre. The page shows either.

    Args:
        law: any law.
        priors: by the parameter's name, as text or read. One on a natural parameter that can be 0 or less is cut off
            at 0 where less than a thousandth of it lies below.

    Raises:
        LawError: a name that the law has no parameter of, a prior for what nothing uses any more, or priors that
            leave a parameter too many or another without what it needs.
    """
    if not priors:
        return law
    _refuse_unknown([law], priors)
    given = {
        name: parse_prior(prior, where=f"prior of {name}") if isinstance(prior, str) else prior
        for name, prior in priors.items()
    }
    sampled = {name: given.get(name, prior) for name, prior in law.sampled.items()}
    noise = {name: given.get(name, prior) for name, prior in law.noise.sampled.items()}
    natural = dict(law.natural)
    for name in [name for name in _natural(law) if name in given]:
        sampled[name] = given[name]
        del natural[name]
    sampled, natural = _used(law, sampled, natural)
    for name in given:
        if name not in sampled and name not in noise:
            others = listed(other for other in given if other in law.natural)
            raise LawError(
                f"nothing uses {name} once {others} have priors of their own; leave out one of them", where=law.name
            )
    if len(sampled) > len(law.sampled):
        sampled, natural = _as_many(law, sampled, natural, given)
    return _read(law, sampled, natural, noise, given)


def with_priors_each(
    laws: Sequence[Law],
    priors: Mapping[str, str | Prior],
    *,
    by_law: Mapping[str, Mapping[str, str | Prior]] = MappingProxyType({}),
) -> tuple[Law, ...]:
    """Several laws, each with those of the priors that it has a parameter for.

    Args:
        laws: any.
        priors: by the parameter's name.
        by_law: further priors by law; where one is given twice that of `priors` holds.

    Raises:
        LawError: a name that none of them has, or what `with_priors` refuses.
    """
    _refuse_unknown(laws, priors)

    def own(law: Law) -> dict[str, str | Prior]:
        both = {**by_law.get(law.name, {}), **priors}
        return {name: prior for name, prior in both.items() if name in _allowed(law)}

    return tuple(with_priors(law, own(law)) for law in laws)


def _allowed(law: Law) -> tuple[str, ...]:
    return (*_natural(law), *law.sampled, *law.noise.sampled)


def _natural(law: Law) -> list[str]:
    """The formula's own parameters that follow from sampled ones; a page may have others on the way to them."""
    return [name for name in law.natural if name in law.parameters]


def _refuse_unknown(laws: Sequence[Law], priors: Iterable[str]) -> None:
    for name in priors:
        if not any(name in _allowed(law) for law in laws):
            allowed = "; ".join(f"{law.name}: {', '.join(_allowed(law))}" for law in laws)
            raise LawError(f"there is no parameter `{clipped(name)}`; priors may be given for {allowed}", where="prior")


def _used(
    law: Law, sampled: Mapping[str, Prior], natural: Mapping[str, Formula]
) -> tuple[dict[str, Prior], dict[str, Formula]]:
    """What the formula still needs, directly or through the natural parameters and the priors."""
    found: set[str] = set()
    waiting = list(law.formula.names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += natural[name].names if name in natural else ()
            waiting += sampled[name].names if name in sampled else ()
    return {n: p for n, p in sampled.items() if n in found}, {n: f for n, f in natural.items() if n in found}


def _as_many(
    law: Law, sampled: Mapping[str, Prior], natural: Mapping[str, Formula], given: Mapping[str, Prior]
) -> tuple[dict[str, Prior], dict[str, Formula]]:
    """The same with no more sampled parameters than the law had."""
    fewer, follow = dict(sampled), dict(natural)
    for name in (name for name in _natural(law) if name in given):
        if len(fewer) > len(law.sampled):
            fewer, follow = _exchanged(law, name, fewer, follow, kept=given) or (fewer, follow)
    if len(fewer) > len(law.sampled):
        fewer, follow = _as_written(law, sampled, natural, given)
    if len(fewer) > len(law.sampled):
        chosen = [name for name in _natural(law) if name in given]
        above = {name: parse_prior("LogNormal(0, 1)") for name in chosen}
        helps = any(_exchanged(law, name, {**sampled, **above}, natural, kept=given) for name in chosen)
        cure = f"give {listed(chosen)} a prior above 0, or one " if helps and len(chosen) == 1 else "give one "
        raise LawError(
            f"a prior on {listed(chosen)} leaves {len(sampled)} sampled parameters where {len(law.sampled)} settle the "
            f"law; {cure}to each of {', '.join(_natural(law))}, or to any of {', '.join(law.sampled)}",
            where=law.name,
        )
    return fewer, follow


def _exchanged(
    law: Law, name: str, sampled: Mapping[str, Prior], natural: Mapping[str, Formula], *, kept: Iterable[str]
) -> tuple[dict[str, Prior], dict[str, Formula]] | None:
    """The same with one sampled parameter following from the natural one `name`; None where none can.

    It must be of unbounded range, so that whatever follows is a value it can have; occur once in the natural
    parameter's formula; stand in no prior; and have no prior from the user.
    """
    in_priors = {used for prior in sampled.values() for used in prior.names}
    tree = law.natural[name].tree
    for other, prior in sampled.items():
        unbounded = FAMILIES[prior.family].coordinate == "value"
        if other in kept or other in in_priors or not unbounded or names_in(tree).count(other) != 1:
            continue
        solution = solved(tree, other, Name(name), positive=_is_positive(sampled[name]))
        if solution is None:
            continue
        rest = {n: p for n, p in sampled.items() if n != other}
        try:
            follows = {**natural, other: parse_formula(text_of(solution))}
            made = _read(law, rest, follows, law.noise.sampled, [name])
        except InputError:
            continue
        if _is_finite(made):
            return rest, follows
    return None


def _as_written(
    law: Law, sampled: Mapping[str, Prior], natural: Mapping[str, Formula], given: Mapping[str, Prior]
) -> tuple[dict[str, Prior], dict[str, Formula]]:
    """The same with the other natural parameters sampled, each LogNormal with the 90% interval that it had.

    A natural parameter is a product of what its own sampled parameters give, which one new parameter replaces, and of
    the rest, such as L0 * N0**alpha, which stays.
    """
    elsewhere = {*law.formula.names, *(used for prior in sampled.values() for used in prior.names)}
    own = {name for name in sampled if name not in elsewhere and name not in given}
    found, left = dict(sampled), dict(natural)
    random = np.random.default_rng(1)
    fixed = [name for name, prior in sampled.items() if not prior.names]
    drawn = {name: sampled[name].quantile(random.uniform(size=DRAWS)) for name in fixed}
    for name, formula in natural.items():
        product = factors(formula.tree)
        parts = [factor for factor in product if own & set(names_in(factor))]
        if not parts or not {used for part in parts for used in names_in(part)} <= drawn.keys():
            continue
        with np.errstate(all="ignore"):
            logs = np.sum([np.log(evaluate(part, drawn)) for part in parts], axis=0)
        if np.isfinite(logs).all():
            low, high = np.quantile(logs, [0.05, 0.95])
            prior = parse_prior(f"LogNormal({(low + high) / 2:.3g}, {(high - low) / (2 * Z90):.3g})")
            rest = [factor for factor in product if factor not in parts]
            centre = f"{name}_centre" if rest else name
            found[centre] = prior
            del left[name]
            if rest:
                left[name] = parse_formula(text_of(reduce(partial(Binary, "*"), [*rest, Name(centre)])))
    return _used(law, found, left)


def _is_positive(prior: Prior) -> bool:
    """Whether all of the prior but a thousandth at most lies above zero, which is then all that is sampled."""
    return FAMILIES[prior.family].support[0] == 0 or (not prior.names and bool(prior.quantile(1e-3) > 0))


def _is_finite(law: Law) -> bool:
    """Whether draws from the priors give the formula its parameters, on a table like any other."""
    references = dict.fromkeys(law.references, 1.0)
    references |= {f"{name}0": 1e9 for name in law.inputs if is_count(law, name)}
    with np.errstate(all="ignore"):
        drawn = law.draw_priors(references, draws=500, seed=1)
    return all(bool(np.isfinite(drawn[name]).mean() > 0.99) for name in law.parameters)


def _read(
    law: Law,
    sampled: Mapping[str, Prior],
    natural: Mapping[str, Formula],
    noise: Mapping[str, Prior],
    given: Iterable[str],
) -> Law:
    page = tomllib.loads(law.text)
    page["sampled"] = {name: prior.text for name, prior in sampled.items()}
    page["natural"] = {name: natural[name].text for name in _in_order(natural)}
    if not natural:
        del page["natural"]
    if noise != law.noise.sampled:
        page["noise"] = {"family": law.noise.family, "scale": law.noise.scale.text}
        page["noise"] |= {} if law.noise.nu is None else {"nu": law.noise.nu.text}
        page["noise"]["sampled"] = {name: prior.text for name, prior in noise.items()}
    try:
        return read_law(page_text(page), name=law.name)
    except InputError as error:
        raise LawError(
            f"with a prior on {listed(given)} it is no law any more: {error.message}; "
            f"priors may be given for {', '.join(_allowed(law))}",
            where=law.name,
        ) from None


def _in_order(natural: Mapping[str, Formula]) -> list[str]:
    """Each natural parameter after those that its formula uses, otherwise as they stand."""
    graph = {name: [used for used in formula.names if used in natural] for name, formula in natural.items()}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError:
        return list(natural)  # refused when read
