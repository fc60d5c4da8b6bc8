"""A law's page: TOML to a law, and a page's keys and sections to TOML."""

from __future__ import annotations

import json
import keyword
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from forecaster.errors import LawError
from forecaster.laws.formula.parse import parse_formula
from forecaster.laws.formula.tree import FUNCTIONS
from forecaster.laws.law import Law, Noise
from forecaster.laws.presets import read_presets
from forecaster.laws.prior import Prior, parse_prior
from forecaster.stats.link import LinkName

if TYPE_CHECKING:
    from pydantic import BaseModel


RECIPE_NOISE = """
family = "StudentT"
scale  = "sqrt(0.001**2 + sigma**2 + (growth * d)**2)"
nu     = "1 + tail"
[sampled]
sigma  = "LogNormal(log(0.01), 1.5)"
growth = "LogNormal(log(0.003), 1)"
tail   = "LogNormal(log(8), 0.8)"
"""
"""The noise of a page without a [noise] section, on the scale of the law's link; d = log(C / C_max)."""

TAKEN_NAMES = ("mixture", "naive-last", "naive-line", "huber-bootstrap")
"""What stands beside the laws in a track record, and so can be no law's own name."""


def read_law(page: str, *, name: str) -> Law:
    """A law from the text of its page.

    Args:
        page: TOML with title, source, formula, [inputs], [sampled] and, where needed, [natural], [response],
            [noise], [extrapolation] and [presets].
        name: what to call it; also named in errors.

    Raises:
        LawError: TOML that cannot be read, a missing or unknown key, a name used but defined nowhere.
        FormulaError: a formula outside the grammar.
    """
    where = f"{name}.toml"
    if name in TAKEN_NAMES:
        raise LawError(f"{name} stands for something else in a track record; give the file another name", where=where)
    if len(page) > 100_000:
        raise LawError(f"a page of {len(page)} characters is too long for a law", where=where)
    try:
        raw = tomllib.loads(page)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LawError(f"is not valid TOML: {error}", where=where) from None
    data = _validated(raw, where=where)
    noise = data["noise"] or tomllib.loads(RECIPE_NOISE)
    exponent = data["extrapolation"]["exponent"]
    built = Law(
        name=name,
        title=data["title"],
        source=data["source"],
        formula=parse_formula(data["formula"], where=f"{where} formula"),
        inputs=MappingProxyType(dict(data["inputs"])),
        sampled=_priors(data["sampled"], where=f"{where} [sampled]"),
        natural=MappingProxyType(
            {key: parse_formula(value, where=f"{where} [natural] {key}") for key, value in data["natural"].items()}
        ),
        noise=Noise(
            family=noise["family"],
            scale=parse_formula(noise["scale"], where=f"{where} [noise] scale"),
            nu=None if noise["family"] == "Normal" else parse_formula(noise["nu"], where=f"{where} [noise] nu"),
            sampled=_priors(noise["sampled"], where=f"{where} [noise.sampled]"),
        ),
        text=page,
        link=data["response"]["link"],
        of_score=data["response"]["of"] == "score",
        exponent=None if exponent is None else parse_formula(exponent, where=f"{where} [extrapolation] exponent"),
    )
    _refuse_undefined_names(built, where=where)
    return replace(built, presets=read_presets(built, data["presets"], where=where))


def page_text(page: Mapping[str, Any]) -> str:
    """The TOML of a page: keys of the page first, then its sections."""
    lines: list[str] = []
    _write(page, (), lines)
    return "\n".join(lines).lstrip("\n") + "\n"


