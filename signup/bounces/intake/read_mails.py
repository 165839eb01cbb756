"""Reads mails from a file, a folder, a Maildir, an mbox or a pipe."""

import mailbox
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import structlog

from signup.bounces.intake.hand_on import MAX_MAIL, hand_on
from signup.ground.jobs import stopping
from signup.ground.urls import settings

SEEN = ":2,S"
log = structlog.get_logger()


def read_path(path: Path) -> tuple[int, int]:
    """Read all mails at `path`. Returns how many there were, and how many were news."""
    seen = news = 0
    for raw in mails_at(path):
        seen += 1
        news += hand_on(raw)
    return seen, news


def mails_at(path: Path) -> Iterator[bytes]:
    """The mails of a file, of a folder of files, of a Maildir, or of an mbox; of each its beginning."""
    if path.is_dir():
        is_maildir = (path / "new").is_dir() and (path / "cur").is_dir()
        folders = [path / "new", path / "cur"] if is_maildir else [path]
        for file in sorted(one for folder in folders for one in folder.iterdir() if one.is_file()):
            yield _beginning(file)
    elif _is_mbox(path):
        yield from _mails_of_mbox(path)
    else:
        yield _beginning(path)


def read_stream(stream: BinaryIO) -> bytes:
    """The mail that a mail server hands over by a pipe; the rest of a huge one is read and dropped."""
    raw = stream.read(MAX_MAIL)
    while stream.read(MAX_MAIL):
        pass
    return raw


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_MAIL)


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as opened:
        head = opened.read(5)
        if head != b"From ":
            return False
        return opened.read(4 * MAX_MAIL).count(b"\n\nFrom ") > 0


def _mails_of_mbox(path: Path) -> Iterator[bytes]:
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as opened:
                yield opened.read(MAX_MAIL)
    finally:
        box.close()


def read_maildir() -> None:
    """The chore: read what is new in the Maildir, and move it to what was seen once it is written down."""
    folder = settings().bounce_maildir
    if folder is None or not (folder / "new").is_dir():
        return
    for file in sorted((folder / "new").iterdir()):
        if stopping().is_set():
            return
        try:
            raw = _beginning(file)
        except FileNotFoundError:
            continue  # another process took it
        hand_on(raw)
        (folder / "cur").mkdir(exist_ok=True)
        try:
            file.replace(folder / "cur" / (file.name.partition(":")[0] + SEEN))
        except FileNotFoundError:
            log.info("bounces.moved_meanwhile")
