"""XLSB as rows, read as a stream: the parts of an XLSX, in records instead of tags ([MS-XLSB] §2.1.4, §2.3)."""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO

from signup.imports.readers.sheets import number_format
from signup.imports.readers.sheets.number_format import Show, formatter, general
from signup.imports.readers.sheets.sheet import MAX_COLUMNS, Rows, Sheet, placed, truth
from signup.imports.readers.sheets.xlsx import MAX_IN_MEMORY, SharedTexts, opened, relations

ROW, BLANK, RK, ERROR, BOOL, REAL, TEXT, SHARED = 0, 1, 2, 3, 4, 5, 6, 7
FORMULA_TEXT, FORMULA_NUMBER, FORMULA_BOOL, FORMULA_ERROR = 8, 9, 10, 11
SHARED_ITEM, FORMAT, STYLE, STYLES_BEGIN, STYLES_END, BOOK_PROPERTIES, SHEET = 19, 44, 47, 617, 618, 153, 156
Record = tuple[int, bytes]


def sheets(path: str) -> list[Sheet]:
    """The worksheets of a file. Raises an error of zipfile or struct for a damaged one."""
    return XlsbBook(opened(path)).sheets()


class XlsbBook:
    """What the cells of a book refer to: texts, formats, where days begin."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        root = next(iter(relations(archive, "")["officeDocument"].values()), "xl/workbook.bin")
        self._related = relations(archive, root)
        self._from_1904 = False
        self._entries: list[tuple[str, str, bool]] = []
        for kind, data in _records(archive.open(root)):
            if kind == BOOK_PROPERTIES:
                self._from_1904 = bool(data[0] & 1)
            elif kind == SHEET:
                relation, place = _text(data, 8)
                name, _place = _text(data, place)
                self._entries.append((name, relation, data[0] != 0))
        self._loaded: tuple[Sequence[str], list[Show]] | None = None

    def sheets(self) -> list[Sheet]:
        paths = self._related["worksheet"]
        return [
            Sheet(name, partial(self._rows, paths[relation]), is_hidden)
            for name, relation, is_hidden in self._entries
            if relation in paths
        ]

    def _rows(self, path: str) -> Rows:
        if self._loaded is None:
            self._loaded = self._texts(), self._shows()
        return placed(_cells(self._archive.open(path), *self._loaded))

    def _texts(self) -> Sequence[str]:
        path = next(iter(self._related["sharedStrings"].values()), "")
        if path not in self._archive.NameToInfo:
            return []
        items = (_text(data, 1)[0] for kind, data in _records(self._archive.open(path)) if kind == SHARED_ITEM)
        return SharedTexts(items, is_large=self._archive.getinfo(path).file_size > MAX_IN_MEMORY)

    def _shows(self) -> list[Show]:
        path = next(iter(self._related["styles"].values()), "")
        if path not in self._archive.NameToInfo:
            return []
        own, shows, is_in = dict[int, str](), list[Show](), False
        for kind, data in _records(self._archive.open(path)):
            if kind == FORMAT:
                own[struct.unpack_from("<H", data)[0]] = _text(data, 2)[0]
            elif kind in {STYLES_BEGIN, STYLES_END}:
                is_in = kind == STYLES_BEGIN
            elif kind == STYLE and is_in:
                number = struct.unpack_from("<H", data, 2)[0]
                code = own.get(number) or number_format.BUILT_IN.get(number, number_format.GENERAL)
                shows.append(formatter(code, from_1904=self._from_1904))
        return shows


def _records(file: IO[bytes]) -> Iterator[Record]:
    """Kind and content of each record: both lengths are in bytes of seven bits, the lowest first."""
    while True:
        kind = _varying(file, 2)
        if kind is None:
            return
        size = _varying(file, 4) or 0
        yield kind, file.read(size)


def _varying(file: IO[bytes], most: int) -> int | None:
    number = 0
    for place in range(most):
        byte = file.read(1)
        if not byte:
            return None
        number |= (byte[0] & 0x7F) << 7 * place
        if byte[0] < 0x80:  # noqa: PLR2004  # the last one
            break
    return number


def _text(data: bytes, place: int) -> tuple[str, int]:
    """A text with its length before it, and where it ends."""
    size = struct.unpack_from("<I", data, place)[0]
    if size == 0xFFFFFFFF:  # noqa: PLR2004  # none
        return "", place + 4
    end = place + 4 + 2 * size
    return data[place + 4 : end].decode("utf-16-le", "replace"), end


def _cells(file: IO[bytes], texts: Sequence[str], shows: list[Show]) -> Iterator[tuple[int, list[str]]]:
    number, cells = 0, list[str]()
    for kind, data in _records(file):
        if kind == ROW:
            if cells:
                yield number, cells
            number, cells = struct.unpack_from("<I", data)[0] + 1, []
        elif BLANK < kind <= FORMULA_BOOL and kind != ERROR:
            column, style = struct.unpack_from("<II", data)
            cells += [""] * (min(column, MAX_COLUMNS) - len(cells))
            cells.append(_value(kind, data, texts, _shown(shows, style & 0xFFFFFF)))
    if cells:
        yield number, cells


def _shown(shows: list[Show], style: int) -> Show:
    return shows[style] if style < len(shows) else general


def _value(kind: int, data: bytes, texts: Sequence[str], show: Show) -> str:
    if kind == SHARED:
        place = struct.unpack_from("<I", data, 8)[0]
        return texts[place] if place < len(texts) else ""
    if kind in {TEXT, FORMULA_TEXT}:
        return _text(data, 8)[0]
    if kind in {BOOL, FORMULA_BOOL}:
        return truth(bool(data[8]))
    return show(_packed(data) if kind == RK else struct.unpack_from("<d", data, 8)[0])


def _packed(data: bytes) -> float:
    """An RkNumber (§2.5.122): 30 bits of an integer or of the top of a double, perhaps times a hundred."""
    bits = struct.unpack_from("<i", data, 8)[0]
    value = float(bits >> 2) if bits & 2 else struct.unpack("<d", struct.pack("<q", (bits & ~3) << 32))[0]
    return value / 100 if bits & 1 else float(value)
