"""XLSX, XLS and ODS into CSV, in a process of its own with bounded memory and time.

A spreadsheet may unpack to a hundred times its size or claim cells without end; what that kills is only the reader.
Run as a program: `python workbook.py FILE`; writes the first sheet as CSV to standard output.
"""

import csv
import resource
import sys
from datetime import date, datetime, time
from typing import Any

MEMORY = 1_500 * 1024 * 1024
CPU_SECONDS = 120


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    import python_calamine  # noqa: PLC0415  # only once the limits hold

    book = python_calamine.CalamineWorkbook.from_path(path)
    chosen = book.get_sheet_by_index(0)
    out = csv.writer(sys.stdout, lineterminator="\n")
    for row in chosen.iter_rows():
        out.writerow(map(text, row))


def text(value: Any) -> str:
    """A cell as a person reads it; a whole number without its `.0`, a time as ISO 8601."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    main(sys.argv[1])
