"""What a file is, by its first bytes, whatever it is called: what reads it, or why it cannot be read."""

import mmap
import re
from pathlib import Path
from typing import NamedTuple

from signup.ground.errors import BadFile

START = 64 * 1024
"""So many bytes hold the headers of nearly every mail."""
DOCUMENT, MACROS = "word/document.xml", "word/vbaProject.bin"
# First bytes of what holds no rows, and the reason to tell.
SIGNS = (
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"BM", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"PAR1", "parquet"),
    (b"SQLite format 3\x00", "database"),
    (b"7z\xbc\xaf\x27\x1c", "packed"),
    (b"Rar!", "packed"),
    (b"\x1f\x8b", "packed"),
    (b"BZh", "packed"),
    (b"\xfd7zXZ", "packed"),
    (b"\x28\xb5\x2f\xfd", "packed"),
    (b"TABLE\r\n0,1", "dif"),
    (b"TABLE\n0,1", "dif"),
    (b"ID;P", "sylk"),
)
# A BIFF stream without the container of Excel 5 and later (Excel 2 to 4).
BARE_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00", b"\x09\x08\x10\x00")
_XML = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!doctype[^>]*>\s*)*<([\w:.-]+)([^>]*)", re.DOTALL | re.IGNORECASE)
_NUMBERS = re.compile(r"Tables/|CalculationEngine|\.numbers/")
_HTML = {"html", "head", "body", "table", "div", "meta", "style", "center", "font", "tr", "p", "title"}
_WEB_ARCHIVE = re.compile(rb"mime-version:.{0,400}?multipart/related", re.IGNORECASE | re.DOTALL)


class FileKind(NamedTuple):
    """What reads a file: a reader of spreadsheets (`sheets/`), or nothing for a text."""

    reader: str = ""


OUTLOOK = FileKind("outlook")


def kind_by_start(start: bytes) -> FileKind:
    """The kind of a file that is no archive and no compound file. Raises `BadFile`."""
    for sign, reason in SIGNS:
        if start.startswith(sign) and not (sign == b"BM" and _is_text(start)):
            raise BadFile(reason)
    if start[4:12] in {b"ftypheic", b"ftypavif", b"ftypmif1"} or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        raise BadFile("picture")
    if start[257:262] == b"ustar":
        raise BadFile("packed")
    if start.startswith(BARE_BIFF):
        return FileKind("xls")
    if _WEB_ARCHIVE.match(start.lstrip()) and b"\nfrom:" not in start.lower():
        raise BadFile("web-archive")
    return _kind_of_markup(_text(start))


def _is_text(start: bytes) -> bool:
    return b"\x00" not in start[:64]


def _text(start: bytes) -> str:
    name = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    return start.decode(name, "replace").lstrip("\ufeff")


def _kind_of_markup(text: str) -> FileKind:
    if text.lstrip()[:1] != "<" or not (found := _XML.match(text)):
        return FileKind()
    tag = found[1].lower()
    if tag.rpartition(":")[2] == "workbook" and "schemas-microsoft-com:office:spreadsheet" in text:
        return FileKind("excel_xml")
    if tag == "office:document":
        return FileKind("ods")
    if tag in _HTML:
        return FileKind("html")
    if text.lstrip().startswith("<?xml"):
        raise BadFile("xml")
    return FileKind()


def kind_of_zip(names: set[str], mimetype: str) -> FileKind | None:
    """The kind of an archive by the names in it; none for one of files. Raises `BadFile`."""
    if MACROS in names:
        raise BadFile("macros")
    if any(name.rpartition("/")[2].lower() == "workbook.bin" for name in names):
        return FileKind("xlsb")
    if "content.xml" in names:
        if "presentation" in mimetype:
            raise BadFile("presentation")
        return FileKind("ods")
    if any(name.startswith("ppt/") for name in names):
        raise BadFile("presentation")
    if any(name.endswith(".iwa") or name.rpartition("/")[2] == "Index.zip" for name in names):
        raise BadFile("numbers" if any(_NUMBERS.search(name) for name in names) else "iwork")
    if any(name.startswith("QuickLook/") or name == "buildVersionHistory.plist" for name in names):  # before 2013
        raise BadFile("numbers")
    if any(name.startswith(("xl/", "xl\\")) for name in names) or "[Content_Types].xml" in names:
        return FileKind("xlsx")
    return None


def kind_of_compound(path: Path) -> FileKind:
    """A book, or an item of Outlook's, by a compound file's directory ([MS-CFB]), which names streams in UTF-16.
    Raises `BadFile`.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:

        def has(name: str) -> bool:
            return content.find(name.encode("utf-16-le")) >= 0

        if has("EncryptedPackage"):
            raise BadFile("locked")
        if has("__substg1.0_"):
            return OUTLOOK
        if not has("Workbook") and not has("Book\x00"):
            for name, reason in (("WordDocument", "old-word"), ("PowerPoint Document", "presentation")):
                if has(name):
                    raise BadFile(reason)
    return FileKind("xls")
