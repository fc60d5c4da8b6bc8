"""The text of a law's page, written from its keys and sections."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def page_text(page: Mapping[str, Any]) -> str:
    """The TOML of a page: keys of the page first, then its sections."""
    lines: list[str] = []
    _write(page, (), lines)
    return "\n".join(lines).lstrip("\n") + "\n"


def _write(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    sections = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    if path and (len(sections) < len(table) or not table):
        lines += ["", f"[{'.'.join(map(_key, path))}]"]
    lines += [f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in sections]
    for key, section in sections.items():
        _write(section, (*path, key), lines)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            # JSON's escapes are TOML's too, but for one character that JSON leaves as it is.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return str(value)
