"""Files and folders that only this program's own user may read: they hold addresses, hashes, keys and links."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OTHERS = 0o077
"""What the group and everybody else may do."""


def make_all_private() -> None:
    """From here on, whatever this process makes is its user's alone (0600, folders 0700), SQLite's files included."""
    os.umask(OTHERS)


def make_folder(path: Path) -> Path:
    """Make the folder, and those above it, if they are not there. Returns it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def tighten(path: Path) -> None:
    """Take from others what they may do with a file, or with a folder and all below it, where the folder lets them in.

    What belongs to somebody else stays as it is: `signup doctor` names it.
    """
    if path.exists() and path.stat().st_mode & OTHERS:
        for loose in [*open_to_others(path)]:
            _take(loose)


def open_to_others(path: Path) -> Iterator[Path]:
    """What others may read, change or enter: of a file itself, of a folder and all below it. Links are not followed."""
    paths = [path]
    if path.is_dir():
        paths += [Path(folder, name) for folder, names, files in os.walk(path) for name in (*names, *files)]
    for one in paths:
        try:
            mode = one.lstat().st_mode
        except OSError:  # gone meanwhile
            continue
        if mode & OTHERS and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            yield one


def make_private(file: Any) -> None:
    """The same for an open file that was there before; not for a pipe, a device or the standard output."""
    if file not in {sys.stdout, sys.stdout.buffer} and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        try:
            os.fchmod(file.fileno(), 0o600)
        except PermissionError:
            return  # somebody else's, who let us write there


def _take(path: Path) -> None:
    try:
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
    except OSError:
        return
