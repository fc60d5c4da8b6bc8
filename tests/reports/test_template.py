"""Templates of one's own: file by file in place of ours, in a sandbox, and refused with their file and line."""

from pathlib import Path

import pytest

from forecaster.errors import UsageError
from forecaster.reports.template import OURS, rendered, templates


def folder_with(tmp_path: Path, **files: str) -> Path:
    names = {"page": "card.html.j2", "css": "card.css", "part": "part.html.j2"}
    for name, text in files.items():
        (tmp_path / names[name]).write_text(text, "utf-8")
    return tmp_path


def test_without_a_folder_the_templates_are_ours() -> None:
    shelf, css = templates()
    assert css == (OURS / "card.css").read_text("utf-8").strip()
    assert Path(str(shelf.get_template("card.html.j2").filename)).parent == OURS


def test_a_file_of_ones_own_stands_in_for_ours_and_the_rest_stays(tmp_path: Path) -> None:
    shelf, css = templates(folder_with(tmp_path, css="p { color: red }"))
    assert css == "p { color: red }"
    assert Path(str(shelf.get_template("card.html.j2").filename)).parent == OURS
    shelf, css = templates(
        folder_with(tmp_path, page="<p>{{ name }}</p>{% include 'part.html.j2' %}", part="{{ made }}")
    )
    assert css == "p { color: red }"
    assert rendered(shelf, {"name": "<b>&", "made": "today"}) == "<p>&lt;b&gt;&amp;</p>today"


@pytest.mark.parametrize(
    ("page", "said", "line"),
    [
        ("<p>\n{% if %}", "not valid", 2),
        ("<p>\n\n{{ name", "not valid", 3),
        ("<p>\n\n{% endif %}", "not valid", 3),
    ],
)
def test_a_template_that_is_not_valid_is_refused_with_its_line(page: str, said: str, line: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        templates(folder_with(tmp_path, page=page))
    assert refused.value.where == f"{tmp_path / 'card.html.j2'} line {line}"
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("\n{{ missing }}", "'missing' is undefined"),
        ("\n{{ name.__class__.__mro__ }}", "unsafe"),
        ("\n{{ ''.__class__ }}", "unsafe"),
        ("\n{{ rows.append(1) }}", "not safely callable|unsafe"),
        ("\n{{ name + 1 }}", "can only concatenate|str"),
        ("\n{% include 'nowhere.html' %}", "nowhere.html"),
        ("\n{% include '../secret.txt' %}", r"\.\./secret.txt"),
        ("\n{{ range(10000000) | length }}", "Range too big"),
    ],
)
def test_what_a_template_may_not_do_is_refused_with_its_line(page: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (tmp_path / "mine").mkdir()
    shelf, _ = templates(folder_with(tmp_path / "mine", page=page))
    with pytest.raises(UsageError, match=said) as refused:
        rendered(shelf, {"name": "a", "rows": []})
    assert refused.value.where == f"{tmp_path / 'mine' / 'card.html.j2'} line 2"


def test_a_fault_of_ours_is_not_blamed_on_the_reader() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        rendered(templates()[0], {})


def test_a_folder_that_would_change_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds none of card\.css, "):
        templates(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        templates(tmp_path / "missing")


def test_a_style_sheet_cannot_end_the_style(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot hold </") as refused:
        templates(folder_with(tmp_path, css="p {}\n</style><script>alert(1)</script>"))
    assert refused.value.where.endswith("card.css line 2")
    (tmp_path / "card.css").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        templates(tmp_path)
    (tmp_path / "card.css").unlink()
    (tmp_path / "card.html.j2").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        templates(tmp_path)
