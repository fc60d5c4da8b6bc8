from pathlib import Path

import pytest

from forecaster.errors import InputError
from forecaster.runs.check import check
from forecaster.runs.examples import example_path, examples, read_example, write_example


def test_the_public_models_read_with_compute_computed() -> None:
    runs = read_example()
    assert examples() == ("public_models",) and len(runs) == 30 and runs.name == "public_models.csv"
    assert [note.code for note in runs.notes] == ["C-computed"]
    assert runs.column("loss").min() == 1.519 and runs.column("N").max() == 2.05e10


def test_every_row_cites_its_sources_and_names_its_model() -> None:
    table = read_example().table
    assert table["citation"].str.contains("arXiv:2304.03208").all() and table["model"].is_unique


def test_the_probable_misprint_is_kept_said_and_found() -> None:
    runs = read_example()
    row = runs.table.index[runs.table["model"] == "Pythia-1.4B-deduped"][0]
    assert runs.column("loss")[row] == 1.889 and "misprint" in runs.table["note"][row]
    assert [outlier.row for outlier in check(runs).outliers] == [row]


def test_an_unknown_example_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no example nonsense; there is public_models"):
        read_example("nonsense")
    with pytest.raises(InputError, match="no example"):
        write_example("../note", tmp_path / "x.csv")


def test_writing_is_whole_and_never_replaces_something_else(tmp_path: Path) -> None:
    target = tmp_path / "runs.csv"
    assert write_example("public_models", target) == target
    assert write_example("public_models", str(target)) == target
    assert target.read_bytes() == example_path().read_bytes() and list(tmp_path.iterdir()) == [target]
    target.write_text("mine")
    with pytest.raises(InputError, match="already exists"):
        write_example("public_models", target)
    assert target.read_text() == "mine"


@pytest.mark.parametrize("path", ["absent/runs.csv", ".", "a\0b.csv"])
def test_an_impossible_target_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError):
        write_example("public_models", tmp_path / path)
    assert list(tmp_path.iterdir()) == []
