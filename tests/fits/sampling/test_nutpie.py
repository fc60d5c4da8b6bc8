"""The sampler: loaded without its package, it is the package's own, and there is a way out where it cannot be."""

from __future__ import annotations

import subprocess
import sys

import pytest


def said_by(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_sampler_is_loaded_without_the_imports_of_its_package() -> None:
    script = (
        "import sys; from forecaster.fits.sampling.nutpie import library; library()\n"
        "print(*sorted({'nutpie', 'arviz', 'pymc', 'pytensor', 'numba', 'zarr'} & set(sys.modules)))"
    )
    assert said_by(script) == ""


@pytest.mark.parametrize("first", ["library(); import nutpie", "import nutpie; library()"])
def test_the_package_and_the_sampler_alone_are_one(first: str) -> None:
    script = f"from forecaster.fits.sampling.nutpie import library; {first}; print(library() is nutpie._lib)"
    assert said_by(f"import warnings; warnings.simplefilter('ignore'); {script}") == "True"


def test_where_it_cannot_be_loaded_alone_the_package_is_imported() -> None:
    script = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import sys\n"
        "from forecaster.fits.sampling import nutpie\n"
        "def refuse(package, name): raise ImportError(name)\n"
        "nutpie._loaded_alone = refuse\n"
        "print(nutpie.library().__name__, 'nutpie' in sys.modules)"
    )
    assert said_by(script).split()[-1] == "True"