@cache
def _page() -> type[BaseModel]:
    """What a page may hold; made once, since making it takes longer than reading a page."""
    from pydantic import BaseModel, ConfigDict, Field

    class NoiseSection(BaseModel):
        model_config = ConfigDict(extra="forbid")
        family: Literal["Normal", "StudentT"]
        scale: str | float
        nu: str | float | None = None
        sampled: dict[str, str] = Field(default_factory=dict)

    class ResponseSection(BaseModel):
        model_config = ConfigDict(extra="forbid")
        link: LinkName = "log"
        of: Literal["", "score"] = ""

    class ExtrapolationSection(BaseModel):
        model_config = ConfigDict(extra="forbid")
        exponent: str | float | None = None

    class Page(BaseModel):
        model_config = ConfigDict(extra="forbid")
        title: str
        source: str = "no source given"
        formula: str
        inputs: dict[str, str] = Field(min_length=1)
        sampled: dict[str, str] = Field(min_length=1)
        natural: dict[str, str | float] = Field(default_factory=dict)
        noise: NoiseSection | None = None
        response: ResponseSection = Field(default_factory=ResponseSection)
        extrapolation: ExtrapolationSection = Field(default_factory=ExtrapolationSection)
        presets: dict[str, dict[str, Any]] = Field(default_factory=dict)

    return Page


def _validated(raw: dict[str, Any], *, where: str) -> dict[str, Any]:
    from pydantic import ValidationError

    try:
        data = _page().model_validate(raw).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the page"
        raise LawError(f"{key}: {first['msg'].lower()}", where=where) from None
    data["noise"] = data["noise"] or {}
    if data["noise"].get("family") == "StudentT" and data["noise"]["nu"] is None:
        raise LawError("noise.nu: StudentT needs its degrees of freedom, such as nu = 8", where=where)
    return data


def _priors(section: Mapping[str, str], *, where: str) -> Mapping[str, Prior]:
    return MappingProxyType({key: parse_prior(text, where=f"{where} {key}") for key, text in section.items()})


def _refuse_undefined_names(law: Law, *, where: str) -> None:
    reserved = {"d", *law.references}
    names = [*law.inputs, *law.sampled, *law.natural, *law.noise.sampled]
    for name in names:
        if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name) or name in FUNCTIONS:
            raise LawError(f"`{name}` is not a name that a formula can use", where=where)
        if name in reserved:
            raise LawError(f"`{name}` is a reference name and cannot be defined on a page", where=where)
        if names.count(name) > 1:
            raise LawError(f"`{name}` is defined twice", where=where)
    known = {*law.references, *law.sampled}
    for name, prior in law.sampled.items():
        _defined(prior.names, known, f"the prior of {name}", where=where)
    for name, formula in law.natural.items():
        _defined(formula.names, known, f"[natural] {name}", where=where)
        known.add(name)
    _defined(law.formula.names, known | set(law.inputs), "the formula", where=where)
    noise_names = {*law.references, *law.noise.sampled}
    for name, prior in law.noise.sampled.items():
        _defined(prior.names, noise_names, f"the prior of {name}", where=where)
    _defined(law.noise.scale.names, noise_names | {"d"}, "the noise's scale", where=where)
    if law.noise.nu is not None:
        _defined(law.noise.nu.names, noise_names, "the noise's nu", where=where)
    if law.exponent is not None:
        _defined(law.exponent.names, {*law.parameters}, "the exponent", where=where)
    used = {n for formula in law.natural.values() for n in formula.names} | set(law.formula.names)
    used |= {n for prior in law.sampled.values() for n in prior.names}
    used |= {*law.noise.scale.names, *(law.noise.nu.names if law.noise.nu else ())}
    used |= {n for prior in law.noise.sampled.values() for n in prior.names}
    for name in names:
        if name not in used:
            raise LawError(f"`{name}` is defined but used nowhere", where=where)
    for name in law.inputs:
        if name not in law.formula.names:
            raise LawError(f"the formula does not use its input `{name}`", where=where)
    try:
        _ = law.priors
    except LawError as error:
        raise LawError(error.message, where=where) from None


def _defined(names: Iterable[str], known: set[str], owner: str, *, where: str) -> None:
    for name in names:
        if name not in known:
            raise LawError(
                f"{owner} uses `{name}`, which is defined nowhere; known here are {', '.join(sorted(known))}",
                where=where,
            )


def _write(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    sections = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    if path and (len(sections) < len(table) or not table):
        lines += ["", f"[{'.'.join(map(_key, path))}]"]
    lines += [f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in sections]
    for key, section in sections.items():
        _write(section, (*path, key), lines)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            # JSON's escapes are TOML's too, but for one character that JSON leaves as it is.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return str(value)
