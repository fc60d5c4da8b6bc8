"""Threads of linear algebra: one, where the matrices are too small for more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Have every library of linear algebra use one thread; afterwards as many as before."""
    # SciPy brings a library of its own, and a limit reaches only what is loaded.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
