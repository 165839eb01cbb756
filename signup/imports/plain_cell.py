"""Reads cells that are alike in every file: a name, a language, an IP address. Raises `ValueError`."""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from signup.addresses.written_address import unwrapped
from signup.fields.kinds.text import text_in
from signup.ground.i18n import LANGUAGES


def checked(problem: str, read: Callable[[str], Any], cell: str, odd: list[str]) -> Any:
    """The cell, read; one that cannot be read is left out, and `problem` noted."""
    if not cell:
        return None
    try:
        return read(cell)
    except (ValueError, OverflowError):
        odd.append(problem)
        return None


def name_beside(typed: str) -> str:
    """The name in `Ada Muster <ada@example.org>`; empty where the contact's name may not hold it."""
    if "<" not in typed:
        return ""
    try:
        return text_in(unwrapped(typed).name)
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def ip_address(cell: str) -> str:
    return str(ipaddress.ip_address(cell))


@lru_cache(maxsize=1024)
def language_of(cell: str) -> str:
    """One of our languages by its code (`fr-CH`) or its name; empty for any other."""
    code = cell.lower().replace("_", "-").partition("-")[0]
    names = {name.lower(): language for language, name in LANGUAGES.items()}
    return code if code in LANGUAGES else names.get(cell.lower(), "")
