"""Takes a file of people in, whichever page it comes by: it is kept, and a run of it waits to be looked at."""

from typing import Any
from uuid import uuid4

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.imports.found_import import shown_only
from signup.files.import_run import ImportRun
from signup.ground.db import transaction
from signup.ground.errors import BadFile
from signup.imports import open_import, uploaded_file


def receive(source: Any, name: str, slug: str, origin: str, *, overwrite: bool = False) -> ImportRun:
    """Keep what `source` reads as a file for the list of this short name. Raises `BadFile`."""
    operator, mailing_list = door.operator(), scope.mailing_list(slug)
    arrived = uploaded_file.receive(source, f"{uuid4()}.file")
    try:
        with transaction():
            run = open_import.open_run(arrived, name, mailing_list.id, (operator.address, operator.id))
            run.origin, run.overwrite = origin, overwrite
            run.is_bounded, run.mapping = not scope.sees_everything(), shown_only(run.mapping)
            audit.note(operator, "import-uploaded", str(run.uid), list=slug, size=run.size, sha256=run.sha256)
    except BadFile:
        uploaded_file.forget(arrived.path)
        raise
    return run
