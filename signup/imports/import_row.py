"""One row of a file as the record understands it: what `row_reader` reads, and `import_merge` writes."""

from datetime import datetime
from typing import Any, NamedTuple

from signup.imports.meaning.status_word import PENDING
from signup.imports.readers.table_file import FileRow


class IncomingRow(NamedTuple):
    """A row, read. With a `problem` the rest is empty, but for an exit."""

    row: FileRow
    problem: str = ""
    address: str = ""
    key: str = ""
    name: str = ""
    language: str = ""
    source: str = ""
    answers: dict[str, Any] = {}  # noqa: RUF012  # a NamedTuple's default; never changed
    target: str = PENDING
    """The state that the row can bring about."""
    grade: str = "C"
    at: datetime | None = None
    """When they opted in, by the file."""
    ip: str | None = None
    wording: str | None = None
    said: str = ""
    """The state that the row names itself; empty when it names none."""
    left_at: datetime | None = None
    """When they left, where the file says it."""
    exit_line: int = 0
    """The line of another row for the address that says they left."""
    odd: tuple[str, ...] = ()
    """The cells that are left out, as problems."""
    country: str = ""
    """The country for who has none."""
