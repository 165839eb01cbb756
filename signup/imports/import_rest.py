"""Makes a run of its own of the rows that an import refused, so that they can be corrected and imported."""

import csv
from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from signup.files.import_run import ImportRun
from signup.imports import uploaded_file
from signup.imports.open_import import open_run
from signup.imports.readers.table_file import FileRow, Reading
from signup.imports.uploaded_file import KeptFile


def open_rest(run: ImportRun, rows: Iterable[FileRow], uid: UUID, actor: tuple[str, int | None]) -> ImportRun:
    """A new run of some rows of another one, with its mapping and choices. Needs an open transaction."""
    path = uploaded_file.folder() / f"{uid}.file"
    with path.open("x", encoding="utf-8", newline="") as file:
        path.chmod(0o600)
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(run.headings)
        writer.writerows(row.cells for row in rows)
    content = path.read_bytes()
    made = open_run(
        KeptFile(path, len(content), sha256(content).hexdigest()), run.file_name, run.list_id, actor, Reading()
    )
    made.mapping, made.origin, made.overwrite, made.choices = run.mapping, run.origin, run.overwrite, run.choices
    return made
