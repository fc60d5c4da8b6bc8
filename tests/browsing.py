"""A headless browser for tests of pages, and an engine for tests of scripts."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
SECONDS = 60


def browser() -> str:
    """The browser's path; the test is skipped where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium on the path: pages are not tried in a browser")
    return found


def seen(page: str, folder: Path, *, width: int = 1100, milliseconds: int = 2000) -> str:
    """The page's document, as HTML, once its scripts have run for that long.

    Args:
        page: the HTML.
        folder: for the page and the browser's profile.
        width: of the window, pixels.
        milliseconds: of the browser's own clock, which does not wait for real time to pass.
    """
    file = folder / "page.html"
    file.write_text(page, "utf-8")
    return _run([f"--window-size={width},1600", f"--virtual-time-budget={milliseconds}", "--dump-dom"], file, folder)


def pictured(page: str, folder: Path, *, width: int = 1100, height: int = 1600, dark: bool = False) -> Path:
    """A picture of the page as a PNG file in the folder."""
    file, picture = folder / "page.html", folder / "page.png"
    file.write_text(page, "utf-8")
    theme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    size = [f"--window-size={width},{height}", "--virtual-time-budget=2000", f"--screenshot={picture}", *theme]
    _run(size, file, folder)
    return picture


def printed(page: str, folder: Path) -> bytes:
    """The page on paper, as a PDF."""
    file, paper = folder / "page.html", folder / "page.pdf"
    file.write_text(page, "utf-8")
    _run([f"--print-to-pdf={paper}", "--no-pdf-header-footer"], file, folder)
    return paper.read_bytes()


def scripted(source: str, folder: Path) -> str:
    """What a script writes by calling `say(text)`, in Node.js where it is installed and else in a browser."""
    node = shutil.which("node")
    if node is not None:
        said = "const lines = []; const say = (text) => lines.push(String(text));\n"
        end = '\nprocess.stdout.write(lines.join("\\n"));'
        done = subprocess.run(
            [node, "-"], input=said + source + end, capture_output=True, text=True, check=False, timeout=SECONDS
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
    start = "<!DOCTYPE html><meta charset=utf-8><pre id=said></pre><script>"
    say = "const lines = []; const say = (text) => lines.push(String(text));\n"
    end = '\ndocument.getElementById("said").textContent = lines.join("\\n");</script>'
    return text_of(seen(start + say + source + end, folder), "said")


def text_of(document: str, name: str) -> str:
    """The text of the element with that id, in a document that holds no element inside it."""
    found = re.search(rf'<(\w+)[^>]*\bid="{re.escape(name)}"[^>]*>(.*?)</\1>', document, flags=re.DOTALL)
    assert found, f"there is no element {name} in the page"
    return html.unescape(found.group(2))


def _run(switches: list[str], file: Path, folder: Path) -> str:
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [browser(), *SWITCHES, profile, *switches, file.as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
