"""The cache: the identical fit or none, whatever became of the files; safe to delete, and to share."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from damage import cut, emptied, flipped
from making import make_fit, make_runs, same_draws

from forecaster.fits.cache import cache_folder, load_cached, load_page, save_cached, save_page
from forecaster.fits.sampling.density import FIRST_TRY
from forecaster.fits.verdict import Verdict
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs

RUNS = make_runs(sizes=4, lengths=3)


def partly(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_cache_gives_back_what_was_left_there(cache: Path) -> None:
    made = make_fit(law("chinchilla"), RUNS, draws=30, seed=0)
    assert load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY) is None
    save_cached(made)
    found = load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY)
    assert found is not None and same_draws(found, made) and found.runs is RUNS
    assert load_cached(made.law, RUNS, seed=1, settings=FIRST_TRY) is None
    assert load_cached(law("coupled"), RUNS, seed=0, settings=FIRST_TRY) is None
    assert load_cached(made.law, RUNS.before(1e20), seed=0, settings=FIRST_TRY) is None
    assert load_cached(made.law, RUNS, seed=0, settings=replace(FIRST_TRY, draws=5)) is None
    save_cached(made)
    assert len(list(cache_folder().iterdir())) == 1 and cache_folder().parent == cache


@pytest.mark.parametrize("damage", [emptied, cut, flipped, partly])
def test_a_damaged_cache_entry_counts_as_absent_and_makes_room(cache: Path, damage: Callable[[Path], None]) -> None:
    made = make_fit(law("chinchilla"), RUNS, draws=30, seed=0)
    save_cached(made)
    (entry,) = cache_folder().iterdir()
    damage(entry)
    assert load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY) is None
    assert list(cache_folder().iterdir()) == []
    save_cached(made)
    assert load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY) is not None


def test_whatever_byte_is_damaged_the_entry_counts_as_absent(cache: Path) -> None:
    made = make_fit(law("chinchilla"), RUNS, draws=10, seed=0)
    save_cached(made)
    (entry,) = cache_folder().iterdir()
    whole = entry.read_bytes()
    for place in np.random.default_rng(1).integers(0, len(whole), 200):
        entry.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY) is None, place


def test_what_was_sampled_thinly_and_its_verdict_come_back_exactly(cache: Path) -> None:
    verdict = Verdict("fail", float("inf"), 3.5, 7, ("Two lines\nand \u00e9.",), retried=True)
    made = replace(make_fit(law("chinchilla"), RUNS, draws=30, seed=0), verdict=verdict, seconds={"sample": 1 / 3})
    places = {"chain": np.arange(4), "draw": np.arange(0, 60, 2)}
    groups = {name: group.to_dataset().assign_coords(places) for name, group in made.draws.children.items()}
    odd = np.array([5e-324, 1.7976931348623157e308, 0.1, -0.0, np.nan] * 24).reshape(4, 30)
    groups["posterior"]["alpha"].values[:] = odd
    made = replace(made, draws=xr.DataTree.from_dict(groups))
    save_cached(made)
    found = load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY)
    assert found is not None and same_draws(found, made)
    assert found.draws.identical(made.draws)
    assert found.posterior["alpha"].values.tobytes() == odd.tobytes()
    assert (found.verdict, found.seconds) == (verdict, {"sample": 1 / 3})


def test_what_was_not_used_for_longest_makes_room(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [make_fit(law("chinchilla"), RUNS, draws=30, seed=seed) for seed in range(6)]
    others = [cache / "fits" / "notes.txt", cache / "pages" / "notes.json", cache / "fits" / ("0" * 32)]
    others[0].parent.mkdir(parents=True)
    others[1].parent.mkdir(parents=True)
    others[2].mkdir()
    (others[2] / "manifest.json").write_text("not an entry")
    others[0].write_text("mine")
    others[1].write_text("mine")
    save_page("a" * 32, "x" * 100)
    for number, each in enumerate(made[:5]):
        save_cached(each)
        newest = max(cache_folder().glob("*.fit"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (number, number))
    # The oldest is used again.
    assert load_cached(made[0].law, RUNS, seed=0, settings=FIRST_TRY) is not None
    size = max(path.stat().st_size for path in cache_folder().glob("*.fit"))
    (cache_folder() / f".{'b' * 32}.fit.never-finished.part").write_bytes(b"x" * size)
    os.utime(cache_folder() / f".{'b' * 32}.fit.never-finished.part", (0, 0))
    monkeypatch.setattr("forecaster.fits.cache.MOST_BYTES", 4 * size + 200)
    save_cached(made[5])
    held = [load_cached(each.law, RUNS, seed=each.seed, settings=FIRST_TRY) is not None for each in made]
    assert held == [True, False, False, True, True, True]
    assert load_page("a" * 32) == "x" * 100
    assert all(path.exists() for path in others)
    assert not list(cache_folder().glob("*.part"))


def test_the_cache_may_be_deleted_or_unwritable_at_any_time(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_fit(law("chinchilla"), RUNS, draws=30, seed=0)
    save_cached(made)
    shutil.rmtree(cache)
    assert load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY) is None
    save_cached(made)
    assert load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY) is not None
    (cache / "blocked").write_text("a file where a folder is needed")
    monkeypatch.setenv("FORECASTER_CACHE", str(cache / "blocked"))
    save_cached(made)
    assert load_cached(made.law, RUNS, seed=0, settings=FIRST_TRY) is None


def test_a_table_with_blank_and_odd_words_is_found_again(cache: Path) -> None:
    table = pd.DataFrame({"N": [1e9, 2e9, 0.1 + 0.2], "D": 1e10 / 3, "loss": 2.1, "family": ["", "None", "1e3"]})
    runs = read_runs(table.assign(date=["", "2024", "NaN"], odd=["a", None, 'quo"te']))
    made = make_fit(law("chinchilla"), runs, draws=10)
    save_cached(made)
    assert load_cached(made.law, runs, seed=1, settings=FIRST_TRY) is not None


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from making import make_fit, make_runs
from forecaster.fits import cache
from forecaster.fits.sampling.density import FIRST_TRY
from forecaster.laws.shelf import law
made = make_fit(law("chinchilla"), make_runs(), draws=200, seed=1)
entries, room = int(sys.argv[2]), int(sys.argv[3])
cache.MOST_BYTES = room * len(cache._packed(made)) + room * 32
print("ready", flush=True)
sys.stdin.readline()
for seed in list(range(entries)) * (24 // entries):
    cache.save_cached(replace(made, seed=seed))
    found = cache.load_cached(made.law, made.runs, seed=seed, settings=FIRST_TRY)
    assert (found is None and entries > room) or found.posterior.equals(made.posterior)
"""


