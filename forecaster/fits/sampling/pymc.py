"""The density of a law from PyMC's own graph."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from forecaster.laws.formula.tree import FUNCTIONS, evaluate
from forecaster.laws.law import Law, is_count
from forecaster.laws.prior import Prior
from forecaster.stats.distributions import FAMILIES


def build_model(law: Law, rows: np.ndarray, fixed: np.ndarray, *, known_errors: bool = False) -> Any:
    """The PyMC model of a law, its data held in `pm.Data` so that another table can take their place.

    Args:
        law: any law.
        rows: as `Design.density_data` gives them.
        fixed: the same.
        known_errors: whether the last row holds standard errors of the response.
    """
    import pymc as pm
    import pytensor.tensor as pt

    functions = {name: getattr(pt, "switch" if name == "where" else name) for name in FUNCTIONS}
    with pm.Model(check_bounds=False) as model:
        row_data = pm.Data("rows", rows)
        fixed_data = pm.Data("fixed", fixed)
        values: dict[str, Any] = {}
        logs: dict[str, Any] = {}
        for i, name in enumerate(law.inputs):
            values[name], values[f"{name}0"] = row_data[i], fixed_data[i]
            if is_count(law, name):
                logs[name], logs[f"{name}0"] = row_data[i], fixed_data[i]
                values[name], values[f"{name}0"] = pt.exp(row_data[i]), pt.exp(fixed_data[i])
        level = fixed_data[len(law.inputs)]
        values["L0"] = pt.exp(level) if law.link == "log" else level
        if law.link != "log":
            values["S0"] = fixed_data[len(law.inputs) + 1]
        d, y = row_data[len(law.inputs)], row_data[len(law.inputs) + 1]
        for name, prior in law.priors.items():
            values[name] = prior_variable(name, prior, values, functions)
        evaluated = partial(evaluate, functions=functions, logs=logs)
        for name, formula in law.natural.items():
            values[name] = evaluated(formula, values)
        response = evaluated(law.formula, values)
        match law.link:
            case "log":
                mean = pt.log(response) - level
            case "own":
                mean = (response - level) / values["S0"]
            case "logit":
                mean = pt.log(response) - pt.log1p(-response) - pt.log(level) + pt.log1p(-level)
        scale = evaluated(law.noise.scale, {**values, "d": d}) + pt.zeros_like(d)
        if known_errors:
            scale = pt.sqrt(scale**2 + row_data[len(law.inputs) + 2] ** 2)
        if law.noise.nu is None:
            pm.Normal("y", mu=mean, sigma=scale, observed=y)
        else:
            pm.StudentT("y", nu=evaluated(law.noise.nu, values), mu=mean, sigma=scale, observed=y)
    return model


def prior_variable(name: str, prior: Prior, values: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
    """A parameter of the model being built: the variable that the sampler moves, brought to the parameter's value.

    Args:
        name: the parameter's.
        prior: of it.
        values: PyTensor variables for the names in the prior's arguments.
        functions: the grammar's functions on PyTensor variables.
    """
    import pymc as pm
    import pytensor.tensor as pt

    family = FAMILIES[prior.family]
    kind, *names = family.pymc
    arguments = [evaluate(argument, values, functions=functions) for argument in prior.arguments]
    variable = getattr(pm, kind)(name, **dict(zip(names, arguments, strict=True)))
    if kind == "Normal" and family.coordinate != "value":
        return pt.exp(variable) if family.coordinate == "log" else pt.sigmoid(variable)
    return variable
