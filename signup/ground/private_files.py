"""Files and folders that only the service's own user can read: they hold addresses, hashes, keys and links."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OTHERS = 0o077
"""The permission bits of the group and of everybody else."""


def make_all_private() -> None:
    """Make every file that this process creates from now on private (0600, folders 0700), SQLite's files included."""
    os.umask(OTHERS)


def make_folder(path: Path) -> Path:
    """Create the folder and those above it where they are missing. Returns the folder."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def tighten(path: Path) -> None:
    """Take away other users' rights on a file, or on a folder and all below it, where the system allows it.

    What belongs to somebody else stays as it is: `signup doctor` names it.
    """
    if path.exists() and path.stat().st_mode & OTHERS:
        for loose in [*open_to_others(path)]:
            _tighten_one(loose)


def open_to_others(path: Path) -> Iterator[Path]:
    """Yield what other users can read, change or enter: the path and, of a folder, all below. Follows no links."""
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
    """Make an open file that existed before private. Leaves pipes, devices and the standard output alone."""
    if file not in {sys.stdout, sys.stdout.buffer} and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        try:
            os.fchmod(file.fileno(), 0o600)
        except PermissionError:
            return  # somebody else's, who let us write there


def _tighten_one(path: Path) -> None:
    try:
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
    except OSError:
        return
