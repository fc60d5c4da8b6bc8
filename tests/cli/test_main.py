"""The command line: exit statuses, one-line errors, JSON alone on stdout, and every verb with help."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from making import make_fit
from typed import Outcome, Run

from forecaster.cli.main import app
from forecaster.fits.cache import save_cached
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs

README = Path(__file__).parents[2] / "README.md"
VERBS = sorted(command.callback.__name__ for command in app.registered_commands if command.callback)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example_and_stands_in_the_readme(verb: str, run: Run) -> None:
    outcome = run(verb, "--help")
    assert outcome.status == 0
    assert f"forecaster {verb}" in re.sub(r"\s+", " ", outcome.out)
    assert "Example" in outcome.out
    assert f"forecaster {verb}" in README.read_text("utf-8")


def refused(outcome: Outcome, status: int) -> str:
    """The one line that a refusal puts on stderr."""
    assert outcome.status == status, outcome
    lines = outcome.err.strip().splitlines()
    assert len(lines) == 1, outcome.err
    assert "Traceback" not in outcome.err
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["forecast"], "RUNS"),
        (["nonsense"], "nonsense"),
        (["forecast", "{table}"], "--at"),
        (["forecast", "{table}", "--at", "N=70B"], "lacks"),
        (["forecast", "{table}", "--at", "N=70B,D=1T,U=1T"], "no law here reads; give D, N"),
        (["forecast", "{table}", "--at", "N=70,D=1T"], "did you mean N=70B"),
        (["check", "{table}", "--columns", "tokens=D", "--columns", "N=N"], "say D=D"),
        (["forecast", "{table}", "--at", "N=70X,D=1T"], "70X"),
        (["forecast", "{table}", "--at", "70B"], "name=quantity"),
        (["forecast", "{table}", "--at", "N=70B,D=1T", "--law", "nonsense"], "on the shelf"),
        (["forecast", "{table}", "--at", "N=70B,D=1T", "--law", "chinchilla,chinchilla"], "two laws"),
        (["forecast", "{table}", "--at", "N=70B,D=1T", "--seed", "-1"], "seed"),
        (["forecast", "{table}", "--at", "N=70B,D=1T", "--target", "-2"], "target"),
        (["forecast", "absent.csv", "--at", "N=70B,D=1T"], "absent.csv"),
        (["check", "{table}", "--where", "loss < 0"], "no run is left"),
        (["check"], "--explain"),
        (["check", "--explain", "nonsense"], "nonsense"),
        (["laws", "nonsense"], "on the shelf"),
        (["example", "nonsense"], "nonsense"),
        (["report", "{table}", "--at", "N=70B,D=1T", "--also", "docx"], "docx"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments: list[str], said: str, run: Run, table: Path) -> None:
    line = refused(run(*(argument.format(table=table) for argument in arguments)), 2)
    assert said.lower() in line.lower()


def test_a_bad_cell_is_named_by_file_line_and_column(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("N,D,loss\n1e8,2e9,3.1\n1e8,-2e9,3.0\n")
    line = refused(run("forecast", path, "--at", "N=1B,D=1T"), 2)
    assert line == "error: runs.csv line 3: D is -2e9; a run needs D > 0"


def test_with_json_a_refusal_is_json_too(run: Run, table: Path) -> None:
    outcome = run("forecast", table, "--at", "N=70B", "--json")
    refused(outcome, 2)
    error = json.loads(outcome.out)["error"]
    assert set(error) == {"code", "message", "where"}


def test_too_few_runs_are_refused_with_status_3_before_any_sampling(run: Run, table: Path) -> None:
    short = table.with_name("short.csv")
    short.write_text("\n".join(table.read_text().splitlines()[:3]) + "\n")
    line = refused(run("forecast", short, "--at", "N=70B,D=1T"), 3)
    assert "forecaster prior" in line
    assert run("prior", short, "--law", "chinchilla", "--at", "N=70B,D=1T").status == 0


def test_a_forecast_prints_its_result_on_stdout_and_progress_on_stderr(run: Run, table: Path) -> None:
    arguments = ["forecast", table, "--at", "N=10B,D=1T", "--target", "2.1", "--law", "chinchilla"]
    outcome = run(*arguments)
    assert outcome.status == 0
    assert "90%" in outcome.out
    again = run(*arguments)
    assert again.err == "chinchilla: fit found in the cache\n"
    assert again.out == outcome.out
    quiet = run(*arguments, "--quiet")
    assert quiet == Outcome(0, outcome.out, "")


def test_a_saved_fit_forecasts_the_same_numbers_without_sampling(
    run: Run, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = table.with_name("fits")
    assert run("fit", table, "--law", "chinchilla,coupled", "-o", folder).status == 0
    assert {"manifest.json", "runs.csv", "laws", "draws"} <= {path.name for path in folder.iterdir()}
    point = ["--at", "N=10B,D=1T", "--at", "C=1e23", "--json", "--quiet"]
    direct = json.loads(run("forecast", table, "--law", "chinchilla,coupled", *point).out)

    def no_sampling(*_: object, **__: object) -> None:
        raise AssertionError("sampled")

    monkeypatch.setattr("forecaster.fits.fit.sample", no_sampling)
    saved = json.loads(run("forecast", folder, *point).out)
    assert saved["forecast"] == direct["forecast"]
    assert saved["verdict"] == direct["verdict"]
    assert saved["provenance"]["runs_sha256"] == direct["provenance"]["runs_sha256"]
    one = json.loads(run("forecast", folder, "--law", "coupled", *point).out)
    assert set(one["verdict"]) == {"coupled"}
    assert "not kaplan" in refused(run("forecast", folder, "--law", "kaplan", *point), 2)


def test_fit_never_replaces_what_is_not_a_saved_fit(run: Run, table: Path) -> None:
    folder = table.with_name("mine")
    folder.mkdir()
    (folder / "thesis.txt").write_text("precious")
    line = refused(run("fit", table, "--law", "chinchilla", "-o", folder, "--quiet"), 2)
    assert "mine" in line
    assert (folder / "thesis.txt").read_text() == "precious"


def test_report_writes_the_card_and_its_companions(run: Run, table: Path) -> None:
    card = table.with_name("card.html")
    outcome = run("report", table, "--at", "N=10B,D=1T", "--law", "chinchilla", "-o", card, "--also", "md,json")
    assert outcome.status == 0
    assert card.stat().st_size < 1_500_000
    assert json.loads(card.with_suffix(".json").read_text("utf-8"))["forecast"]
    assert "90%" in card.with_suffix(".md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "key"),
    [(["laws"], "laws"), (["laws", "coupled"], "laws"), (["example"], "example"), (["check", "{table}"], "check"),
     (["example", "public_models"], "example"), (["check", "--explain", "few-runs"], "check"),
     (["prior", "{table}", "--law", "chinchilla", "--at", "N=70B,D=1T"], "prior"),
     (["fit", "{table}", "--law", "chinchilla"], "fit")],
)  # fmt: skip
def test_json_is_one_object_with_the_verbs_key_and_nothing_else(
    arguments: list[str], key: str, run: Run, table: Path
) -> None:
    outcome = run(*(argument.format(table=table) for argument in arguments), "--json")
    assert outcome.status == 0
    data = json.loads(outcome.out, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert list(data) == [key]


def test_a_law_of_the_users_own_works_wherever_a_name_does(run: Run, table: Path) -> None:
    page = run("laws", "chinchilla", "--json").out
    assert json.loads(page)["laws"][0]["formula"] == "E + A / N**alpha + B / D**beta"
    source = Path(__file__).parents[2] / "models" / "chinchilla.toml"
    own = table.with_name("own.toml")
    own.write_text(source.read_text("utf-8").replace("0.35), 0.4", "0.3), 0.2"))
    assert "own: " in run("laws", own).out
    outcome = run("forecast", table, "--law", f"chinchilla,{own}", "--at", "N=10B,D=1T", "--fast", "--json", "--quiet")
    assert set(json.loads(outcome.out)["forecast"][0]["by_law"]) == {"chinchilla", "own"}
    own.write_text(source.read_text("utf-8").replace("B / D**beta", "B / D.__class__"))
    assert "__class__" in refused(run("laws", own), 2)


ALWAYS_SPARED = {
    "arviz",
    "arviz_base",
    "arviz_stats",
    "h5netcdf",
    "h5py",
    "llvmlite",
    "matplotlib",
    "numba",
    "nutpie",
    "openpyxl",
    "pandera",
    "pymc",
    "pytensor",
    "scipy.optimize",
    "scipy.signal",
    "scipy.stats",
    "threadpoolctl",
    "typst",
}
"""What no command may wait for that samples nothing and draws nothing."""

WITH_DASK = {"jinja2", "scipy.fft"}
"""What Dask loads, which xarray asks about every array where it is installed."""

TABLES_SPARED = {*WITH_DASK, "numpy.fft", "pandas", "pyarrow", "scipy.linalg", "scipy.special", "xarray"}

FINISHED = "forecast {table} --at N=10B,D=1T --law chinchilla --fast"

SPARED = {
    "--help": {*TABLES_SPARED, "numpy", "pydantic"},
    "forecast --help": {*TABLES_SPARED, "numpy"},
    "laws": TABLES_SPARED,
    "laws chinchilla": TABLES_SPARED,
    "check {table}": {*WITH_DASK, "scipy.special", "xarray", "rich"},
    FINISHED: {"rich"},
    f"{FINISHED} --json": {"rich"},
}
"""What some commands do not load either."""


@pytest.mark.parametrize("command", SPARED)
def test_a_command_that_samples_nothing_loads_only_what_it_uses(command: str, table: Path) -> None:
    save_cached(make_fit(law("chinchilla"), read_runs(table), draws=500))
    script = (
        "import sys; from forecaster.cli.main import main; status = main(sys.argv[1:]); "
        "print(status, sorted(sys.modules), file=sys.stderr)"
    )
    arguments = [word.format(table=table) for word in command.split()]
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    *said, last = done.stderr.strip().splitlines()
    status, _, loaded = last.partition(" ")
    assert status == "0" and not [line for line in said if "sampling" in line or "compiling" in line]
    assert not (ALWAYS_SPARED | SPARED[command]) & set(ast.literal_eval(loaded))


def test_linear_algebra_starts_one_thread_unless_the_user_says_otherwise() -> None:
    script = (
        "import os; from forecaster.cli.main import main; main(['laws']); print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    plain = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    for given, expected in ({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3"):
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=plain | given
        )
        assert done.stdout.splitlines()[-1] == expected


def test_help_loads_none_of_the_stations_behind_it() -> None:
    script = (
        "import sys; from forecaster.cli.main import main; main(['forecast', '--help']); "
        "print('numpy' in sys.modules, *sorted({name.split('.')[1] for name in sys.modules if '.' in name "
        "and name.startswith('forecaster.')}))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip().splitlines()[-1] == "False cli errors files inputs notes quantity runs"


def test_the_module_runs_as_the_command_does() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "forecaster", "--version"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"forecaster \d+\.\d+\.\d+.*\n", found.stdout)


def test_a_law_that_finds_no_start_is_dropped_from_a_mixture_and_refused_alone(run: Run, table: Path) -> None:
    source = (Path(__file__).parents[2] / "models" / "chinchilla.toml").read_text("utf-8")
    bad = table.with_name("bad.toml")
    bad.write_text(source.replace('E = "L0', 'E = "-9 * L0'))
    point = ["--at", "N=10B,D=1T", "--json", "--quiet"]
    mixed = json.loads(run("forecast", table, "--law", f"chinchilla,{bad}", "--fast", *point).out)
    assert set(mixed["forecast"][0]["by_law"]) == {"chinchilla"}
    assert mixed["verdict"]["bad"]["status"] == "fail"
    assert "law-dropped" in [note["code"] for note in mixed["notes"]]
    assert "finds no start" in refused(run("forecast", table, "--law", bad, *point), 3)
    # The sampler's own failure would bring the process down when it leaves, after all was said.
    command = [sys.executable, "-m", "forecaster", "fit", str(table), "--law", str(bad)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 3


@pytest.mark.parametrize("verb", ["forecast", "fit", "prior"])
def test_a_list_that_names_no_law_is_refused(verb: str, run: Run, table: Path) -> None:
    point = [] if verb == "fit" else ["--at", "N=10B,D=1T"]
    assert "names no law" in refused(run(verb, table, "--law", ",", *point), 2)


def test_a_saved_fit_is_asked_with_the_seed_that_made_it(run: Run, table: Path) -> None:
    folder = table.with_name("fits")
    assert run("fit", table, "--law", "chinchilla", "--seed", "5", "--fast", "-o", folder).status == 0
    point = ["--at", "N=10B,D=1T", "--json", "--quiet"]
    saved = json.loads(run("forecast", folder, *point).out)
    direct = json.loads(run("forecast", table, "--law", "chinchilla", "--seed", "5", "--fast", *point).out)
    assert saved["forecast"] == direct["forecast"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said_in_one_line(table: Path) -> None:
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [sys.executable, "-m", "forecaster", "laws"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert found.returncode == 2
    assert "Traceback" not in found.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_a_file_name_that_is_not_text_is_spelled_out(run: Run, table: Path) -> None:
    odd = os.fsdecode(os.fsencode(str(table.with_name("r"))) + b"\xff.csv")
    shutil.copy(table, odd)
    card = table.with_name("odd.html")
    arguments = ["--at", "N=10B,D=1T", "--law", "chinchilla", "--quiet"]
    assert run("report", odd, *arguments, "-o", card, "--also", "md,json").status == 0
    assert json.loads(run("forecast", odd, *arguments, "--json").out)["provenance"]["command"]
