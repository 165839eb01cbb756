"""A table of an Access database (MDB, ACCDB) as CSV: the one that holds the most addresses.

The work is done by mdbtools, a program of its own: nothing in the database is run. Run as a program, in a process of
its own with bounded memory and time that hold for mdbtools too: `python access_table.py FILE`.
"""

import csv
import resource
import subprocess
import sys
from collections.abc import Iterator

MEMORY = 1_500 * 1024 * 1024
CPU_SECONDS = 120
MAX_TABLES = 500
TABLES, EXPORT = "mdb-tables", "mdb-export"
TIMES = ("--date-format", "%Y-%m-%d", "--datetime-format", "%Y-%m-%d %H:%M:%S")


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    listed = subprocess.run([TABLES, "-1", "--", path], capture_output=True, check=True)  # noqa: S603  # our own words
    names = [name for name in listed.stdout.decode(errors="replace").splitlines() if name][:MAX_TABLES]
    counts = {name: sum("@" in cell for row in _rows(path, name) for cell in row) for name in names}
    if not counts:
        raise SystemExit(1)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerows(_rows(path, max(counts, key=lambda name: counts[name])))  # the first of those with as many


def _rows(path: str, table: str) -> Iterator[list[str]]:
    command = [EXPORT, *TIMES, "--", path, table]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", errors="replace") as done:  # noqa: S603
        csv.field_size_limit(sys.maxsize)
        if done.stdout:
            yield from csv.reader(done.stdout)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="")  # type: ignore[union-attr]
    main(sys.argv[1])
