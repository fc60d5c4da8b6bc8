import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from damage import cut, emptied, flipped
from making import make_fit, make_runs, same_draws

from forecaster.errors import StoreError
from forecaster.fits.posterior import Fit
from forecaster.fits.store import is_saved_fit, load_fits, save_fits
from forecaster.fits.verdict import Verdict
from forecaster.laws.shelf import law

RUNS = make_runs(sizes=4, lengths=3, family=["a", "NA", "", "01"] * 3, date="2024-05-01", note=["x", "1,\n2", ""] * 4)


def some_fits() -> list[Fit]:
    return [make_fit(law(name), RUNS, draws=30, seed=i) for i, name in enumerate(("chinchilla", "coupled"))]


def refusal(folder: Path) -> str:
    with pytest.raises(StoreError) as refused:
        load_fits(folder)
    said = str(refused.value)
    assert said.isprintable() and said.startswith(str(folder)) and len(said) < 500
    return said


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_was_saved_is_loaded_bit_for_bit(tmp_path: Path) -> None:
    made = some_fits()
    assert save_fits(made, tmp_path / "fit") == tmp_path / "fit" and is_saved_fit(tmp_path / "fit")
    for before, after in zip(made, load_fits(tmp_path / "fit"), strict=True):
        assert same_draws(before, after)
        assert (after.law.name, after.law.sha256) == (before.law.name, before.law.sha256)
        assert (after.seed, after.settings, after.verdict) == (before.seed, before.settings, before.verdict)
        assert after.runs.sha256 == RUNS.sha256 and after.runs.notes == RUNS.notes
        assert after.runs.table["family"].tolist() == RUNS.table["family"].tolist()
        at = {"N": 7e10, "D": 1.4e12}
        assert (after.linked_response(at) == before.linked_response(at)).all()
        assert (after.noise_scale(2.0) == before.noise_scale(2.0)).all()


def test_a_verdict_without_numbers_survives(tmp_path: Path) -> None:
    verdict = Verdict("fail", float("inf"), 3.5, 7, ("Two lines\nand \u00e9.",), retried=True)
    save_fits([replace(some_fits()[0], verdict=verdict)], tmp_path / "fit")
    assert load_fits(tmp_path / "fit")[0].verdict == verdict
    assert json.loads((tmp_path / "fit" / "manifest.json").read_text("utf-8"))["fits"][0]["verdict"]["rhat"] is None


def test_a_saved_fit_is_replaced_whole(tmp_path: Path) -> None:
    made = some_fits()
    save_fits(made, tmp_path / "fit")
    save_fits(made[:1], tmp_path / "fit")
    assert [fit.law.name for fit in load_fits(tmp_path / "fit")] == ["chinchilla"]
    assert not (tmp_path / "fit" / "laws" / "coupled.toml").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["fit"]


def test_anything_else_in_its_place_is_refused_and_left_untouched(tmp_path: Path) -> None:
    folder, file = tmp_path / "thesis", tmp_path / "file"
    folder.mkdir()
    (folder / "chapter.txt").write_text("years of work")
    file.write_text("mine")
    for place in (folder, file):
        with pytest.raises(StoreError, match="not a saved fit"):
            save_fits(some_fits()[:1], place)
    with pytest.raises(StoreError, match="cannot be written"):
        save_fits(some_fits()[:1], file / "below")
    assert contents(tmp_path) == {"thesis/chapter.txt": b"years of work", "file": b"mine"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "thesis"]
    (tmp_path / "empty").mkdir()
    assert is_saved_fit(save_fits(some_fits()[:1], tmp_path / "empty"))


def test_fits_that_one_folder_cannot_hold_are_refused(tmp_path: Path) -> None:
    made = some_fits()[0]
    other = make_fit(law("coupled"), RUNS.before(1e20), draws=30)
    for fits, culprit in (([made, made], "one name"), ([made, other], "one table"), ([], "one table")):
        with pytest.raises(StoreError, match=culprit):
            save_fits(fits, tmp_path / "fit")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_the_old_fit_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = some_fits()
    save_fits(made[:1], tmp_path / "fit")
    before = contents(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(made[0].draws), "to_netcdf", full)
    with pytest.raises(StoreError, match="No space left"):
        save_fits(made, tmp_path / "fit")
    assert contents(tmp_path) == before and [path.name for path in tmp_path.iterdir()] == ["fit"]


