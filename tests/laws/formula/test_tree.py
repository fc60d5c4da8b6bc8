import math
import time
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings, strategies as st

from forecaster.errors import FormulaError
from forecaster.laws.formula.parse import parse_formula
from forecaster.laws.formula.tree import FUNCTIONS, NUMPY, Binary, Call, Name, Negative, Node, Number, evaluate

calm = settings(deadline=None, derandomize=True, max_examples=200)


def refusal(text: str) -> str:
    started = time.perf_counter()
    with pytest.raises(FormulaError) as refused:
        parse_formula(text, where="x.toml formula")
    assert time.perf_counter() - started < 1
    said = str(refused.value)
    assert said.startswith("x.toml formula: ") and said.isprintable() and len(said) < 400
    return said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x + y", 5.0),
        ("x - y", -1.0),
        ("x * y", 6.0),
        ("x / y", 2 / 3),
        ("x ** y", 8.0),
        ("-x ** 2", -4.0),
        ("(-x) ** 2", 4.0),
        ("+x", 2.0),
        ("2 ** 3 ** 2", 512.0),
        ("x - y - 1", -2.0),
        ("1.5e3", 1500.0),
        ("exp(x)", math.exp(2)),
        ("log(x)", math.log(2)),
        ("sqrt(x)", math.sqrt(2)),
        ("log1p(x)", math.log(3)),
        ("expm1(x)", math.exp(2) - 1),
        ("tanh(x)", math.tanh(2)),
        ("minimum(x, y)", 2.0),
        ("maximum(x, y)", 3.0),
        ("logaddexp(x, y)", math.log(math.exp(2) + math.exp(3))),
        ("where(x < y, 1, 0)", 1.0),
        ("where(x <= 2, 1, 0)", 1.0),
        ("where(x > y, 1, 0)", 0.0),
        ("where(x + 1 >= y, x, y)", 2.0),
        ("  x\t", 2.0),
    ],
)
def test_each_allowed_construct_means_what_it_says(text: str, value: float) -> None:
    assert evaluate(parse_formula(text), {"x": 2.0, "y": 3.0}) == pytest.approx(value, rel=1e-14)


def test_every_function_has_its_count_of_arguments_and_a_numpy_form() -> None:
    assert NUMPY.keys() == FUNCTIONS.keys()
    for name, count in FUNCTIONS.items():
        assert f"`{name}` takes {count}" in refusal(f"{name}({', '.join('x' * (count + 1))})")
        assert f"`{name}` is a function" in refusal(f"{name} + 1")


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("x.real", "`x.real`"),
        ("N + x.__class__", "`x.__class__`"),
        ("x[0]", "`x[0]`"),
        ("open(x)", "`open(x)`"),
        ("__import__('os')", "__import__"),
        ("exp.__call__(x)", "exp.__call__"),
        ("[x for x in y]", "`[x for x in y]`"),
        ("(x for x in y)", "x for x in y"),
        ("lambda: x", "`lambda: x`"),
        ("'x'", "`'x'`"),
        ("x + b'y'", "b'y'"),
        ("True", "`True`"),
        ("x * None", "`None`"),
        ("...", "`...`"),
        ("1j", "`1j`"),
        ("x & y", "`x & y`"),
        ("x | y", "`x | y`"),
        ("x ^ y", "`x ^ y`"),
        ("x << y", "`x << y`"),
        ("~x", "`~x`"),
        ("not x", "`not x`"),
        ("x and y", "`x and y`"),
        ("x // y", "`x // y`"),
        ("x % y", "`x % y`"),
        ("x @ y", "`x @ y`"),
        ("x < y", "`x < y`"),
        ("where((x < y) * 1, 1, 0)", "`x < y`"),
        ("where(x < y < 3, 1, 0)", "`x < y < 3`"),
        ("where(x == y, 1, 0)", "`x == y`"),
        ("where(x, 1, 0)", "comparison"),
        ("where(x < y, x > y, 0)", "`x > y`"),
        ("x if y else 1", "`x if y else 1`"),
        ("(x := 3)", "`(x := 3)`"),
        ("f'{x}'", "f'{x}'"),
        ("exp(x=1)", "`exp(x=1)`"),
        ("exp(*x)", "`*x`"),
        ("{x: 1}", "`{x: 1}`"),
        ("(x, y)", "`(x, y)`"),
        ("x = 1", "`x = 1`"),
        ("x; y", "`x; y`"),
        ("import os", "`import os`"),
        ("", "not an expression"),
        ("x +", "`x +`"),
        ("x\x00", "not an expression"),
        ("\ud800", "not an expression"),
        ("\u03b1 + 1", "\u03b1"),
        ("1e999", "finite"),
        ("-1e999", "finite"),
        ("x * 1e999", "finite"),
        ("9**9**9", "`9 ** 9 ** 9`"),
        ("x + 9.0**9**9", "`9.0 ** 9 ** 9`"),
        ("1 / 0", "`1 / 0`"),
        ("log(-1)", "`log(-1)`"),
        ("(-8) ** 0.5", "(-8) ** 0.5"),
        ("1" + "0" * 400, "too large"),
        ("x * " + "9" * 1900, "too large"),
        ("(" * 900 + "x" + ")" * 900, "not an expression"),
        ("-" * 1500 + "x", "nested deeper"),
        ("[" + "-" * 1500 + "x]", "is not allowed"),
        ("+".join("x" * 900), "nested deeper"),
        ("x + " * 250_000 + "x", "1000001 characters"),
        ("1or 2", "`1 or 2`"),
        ("'\\d'", "`'"),
    ],
)
def test_everything_else_is_refused_at_once_with_the_culprit(text: str, culprit: str) -> None:
    assert culprit in refusal(text)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(FormulaError, match="value for `y`"):
        evaluate(parse_formula("x + y"), {"x": 1.0})


