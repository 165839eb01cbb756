"""Recognises which program wrote a file by its headings, and what each means there (`known_programs.toml`)."""

import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import NamedTuple

NOT_IMPORTED, IGNORE = "", "ignore"
_FILE = Path(__file__).with_name("known_programs.toml")


class Program(NamedTuple):
    """A program's headings, with the target of each, and those of them of which one is enough to know it."""

    name: str
    targets: dict[str, str]
    marks: frozenset[str]


NOBODYS = Program("", {}, frozenset())


@cache
def programs() -> tuple[Program, ...]:
    """Every program that we know."""
    entries = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(_program(name, entry) for name, entry in entries.items())


def _program(name: str, entry: dict[str, list[str]]) -> Program:
    marks = frozenset(entry.pop("marks"))
    named = {"none": NOT_IMPORTED}
    return Program(name, {one: named.get(target, target) for target, all_ in entry.items() for one in all_}, marks)


def program_of(headings: Collection[str]) -> Program:
    """The program that shares a mark, and the most headings, with these (as `mapping.plain` gives them)."""
    given = set(headings)
    known = [one for one in programs() if one.marks & given]
    return max(known, key=lambda one: len(given & one.targets.keys()), default=NOBODYS)
