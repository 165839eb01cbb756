"""Whether a file holds a text, whatever kind of file it is: plain in any usual encoding, or packed."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Collection, Iterator
from html import escape
from pathlib import Path
from typing import IO

BLOCK = 1 << 20
MOST_UNPACKED = 1_000_000_000
"""So many bytes of a packed file are looked through; one that holds more was never taken in."""
ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")


def holds(path: Path, texts: Collection[str]) -> bool:
    """Whether the file at `path` holds one of `texts`, in lower or upper case."""
    needles = _needles(texts)
    with path.open("rb") as file:
        return _holds(file, needles, nested=2)


def _needles(texts: Collection[str]) -> set[bytes]:
    """Each text as the encodings write it, and as markup does."""
    found = set()
    for text in texts:
        for written in (text, escape(text)):
            for encoding in ENCODINGS:
                try:
                    found.add(written.encode(encoding).lower())
                except UnicodeEncodeError:
                    continue
    return found


def _holds(file: IO[bytes], needles: set[bytes], nested: int) -> bool:
    longest = max(map(len, needles), default=1)
    rest, read = b"", 0
    while block := file.read(BLOCK):
        read += len(block)
        seen = (rest + block).lower()
        if any(needle in seen for needle in needles):
            return True
        if read > MOST_UNPACKED:
            return True
        rest = seen[-longest:]
    file.seek(0)
    return nested > 0 and any(_holds(part, needles, nested - 1) for part in _parts(file))


def _parts(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """What a packed file holds."""
    head = file.read(6)
    file.seek(0)
    try:
        if head.startswith(b"PK"):
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    with archive.open(name) as part:
                        yield part
        elif opened := _opened(file, head):
            with opened:
                yield opened
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error, lzma.LZMAError):
        return


def _opened(file: IO[bytes], head: bytes) -> IO[bytes] | None:
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]  # reads as a binary file does
    if head.startswith(b"BZh"):
        return bz2.BZ2File(file)
    return lzma.LZMAFile(file) if head == b"\xfd7zXZ\x00" else None
