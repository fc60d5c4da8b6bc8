"""The page's templates: the package's own, or a folder's in their place, file by file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import UsageError, listed

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

OURS = Path(__file__).with_name("templates")

PAGE, STYLE = "card.html.j2", "card.css"


def templates(folder: str | Path | None = None) -> tuple[SandboxedEnvironment, str]:
    """Where a page's templates are found, and its style sheet; refused here if they could not be used.

    A file in the folder stands in for the package's file of the same name; what it lacks is taken from the package.
    A template is filled in a sandbox: it sees what it is given, can call nothing else, and every text is escaped.

    Args:
        folder: of one's own templates; the package's alone where not given.

    Raises:
        UsageError: no such folder, nothing in it that would be used, or a file that is not valid, with its line.
    """
    from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    folders = [OURS] if folder is None else [_refused_if_unused(Path(folder)), OURS]
    loader = ChoiceLoader([FileSystemLoader(each) for each in folders])
    shelf = ImmutableSandboxedEnvironment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    css = _style_sheet(next(each / STYLE for each in folders if (each / STYLE).is_file()))
    _page(shelf)
    return shelf, css


def rendered(shelf: SandboxedEnvironment, values: Mapping[str, Any]) -> str:
    """The page, filled in.

    Args:
        shelf: from `templates`.
        values: what the page says, by the names that it uses.

    Raises:
        UsageError: a template asks for what there is not, or what it may not have, with its line.
    """
    page = _page(shelf)
    try:
        text: str = page.render(values)
    except Exception as error:
        where = _place(error)
        if not where or Path(where[0]).parent == OURS:
            raise
        raise UsageError(
            f"the template cannot be filled ({_said(error)})", where=f"{where[0]} line {where[1]}"
        ) from None
    return text


def _refused_if_unused(folder: Path) -> Path:
    names = sorted(path.name for path in OURS.iterdir() if path.suffix != ".typ")
    if not folder.is_dir():
        raise UsageError("there is no such folder of templates", where=str(folder))
    if not any((folder / name).is_file() for name in names):
        raise UsageError(f"the folder holds none of {listed(names)}, so it would change nothing", where=str(folder))
    return folder


def _style_sheet(path: Path) -> str:
    try:
        css = path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise UsageError(f"the style sheet cannot be read ({_said(error)})", where=str(path)) from None
    for number, line in enumerate(css.splitlines(), 1):
        # It stands inside the page's <style>, which such a tag would end.
        if "</" in line:
            raise UsageError("a style sheet cannot hold </", where=f"{path} line {number}")
    return css


def _page(shelf: SandboxedEnvironment) -> Any:
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return shelf.get_template(PAGE)
    except TemplateSyntaxError as error:
        where = f"{error.filename or PAGE} line {error.lineno}"
        raise UsageError(f"the template is not valid ({_said(error)})", where=where) from None
    except (TemplateError, OSError, ValueError) as error:
        raise UsageError(f"the template cannot be read ({_said(error)})", where=PAGE) from None


def _place(error: BaseException) -> tuple[str, int] | None:
    """File and line of the innermost template that an error went through."""
    found, trace = None, error.__traceback__
    lineno, filename = getattr(error, "lineno", None), getattr(error, "filename", None)
    if lineno and filename:
        return str(filename), int(lineno)
    while trace is not None:
        # Jinja puts a template's own file and line into the traceback.
        name = trace.tb_frame.f_code.co_filename
        if not name.endswith(".py") and not name.startswith("<"):
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _said(error: Exception) -> str:
    text = " ".join(str(getattr(error, "message", None) or error).split()) or type(error).__name__
    return "".join(c if c.isprintable() else "?" for c in text)[:200]
