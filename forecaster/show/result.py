"""A result: what every answer can do with its document."""

from __future__ import annotations

from abc import ABC, abstractmethod

from forecaster.show.document import Document
from forecaster.show.html import as_box
from forecaster.show.text import as_text


class Shown(ABC):
    """What a notebook can show: a noun that has a document."""

    @property
    @abstractmethod
    def document(self) -> Document:
        """All that is said of it, in sections."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: plain text, and a box without scripts."""
        document = self.document
        return {"text/plain": as_text(document), "text/html": as_box(document)}


class Result(Shown):
    """An answer: it has a document, and is that document's text where text is wanted."""

    @property
    def text(self) -> str:
        """The document as plain text that can be read aloud."""
        return as_text(self.document)

    def __str__(self) -> str:
        return self.text
