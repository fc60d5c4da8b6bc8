"""A formula's JavaScript is worth what NumPy makes of the same tree."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from browsing import scripted
from hypothesis import HealthCheck, Phase, assume, given, settings, strategies as st

from forecaster.errors import FormulaError
from forecaster.laws.formula.algebra import text_of
from forecaster.laws.formula.javascript import HELPERS, in_script, javascript, literal, settled
from forecaster.laws.formula.parse import parse_formula
from forecaster.laws.formula.tree import FUNCTIONS, Binary, Call, Formula, Name, Negative, Node, Number, evaluate, walk
from forecaster.laws.law import Law
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law, shelf

CLOSE = 1e-10
NAMES = ("a", "b", "c")


def ran(cases: list[tuple[Node | Formula, Mapping[str, float], Mapping[str, float]]], folder: Path) -> list[float]:
    """What JavaScript makes of formulas, each with values and logarithms of its names."""
    lines = []
    for formula, values, logs in cases:
        names = {name: f"v[{i}]" for i, name in enumerate(values)}
        log_names = {name: f"l[{i}]" for i, name in enumerate(logs)}
        v, u = (", ".join(literal(each) for each in given.values()) for given in (values, logs))
        lines.append(f"say(((v, l) => {javascript(formula, names, logs=log_names)})([{v}], [{u}]));")
    said = scripted(HELPERS + "\n".join(lines), folder).split("\n")
    return [float(text.replace("Infinity", "inf")) for text in said]


def expected(formula: Node | Formula, values: Mapping[str, float], logs: Mapping[str, float]) -> float:
    with np.errstate(all="ignore"):
        return float(evaluate(formula, values, logs=logs))


def same(found: float, wanted: float) -> bool:
    if not math.isfinite(wanted):
        return found == wanted or (math.isnan(found) and math.isnan(wanted))
    return abs(found - wanted) <= CLOSE * abs(wanted)


def cases_of(found: Law, random: np.random.Generator) -> list[tuple[Formula, dict[str, float], dict[str, float]]]:
    """The law's response, noise and natural parameters at draws of its priors and at inputs over six decades."""
    centre = {f"{name}0": 10 ** random.uniform(0.5, 11) for name in found.inputs} | {"L0": 0.6, "S0": 0.3}
    logs = {name: math.log(value) for name, value in centre.items() if name not in ("L0", "S0")}
    draws = found.draw_priors(centre, draws=20, seed=3)
    cases = []
    for i in range(20):
        inputs = {name: centre[f"{name}0"] * 10 ** random.uniform(-3, 3) for name in found.inputs}
        values = centre | {name: float(each[i]) for name, each in draws.items()} | inputs
        known = logs | {name: math.log(value) for name, value in inputs.items()}
        cases.append((found.formula, values, known))
        cases.append((found.noise.scale, values | {"d": float(random.uniform(-9, 9))}, {}))
        values = dict(values)
        for name, natural in found.natural.items():
            cases.append((natural, values, logs))
            with np.errstate(all="ignore"):
                values = values | {name: float(evaluate(natural, values, logs=logs))}
    return cases


def test_every_law_on_the_shelf_is_the_same_in_javascript(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    cases = [(name, *case) for name in shelf() for case in cases_of(law(name), random)]
    found = ran([case[1:] for case in cases], tmp_path)
    wrong = [
        (name, str(formula), got, expected(formula, values, logs))
        for (name, formula, values, logs), got in zip(cases, found, strict=True)
        if not same(got, expected(formula, values, logs))
    ]
    assert not wrong, wrong[:3]
    finite = [got for (_, formula, _, _), got in zip(cases, found, strict=True) if math.isfinite(got)]
    assert len(finite) > 0.9 * len(cases)


def trees(depth: int) -> st.SearchStrategy[Node]:
    """Formulas of the whole grammar over the names a, b and c."""
    leaf: st.SearchStrategy[Node] = st.one_of(
        st.sampled_from(NAMES).map(Name),
        st.floats(0.01, 50.0, allow_subnormal=False).map(Number),
    )
    if depth == 0:
        return leaf
    below = trees(depth - 1)
    comparison = st.builds(Binary, st.sampled_from(["<", "<=", ">", ">="]), below, below)
    called = [
        st.tuples(st.just(name), st.tuples(*[below] * count)).map(lambda pair: Call(*pair))
        for name, count in FUNCTIONS.items()
        if name != "where"
    ]
    return st.one_of(
        leaf,
        st.builds(Negative, below),
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "**"]), below, below),
        *called,
        st.builds(lambda asked, then, other: Call("where", (asked, then, other)), comparison, below, below),
    )


VALUES = st.fixed_dictionaries(dict.fromkeys(NAMES, st.floats(1e-3, 1e3, allow_subnormal=False)))


