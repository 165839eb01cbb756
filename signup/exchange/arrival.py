"""A file on its way in: kept in our folder, and made CSV there when it is a spreadsheet, a Word document or mails.

What is no text is read by programs in processes of their own (`workbook`, `word_table`, `mail_sender`), with bounded
memory and time; what kills one of them is only the reader. How the text then is cut into rows is in `table_file`.
"""

import hashlib
import mmap
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, NamedTuple

from signup.errors import BadFile
from signup.exchange import (
    access_table,
    address_list,
    aged,
    child,
    ldif,
    mail_sender,
    outlook_people,
    word_table,
    workbook,
)
from signup.private_files import make_folder
from signup.urls import settings

MAX_BYTES = 50_000_000
MAX_RATIO = 100
MAX_UNPACKED = 1_000_000_000
SECONDS = 180
START = 64 * 1024
DOCUMENT, MACROS = "word/document.xml", "word/vbaProject.bin"


class Arrived(NamedTuple):
    """A file that is now ours."""

    path: Path
    size: int
    sha256: str


def folder() -> Path:
    """Where files wait for their import; nothing serves it."""
    path = settings().signup_var / "imports"
    make_folder(path)
    return path


def receive(source: BinaryIO, name: str, limit: int | None = MAX_BYTES) -> Arrived:
    """Keep an upload as `name` in our folder; what is no text as CSV. Raises `BadFile`."""
    path = folder() / name
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            for block in _blocks(source, limit):
                size += len(block)
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())  # before the run says that it is there
        _unpack(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Arrived(path, size, digest.hexdigest())


def _blocks(source: BinaryIO, limit: int | None) -> Iterator[bytes]:
    size = 0
    while block := source.read(1 << 20):
        size += len(block)
        if limit and size > limit:
            raise BadFile("too-large")
        yield block


def _unpack(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(START)
    if not start:
        raise BadFile("empty")
    if start.startswith(b"PK\x03\x04"):
        is_document = DOCUMENT in _check_zip(path)
        program, reason = (word_table, "document") if is_document else (workbook, "sheet")
        _convert(path, program, reason)
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        _convert_compound(path)
    elif start.startswith(b"!BDN"):
        _convert_outlook(path)
    elif start[4:19] in {b"Standard Jet DB", b"Standard ACE DB"}:
        _convert_access(path)
    elif mail_sender.is_mail(start):
        _convert(path, mail_sender, "mails")
    elif not ldif.as_table(path, start):
        address_list.as_table(path, start)


def _convert_compound(path: Path) -> None:
    """Old Office files and Outlook's share one container; its directory names the streams in UTF-16."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        is_outlook, is_word = (content.find(name.encode("utf-16-le")) >= 0 for name in ("__substg1.0_", "WordDocument"))
    if is_outlook:
        _convert_outlook(path)
    elif is_word:
        raise BadFile("old-word")
    else:
        _convert(path, workbook, "sheet")


def _convert_outlook(path: Path) -> None:
    if not all(map(find_spec, ("pypff", "olefile"))):
        raise BadFile("outlook")
    _convert(path, outlook_people, "outlook-file")


def _convert_access(path: Path) -> None:
    if not shutil.which(access_table.EXPORT):
        raise BadFile("access")
    _convert(path, access_table, "access-file")


def _convert(path: Path, program: ModuleType, reason: str) -> None:
    """Let `program` write the file as CSV in its place. Raises `BadFile` with `reason`."""
    unpacked = path.with_suffix(".unpacked")
    command = [sys.executable, "-I", str(child.__file__), str(os.getpid()), str(program.__file__), str(path)]
    try:
        with unpacked.open("xb") as out:
            done = subprocess.run(  # noqa: S603  # our own program and our own file
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=False,
            )
        if done.returncode:
            raise BadFile(reason)
        unpacked.replace(path)
    except subprocess.TimeoutExpired:
        raise BadFile(reason) from None
    finally:
        unpacked.unlink(missing_ok=True)


def _check_zip(path: Path) -> set[str]:
    """The names in the archive. Raises `BadFile` for one that unpacks to too much, or holds macros."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise BadFile("sheet") from None
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise BadFile("bomb")
    names = {one.filename for one in entries}
    if MACROS in names:
        raise BadFile("macros")
    return names


def forget(path: Path) -> None:
    """Remove a file of ours."""
    aged.remove(path)
