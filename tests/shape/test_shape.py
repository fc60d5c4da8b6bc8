"""The shape of the house: what may import what, how large things may grow, and what stands in one place only."""

import ast
import graphlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import forecaster

PACKAGE = Path(__file__).parents[2] / "forecaster"
TESTS = Path(__file__).parents[1]

# From the ground up: a station may import from those below it and from itself, never from one beside it.
GROUND = ("errors", "inputs", "quantity", "notes", "files")
STATIONS = (
    GROUND, ("stats", "show"), ("runs",), ("laws",), ("fits",), ("backtests",), ("forecasts",), ("assess", "decide"),
    ("reports", "batches"), ("cli",), ("__main__", "__init__"),
)  # fmt: skip
FLOOR = {name: number for number, names in enumerate(STATIONS) for name in names}
APART = (
    {"assess.comparison", "assess.sensitivity"},
    {"decide.allocation", "decide.requirement"},
)
"""Folders of one station that know nothing of each other."""

LIST_OF_COMMANDS = PACKAGE / "cli" / "verbs"
"""A flat list, one command a file, which is as long as there are commands."""

HEAVY = {"pymc", "pytensor", "arviz", "nutpie", "numba", "matplotlib", "scipy", "pandas", "pandera", "xarray"}
HEAVY |= {"mlflow", "wandb", "jinja2", "openpyxl", "typst", "joblib", "dask", "distributed", "threadpoolctl"}
SAMPLERS = {"pymc", "pytensor", "nutpie", "llvmlite", "numba"}


@dataclass(frozen=True)
class Import:
    module: str
    target: str
    line: int
    in_function: bool
    for_types: bool

    def __str__(self) -> str:
        return f"{self.module} line {self.line} imports {self.target}"


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {module: ast.parse(path.read_text("utf-8")) for module, path in MODULES.items()}
FUNCTIONS = [
    (module, node)
    for module, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
]


