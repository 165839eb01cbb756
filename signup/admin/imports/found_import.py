"""The import that an address names, and what its reader may fill."""

from uuid import UUID

from sqlalchemy import select

from signup.access import scope
from signup.admin.frame import door
from signup.files.import_run import ANSWER, ImportRun
from signup.ground.db import db
from signup.ground.errors import NotFound


def find_import(uid: UUID) -> ImportRun:
    """The import with this id. Raises `NotFound`."""
    run = db.session.scalar(select(ImportRun).where(ImportRun.uid == uid))
    if run is None:
        raise NotFound(f"import {uid}")
    return run


def is_shown(target: str) -> bool:
    """Whether a column may go there: into a field that the reader does not see, nothing is written unseen."""
    return not target.startswith(ANSWER) or scope.shows(target.removeprefix(ANSWER))


def shown_only(targets: list[str]) -> list[str]:
    """Targets without those that the reader does not see."""
    return [target if is_shown(target) else "" for target in targets]


def may_add_field() -> bool:
    """Whether the operator may add to the fields of the contact database."""
    return door.may("contacts:edit") and scope.sees_everything()
