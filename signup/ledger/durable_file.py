"""Files that outlive the machine: what is appended or replaced is on the disk when the call returns."""

import os
from pathlib import Path


def append(path: Path, text: str) -> None:
    """Append lines. A half line that a machine left when it died stays a line of its own."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        is_whole = file.seek(0, os.SEEK_END) == 0 or os.pread(handle, 1, file.tell() - 1) == b"\n"
        file.write((text if is_whole else f"\n{text}").encode())
        os.fsync(handle)


def replace(path: Path, text: str) -> None:
    """Replace a file as a whole: a reader sees the old or the new one."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(handle)
    new.rename(path)


def last_lines(path: Path, size: int = 64 * 1024) -> list[str]:
    """The last lines of a file that may not be there; the first of them may be a part of one."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - size))
        return file.read().decode(errors="replace").splitlines()
