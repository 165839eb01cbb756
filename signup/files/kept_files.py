"""Files that are kept for a while, in a folder where other processes make, rename and remove files at the same time."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from signup.ground.clock import utcnow


def remove_older(folder: Path, keep: timedelta | None) -> list[Path]:
    """Remove what was last written to before `keep` ago; returns it. A file at work was written to a moment ago."""
    old = older(folder, keep)
    for path in old:
        remove(path)
    return old


def older(folder: Path, keep: timedelta | None) -> list[Path]:
    """What was last written to before `keep` ago; nothing, where files stay for ever."""
    if keep is None:
        return []
    oldest = utcnow().timestamp() - keep.total_seconds()
    return [path for path, written_at in _files(folder) if written_at < oldest]


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; no complaint when another process was faster."""
    try:
        path.unlink(missing_ok=True)
    except (IsADirectoryError, PermissionError):  # Linux says the one of a folder, macOS the other
        if not path.is_dir():
            raise
        shutil.rmtree(path, ignore_errors=True)


def _files(folder: Path) -> Iterator[tuple[Path, float]]:
    """What is in a folder, and when it was last written to. What is gone before we look at it is left out."""
    for path in list(folder.iterdir()):
        try:
            yield path, path.stat().st_mtime
        except FileNotFoundError:
            continue