def imports_of(module: str) -> Iterator[Import]:
    def visit(node: ast.AST, in_function: bool, for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                names = [alias.name for alias in child.names]
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{module} line {child.lineno}: write the full name"
                inside = [f"{child.module}.{alias.name}" for alias in child.names]
                names = [name for name in inside if name in MODULES] or [str(child.module)]
            else:
                names = []
            yield from (Import(module, name, child.lineno, in_function, for_types) for name in names)
            function = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            types = for_types or (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING")
            yield from visit(child, function, types)

    yield from visit(TREES[module], False, False)


IMPORTS = [found for module in MODULES for found in imports_of(module)]
OWN = [found for found in IMPORTS if found.target in MODULES and found.target != found.module]


def station(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def root(target: str) -> str:
    return target.split(".")[0]


def refuse(offenders: Iterable[object]) -> None:
    """Fail where there is an offender, and name all of them."""
    named = sorted(map(str, offenders))
    assert not named, "\n".join([f"{len(named)} break the rule:", *named])


def test_only_the_ground_lies_flat_and_every_package_is_a_station() -> None:
    assert {station(module) for module in MODULES} == set(FLOOR)
    assert {path.stem for path in PACKAGE.glob("*.py")} == {*GROUND, "__init__", "__main__"}


def test_packages_import_only_downward() -> None:
    def upward(found: Import) -> bool:
        here, there = station(found.module), station(found.target)
        beside = FLOOR[here] == FLOOR[there] and here != there and here not in GROUND
        return FLOOR[there] > FLOOR[here] or beside

    refuse(found for found in OWN if upward(found))


def test_folders_of_one_station_do_not_know_each_other() -> None:
    def folder(module: str) -> str:
        return ".".join(module.split(".")[1:3])

    for folders in APART:
        assert folders <= {folder(module) for module in MODULES}
        crossing = (each for each in OWN if {folder(each.module), folder(each.target)} == folders)
        refuse(crossing)


def test_no_circle_of_imports() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for found in (found for found in OWN if not found.in_function and not found.for_types):
        graph[found.module].add(found.target)
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(MODULES)


def test_heavy_libraries_are_imported_inside_functions() -> None:
    heavy = (each for each in IMPORTS if root(each.target) in HEAVY and not each.in_function and not each.for_types)
    refuse(heavy)


def test_only_sampling_knows_the_samplers() -> None:
    samplers = (each for each in IMPORTS if root(each.target) in SAMPLERS)
    refuse(each for each in samplers if not each.module.startswith("forecaster.fits.sampling"))


def test_only_plots_figures_and_show_draw() -> None:
    def draws(module: str) -> bool:
        path = MODULES[module].relative_to(PACKAGE).as_posix()
        return path.endswith("/plot.py") or path.startswith(("show/", "reports/figures/"))

    drawing = (each for each in IMPORTS if root(each.target) == "matplotlib" and not each.for_types)
    refuse(each for each in drawing if not draws(each.module))


def test_modules_are_imported_by_name_only_by_the_package_itself() -> None:
    by_name = re.compile(r"\bimport_module\b|\b__import__\b")
    refuse(module for module in MODULES if module != "forecaster" and by_name.search(text(module)))


def text(module: str) -> str:
    return MODULES[module].read_text("utf-8")


def test_nothing_grows_too_large() -> None:
    folders = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    lengths = {module: len(text(module).splitlines()) for module in MODULES}
    del folders[LIST_OF_COMMANDS]
    full = [f"{path.relative_to(PACKAGE)}: {count} modules" for path, count in folders.items() if count > 12]
    refuse([*full, *(f"{module}: {length} lines" for module, length in lengths.items() if length > 300)])


def test_no_function_is_long() -> None:
    lengths = ((each.end_lineno or 0) - each.lineno + 1 for _, each in FUNCTIONS)
    long = zip(FUNCTIONS, lengths, strict=True)
    refuse(f"{module}.{node.name}: {lines} lines" for (module, node), lines in long if lines > 60)


def test_no_function_takes_many_parameters() -> None:
    def count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        given = node.args
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        return len([each for each in named if each.arg not in ("self", "cls")])

    def exempt(module: str, name: str) -> bool:
        return name in forecaster.__all__ or (module.startswith("forecaster.cli.verbs.") and not name.startswith("_"))

    many = ((module, each.name, count(each)) for module, each in FUNCTIONS if not exempt(module, each.name))
    refuse(f"{module}.{name}: {number} parameters" for module, name, number in many if number > 8)


def test_an_option_stands_once() -> None:
    found: Counter[str] = Counter()
    for module in (module for module in MODULES if station(module) == "cli"):
        calls = (node for node in ast.walk(TREES[module]) if isinstance(node, ast.Call))
        for call in (call for call in calls if ast.unparse(call.func) == "typer.Option"):
            words = [*call.args, *(each.value for each in call.keywords if each.arg == "help")]
            found.update(str(word.value) for word in words if isinstance(word, ast.Constant))
    assert "--fast" in found and "Keep only these rows, such as \"family == 'a'\"." in found
    # A word of its own for one verb is another option; the same string or the same help is a copy.
    refuse(f"{words} stands {count} times" for words, count in found.items() if count > 1)


def test_no_error_outside_the_command_line_speaks_of_its_options() -> None:
    def offenders() -> Iterator[str]:
        for module, tree in TREES.items():
            for node in (node for node in ast.walk(tree) if isinstance(node, ast.Raise)):
                words = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
                named = [word for word in words if isinstance(word, str) and re.search(r"(?<![\w-])--[a-z]", word)]
                if named and station(module) != "cli":
                    yield f"{module} line {node.lineno}: {named[0]}"

    refuse(offenders())


def test_the_public_names_are_what_a_reader_is_offered() -> None:
    names = dir(forecaster)
    assert {name for name in names if not name.startswith("__")} == set(forecaster.__all__)
    assert len(set(names)) == len(names)
    for name in forecaster.__all__:
        assert getattr(forecaster, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = forecaster.nothing


def test_what_the_words_refer_to_is_there() -> None:
    def is_there(name: str) -> bool:
        module, _, inside = name.rpartition(".")
        definition = re.compile(rf"^(def|class) {inside}\b|^{inside}\b", re.MULTILINE)
        return name in MODULES or (module in MODULES and bool(definition.search(text(module))))

    named = ((module, name) for module in MODULES for name in re.findall(r"`(forecaster(?:\.\w+)+)`", text(module)))
    refuse(f"{module}: {name}" for module, name in named if not is_there(name))


def test_tests_mirror_the_tree() -> None:
    def stands_for_nothing(path: Path) -> bool:
        folder = path.parent.relative_to(TESTS)
        return not (PACKAGE / folder / f"{path.stem.removeprefix('test_')}.py").is_file()

    # What crosses stations, reads a whole card, or calls the command line as a person does.
    free = ("card", "cli", "shape", "whole")
    tests = [path for path in TESTS.rglob("test_*.py") if path.relative_to(TESTS).parts[0] not in free]
    assert len(tests) > 30
    refuse(path.relative_to(TESTS) for path in tests if stands_for_nothing(path))


def test_the_page_about_the_architecture_names_what_is_there() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    quoted = set(re.findall(r"`([^`\n]+)`", page))
    files = {name for name in quoted if re.fullmatch(r"[\w/]+/(\w+\.(py|toml|js))?", name)}
    assert "fits/predict.py" in files and "models/" in files
    refuse(name for name in files if not any((folder / name).exists() for folder in (PACKAGE, PACKAGE.parent)))
    tests = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    named = {name for name in quoted if name.startswith("test_")}
    assert len(named) > 15
    refuse(name for name in named if f"def {name}(" not in tests)
    rules = re.findall(r"^def (test_\w+)", Path(__file__).read_text("utf-8"), flags=re.MULTILINE)
    refuse(rule for rule in rules if rule not in named and "architecture" not in rule)


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
