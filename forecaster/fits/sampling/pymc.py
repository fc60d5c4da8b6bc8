"""PyMC's model of a law: on the arrays that a density takes, and on a table with names of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from forecaster.fits.design import Design
from forecaster.laws.formula.tree import FUNCTIONS, evaluate
from forecaster.laws.law import Law, is_count
from forecaster.laws.prior import Prior
from forecaster.stats.distributions import FAMILIES

RESPONSE = "linked_loss"
CURVE = "linked_response"
RUN = "run"
ROWS, FIXED = "rows", "fixed"
KNOWN_ERRORS = "known_errors"


@dataclass(frozen=True, eq=False)
class TableValues:
    """What a model being built knows of a table, as PyTensor variables.

    Args:
        values: of the inputs, shape (run), and of the reference names.
        logs: natural logarithms of those that are counts.
        d: log of each run's scale over the table's largest.
        level: what responses are less of, on the scale of the link.
        response: observed, on that scale, less the level.
        known_errors: standard errors of the response on that scale; None where the table has none.
        dims: of curve and response.
    """

    values: Mapping[str, Any]
    logs: Mapping[str, Any]
    d: Any
    level: Any
    response: Any
    known_errors: Any
    dims: str | None = None


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

    k = len(law.inputs)
    with pm.Model(check_bounds=False) as model:
        row_data, fixed_data = pm.Data(free_name(law, ROWS), rows), pm.Data(free_name(law, FIXED), fixed)
        values: dict[str, Any] = {}
        logs: dict[str, Any] = {}
        for i, name in enumerate(law.inputs):
            for key, given in ((name, row_data[i]), (f"{name}0", fixed_data[i])):
                values[key] = given
                if is_count(law, name):
                    logs[key], values[key] = given, pt.exp(given)
        level = fixed_data[k]
        values["L0"] = pt.exp(level) if law.link == "log" else level
        if law.link != "log":
            values["S0"] = fixed_data[k + 1]
            level = _on_link(law, level, values)
        errors = row_data[k + 2] if known_errors else None
        table = TableValues(values, logs, row_data[k], level, row_data[k + 1], errors)
        _add_law(law, table, variable=coordinate_variable)
    return model


def table_model(design: Design) -> Any:
    """The PyMC model of a law on a table, every variable named for what it means.

    Which variables it has is said of `Fit.model`.

    Args:
        design: the law on the table.

    Raises:
        RunsError: the table lacks an input of the law, or holds a response that has no place on its scale.
    """
    import pymc as pm
    import pytensor.tensor as pt

    law, runs, fixed = design.law, design.runs, design.references
    run = free_name(law, RUN)
    with pm.Model(coords={run: np.arange(len(runs))}, check_bounds=False) as model:
        data = partial(pm.Data, dims=run)
        values = {name: data(name, column) for name, column in design.inputs().items()}
        logs = {name: pt.log(value) for name, value in values.items() if is_count(law, name)}
        logs |= {name: double(value) for name, value in fixed.log_centre.items()}
        # An input of the law may be the table's scale under another name.
        scale = next((values[name] for name, column in design.columns.items() if column == runs.scale), None)
        if scale is None and "d" in law.noise.scale.names:
            scale = data(free_name(law, runs.scale), runs.column(runs.scale))
        d = 0.0 if scale is None else pt.log(scale / double(fixed.scale_largest))
        values |= {name: double(value) for name, value in fixed.values.items()}
        errors = data(free_name(law, KNOWN_ERRORS), design.known_errors(runs)) if design.has_known_errors else None
        response = design.link.on(runs.column("loss"))
        _add_law(law, TableValues(values, logs, d, 0.0, response, errors, run), variable=prior_variable)
    return model


def free_name(law: Law, name: str) -> str:
    """A name of the model's own, with an underscore after it for as long as the law has one like it."""
    while name in {*law.inputs, *law.priors, *law.natural, *law.references}:
        name += "_"
    return name


def _add_law(law: Law, table: TableValues, *, variable: Callable[..., Any]) -> None:
    """The priors, the curve and the noise of a law, put into the model being built."""
    import pymc as pm
    import pytensor.tensor as pt

    functions = pytensor_functions()
    values = dict(table.values)
    for name, prior in law.priors.items():
        values[name] = variable(name, prior, values, functions)

    def evaluated(formula: Any, **more: Any) -> Any:
        return double(evaluate(formula, {**values, **more}, functions=functions, logs=table.logs))

    for name, formula in law.natural.items():
        value = evaluated(formula)
        values[name] = pm.Deterministic(name, value) if name in law.parameters else value
    mean = _on_link(law, evaluated(law.formula), values) - table.level
    mean = pm.Deterministic(free_name(law, CURVE), mean, dims=table.dims)
    scale = evaluated(law.noise.scale, d=table.d) + pt.zeros_like(mean)
    if table.known_errors is not None:
        scale = pt.sqrt(scale**2 + table.known_errors**2)
    response = free_name(law, RESPONSE)
    observed = {"mu": mean, "sigma": scale, "observed": table.response, "dims": table.dims}
    if law.noise.nu is None:
        pm.Normal(response, **observed)
    else:
        pm.StudentT(response, nu=evaluated(law.noise.nu), **observed)