def test_plain_numbers_overflow_to_infinity_as_arrays_do() -> None:
    with np.errstate(all="ignore"):
        for text in ("N0 ** 100", "1 / (N0 - N0)", "2 ** N0", "exp(N0)"):
            assert evaluate(parse_formula(text), {"N0": 1e9}) == math.inf


def test_names_come_once_in_order_of_appearance() -> None:
    assert parse_formula("E + A / N**alpha + A * E").names == ("E", "A", "N", "alpha")
    assert parse_formula(2).names == () and evaluate(parse_formula(0.25), {}) == 0.25


NAMES = ("x", "y", "z")


def printed(node: Node) -> str:
    match node:
        case Number(value):
            return repr(value)
        case Name(name):
            return name
        case Negative(operand):
            return f"(-{printed(operand)})"
        case Binary(symbol, left, right):
            return f"({printed(left)} {symbol} {printed(right)})"
        case Call("where", (Binary(symbol, left, right), *rest)):
            return f"where({printed(left)} {symbol} {printed(right)}, {', '.join(map(printed, rest))})"
        case Call(function, arguments):
            return f"{function}({', '.join(map(printed, arguments))})"


def directly(node: Node, values: dict[str, Any]) -> Any:
    """The same numbers by way of Python's own evaluation, which no formula of a stranger may reach."""
    return eval(printed(node), {"__builtins__": {}, **NUMPY}, values)


def trees(leaves: Any = None) -> Any:
    leaf = st.one_of(st.sampled_from(NAMES).map(Name), st.floats(0.1, 10).map(lambda value: Number(round(value, 3))))
    one, two = [[name for name, count in FUNCTIONS.items() if count == n] for n in (1, 2)]

    def grown(part: Any) -> Any:
        comparison = st.builds(Binary, st.sampled_from(("<", "<=", ">", ">=")), part, part)
        return st.one_of(
            st.builds(Negative, part),
            st.builds(Binary, st.sampled_from(("+", "-", "*", "/", "**")), part, part),
            st.builds(lambda f, a: Call(f, (a,)), st.sampled_from(one), part),
            st.builds(lambda f, a, b: Call(f, (a, b)), st.sampled_from(two), part, part),
            st.builds(lambda c, a, b: Call("where", (c, a, b)), comparison, part, part),
        )

    return st.recursive(leaf, grown, max_leaves=12)


@calm
@given(trees(), st.lists(st.floats(0.1, 5), min_size=3, max_size=3))
def test_a_printed_tree_is_read_back_and_evaluates_alike(tree: Node, at: list[float]) -> None:
    try:
        read = parse_formula(printed(tree))
    except FormulaError as refused:
        assert "finite" in str(refused) or "nested" in str(refused)
        return
    assert read.tree == tree
    values = {name: np.full(2, value) for name, value in zip(NAMES, at, strict=True)}
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(evaluate(read, values), directly(tree, values))


