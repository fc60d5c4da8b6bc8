"""The card as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.show.markdown import as_markdown

if TYPE_CHECKING:
    from forecaster.reports.result import Report

MARK = "<!-- forecaster: forecast card -->"
"""The first line, by which a card may be replaced by a newer one."""


def card_markdown(report: Report) -> bytes:
    """The card without its pictures: of each its sentence and its numbers."""
    return f"{MARK}\n\n{as_markdown(report.card)}".encode()


def is_markdown(content: bytes) -> bool:
    """Whether a file is a card as Markdown."""
    return content.startswith(MARK.encode())