def prior_variable(name: str, prior: Prior, values: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
    """A parameter of the model being built, on its own scale; the sampler moves its unbounded coordinate.

    Args:
        name: the parameter's.
        prior: of it.
        values: PyTensor variables for the names in the prior's arguments.
        functions: the grammar's functions on PyTensor variables.
    """
    import pymc as pm

    kind, *names = FAMILIES[prior.family].pymc
    arguments = [double(evaluate(argument, values, functions=functions)) for argument in prior.arguments]
    # PyMC moves a LogitNormal on its own scale unless it is told.
    more = {"default_transform": pm.distributions.transforms.logodds} if kind == "LogitNormal" else {}
    return getattr(pm, kind)(name, **dict(zip(names, arguments, strict=True)), **more)


def coordinate_variable(name: str, prior: Prior, values: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
    """The same parameter through a Normal variable on its coordinate, where its family is written so.

    There it keeps its digits however far out: a share within 1e-16 of 1 has no logit that PyMC could find.

    Args:
        name: the parameter's.
        prior: of it.
        values: PyTensor variables for the names in the prior's arguments.
        functions: the grammar's functions on PyTensor variables.
    """
    import pytensor.tensor as pt

    if prior.family not in ("LogNormal", "LogitNormal"):
        return prior_variable(name, prior, values, functions)
    coordinate = prior_variable(name, Prior("Normal", prior.arguments), values, functions)
    return pt.exp(coordinate) if prior.family == "LogNormal" else pt.sigmoid(coordinate)


def double(value: Any) -> Any:
    """A number as a PyTensor constant in double precision; PyTensor takes the smallest type that holds it."""
    import pytensor.tensor as pt

    return value if isinstance(value, pt.TensorVariable) else pt.constant(float(value), dtype="float64")


def pytensor_functions() -> dict[str, Callable[..., Any]]:
    """The grammar's functions on PyTensor variables and numbers, in double precision."""
    import pytensor.tensor as pt

    def of_doubles(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: function(*map(double, arguments))

    return {name: of_doubles(getattr(pt, "switch" if name == "where" else name)) for name in FUNCTIONS}


def _on_link(law: Law, response: Any, values: Mapping[str, Any]) -> Any:
    import pytensor.tensor as pt

    match law.link:
        case "log":
            return pt.log(response)
        case "own":
            return response / values["S0"]
        case "logit":
            return pt.log(response) - pt.log1p(-response)


def density_graph(law: Law, *, known_errors: bool = False) -> tuple[Any, tuple[Any, Any], Any, Any]:
    """A law's model, the rows and fixed values that it holds, a vector of coordinates, and the log density there.

    Args:
        law: any law.
        known_errors: whether tables come with standard errors of the response.
    """
    import pytensor.tensor as pt
    from pytensor.graph import clone_replace

    columns = len(law.inputs) + (3 if known_errors else 2)
    constants = len(law.inputs) + (1 if law.link == "log" else 2)
    # Any values will do, as long as the expressions are defined.
    model = build_model(law, np.zeros((columns, 2)), np.full(constants, 0.5), known_errors=known_errors)
    point = pt.vector("point", shape=(len(law.priors),), dtype="float64")
    at = {variable: point[i] for i, variable in enumerate(model.value_vars)}
    data = model[free_name(law, ROWS)], model[free_name(law, FIXED)]
    return model, data, point, clone_replace(model.logp(), at, rebuild_strict=False)


def reference_density(
    law: Law, *, known_errors: bool = False
) -> Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[float, np.ndarray]]:
    """PyMC's log density of a law and its gradient, run by Python alone: slow, to hold a fast one against.

    It is as PyMC has it, through the values of the parameters: a share within 1e-9 of 1 has lost half its digits.

    Args:
        law: any law.
        known_errors: whether tables come with standard errors of the response.

    Returns:
        coordinates (parameter), rows (column, run), fixed values (reference), as `Design.density_data` gives them ->
        log density, gradient (parameter).
    """
    import pytensor
    import pytensor.tensor as pt
    from pytensor.compile.mode import Mode

    _, data, point, value = density_graph(law, known_errors=known_errors)
    inputs = [pt.matrix("rows", dtype="float64"), pt.vector("fixed", dtype="float64")]
    outputs = [value, pt.grad(value, point)]
    function = pytensor.function(
        [point, *inputs], outputs, givens=dict(zip(data, inputs, strict=True)),
        mode=Mode(linker="py", optimizer=None), on_unused_input="ignore",
    )  # fmt: skip

    def density(x: np.ndarray, rows: np.ndarray, fixed: np.ndarray) -> tuple[float, np.ndarray]:
        found, gradient = function(x, rows, fixed)
        return float(found), np.asarray(gradient)

    return density
