"""A file on its way in: kept in our folder, and made a table there (`unpack`). How a text is cut into rows is in
`table_file`.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from signup.files import kept_files
from signup.ground.errors import BadFile
from signup.ground.private_files import make_folder
from signup.ground.urls import settings
from signup.imports.readers.unpack import Taken, unpack

MAX_BYTES = 50_000_000


class KeptFile(NamedTuple):
    """A file that is now ours, as it is read: of a book one sheet, of an archive one file."""

    path: Path
    size: int
    sha256: str
    parts: tuple[str, ...] = ()
    part: int = 0
    is_ours: bool = False
    is_archive: bool = False

    @property
    def part_name(self) -> str:
        """The name of the sheet or file that is read; empty where there is no choice."""
        return self.parts[self.part] if self.parts else ""


def folder() -> Path:
    """Where files wait for their import; nothing serves it."""
    path = settings().signup_var / "imports"
    make_folder(path)
    return path


def receive(source: BinaryIO, name: str, limit: int | None = MAX_BYTES) -> KeptFile:
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
            file.flush()
            os.fsync(file.fileno())  # before the run says that it is there
        taken = unpack(path)
    except BaseException:
        forget(path)
        raise
    return KeptFile(taken.path, size, digest.hexdigest(), *taken[1:])


def choose(path: Path, part: int | None = None) -> Taken:
    """A sheet or file of the one at `path`; without `part` the likeliest. Raises `BadFile`."""
    if not path.exists():
        raise BadFile("gone")
    return unpack(path, part)


def part_of(parts: Sequence[str], name: str) -> int:
    """The place of a sheet or file by its name, whatever its case. Raises `BadFile`."""
    names = [one.casefold() for one in parts]
    if name.casefold() not in names:
        raise BadFile("part", name=name, names=", ".join(parts) or "–")
    return names.index(name.casefold())


def _blocks(source: BinaryIO, limit: int | None) -> Iterator[bytes]:
    size = 0
    while block := source.read(1 << 20):
        size += len(block)
        if limit and size > limit:
            raise BadFile("too-large")
        yield block


def forget(path: Path) -> None:
    """Remove a file of ours, and what was taken from it."""
    for one in [path] if path.is_dir() else path.parent.glob(f"{path.stem}.*"):
        kept_files.remove(one)
