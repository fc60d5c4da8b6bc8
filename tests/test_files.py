"""Files: all or none, and what stood there before stands there again."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecaster.errors import InputError, UsageError
from forecaster.files import beside, put_in_place, replace_files, write_all, write_new

FULL = OSError(28, "No space left on device")


def held(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def fail_at(monkeypatch: pytest.MonkeyPatch, verb: str, name: str, error: BaseException) -> None:
    """From now on `verb` fails on the file of that name, the first time."""
    real = getattr(Path, verb)
    waiting = [error]

    def fails(self: Path, *arguments: object) -> object:
        if waiting and Path(str(arguments[0]) if arguments else self).name == name:
            raise waiting.pop()
        return real(self, *arguments)

    monkeypatch.setattr(Path, verb, fails)


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()])
@pytest.mark.parametrize(("verb", "name"), [("replace", "a"), ("replace", "c"), ("unlink", "gone")])
def test_a_failure_on_the_way_leaves_every_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, name: str, error: BaseException
) -> None:
    before = {"a": "old a", "c": "old c", "gone": "old", "other": "kept"}
    for path, text in before.items():
        (tmp_path / path).write_text(text)
    fail_at(monkeypatch, verb, name, error)
    new = {tmp_path / name: b"new" for name in "abc"}
    with pytest.raises(type(error)):
        replace_files(new, remove=[tmp_path / "gone"])
    assert held(tmp_path) == before
    replace_files(new, remove=[tmp_path / "gone"])
    assert held(tmp_path) == {"a": "new", "b": "new", "c": "new", "other": "kept"}


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    first = tmp_path / "card.html"
    with pytest.raises(UsageError, match=r"card.html: cannot be written \(.*directory"):
        write_all({first: b"1", tmp_path / "folder": b"2"})
    with pytest.raises(UsageError, match="cannot be written"):
        write_all({tmp_path / "absent" / "card.html": b"1"})
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_folder_takes_the_place_of_another_or_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    place = tmp_path / "fit"
    place.mkdir()
    (place / "manifest").write_text("old")
    with pytest.raises(OSError, match="No space") if fails else beside(tmp_path / "unused"), beside(place) as partial:
        (partial / "manifest").write_text("new")
        real = Path.rename

        def rename(self: Path, target: Path) -> Path:
            if fails and self == partial:
                raise FULL
            return real(self, target)

        monkeypatch.setattr(Path, "rename", rename)
        put_in_place(partial, place)
    assert held(tmp_path) == {"fit/manifest": "old" if fails else "new"}


def test_a_new_file_takes_no_other_s_place(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    for _ in range(2):
        assert write_new(path, b"content") == path
    with pytest.raises(InputError, match="already exists"):
        write_new(path, b"other")
    with pytest.raises(InputError, match="cannot be written"):
        write_new(tmp_path / "absent" / "new.csv", b"content")
    assert held(tmp_path) == {"new.csv": "content"}
