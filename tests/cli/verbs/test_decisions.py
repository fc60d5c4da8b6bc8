"""The verbs allocate and require on the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making import make_fit, make_runs

from forecaster.cli.main import main
from forecaster.fits.store import save_fits
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> str:
    runs = make_runs()
    folder = tmp_path_factory.mktemp("decide") / "fits"
    save_fits([make_fit(law(name), runs) for name in ("chinchilla", "coupled", "farseer_lite")], folder)
    return str(folder)


@pytest.fixture(scope="module")
def of_compute(tmp_path_factory: pytest.TempPathFactory) -> str:
    c = np.geomspace(1e18, 1e21, 16)
    runs = read_runs(pd.DataFrame({"C": c, "loss": 1.7 + (1e18 / c) ** 0.2}))
    folder = tmp_path_factory.mktemp("decide") / "fits"
    save_fits([make_fit(law("power_floor"), runs)], folder)
    return str(folder)


def test_allocate_says_it_in_words_and_in_json(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["allocate", saved, "--compute", "1e22", "--inference-tokens", "1T..5T", "--params", "7B"]
    assert main([*asked, "--price", "default"]) == 0
    out = capsys.readouterr().out
    assert "What should 1e22 FLOP train" in out and "You are here: 7B" in out and "USD" in out
    assert main(["allocate", saved, "--compute", "1e22", "--compute", "1e23", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [each["C"] for each in said["allocation"]] == [1e22, 1e23]
    assert said["split_laws"] == ["chinchilla", "farseer_lite"]


def test_laws_that_are_named_all_speak_of_the_split(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["allocate", saved, "--compute", "1e22", "--law", "coupled,chinchilla,farseer_lite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["split_laws"] == ["coupled", "chinchilla", "farseer_lite"]


def test_require_says_it_in_words_and_in_json(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["require", saved, "--loss", "2.3", "--loss", "2.1", "--price", "price=3"]
    assert main(asked) == 0
    assert "What compute brings loss to 2.3 or less" in capsys.readouterr().out
    assert main([*asked, "--at", "N=3B", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [each["target"] for each in said["requirement"]] == [2.3, 2.1] and said["held"] == {"N": 3e9}


def test_a_figure_is_written_with_its_sentence(saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance, split = tmp_path / "chance.svg", tmp_path / "split.png"
    assert main(["require", saved, "--loss", "2.3", "-o", str(chance)]) == 0
    assert "Figure: Chance" in capsys.readouterr().out and "met half of the time" in chance.read_text("utf-8")
    asked = ["allocate", saved, "--compute", "1e22", "--inference-tokens", "1T", "--params", "2B", "-o", str(split)]
    assert main(asked) == 0
    assert "Figure: Loss over parameters at 1e22 FLOP" in capsys.readouterr().out and split.stat().st_size > 20_000


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["allocate", "{saved}", "--compute", "-1e20"], "above 0"),
        (["allocate", "{saved}", "--compute", "lots"], "not a quantity"),
        (["allocate", "{saved}", "--compute", "1e22", "--inference-tokens", "many"], "not a quantity"),
        (["allocate", "{saved}", "--compute", "1e22", "--params", "7B"], "--inference-tokens"),
        (["allocate", "{saved}", "--compute", "1e22", "--price", "nowhere.toml"], "no such price file"),
        (["allocate", "{saved}", "--compute", "1e22", "-o", "figure.gif"], ".svg or .png"),
        (["allocate", "{of_compute}", "--compute", "1e22"], "laws that have: chinchilla"),
        (["require", "{saved}", "--loss", "0.1"], "below what every draw reaches"),
        (["require", "{saved}", "--loss", "-1"], "above 0"),
        (["require", "{saved}", "--loss", "2", "--at", "C=1e22"], "hold N or D alone"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    arguments: list[str], match: str, saved: str, of_compute: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([each.format(saved=saved, of_compute=of_compute) for each in arguments]) == 2
    err = capsys.readouterr().err.strip()
    assert match in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_figure_replaces_an_earlier_one_and_nothing_else(
    suffix: str, saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"chance{suffix}"
    path.write_bytes(b"years of work")
    asked = ["require", saved, "--loss", "2.3", "-o", str(path), "--quiet"]
    assert main(asked) == 2
    assert "already exists and is something else" in capsys.readouterr().err
    assert path.read_bytes() == b"years of work"
    path.unlink()
    assert main(asked) == main(asked) == 0
    assert path.stat().st_size > 5_000
    assert list(tmp_path.iterdir()) == [path]


def test_require_solves_for_what_is_asked_by_either_spelling(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["require", saved, "--target", "<=2.3", "--for", "D", "--at", "N=3B", "--json"]) == 0
    (said,) = json.loads(capsys.readouterr().out)["requirement"]
    assert said["direction"] == "below" and said["D"]["median"] > 1e9 and "C" in said["curve"][0]
    assert main(["require", saved]) == 2
    assert "a requirement needs a target, such as --target 1.90" in capsys.readouterr().err
    assert main(["require", saved, "--loss", "2.3", "--for", "D"]) == 2
    assert "to solve for D, N must be held, as in --at N=70B" in capsys.readouterr().err


def test_a_date_is_asked_of_a_table_that_has_dates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runs(date=["2024-01-01"] * 29 + ["03/04/2024"]).table.to_csv(tmp_path / "runs.csv", index=False)
    assert main(["forecast", str(tmp_path / "runs.csv"), "--at", "date=2026-12-31"]) == 2
    assert 'line 31: date: "03/04/2024" could be two dates' in capsys.readouterr().err
