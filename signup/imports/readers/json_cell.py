"""A JSON object as cells: objects inside it are columns of their own, named with dots, as in `person.email`."""

import json
from typing import Any

MAX_DEPTH = 4
"""What lies deeper is left as JSON in its cell."""


def flat(entry: dict[str, Any], before: str = "", depth: int = 1) -> dict[str, Any]:
    """The values of an object, those of objects inside it by dotted names."""
    found = dict[str, Any]()
    for key, value in entry.items():
        if isinstance(value, dict) and depth < MAX_DEPTH:
            found |= flat(value, f"{before}{key}.", depth + 1)
        else:
            found[before + key] = value
    return found


def cell(value: object) -> str:
    """A JSON value as a cell."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ", ".join(map(cell, value))
    return to_text(value)


def to_text(entry: object) -> str:
    """A JSON value as one line."""
    return json.dumps(entry, ensure_ascii=False)