def well_conditioned(formula: Node, values: dict[str, float], logs: dict[str, float]) -> bool:
    """Whether the last bits of names and numbers hardly move the result, so that those of exp or log do not either."""
    wanted = expected(formula, values, logs)
    random = np.random.default_rng(1)

    def wobble(value: float) -> float:
        return value * (1 + 1e-14 * random.standard_normal())

    for _ in range(6):
        moved = {name: wobble(value) for name, value in values.items()}
        near = expected(with_numbers(formula, wobble), moved, {name: math.log(moved[name]) for name in logs})
        if not (near == wanted or abs(near - wanted) < 1e-11 * abs(wanted) or (near != near and wanted != wanted)):
            return False
    return True


def with_numbers(node: Node, change: Callable[[float], float]) -> Node:
    """The formula with each of its numbers changed."""
    match node:
        case Number(value):
            return Number(change(value))
        case Negative(operand):
            return Negative(with_numbers(operand, change))
        case Binary(symbol, left, right):
            return Binary(symbol, with_numbers(left, change), with_numbers(right, change))
        case Call(function, arguments):
            return Call(function, tuple(with_numbers(argument, change) for argument in arguments))
        case _:
            return node


# Each list is one call of the engine; shrinking one would be hundreds, and the assertion names the formula anyway.
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
@given(st.lists(st.tuples(trees(3), VALUES, st.booleans()), min_size=30, max_size=40))
def test_any_formula_is_the_same_in_javascript(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[Node, dict[str, float], bool]]
) -> None:
    cases = []
    for tree, values, with_logs in drawn:
        try:
            formula = parse_formula(text_of(tree)).tree
        except FormulaError:
            # A constant part that is no finite real number, such as (-8)**0.5.
            continue
        logs = {name: math.log(value) for name, value in values.items()} if with_logs else {}
        if well_conditioned(formula, values, logs):
            cases.append((formula, values, logs))
    assume(cases)
    for (formula, values, logs), got in zip(cases, ran(cases, tmp_path_factory.mktemp("script")), strict=True):
        wanted = expected(formula, values, logs)
        assert same(got, wanted), (formula, values, logs, got, wanted)


EDGES = (
    ("a**b", 1.0, math.inf),
    ("a**b", 1.0, math.nan),
    ("a**b", -1.0, math.inf),
    ("a**b", -8.0, 1 / 3),
    ("a**b", 0.0, 0.0),
    ("1 / a", 0.0, 0.0),
    ("log(a) + sqrt(b)", -1.0, -1.0),
    ("minimum(a, b) + maximum(a, b)", math.nan, 1.0),
    ("logaddexp(a, b)", -math.inf, -math.inf),
    ("logaddexp(a, b)", 800.0, -800.0),
    ("logaddexp(a, b)", 1e-18, -42.0),
    ("logaddexp(a, b)", math.nan, 1.0),
    ("--a - -b", 2.0, 3.0),
    ("-a**2 - 1e-300 * 1e300 * b", 2.0, 3.0),
    ("where(a < b, exp(a), log1p(b))", math.nan, 3.0),
)


def test_edges_are_the_same_in_javascript(tmp_path: Path) -> None:
    cases = [(parse_formula(text), {"a": a, "b": b}, {}) for text, a, b in EDGES]
    for (formula, values, logs), got in zip(cases, ran(cases, tmp_path), strict=True):
        assert same(got, expected(formula, values, logs)), (formula.text, values, got)


def test_no_name_of_a_formula_enters_the_script() -> None:
    page = 'title = "t"\nsource = "s"\nformula = "constructor / N**alert"\n[inputs]\nN = "parameters"\n'
    page += '[sampled]\nconstructor = "LogNormal(0, 1)"\nalert = "LogNormal(0, 1)"\n'
    formula = read_law(page, name="hostile").formula
    assert javascript(formula, {"constructor": "p[0]", "alert": "p[1]", "N": "x[0]"}, logs={"N": "u[0]"}) == (
        "(p[0] / Math.exp(p[1] * u[0]))"
    )
    with pytest.raises(FormulaError, match="alert"):
        javascript(formula, {"constructor": "p[0]", "N": "x[0]"})


def test_a_held_name_decides_the_branches_that_hang_on_it() -> None:
    tree = parse_formula("a * where(k < 0.5, b, where(k < 1.5, c, d)) + where(a < k, 1, 2)").tree
    held = settled(tree, {"k": 1.0})
    assert {node.name for node in walk(held) if isinstance(node, Name)} == {"a", "c"}
    values = {"a": 2.0, "b": 3.0, "c": 5.0, "d": 7.0}
    for k in (0.0, 1.0, 2.0):
        assert evaluate(settled(tree, {"k": k}), values) == evaluate(tree, values | {"k": k})


def test_data_in_a_script_stay_data() -> None:
    hostile = {"name": "</script><!--\u2028\u2029&amp;\"'"}
    said = in_script(hostile)
    assert json.loads(said) == hostile
    assert not set("<>&\u2028\u2029") & set(said)
    with pytest.raises(ValueError, match="JSON"):
        in_script([math.nan])
