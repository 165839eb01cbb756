"""A file on its way in: kept in our folder, and made CSV there when it is a spreadsheet, a Word document or mails.

What is no text is read by programs in processes of their own (`sheets.program`, `word_table`, `mail_sender`,
`json_list`), with bounded memory and time; what kills one of them is only the reader. How the text then is cut into
rows is in `table_file`.
"""

import hashlib
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from signup.errors import BadFile
from signup.exchange import json_list, mail_sender, word_table
from signup.exchange.encoding import codec_of, encoding_of
from signup.exchange.exit_name import status_by_name
from signup.exchange.file_kind import DOCUMENT, START, Kind, kind_by_start, kind_of_zip, refuse_compound
from signup.exchange.reader_process import convert, run, temporary, told
from signup.exchange.sheets import program as sheet_program
from signup.urls import settings

MAX_BYTES = 50_000_000
MAX_RATIO = 100
MAX_UNPACKED = 1_000_000_000
TABLES = {
    "csv",
    "tsv",
    "tab",
    "txt",
    "xlsx",
    "xlsm",
    "xls",
    "xlsb",
    "ods",
    "json",
    "jsonl",
    "ndjson",
    "vcf",
    "eml",
    "mbox",
}
"""Endings of what is taken from an archive of files."""
_JSON = re.compile(r"\s*(?:\[\s*[\[{]|\{\s*\"|\[\s*\])")
# A mail begins with its headers, whichever comes first.
MAIL = re.compile(
    rb"(?:From [^\r\n]+\r?\n|(?:Return-Path|Received|Delivered-To|X-[\w-]+|MIME-Version|Message-ID|DKIM-Signature"
    rb"|ARC-[\w-]+|Authentication-Results|Subject|Date|From|To|Reply-To|Content-Type): ?[^\r\n]*\r?\n)",
    re.IGNORECASE,
)


class Arrived(NamedTuple):
    """A file that is now ours, as it is read: of a book one sheet, of an archive one file."""

    path: Path
    size: int
    sha256: str
    parts: tuple[str, ...] = ()
    """The names of the sheets or files that may be chosen."""
    part: int = 0
    is_ours: bool = False
    """We wrote it ourselves: UTF-8, commas, double quotes."""
    is_archive: bool = False

    @property
    def part_name(self) -> str:
        """The name of the sheet or file that is read; empty where there is no choice."""
        return self.parts[self.part] if self.parts else ""


class Taken(NamedTuple):
    """What was made of a file: where it is to be read, and as `Arrived` says."""

    path: Path
    parts: tuple[str, ...] = ()
    part: int = 0
    is_ours: bool = False
    is_archive: bool = False


def folder() -> Path:
    """Where files wait for their import; nothing serves it."""
    path = settings().signup_var / "imports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def receive(source: BinaryIO, name: str, limit: int | None = MAX_BYTES) -> Arrived:
    """Keep an upload as `name` in our folder; what is no text as CSV, a sheet or a file of several beside it under a
    name of its own. Raises `BadFile`.
    """
    path = folder() / name
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            for block in _blocks(source, limit):
                size += len(block)
                digest.update(block)
                file.write(block)
        taken = _unpack(path)
    except BaseException:
        forget(path)
        raise
    return Arrived(taken.path, size, digest.hexdigest(), *taken[1:])


def choose(path: Path, part: int | None = None) -> Taken:
    """A sheet or file of the one at `path`; without `part` the likeliest. Raises `BadFile`."""
    if not path.exists():
        raise BadFile("gone")
    return _unpack(path, part)


def part_of(parts: Sequence[str], name: str) -> int:
    """The place of a sheet or file by its name, whatever its case. Raises `BadFile`."""
    names = [one.casefold() for one in parts]
    if name.casefold() not in names:
        raise BadFile("part", name=name, names=", ".join(parts) or "–")
    return names.index(name.casefold())


def part_path(path: Path, part: int) -> Path:
    """Where one sheet or file of `path` is. Each has a place of its own, so that who chooses meets nobody who reads."""
    return path.with_suffix(f".part{part}")


def _blocks(source: BinaryIO, limit: int | None) -> Iterator[bytes]:
    size = 0
    while block := source.read(1 << 20):
        size += len(block)
        if limit and size > limit:
            raise BadFile("too-large")
        yield block


