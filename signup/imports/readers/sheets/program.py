"""A spreadsheet into CSV, in a process of its own with bounded memory, time and size.

A file may unpack to a hundred times its size or claim cells without end; what that kills is only the reader. Run as a
program: `python program.py KIND FILE OUT [PLACE]`. It writes one sheet to OUT as CSV (UTF-8, commas, double quotes) –
the one at PLACE, else the first that looks like people – and tells on standard output, as JSON, the names of the sheets
and which it was, or the reason why there is none.
"""

import csv
import json
import resource
import sys
from collections.abc import Iterator
from errno import EFBIG
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signup.imports.readers.sheets.sheet import Sheet

MEMORY = 300 * 1024 * 1024
"""Bytes of address space: what the process really uses is less."""
CPU_SECONDS = 120
MAX_RATIO = 100
"""So many times the size of the file may be written, SMALL_OUT bytes always and never more than MAX_OUT."""
SMALL_OUT, MAX_OUT = 20_000_000, 400_000_000


def main(kind: str, path: str, out: str, place: str = "") -> None:
    """Bound this process, read, and tell."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    most = min(max(MAX_RATIO * Path(path).stat().st_size, SMALL_OUT), MAX_OUT)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    sys.path.insert(0, str(Path(__file__).parents[4]))
    from signup.imports.readers.sheets.likeliest import likeliest  # noqa: PLC0415  # only once the limits hold
    from signup.imports.readers.sheets.sheet import UnreadableSheet  # noqa: PLC0415

    try:
        sheets = import_module(f"signup.imports.readers.sheets.{kind}").sheets(path)
        told: dict[str, object] = {"reason": "no-sheet"}
        if sheets:
            told = _written(sheets, out, int(place) if place else likeliest(sheets))
    except UnreadableSheet as error:
        told = {"reason": str(error)}
    except MemoryError:
        told = {"reason": "sheet-too-large"}
    except OSError as error:
        if error.errno != EFBIG:
            raise
        told = {"reason": "bomb"}
    json.dump(told, sys.stdout)


def _written(sheets: "list[Sheet]", out: str, place: int) -> dict[str, object]:
    with Path(out).open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(_not_lost(sheets[place].rows()))
    return {"sheets": [{"name": one.name, "is_hidden": one.is_hidden} for one in sheets], "place": place}


def _not_lost(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """An empty row as an empty line, not as one of empty cells."""
    return (row if any(row) else [] for row in rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
