"""Runs our readers in processes of their own: a file that kills one of them kills nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO
from uuid import uuid4

from signup.ground.errors import BadFile
from signup.imports.readers import child_process

SECONDS = 180


def temporary(path: Path) -> Path:
    """A name for what is not finished; of its own, as two may be at the same file."""
    return path.with_name(f"{path.stem}.{uuid4().hex}")


def run(arguments: list[str], out: BinaryIO | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run one of our programs on one of our files; it ends with this process."""
    return subprocess.run(  # noqa: S603  # our own program and our own file
        [sys.executable, "-I", str(child_process.__file__), str(os.getpid()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out or subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )


def error_words(done: subprocess.CompletedProcess[bytes]) -> Any:
    """The reader's error in words, also when it died."""
    return {"reason": "sheet"} if done.returncode else json.loads(done.stdout)


def convert(path: Path, program: ModuleType, reason: str, *more: str) -> None:
    """Let `program` write the file as CSV or JSON Lines in its place. Raises `BadFile` with `reason`."""
    unpacked = temporary(path)
    try:
        with unpacked.open("xb") as out:
            unpacked.chmod(0o600)
            if run([str(program.__file__), str(path), *more], out).returncode:
                raise BadFile(reason)
        unpacked.replace(path)
    except subprocess.TimeoutExpired:
        raise BadFile(reason) from None
    finally:
        unpacked.unlink(missing_ok=True)
