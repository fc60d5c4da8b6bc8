"""Published constants: read from a law's page, and what they predict without any fit."""

from __future__ import annotations

import keyword
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from forecaster.errors import LawError, ScenarioError, clipped
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import Law, Preset


def predict(law: Law, preset: Preset | str, inputs: Mapping[str, Any]) -> Any:
    """The response that published constants give, a single number without any range.

    Args:
        law: the law whose formula is evaluated.
        preset: one of `law.presets`, or its name.
        inputs: a number or an array for each input of the law, in the unit of the page; arrays broadcast.

    Returns:
        The response in the unit of the preset's data, in the inputs' broadcast shape.

    Raises:
        LawError: the law has no such preset.
        ScenarioError: an input is missing, or the formula has no finite value there.
    """
    if isinstance(preset, str):
        if preset not in law.presets:
            has = ", ".join(law.presets) or "none"
            raise LawError(f"the {law.name} law has no preset `{clipped(preset)}`; it has {has}")
        preset = law.presets[preset]
    elif preset.law_name != law.name:
        raise LawError(f"the preset {preset.name} belongs to the {preset.law_name} law, not to {law.name}")
    for name in law.inputs:
        if name not in inputs:
            given = ", ".join(clipped(str(key)) for key in inputs) or "nothing"
            raise ScenarioError(f"the {law.name} law needs {name}; given: {given}", where="point")
    # As floats: the products of ordinary counts overflow 64-bit integers without a word.
    values = {name: np.asarray(inputs[name], dtype=float)[()] for name in law.inputs}
    with np.errstate(all="ignore"):
        response = evaluate(law.formula, {**preset.parameters, **values})
    if not np.isfinite(response).all():
        raise ScenarioError(f"{preset.name} of the {law.name} law has no finite value there", where="point")
    return response


def read_presets(law: Law, section: Mapping[str, Mapping[str, Any]], *, where: str) -> Mapping[str, Preset]:
    """The presets of a law page.

    Args:
        law: the law of the page, whose formula says which parameters a preset must give.
        section: the page's [presets], each with a source and one number for each parameter.
        where: the page's file, named in errors.

    Raises:
        LawError: a parameter is missing, unknown or not a finite number; no source; a formula with the table's
            own reference values, which no published constant can know.
    """
    return MappingProxyType({name: _preset(law, name, dict(given), where=where) for name, given in section.items()})


def _preset(law: Law, name: str, given: dict[str, Any], *, where: str) -> Preset:
    where = f"{where} [presets.{clipped(name)}]"
    if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
        raise LawError("the name of a preset is made of letters, digits and _", where=where)
    own = [reference for reference in law.formula.names if reference in law.references]
    if own:
        raise LawError(
            f"the formula uses {own[0]}, which each table sets for itself; it can have no preset", where=where
        )
    source = given.pop("source", None)
    if not isinstance(source, str) or not source.strip():
        raise LawError("source: a preset needs the publication that it comes from", where=where)
    for parameter in law.parameters:
        if parameter not in given:
            raise LawError(f"`{parameter}` of the formula is missing", where=where)
    for key, value in given.items():
        if key not in law.parameters:
            expected = ", ".join(law.parameters)
            raise LawError(f"`{clipped(key)}` is no parameter of the formula; those are {expected}", where=where)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise LawError(f"`{key}` is {clipped(str(value))}; a finite number is needed", where=where)
    return Preset(law.name, name, source, MappingProxyType({key: float(given[key]) for key in law.parameters}))