def _unpack(path: Path, part: int | None = None, *, is_inside: bool = False) -> Taken:
    with path.open("rb") as file:
        start = file.read(START)
    if not start.strip(b"\x00 \t\r\n"):
        raise BadFile("empty")
    if start.startswith(b"PK\x03\x04"):
        return _unpack_zip(path, part, is_inside=is_inside)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        refuse_compound(path)
        return _take_sheet(path, Kind("xls"), part, is_inside=is_inside)
    if start.startswith(b"!BDN"):
        raise BadFile("outlook")
    if start[4:19] in {b"Standard Jet DB", b"Standard ACE DB"}:
        raise BadFile("access")
    kind = kind_by_start(start)
    if kind.reader:
        return _take_sheet(path, kind, part, is_inside=is_inside)
    if MAIL.match(start) and _is_mail(start):
        convert(path, mail_sender, "mails")
        return Taken(path, is_ours=True)
    name, _errors = codec_of(encoding_of(path))
    if _is_json_document(start.decode(name, "ignore")):
        convert(path, json_list, "json-list", name)
    return Taken(path)


def _is_json_document(text: str) -> bool:
    """Whether a text is one JSON document; JSON Lines have an object on each line."""
    if not _JSON.match(text):
        return False
    first, _end, rest = text.lstrip().partition("\n")
    return not (first.startswith("{") and first.rstrip().endswith("}") and rest.strip())


def _unpack_zip(path: Path, part: int | None, *, is_inside: bool) -> Taken:
    names = _check_zip(path)
    if DOCUMENT in names:
        kind_of_zip(names, "")
        convert(path, word_table, "document")
        return Taken(path, is_ours=True)
    with zipfile.ZipFile(path) as archive:
        mimetype = archive.read("mimetype")[:200].decode("ascii", "ignore") if "mimetype" in names else ""
    if kind := kind_of_zip(names, mimetype):
        return _take_sheet(path, kind, part, is_inside=is_inside)
    if is_inside:
        raise BadFile("archive")
    return _take_file(path, part)


def _take_file(path: Path, part: int | None) -> Taken:
    """One file of an archive: the chosen one, else the first whose name does not say that people left."""
    with zipfile.ZipFile(path) as archive:
        entries = [one for one in archive.infolist() if _is_table(one)]
        if not entries:
            raise BadFile("archive")
        names = tuple(one.filename for one in entries)
        if part is None:
            part = next((place for place, name in enumerate(names) if not status_by_name(name)), 0)
        if part >= len(entries):
            raise BadFile("part", name=part, names=", ".join(names))
        if entries[part].flag_bits & 1:
            raise BadFile("locked")
        inside, unpacked = part_path(path, part), temporary(path)
        try:
            with archive.open(entries[part]) as packed, unpacked.open("xb") as out:
                unpacked.chmod(0o600)
                shutil.copyfileobj(packed, out, 1 << 20)
            taken = _unpack(unpacked, is_inside=True)
            unpacked.replace(inside)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise BadFile("archive") from None
        finally:
            unpacked.unlink(missing_ok=True)
    return Taken(inside, names, part, taken.is_ours, is_archive=True)


def _is_table(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename.rpartition("/")[2]
    is_hidden = name.startswith(".") or entry.filename.startswith("__MACOSX/")
    return bool(entry.file_size) and not is_hidden and name.lower().rpartition(".")[2] in TABLES


def _take_sheet(path: Path, kind: Kind, part: int | None, *, is_inside: bool) -> Taken:
    """One sheet of a book, as CSV: the chosen one, else the one that looks like people. Of a book in an archive it
    takes the book's place.
    """
    out = temporary(path)
    try:
        which = [] if part is None else [str(part)]
        answer = told(run([str(sheet_program.__file__), kind.reader, str(path), str(out), *which]))
        if "reason" in answer:
            raise BadFile(answer["reason"])
        taken = path if is_inside else part_path(path, answer["place"])
        out.chmod(0o600)
        out.replace(taken)
    except subprocess.TimeoutExpired:
        raise BadFile("sheet-too-large") from None
    finally:
        out.unlink(missing_ok=True)
    return Taken(taken, tuple(one["name"] for one in answer["sheets"]), answer["place"], is_ours=True)


def _is_mail(start: bytes) -> bool:
    """Whether the first lines are headers; a CSV may begin with a column called Subject."""
    lines = start.splitlines()[:4]
    found = [line for line in lines if MAIL.match(line + b"\n") or line[:1] in {b" ", b"\t"}]
    return len(found) >= min(len(lines), 2)


def _check_zip(path: Path) -> set[str]:
    """The names in the archive. Raises `BadFile` for one that unpacks to too much, or holds macros."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise BadFile("sheet") from None
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise BadFile("bomb")
    return {one.filename for one in entries}


def forget(path: Path) -> None:
    """Remove a file of ours, and what was taken from it."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    for one in path.parent.glob(f"{path.stem}.*"):
        one.unlink(missing_ok=True)
