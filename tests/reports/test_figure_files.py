"""Figures as files: all or none, earlier ones replaced, others' never touched."""

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from making import HELD, make_fit, make_record, make_runs

from forecaster.backtests.weighting import Weighting
from forecaster.errors import UsageError
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.laws.shelf import law
from forecaster.reports import figure_files
from forecaster.reports.figure_files import png, write_figures
from forecaster.reports.figures.exhibits import front_exhibits
from forecaster.show.figure import Exhibit
from forecaster.show.table import Table

ALL = ["fan", "fan-linear", "by-law", "shares", "laws", "calibration", "residuals", "predictive", "priors"]


@pytest.fixture(scope="module")
def answer() -> Forecast:
    runs = make_runs()
    fits = [make_fit(law(name), runs) for name in ("chinchilla", "coupled")]
    weighting = Weighting({"chinchilla": 0.5, "coupled": 0.5}, "extrapolation", "earned", make_record(runs, HELD))
    points = ["N=70B,D=1.4T", "N=10B,D=200B"]
    return forecast(fits, points, weights=weighting, allow_failed_checks=True)


@pytest.fixture(scope="module")
def named(answer: Forecast) -> list[tuple[str, Exhibit]]:
    return list(figure_files._named(answer, ()))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, named: list[tuple[str, Exhibit]]) -> None:
    def all_named(_: Forecast, extra: Sequence[Exhibit]) -> list[tuple[str, Exhibit]]:
        return [*named, *((each.name, each) for each in extra)]

    monkeypatch.setattr(figure_files, "_named", all_named)

    def stand_in(exhibit: Exhibit) -> bytes:
        return b"\x89PNG\r\n\x1a\n....tEXtSoftware\x00forecaster" + exhibit.name.encode()

    monkeypatch.setattr(figure_files, "png", stand_in)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_figure_carries_its_words(answer: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure_files, "DPI", 40)
    (exhibit,) = front_exhibits(answer)[1]
    picture = png(exhibit)
    assert picture == png(exhibit)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert b"tEXtSoftware\x00forecaster" in picture[:4096]
    assert exhibit.alt.encode("latin-1") in picture
    width, height = struct.unpack(">II", picture[16:24])
    assert width > 200
    assert height > 60


@pytest.mark.usefixtures("quick")
def test_every_figure_is_written_those_of_a_point_for_each_point(answer: Forecast, tmp_path: Path) -> None:
    extra = Exhibit("tornado", "T", "S.", "A.", Table("t", ("a",), ()), lambda figure: None)
    written = write_figures(answer, tmp_path / "figures", extra=[extra])
    of_second = ["fan-2", "fan-linear-2", "by-law-2", "shares-2", "laws-2"]
    assert [path.stem for path in written] == [*ALL, *of_second, "tornado"]
    assert names(tmp_path / "figures") == sorted(path.name for path in written)


@pytest.mark.usefixtures("quick")
def test_earlier_figures_are_replaced_and_left_over_ones_removed(answer: Forecast, tmp_path: Path) -> None:
    write_figures(answer, tmp_path)
    old = (tmp_path / "fan.png").read_bytes() + b"old"
    for name in ("fan", "fan-3", "tornado", "my-own"):
        (tmp_path / f"{name}.png").write_bytes(old)
    (tmp_path / "notes.txt").write_text("kept")
    write_figures(answer, tmp_path)
    assert (tmp_path / "fan.png").read_bytes() != old
    assert not (tmp_path / "fan-3.png").exists()
    assert not (tmp_path / "tornado.png").exists()
    assert (tmp_path / "my-own.png").read_bytes() == old
    assert (tmp_path / "notes.txt").read_text() == "kept"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n another", b"text", b""])
def test_a_file_of_something_else_is_refused_and_nothing_written(
    answer: Forecast, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "priors.png").write_bytes(content)
    with pytest.raises(UsageError, match="already exists and is something else"):
        write_figures(answer, tmp_path)
    assert names(tmp_path) == ["priors.png"]
    assert (tmp_path / "priors.png").read_bytes() == content


@pytest.mark.usefixtures("quick")
def test_places_that_cannot_hold_figures_are_refused(answer: Forecast, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        write_figures(answer, tmp_path / "file")
    with pytest.raises(UsageError, match="there is no folder"):
        write_figures(answer, tmp_path / "none" / "figures")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_on_the_way_leaves_everything_as_it_was(
    answer: Forecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bool
) -> None:
    folder = tmp_path / "figures"
    if existing:
        write_figures(answer, folder)
        before = {path.name: path.read_bytes() + b"before" for path in folder.iterdir()}
        for name, content in before.items():
            (folder / name).write_bytes(content)
    real = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if Path(target) == folder / "residuals.png":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(UsageError, match="No space left on device"):
        write_figures(answer, folder)
    assert folder.exists() is existing
    if existing:
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
