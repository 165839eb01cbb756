"""The folder outside of the database: the newest checkpoint, the first of each day, the public keys, the journal.

A database that is set back, by whoever can write it or by a restore, contradicts what lies here.
"""

from collections.abc import Iterator
from pathlib import Path

import structlog

from signup.ground.driver_sql import driver_connection, first_by_name, run
from signup.ground.errors import SignupError
from signup.ground.private_files import make_folder
from signup.ground.urls import settings
from signup.ledger import journal, signed_note
from signup.ledger.durable_file import append, replace
from signup.ledger.seal_sql import HEAD
from signup.ledger.signed_note import BadNote, PublicKey, SignedTree

NEWEST, DAILY, KEYS = "checkpoint", "checkpoints", "public-keys"

log = structlog.get_logger()


def write_new() -> None:
    """Write the newest checkpoint, and what was withdrawn since the last time. A full disk stops no sealing."""
    folder = settings().outside_folder
    try:
        make_folder(folder)
        journal.write_new(folder)
        _write_checkpoint(folder)
    except (OSError, SignupError):
        log.exception("ledger.outside-failed", folder=str(folder))


def read_checkpoints(trusted: list[PublicKey] | None = None) -> list[SignedTree]:
    """The checkpoints that lie outside, by size. Raises `BadNote` for one that no trusted key signed.

    Without `trusted`, the service's own keys.
    """
    folder, known = settings().outside_folder, trusted or signed_note.public_keys()
    paths = [folder / name for name in (DAILY, NEWEST) if (folder / name).exists()]
    return sorted({signed_note.read(note, known) for path in paths for note in _notes(path.read_text())})


def begin_anew(stamp: str, size: int) -> None:
    """Begin anew after a restore to `size` entries: what was written until then stays beside it, with a stamp.

    Checkpoints that are no larger still bind the ledger, and are kept. May run twice.
    """
    folder = settings().outside_folder
    daily = folder / DAILY
    kept = [note for note in (_notes(daily.read_text()) if daily.exists() else ()) if _size(note) <= size]
    for name in (NEWEST, DAILY, *journal.FILES):
        if (folder / name).exists():
            (folder / name).rename(folder / f"{name}.{stamp}")
    for note in kept:
        append(daily, f"{note}\n")


def _write_checkpoint(folder: Path) -> None:
    with driver_connection(writes=False) as connection:
        head = first_by_name(run(connection, HEAD, {}))
    newest = folder / NEWEST
    before = newest.read_text() if newest.exists() else ""
    if head is None or before == head["note"]:
        return
    if before and _size(before) > head["size"]:
        raise BadNote(f"the database was set back: {_size(before)} events outside, {head['size']} in it")
    replace(folder / KEYS, "".join(f"{key}\n" for key in signed_note.public_keys()))
    if _day(before) != _day(head["note"]):
        append(folder / DAILY, f"{head['note']}\n")
    replace(newest, head["note"])


def _notes(text: str) -> Iterator[str]:
    """Notes that follow one another: each has its signatures after an empty line, and an empty line behind."""
    parts = text.split("\n\n")
    for body, signatures in zip(parts[::2], parts[1::2], strict=False):
        yield f"{body}\n\n{signatures.rstrip()}\n"


def _size(note: str) -> int:
    try:
        return int(note.split("\n")[1])
    except (IndexError, ValueError):
        raise BadNote(f"the file {NEWEST} holds no checkpoint") from None


def _day(note: str) -> str:
    return note.split("\n")[3][:10] if note else ""