@calm
@given(st.text(alphabet="xyz()[]{}<>='\".,:+-*/0123456789e \\lambdforif\n\x00\u00e9", max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        parse_formula(text)
    except FormulaError as refused:
        assert str(refused).isprintable()


def test_a_power_by_logs_is_the_plain_power() -> None:
    random = np.random.default_rng(1)
    n, d, n0, d0 = (np.exp(random.uniform(15, 30, 200)) for _ in range(4))
    a = random.uniform(-1, 1, 200)
    values = {"N": n, "D": d, "N0": n0, "D0": d0, "a": a, "x": random.uniform(0.1, 2, 200)}
    logs = {name: np.log(values[name]) for name in ("N", "D", "N0", "D0")}
    for text in (
        "N**a",
        "(N / N0)**a",
        "(N * D / D0)**(a / 2)",
        "1 / N**-a",
        "x**a",
        "(x * N)**a",
        "(N + D)**a",
    ):
        formula = parse_formula(text)
        np.testing.assert_allclose(
            evaluate(formula, values, logs=logs), evaluate(formula, values), rtol=1e-12, err_msg=text
        )


def test_xarray_keeps_its_dimensions() -> None:
    found = evaluate(
        parse_formula("E + A / N**alpha"),
        {
            "E": xr.DataArray([1.0, 2.0], dims="draw"),
            "A": 2.0,
            "alpha": 0.5,
            "N": xr.DataArray([4.0], dims="p"),
        },
    )
    assert dict(found.sizes) == {"draw": 2, "p": 1} and found.values.tolist() == [[2.0], [3.0]]


def test_numpy_and_pytensor_agree_on_random_formulas() -> None:
    import pytensor
    import pytensor.tensor as pt
    from pytensor.compile.mode import Mode

    random = np.random.default_rng(7)
    one, two = [[name for name, count in FUNCTIONS.items() if count == n] for n in (1, 2)]

    def grown(depth: int) -> Node:
        if depth == 0 or random.uniform() < 0.1:
            return (
                Name(str(random.choice(NAMES))) if random.uniform() < 0.7 else Number(round(random.uniform(0.1, 3), 2))
            )
        match int(random.integers(5)):
            case 0:
                return Negative(grown(depth - 1))
            case 1 | 2:
                symbol = str(random.choice(["+", "-", "*", "/", "**"]))
                return Binary(symbol, grown(depth - 1), grown(depth - 1))
            case 3:
                return Call(str(random.choice(one)), (grown(depth - 1),))
            case _ if random.uniform() < 0.4:
                comparison = Binary(str(random.choice(["<", "<=", ">", ">="])), grown(1), grown(1))
                return Call("where", (comparison, grown(depth - 1), grown(depth - 1)))
            case _:
                return Call(str(random.choice(two)), (grown(depth - 1), grown(depth - 1)))

    formulas = []
    while len(formulas) < 40:
        tree = grown(4)
        try:
            formula = parse_formula(printed(tree))
        except FormulaError:
            continue
        if formula.names:
            formulas.append(formula)
    symbols = {name: pt.vector(name) for name in NAMES}
    functions = {name: getattr(pt, name, None) for name in FUNCTIONS} | {
        "where": pt.switch,
        "logaddexp": pt.logaddexp,
    }
    outputs = [evaluate(formula, symbols, functions=functions) for formula in formulas]
    plain = Mode(linker="py", optimizer=None)
    compiled = pytensor.function(list(symbols.values()), outputs, mode=plain)
    at = [random.uniform(0.2, 3, 50) for _ in NAMES]
    compared = 0
    with np.errstate(all="ignore"):
        for formula, found in zip(formulas, compiled(*at), strict=True):
            expected = evaluate(formula, dict(zip(NAMES, at, strict=True)))
            finite = np.isfinite(expected) & (np.abs(expected) < 1e12)
            compared += int(finite.sum())
            np.testing.assert_allclose(found[finite], expected[finite], rtol=1e-8, atol=1e-10, err_msg=formula.text)
    assert compared > 1000
