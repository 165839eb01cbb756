"""Reads returned mails from a file, a folder, a Maildir, an mbox or a pipe, one transaction for each mail."""

import mailbox
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import structlog

from signup.bounces import apply, leave_by_mail
from signup.bounces.classify import classify
from signup.bounces.mail_parts import MAX_READ, read_parts
from signup.ground.db import transaction
from signup.ground.jobs import stopping
from signup.ground.urls import settings
from signup.mailer import verp

SEEN = ":2,S"
log = structlog.get_logger()


def read_mail(raw: bytes) -> bool:
    """Read one mail and do what follows. Opens its own transaction; returns whether it was news."""
    has_left = leave_by_mail.take(raw)
    if has_left is not None:
        return has_left
    returned = classify(raw, verp.read)
    if not any(one.message_uid for one in returned):
        return False  # about no mail of ours, or it does not say which
    with transaction():
        return apply.take(_notice(raw), returned)


def _notice(raw: bytes) -> str:
    """What tells a notice from others: the same one may be delivered twice, with other headers on top."""
    found = read_parts(raw[: 64 * 1024]).header("message-id")
    return found[:400] or sha256(raw[:MAX_READ]).hexdigest()


def read_path(path: Path) -> tuple[int, int]:
    """Read all mails at `path`. Returns how many there were, and how many were news."""
    seen = news = 0
    for raw in mails_at(path):
        seen += 1
        news += read_mail(raw)
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
    raw = stream.read(MAX_READ)
    while stream.read(MAX_READ):
        pass
    return raw


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_READ)


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as opened:
        head = opened.read(5)
        if head != b"From ":
            return False
        return opened.read(4 * MAX_READ).count(b"\n\nFrom ") > 0


def _mails_of_mbox(path: Path) -> Iterator[bytes]:
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as opened:
                yield opened.read(MAX_READ)
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
        read_mail(raw)
        (folder / "cur").mkdir(exist_ok=True)
        try:
            file.replace(folder / "cur" / (file.name.partition(":")[0] + SEEN))
        except FileNotFoundError:
            log.info("bounces.moved_meanwhile")
