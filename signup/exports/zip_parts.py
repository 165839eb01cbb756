"""Several files as one: cut where the program's limit is, and packed into a ZIP; a single one stays as it is."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Self, cast
from zipfile import ZIP_DEFLATED, ZipFile

from signup.exports.export_stream import ExportStream, folder
from signup.exports.presets.export_preset import ExportPreset
from signup.exports.presets.preset_rows import PresetSheet

PACKED = 1  # of 9: the next levels win a tenth of the size for twice the time
BLOCK = 1 << 20


@dataclass
class _Part:
    """The file at work of one table."""

    file: IO[bytes]
    path: Path
    number: int = 1
    rows: int = 0
    size: int = 0


class ZipParts:
    """The files of one export while they grow. Only the last of each table is not packed yet."""

    def __init__(self, preset: ExportPreset, sheets: list[PresetSheet], outlet: ExportStream, mark: str) -> None:
        self.outlet = outlet
        self._preset, self._sheets, self._mark = preset, sheets, mark
        self._folder = TemporaryDirectory(prefix="parts-", dir=folder())
        self._zip: ZipFile | None = None
        self._parts = [self._open(place) for place in range(len(sheets))]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        for part in self._parts:
            part.file.close()
        if kind and self._zip:
            self._zip.fp = None  # nothing more is written to an outlet that failed
        self._folder.cleanup()

    def add(self, place: int, found: Iterable[str]) -> None:
        """Rows of one table, in as many parts as they take."""
        lines = list(found)
        while lines:
            part = self._parts[place]
            room = self._preset.max_rows - part.rows if self._preset.max_rows else len(lines)
            some, lines = lines[:room], lines[room:]
            content = self._sheets[place].content(some)
            is_too_large = self._preset.max_bytes and part.rows and part.size + len(content) > self._preset.max_bytes
            if is_too_large or not some:
                part = self._next(place)
            part.size += part.file.write(content)
            part.rows += len(some)

    def finish(self) -> None:
        """Hand on what there is: one file as it is, several packed."""
        if self._zip is None and len(self._parts) == 1:
            self._parts[0].file.close()
            with self._parts[0].path.open("rb") as done:
                while block := done.read(BLOCK):
                    self.outlet.write(block)
            return
        for place in range(len(self._parts)):
            self._pack(place)
        if self._zip:
            self._zip.close()
        self.outlet.files = sum(part.number for part in self._parts)

    def _open(self, place: int, number: int = 1) -> _Part:
        ending = "-".join(filter(None, (str(number), self._mark)))
        path = Path(self._folder.name) / f"{self._sheets[place].table.name}-{ending}.{self._preset.extension}"
        part = _Part(path.open("wb"), path, number)
        part.size = part.file.write(self._sheets[place].heading)
        return part

    def _next(self, place: int) -> _Part:
        self._pack(place)
        self._parts[place] = self._open(place, self._parts[place].number + 1)
        return self._parts[place]

    def _pack(self, place: int) -> None:
        path = self._parts[place].path
        self._parts[place].file.close()
        if self._zip is None:
            self._zip = ZipFile(cast("IO[bytes]", self.outlet), "w", ZIP_DEFLATED, compresslevel=PACKED)
        with path.open("rb") as done, self._zip.open(path.name, "w") as packed:
            shutil.copyfileobj(done, packed, BLOCK)
        path.unlink()
