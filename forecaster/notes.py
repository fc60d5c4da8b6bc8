"""A note: a fact a reader must hear, under a short stable code; notes.toml holds what each code means."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from forecaster.errors import InputError


@dataclass(frozen=True)
class Note:
    """A coded remark about a table, a fit or a forecast.

    Args:
        code: short and stable, such as `C-computed`; scripts may match on it.
        text: one sentence with the figures of this case.
        warning: whether it should make a reader hesitate, or only informs.
    """

    code: str
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"

    def as_dict(self) -> dict[str, str]:
        """JSON-ready: code and text."""
        return {"code": self.code, "text": self.text}


def explain(code: str) -> str:
    """What a note's code means, why it matters to a forecast, and what to do: one paragraph.

    Raises:
        InputError: there is no such code; the message lists those there are.
    """
    known = explanations()
    if code not in known:
        raise InputError(f"there is no note {code[:40]}; the codes are {', '.join(sorted(known))}")
    return known[code]


@cache
def explanations() -> dict[str, str]:
    """Each note's code with the paragraph that explains it."""
    page = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {code: " ".join(text.split()) for code, text in page.items()}
