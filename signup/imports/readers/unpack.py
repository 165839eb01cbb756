"""What a file that came in is made of, by what it is: a sheet of a book, a file of an archive, mails, cards, a text.

What is no text is read by programs in processes of their own (`sheets.program`, `word_table`, `mail_sender`,
`outlook_people`, `access_table`, `json_list`), with bounded memory and time; what kills one of them is only the reader.
"""

import re
import shutil
import subprocess
import zipfile
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from signup.ground.errors import BadFile
from signup.imports.meaning.exit_name import state_by_name
from signup.imports.readers import access_table, address_list, json_list, ldif, mail_sender, outlook_people, word_table
from signup.imports.readers.encoding import codec_of, encoding_of
from signup.imports.readers.file_kind import (
    DOCUMENT,
    OUTLOOK,
    START,
    FileKind,
    kind_by_start,
    kind_of_compound,
    kind_of_zip,
)
from signup.imports.readers.reader_process import convert, error_words, run, temporary
from signup.imports.readers.sheets import program as sheet_program

MAX_UNPACKED = 1_000_000_000
TABLES = {
    *("csv", "tsv", "tab", "txt", "json", "jsonl", "ndjson"),
    *("xlsx", "xlsm", "xls", "xlsb", "ods"),
    *("vcf", "ldif", "eml", "mbox"),
}
"""Endings of what is taken from an archive of files."""
_JSON = re.compile(r"\s*(?:\[\s*[\[{]|\{\s*\"|\[\s*\])")


class Taken(NamedTuple):
    """What was made of a file: where it is to be read, and how."""

    path: Path
    parts: tuple[str, ...] = ()
    """The names of the sheets or files that may be chosen."""
    part: int = 0
    is_ours: bool = False
    """We wrote it ourselves: UTF-8, commas, double quotes."""
    is_archive: bool = False


def unpack(path: Path, part: int | None = None, *, is_inside: bool = False) -> Taken:
    """Make a table or text of the file at `path`: of several sheets or files the one at the place `part`, without it
    the likeliest. `is_inside`: the file is one of an archive. Raises `BadFile`.
    """
    with path.open("rb") as file:
        start = file.read(START)
    if not start.strip(b"\x00 \t\r\n"):
        raise BadFile("empty")
    if start.startswith(b"PK\x03\x04"):
        return _unpack_zip(path, part, is_inside=is_inside)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        kind = kind_of_compound(path)
        return _take_outlook(path) if kind == OUTLOOK else _take_sheet(path, kind, part, is_inside=is_inside)
    if start.startswith(b"!BDN"):
        return _take_outlook(path)
    if start[4:19] in {b"Standard Jet DB", b"Standard ACE DB"}:
        return _take_access(path)
    kind = kind_by_start(start)
    return _take_sheet(path, kind, part, is_inside=is_inside) if kind.reader else _take_text(path, start)


def part_path(path: Path, part: int) -> Path:
    """Where one sheet or file of `path` is. Each has a place of its own, so that who chooses meets nobody who reads."""
    return path.with_suffix(f".part{part}")


def _made(path: Path, program: ModuleType, reason: str) -> Taken:
    convert(path, program, reason)
    return Taken(path, is_ours=True)


def _take_text(path: Path, start: bytes) -> Taken:
    if mail_sender.is_mail(start):
        return _made(path, mail_sender, "mails")
    if ldif.as_table(path, start):
        return Taken(path, is_ours=True)
    name, _errors = codec_of(encoding_of(path))
    if _is_json_document(start.decode(name, "ignore")):
        convert(path, json_list, "json-list", name)
        return Taken(path)
    return Taken(path, is_ours=address_list.as_table(path, start))


def _is_json_document(text: str) -> bool:
    """Whether a text is one JSON document; JSON Lines have an object on each line."""
    if not _JSON.match(text):
        return False
    first, _end, rest = text.lstrip().partition("\n")
    return not (first.startswith("{") and first.rstrip().endswith("}") and rest.strip())


def _take_outlook(path: Path) -> Taken:
    if not all(map(find_spec, ("pypff", "olefile"))):
        raise BadFile("outlook")
    return _made(path, outlook_people, "outlook-file")


def _take_access(path: Path) -> Taken:
    if not shutil.which(access_table.EXPORT):
        raise BadFile("access")
    return _made(path, access_table, "access-file")


def _unpack_zip(path: Path, part: int | None, *, is_inside: bool) -> Taken:
    names = _check_zip(path)
    if DOCUMENT in names:
        kind_of_zip(names, "")
        return _made(path, word_table, "document")
    with zipfile.ZipFile(path) as archive:
        mimetype = archive.read("mimetype")[:200].decode("ascii", "ignore") if "mimetype" in names else ""
    if kind := kind_of_zip(names, mimetype):
        return _take_sheet(path, kind, part, is_inside=is_inside)
    if is_inside:
        raise BadFile("archive")
    return _take_file(path, part)


def _check_zip(path: Path) -> set[str]:
    """The names in the archive. Raises `BadFile` for one that unpacks to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise BadFile("sheet") from None
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if unpacked > MAX_UNPACKED or unpacked > sheet_program.MAX_RATIO * max(packed, 1):
        raise BadFile("bomb")
    return {one.filename for one in entries}


def _take_file(path: Path, part: int | None) -> Taken:
    """One file of an archive: the chosen one, else the first whose name does not say that people left."""
    with zipfile.ZipFile(path) as archive:
        entries = [one for one in archive.infolist() if _is_table(one)]
        if not entries:
            raise BadFile("archive")
        names = tuple(one.filename for one in entries)
        if part is None:
            part = next((place for place, name in enumerate(names) if not state_by_name(name)), 0)
        if part >= len(entries):
            raise BadFile("part", name=part, names=", ".join(names))
        if entries[part].flag_bits & 1:
            raise BadFile("locked")
        inside, unpacked = part_path(path, part), temporary(path)
        try:
            with archive.open(entries[part]) as packed, unpacked.open("xb") as out:
                unpacked.chmod(0o600)
                shutil.copyfileobj(packed, out, 1 << 20)
            taken = unpack(unpacked, is_inside=True)
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


def _take_sheet(path: Path, kind: FileKind, part: int | None, *, is_inside: bool) -> Taken:
    """One sheet of a book, as CSV: the chosen one, else the one that looks like people. Of a book in an archive it
    takes the book's place.
    """
    out = temporary(path)
    try:
        which = [] if part is None else [str(part)]
        answer = error_words(run([str(sheet_program.__file__), kind.reader, str(path), str(out), *which]))
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