def written_by_two(*, entries: int, room: int) -> None:
    """Write and read entries in two processes that begin together, with room for so many, and see both end well."""
    command = [sys.executable, "-c", WRITER, str(Path(__file__).parents[1]), str(entries), str(room)]
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.communicate()[1] or writer.returncode for writer in writers] == [0, 0]


def test_two_processes_may_write_one_entry_at_once(cache: Path) -> None:
    written_by_two(entries=1, room=100)
    assert len(list(cache_folder().iterdir())) == 1


def test_two_processes_may_make_room_at_once(cache: Path) -> None:
    # Each takes away what the other has written and may be reading.
    written_by_two(entries=8, room=2)
    assert 0 < len(list(cache_folder().iterdir())) <= 3


def test_the_cache_tells_apart_tables_that_differ_in_a_column_only_the_law_reads() -> None:
    page = (
        'title = "rate"\nformula = "E + k * rate"\n[inputs]\nrate = "per step"\n'
        '[sampled]\nE = "Normal(2, 1)"\nk = "Normal(0, 1)"\n'
    )
    own = read_law(page, name="own")
    one, other = (make_runs(rate=sign * np.linspace(0.1, 1, 30)) for sign in (1, -1))
    made = make_fit(own, one, draws=50)
    save_cached(made)
    options = {"seed": made.seed, "settings": made.settings}
    assert load_cached(own, one, **options) is not None
    assert load_cached(own, other, **options) is None
    assert made.is_of(one)
    assert not made.is_of(other)
