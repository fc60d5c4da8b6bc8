"""What can go wrong, each kind with its exit status.

ForecasterError
├── InputError        exit 2   what was given cannot be used; nothing was written
│   ├── UsageError             the command line itself
│   ├── QuantityError          "70X" is not a number with a suffix
│   ├── RunsError              a table of runs, with its file, line and column
│   ├── FormulaError           a formula outside the grammar, with the culprit
│   ├── LawError               a law page, or a name that is not on the shelf
│   ├── ScenarioError          a point that the law or the table cannot answer
│   └── StoreError             a saved fit that cannot be read
└── GateError         exit 3   the numbers would not deserve trust, so none are shown
    ├── TooFewRuns             not enough runs to forecast from
    ├── NotConverged           the sampler's draws did not pass the verdict
    └── NoneAnswered           every table of a batch was refused
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable


class ForecasterError(Exception):
    """Something a person can act on, said in one line.

    Args:
        message: what is wrong, what was expected and the cure, in one line.
        where: the file, line, column or parameter concerned; empty where there is none.
        parameter: that is concerned, in place of `where`; a word may follow that says which part of it.
        named: parameters that the message names in backticks. A command line says the option of each in its place.
    """

    code = "error"
    exit_status = 2

    def __init__(self, message: str, *, where: str = "", parameter: str = "", named: tuple[str, ...] = ()) -> None:
        self.message = " ".join(message.split())
        self.where = where or parameter
        self.parameter = parameter
        self.named = named
        super().__init__(f"{self.where}: {self.message}" if self.where else self.message)


class InputError(ForecasterError):
    """What was given cannot be used."""

    code = "bad-input"


class UsageError(InputError):
    """The command line cannot be understood."""

    code = "bad-usage"


class QuantityError(InputError):
    """A text is not a number with a known suffix."""

    code = "bad-quantity"


class RunsError(InputError):
    """A table of runs cannot be read, or holds a cell no run can have."""

    code = "bad-runs"


class FormulaError(InputError):
    """A formula holds something outside the grammar."""

    code = "bad-formula"


class LawError(InputError):
    """A law page is not valid, or its name is not on the shelf."""

    code = "bad-law"


class ScenarioError(InputError):
    """A point cannot be asked of this law or this table."""

    code = "bad-point"


class StoreError(InputError):
    """A saved fit cannot be read or written."""

    code = "bad-store"


class GateError(ForecasterError):
    """The numbers would not deserve trust."""

    code = "refused"
    exit_status = 3


class TooFewRuns(GateError):
    """There are under three runs, or scales that cannot tell parameters apart: too little to forecast from."""

    code = "too-few-runs"


class NotConverged(GateError):
    """No law's draws passed the verdict."""

    code = "not-converged"


class NoneAnswered(GateError):
    """Every table of a batch was refused."""

    code = "none-answered"


def clipped(text: str, length: int = 40) -> str:
    """What a person gave, short and printable enough to be quoted in one line."""
    printable = "".join(c if c.isprintable() else "?" for c in text)
    return printable if len(printable) <= length else f"{printable[:length]}..."


def listed(names: Iterable[Hashable], limit: int = 20) -> str:
    """Names with commas between them; how many more there are beyond `limit`."""
    words = [clipped(str(name)) for name in names]
    rest = f" and {len(words) - limit} more" if len(words) > limit else ""
    return ", ".join(words[:limit]) + rest


Say = Callable[[str], None]
