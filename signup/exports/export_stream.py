"""Where an export goes: the open end of a file or stream, what it carries beside its rows, and the folder for files."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from signup.ground.private_files import make_folder
from signup.ground.urls import settings

Progress = Callable[[int], None]


def folder() -> Path:
    """Where finished files wait for their operator and unfinished ones grow; nothing serves it."""
    return make_folder(settings().signup_var / "exports")


class ExportTerms(NamedTuple):
    """What an export carries beside what was asked for."""

    mark: str = ""
    """Stands in every row, so that a leaked file tells whose export it was."""
    is_masked: bool = False
    with_proof: bool = False
    """Of a preset: columns with the times, IP addresses and wording of the consent."""


PLAIN = ExportTerms()


class ExportStream:
    """The open end of an export: counts what goes through, and says after each piece how many rows were read."""

    def __init__(self, out: BinaryIO, on_progress: Progress) -> None:
        self._out, self._on_progress = out, on_progress
        self._is_broken = False
        self.rows = self.size = self.left_out = 0
        self.files = 1

    def write(self, content: bytes) -> int:
        if not self._is_broken:  # zipfile still writes its index when it is thrown away after an error
            self._or_broken(lambda: self._out.write(content))
            self.size += len(content)
            self.tell_progress()
        return len(content)

    def tell_progress(self) -> None:
        self._or_broken(lambda: self._on_progress(self.rows))

    def flush(self) -> None:
        if not self._is_broken:
            self._or_broken(self._out.flush)

    def _or_broken(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException:
            self._is_broken = True
            raise