@pytest.mark.parametrize("damage", [Path.unlink, emptied, cut, flipped])
@pytest.mark.parametrize("piece", ["manifest.json", "runs.csv", "laws/chinchilla.toml", "draws/chinchilla.nc"])
def test_each_damaged_piece_is_said_in_one_line(tmp_path: Path, piece: str, damage: Callable[[Path], None]) -> None:
    folder = save_fits(some_fits()[:1], tmp_path / "fit")
    damage(folder / piece)
    assert piece == "manifest.json" or Path(piece).name in refusal(folder)
    refusal(folder)


@pytest.mark.parametrize(
    "manifest",
    [
        "[]",
        "3",
        "{}",
        '{"format": 0}',
        '{"format": "x"}',
        '{"format": 2}',
        '{"format": 2, "files": [], "runs": {}, "fits": []}',
        '{"format": 2, "files": {}, "runs": {"name": "x"}, "fits": []}',
        "nonsense",
        "[" * 100_000,
    ],
)
def test_a_manifest_that_says_something_else_is_refused(tmp_path: Path, manifest: str) -> None:
    folder = save_fits(some_fits()[:1], tmp_path / "fit")
    (folder / "manifest.json").write_text(manifest)
    refusal(folder)


@pytest.mark.parametrize("key", ["law", "seed", "settings", "verdict", "seconds"])
def test_a_manifest_without_one_of_its_facts_is_refused(tmp_path: Path, key: str) -> None:
    folder = save_fits(some_fits()[:1], tmp_path / "fit")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for entry in (
        {k: v for k, v in manifest["fits"][0].items() if k != key},
        manifest["fits"][0] | {key: None},
    ):
        (folder / "manifest.json").write_text(json.dumps(manifest | {"fits": [entry]}))
        if key in ("seed", "seconds") and key in entry:
            continue
        refusal(folder)


def test_what_is_not_a_saved_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path, tmp_path / "absent", tmp_path / "file"):
        assert not is_saved_fit(place)
        refusal(place)


def test_a_saved_fit_is_loaded_without_a_sampler(tmp_path: Path) -> None:
    folder = save_fits(some_fits(), tmp_path / "fit")
    code = (
        "import sys\n"
        "from forecaster.fits.store import load_fits\n"
        "load_fits(sys.argv[1])\n"
        "heavy = {'pymc', 'pytensor', 'nutpie', 'numba', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)


def test_draws_are_exact_in_every_bit_pattern(tmp_path: Path) -> None:
    made = some_fits()[0]
    odd = np.array([5e-324, 1.7976931348623157e308, 0.1, -0.0] * 30).reshape(4, 30)
    made.draws["posterior"]["alpha"].values[:] = odd
    (found,) = load_fits(save_fits([made], tmp_path / "fit"))
    assert found.posterior["alpha"].values.tobytes() == odd.tobytes()


@pytest.mark.parametrize("manifest", ['{"name": "an extension"}', "not JSON", '{"format": 2, "fits": [], "runs": {}}'])
def test_a_folder_with_somebody_elses_manifest_is_left_alone(tmp_path: Path, manifest: str) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "manifest.json").write_text(manifest)
    (folder / "app.js").write_text("precious")
    with pytest.raises(StoreError, match=r"not a saved fit|app\.js"):
        save_fits([make_fit(law("chinchilla"), make_runs(), draws=50)], folder)
    assert (folder / "app.js").read_text() == "precious"


def test_a_file_put_beside_a_saved_fit_is_never_lost(tmp_path: Path) -> None:
    fits = [make_fit(law("chinchilla"), make_runs(), draws=50)]
    folder = save_fits(fits, tmp_path / "fits")
    save_fits(fits, folder)
    (folder / "notes.txt").write_text("precious")
    with pytest.raises(StoreError, match=r"notes\.txt"):
        save_fits(fits, folder)
    assert (folder / "notes.txt").read_text() == "precious"
