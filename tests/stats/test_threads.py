"""One thread means one of every library, whatever was imported first."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

LIMITED = """
import json
{before}
from threadpoolctl import threadpool_info
from forecaster.stats.threads import one_thread
before = {{each["filepath"]: each["num_threads"] for each in threadpool_info()}}
with one_thread():
    import scipy.optimize
    inside = {{each["filepath"]: each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}}
after = {{each["filepath"]: each["num_threads"] for each in threadpool_info()}}
print(json.dumps([before, inside, after]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere NumPy and SciPy may use the system's own library")
@pytest.mark.parametrize("before", ["import numpy", "import scipy.linalg", "import scipy.special, pandas", ""])
def test_every_library_has_one_thread_whatever_was_loaded_before(before: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    # Two even on a machine of one core, so that there is something to limit.
    command = [sys.executable, "-c", LIMITED.format(before=before)]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment | {"OPENBLAS_NUM_THREADS": "2"}
    )
    loaded, inside, after = json.loads(found.stdout)
    # NumPy's own and SciPy's own.
    assert len(inside) >= 2 and set(inside.values()) == {1}
    assert {path: after[path] for path in loaded} == loaded and max(after.values()) == 2
