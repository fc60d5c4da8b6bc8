"""A document: what is said of a result, in sections, before it takes any format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from forecaster.notes import Note
from forecaster.show.figure import Exhibit
from forecaster.show.table import Table, shown


@dataclass(frozen=True)
class Sentence:
    """A sentence or a few that belong together."""

    text: str


@dataclass(frozen=True)
class Headline:
    """What a reader takes away, set large: a number, its range, or a chance.

    Args:
        text: what is said.
        number: the number in it, as printed there; empty where there is not just one.
    """

    text: str
    number: str = ""


@dataclass(frozen=True)
class Stamp:
    """What must stand on every output before anything else."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """Sentences side by side, none of which leads to the next."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Verbatim:
    """Lines to be kept to the letter: a formula, a command."""

    text: str


Part = Sentence | Headline | Stamp | Bullets | Verbatim | Table | Exhibit


@dataclass(frozen=True)
class Section:
    """One thing that is said.

    Args:
        title: its heading; empty for what needs none.
        parts: in the order in which they are read.
        name: short, by which a writer may know a section that it lays out in its own way; empty for most.
        sections: those inside it.
        annex: whether it stands behind the rest, for those who look further.
        brief: what a writer with an annex says in the parts' place on its front; empty where the parts stand there.
    """

    title: str
    parts: tuple[Part, ...] = ()
    name: str = ""
    sections: tuple[Section, ...] = ()
    annex: bool = False
    brief: tuple[Part, ...] = ()

    @property
    def in_brief(self) -> Section:
        """The section as it stands on a front, without what stands behind."""
        inner = tuple(each.in_brief for each in self.sections if not each.annex)
        return replace(self, parts=self.brief or self.parts, brief=(), sections=inner)


@dataclass(frozen=True)
class Document:
    """All that is said of a result.

    Args:
        title: the question, or what the result is of.
        sections: in the order in which they are read.
    """

    title: str
    sections: tuple[Section, ...]


def sentences(*texts: str) -> tuple[Sentence, ...]:
    """Sentences one after another, empty ones left out."""
    return tuple(Sentence(text) for text in texts if text)


def bullets(items: Iterable[str]) -> tuple[Bullets, ...]:
    """Items as one list, each once; no list where there are none."""
    found = tuple(dict.fromkeys(items))
    return (Bullets(found),) if found else ()


def note_lines(notes: Iterable[Note]) -> list[str]:
    """What a reader must hear, each with its code, warnings first."""
    ordered = sorted(notes, key=lambda note: not note.warning)
    return [f"{'Warning' if note.warning else 'Note'}, {note.code}: {shown(note.text, 1000)}" for note in ordered]
