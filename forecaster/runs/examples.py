"""Run tables that ship with the package, transcribed by its authors from publications.

`public_models` holds 30 public models with their cross-entropy on the test part of the Pile, all measured
by one team (Dey et al. 2023). N and D are those of each model's own documentation; `C_published` is the
compute as that team printed it, which counts attention too, so C is left to be computed as 6*N*D. The losses
are in nats per token on one scale for all models; that the token is GPT-2's for each of them is an inference.
Every row names its sources in `citation`; `note` says what is odd about it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.files import write_new

if TYPE_CHECKING:
    from forecaster.runs.table import Runs

FOLDER = Path(__file__).with_name("examples")


def examples() -> tuple[str, ...]:
    """The names of the bundled tables, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


def example_path(name: str = "public_models") -> Path:
    """Where a bundled table lies.

    Raises:
        InputError: there is no such example.
    """
    if name not in examples():
        raise InputError(f"there is no example {name[:40]}; there is {', '.join(examples())}")
    return FOLDER / f"{name}.csv"


def read_example(name: str = "public_models") -> Runs:
    """A bundled table as runs.

    Raises:
        InputError: there is no such example.
    """
    from forecaster.runs.read import read_runs

    return read_runs(example_path(name))


def write_example(name: str, path: str | Path) -> Path:
    """Copy a bundled table to `path`: wholly or not at all.

    Returns:
        The path written. A file that already has the same content is left alone.

    Raises:
        InputError: there is no such example, the folder does not exist, or another file stands there.
    """
    return write_new(Path(path), example_path(name).read_bytes())
