"""The files that an erasure deletes: exports of the person's lists, uploads that name them, mails in the catcher.

They are deleted before the transaction commits. If it does not, they are made or uploaded again; the other way round
they would stay when the process dies in between.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, select, update

from signup.exports import finished_file
from signup.exports.export_run import ExportRun
from signup.files import kept_files
from signup.files.import_run import ImportMend, ImportRun
from signup.files.text_search import holds
from signup.ground.db import db
from signup.ground.urls import settings
from signup.imports import uploaded_file
from signup.privacy.person import Person, naming

NAMES = ("exports/", "imports/", "mail/")


def look(person: Person) -> dict[str, int]:
    """How many files would go, by folder."""
    found = (_exports(person), _uploads(person), _caught(person))
    return {name: len(files) for name, files in zip(NAMES, found, strict=True) if files}


def remove(person: Person) -> dict[str, int]:
    """Delete them; returns how many, by folder. Needs an open transaction.

    An export that is being made begins again: without the person.
    """
    busy = ExportRun.list_id.in_(person.list_ids), ExportRun.state == "running"
    again = {"state": "waiting", "owner": None, "lease_until": None, "rows": 0}
    db.session.execute(update(ExportRun).where(*busy).values(again))
    found = look(person)
    for path in (*_exports(person), *_caught(person)):
        kept_files.remove(path)
    for path in _uploads(person):
        uploaded_file.forget(path)
        _forget_run(path)
    return found


def _exports(person: Person) -> list[Path]:
    """Finished files of the lists that had them. A name may stand in one where the address is masked."""
    done = select(ExportRun).where(ExportRun.list_id.in_(person.list_ids), ExportRun.state == "done")
    return [path for run in db.session.scalars(done) if (path := finished_file.path_of(run)).exists()]


def _uploads(person: Person) -> list[Path]:
    """Uploads that name them: of each the file as it came, with which goes what was taken from it."""
    named = {_stem(path) for path in _inside(uploaded_file.folder()) if holds(path, person.addresses)}
    return [uploaded_file.folder() / f"{stem}.file" for stem in sorted(named)]


def _inside(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _stem(path: Path) -> str:
    """The uid that the file of an import, or the folder of what was taken from it, is named by."""
    return path.relative_to(uploaded_file.folder()).parts[0].partition(".")[0]


def _forget_run(path: Path) -> None:
    """What was typed or found about a file that is gone."""
    try:
        mine = select(ImportRun.id).where(ImportRun.uid == UUID(path.stem))
    except ValueError:  # half a file, left by a process that died
        return
    db.session.execute(delete(ImportMend).where(ImportMend.run_id.in_(mine)))
    db.session.execute(update(ImportRun).where(ImportRun.id.in_(mine)).values(found=None))


def _caught(person: Person) -> list[Path]:
    """Mails in the catcher of this machine, to them or about them."""
    folder, names = settings().signup_var / "mail", naming(person.addresses)
    mails = sorted(folder.glob("*.eml")) if folder.is_dir() else []
    return [path for path in mails if names.search(_unfolded(path.read_bytes()))]


def _unfolded(mail: bytes) -> str:
    """A mail's text without the line breaks of quoted-printable, which may part an address."""
    return mail.replace(b"=\r\n", b"").decode("utf-8", "replace")
