"""The shape of the house: imports run one way, and heavy libraries load only where they are used."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import forecaster

PACKAGE = Path(__file__).parents[2] / "forecaster"

# From the ground up; a package may import from those below it, and from itself.
STATIONS = (
    ("errors", "inputs", "quantity", "notes", "files"), ("stats", "show"), ("runs",), ("laws",), ("fits",),
    ("backtests",), ("forecasts",), ("assess", "decide"), ("reports",), ("cli",), ("__main__", "__init__"),
)  # fmt: skip
HEAVY = {"pymc", "pytensor", "arviz", "nutpie", "numba", "matplotlib", "scipy", "pandas", "pandera", "xarray"}
HEAVY |= {"jinja2", "openpyxl", "typst"}
SAMPLERS = {"pymc", "pytensor", "nutpie", "numba"}


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


def station(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def floor(module: str) -> int:
    """Counted from the ground."""
    return {name: number for number, names in enumerate(STATIONS) for name in names}[station(module)]


def root(target: str) -> str:
    return target.split(".")[0]


def test_only_sampling_knows_the_sampler() -> None:
    for found in (found for found in ALL if root(found.target) in SAMPLERS):
        assert found.module.startswith("forecaster.fits.sampling."), found


def test_heavy_libraries_are_imported_inside_functions() -> None:
    for found in ALL:
        assert root(found.target) not in HEAVY or found.function, found


def test_imports_run_from_the_upper_floors_to_the_lower() -> None:
    for found in (found for found in ALL if root(found.target) == "forecaster" and found.target in MODULES):
        if (found.module, found.target) in {
            ("forecaster.runs.check", "forecaster.fits.ridges"), ("forecaster.laws.text", "forecaster.fits.design"),
        }:  # fmt: skip
            continue
        assert floor(found.target) <= floor(found.module), f"{found}, which is on a floor above"


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
        "import forecaster; from forecaster.laws.shelf import law, shelf; [law(name) for name in shelf()]",
        "import sys; sys.argv = ['forecaster', '--help']\n"
        "from forecaster.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code",
    ],
)
def test_asking_for_help_loads_nothing_heavy(code: str) -> None:
    heavy = HEAVY - {"scipy"} | {"scipy.stats", "arviz_stats"}
    code += f"\nimport sys; loaded = {heavy} & set(sys.modules)\nassert not loaded, loaded"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
