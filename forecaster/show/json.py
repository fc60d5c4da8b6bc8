"""Data ready for JSON."""

from __future__ import annotations

import math
from typing import Any


def rounded(value: float | None, places: int = 6) -> float | None:
    """A number with that many decimal places; None where it does not exist or is not finite."""
    return None if value is None or not math.isfinite(value) else round(value, places)


def json_ready(value: Any, places: int | None = None) -> Any:
    """Nested data with lists for tuples, and None for each number that is not finite.

    Args:
        value: dictionaries, lists, tuples, and what JSON holds.
        places: decimal places of numbers that are not whole; all of them where not given.
    """
    if isinstance(value, dict):
        return {key: json_ready(item, places) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item, places) for item in value]
    if not isinstance(value, float) or (places is None and math.isfinite(value)):
        return value
    return rounded(value, places or 0)
