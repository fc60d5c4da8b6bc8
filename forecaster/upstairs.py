"""Upstairs: how a noun is put into words, drawn and shown is known on the floors above it, which it cannot import."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def upstairs(place: str, noun: object, *arguments: Any) -> Any:
    """Call a function of an upper floor on a noun; its module is loaded only now.

    Args:
        place: module and function inside the package, such as `report.fan_figure.plot_fan`.
        noun: its first argument.
        arguments: the others.
    """
    module, _, name = place.rpartition(".")
    return getattr(import_module(f"forecaster.{module}"), name)(noun, *arguments)
