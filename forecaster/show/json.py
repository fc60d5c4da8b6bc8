"""Data ready for JSON."""

from __future__ import annotations

from typing import Any

from forecaster.quantity import finite


def json_ready(value: Any) -> Any:
    """Nested data with lists for tuples, and None for each number that is not finite.

    Args:
        value: dictionaries, lists, tuples, and what JSON holds.
    """
    if isinstance(value, dict):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return finite(value) if isinstance(value, float) else value
