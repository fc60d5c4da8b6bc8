"""The shape of the house: imports run one way, and heavy libraries load only where they are used."""

import ast
import graphlib
import importlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import forecaster

PACKAGE = Path(__file__).parents[1] / "forecaster"

# From the ground up; a module may import from its own floor and from those below it.
FLOORS = (
    ("errors",),
    (
        "upstairs",
        "interrupt",
        "remembered",
        "quantity",
        "note",
        "formula",
        "link",
        "band",
        "distribution",
        "law_page",
        "extrapolation",
        "diagnosis",
        "reading",
        "where",
    ),
    ("grammar", "columns", "scenario", "algebra"),
    ("prior", "preset", "runs"),
    ("law",),
    ("published",),
    ("shelf", "posterior", "example", "outliers", "remarks"),
    ("by_draw",),
    (
        "check",
        "ridge",
        "centring",
        "store",
        "split",
        "prior_predictive",
        "override",
        "families",
        "noise",
        "predictive",
        "weights",
        "fold",
        "scores",
    ),
    ("cache",),
    ("fit",),
    ("baselines", "trial", "loo", "importance", "power_scaling"),
    ("backtest",),
    ("weighting",),
    ("forecast", "comparison", "grade", "variation", "varied", "bar", "sensitivity"),
    ("decide", "capability", "registry"),
    ("report",),
    ("deciding", "reporting"),
    ("cli",),
    ("__main__", "__init__"),
)
HEAVY = {"pymc", "pytensor", "arviz", "nutpie", "numba", "matplotlib", "scipy", "pandas", "pandera", "xarray"}
HEAVY |= {"jinja2", "openpyxl", "typst"}


@dataclass(frozen=True)
class Import:
    module: str
    target: str
    function: str
    line: int

    def __str__(self) -> str:
        return f"{self.module} line {self.line} imports {self.target}"


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_of(module: str) -> Iterator[Import]:
    def visit(node: ast.AST, function: str) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if for_types_only(child):
                continue
            if isinstance(child, ast.Import):
                yield from (Import(module, alias.name, function, child.lineno) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{module} line {child.lineno}: write the full name"
                inside = [f"{child.module}.{alias.name}" for alias in child.names]
                named = [name for name in inside if name in MODULES] or [str(child.module)]
                yield from (Import(module, name, function, child.lineno) for name in named)
            named_here = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from visit(child, child.name if named_here else function)

    yield from visit(ast.parse(MODULES[module].read_text("utf-8")), "")


ALL = [found for module in MODULES for found in imports_of(module)]


def room(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def floor(module: str) -> int:
    """Counted from the ground; what is not listed stands beside forecast."""
    ground_up = {name: number for number, names in enumerate(FLOORS) for name in names}
    return ground_up.get(room(module), ground_up["forecast"])


def root(target: str) -> str:
    return target.split(".")[0]


def test_only_the_fit_and_the_prior_know_the_sampler() -> None:
    for found in ALL:
        if root(found.target) in ("pymc", "pytensor", "nutpie", "numba"):
            assert found.module in ("forecaster.fit", "forecaster.prior"), found
            assert found.function or found.module == "forecaster.fit", found


def test_nothing_outside_the_report_draws() -> None:
    for found in ALL:
        assert root(found.target) != "matplotlib" or room(found.module) == "report", found


def test_heavy_libraries_are_imported_inside_functions() -> None:
    for found in ALL:
        assert root(found.target) not in HEAVY or found.function, found


def test_imports_run_from_the_upper_floors_to_the_lower() -> None:
    for found in (found for found in ALL if root(found.target) == "forecaster" and found.target in MODULES):
        said = f"{found}, which is on a floor above"
        assert floor(found.target) <= floor(found.module), said


def upstairs_calls() -> Iterator[tuple[str, str, str]]:
    """Module, method and place of every call that reaches an upper floor by name."""
    for module, path in MODULES.items():
        for method in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(method, ast.FunctionDef):
                for call in ast.walk(method):
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "upstairs":
                        assert isinstance(call.args[0], ast.Constant), f"{module} names a place that cannot be checked"
                        yield module, method.name, str(call.args[0].value)


def test_nouns_reach_upstairs_only_to_be_put_into_words_drawn_and_shown() -> None:
    calls = list(upstairs_calls())
    assert len(calls) > 8
    for module, method, place in calls:
        assert method in ("plot", "text", "_repr_mimebundle_"), (module, method)
        target, _, name = f"forecaster.{place}".rpartition(".")
        assert target in MODULES and floor(target) >= floor(module), (module, place)
        assert callable(getattr(importlib.import_module(target), name)), place


def test_no_circle_of_imports() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for found in ALL:
        if not found.function and found.target in MODULES and found.target != found.module:
            graph[found.module].add(found.target)
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(MODULES)


def test_every_public_name_is_there_also_those_loaded_when_asked_for() -> None:
    for name in forecaster.__all__:
        assert getattr(forecaster, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = forecaster.nothing


@pytest.mark.parametrize(
    "code",
    [
        "import forecaster",
        "import forecaster; from forecaster.shelf import law, shelf; [law(name) for name in shelf()]",
        "import sys; sys.argv = ['forecaster', '--help']\n"
        "from forecaster.cli import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code",
    ],
)
def test_asking_for_help_loads_nothing_heavy(code: str) -> None:
    heavy = HEAVY - {"scipy"} | {"scipy.stats", "arviz_stats"}
    code += f"\nimport sys; loaded = {heavy} & set(sys.modules)\nassert not loaded, loaded"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
