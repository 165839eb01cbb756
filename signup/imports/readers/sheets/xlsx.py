"""XLSX and XLSM (ECMA-376) as rows, read as a stream: neither a sheet nor its texts need to fit into memory."""

import posixpath
import zipfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from tempfile import TemporaryFile
from typing import IO
from xml.parsers import expat

from signup.imports.readers.sheets import number_format
from signup.imports.readers.sheets.number_format import Show, formatter, general
from signup.imports.readers.sheets.sheet import (
    MAX_COLUMNS,
    Rows,
    Sheet,
    UnreadableSheet,
    fed,
    never,
    parser,
    placed,
    truth,
    unescaped,
)

MAX_IN_MEMORY = 30_000_000
WORKSHEET = "/worksheet"
Heard = Callable[[str, dict[str, str]], None]


class SharedTexts(Sequence[str]):
    """The shared texts of a book, in a file of their own where there are very many."""

    def __init__(self, found: Iterator[str], *, is_large: bool) -> None:
        self._all = [] if is_large else list(found)
        self._starts = array("Q", [0])
        if is_large:
            self._file = TemporaryFile()  # noqa: SIM115  # it lives as long as we do
            for text in found:
                self._file.write(text.encode("utf-8", "replace"))
                self._starts.append(self._file.tell())

    def __len__(self) -> int:
        return len(self._all) or len(self._starts) - 1

    def __getitem__(self, place: int) -> str:  # type: ignore[override]
        if self._all:
            return self._all[place]
        self._file.seek(self._starts[place])
        return self._file.read(self._starts[place + 1] - self._starts[place]).decode()


class XlsxBook:
    """What the cells of a book refer to: texts, formats, where days begin."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.from_1904 = False
        self.entries: list[tuple[str, str, bool]] = []
        self.root = next(iter(relations(archive, "")["officeDocument"].values()), "xl/workbook.xml")
        _hear(archive, self.root, self._workbook)
        self._related = relations(archive, self.root)
        self._texts: Sequence[str] | None = None
        self._shows: list[Show] | None = None

    def _workbook(self, tag: str, given: dict[str, str]) -> None:
        if tag == "sheet":
            relation = next((value for name, value in given.items() if name.endswith(":id")), "")
            self.entries.append((given.get("name", ""), relation, given.get("state", "visible") != "visible"))
        elif tag == "workbookPr":
            self.from_1904 = given.get("date1904", "0") in {"1", "true"}

    def sheets(self) -> list[Sheet]:
        """The worksheets; sheets that are only a chart have no cells."""
        paths = self._related["worksheet"]
        return [
            Sheet(name, partial(self._rows, paths[relation]), is_hidden)
            for name, relation, is_hidden in self.entries
            if relation in paths
        ]

    @property
    def texts(self) -> Sequence[str]:
        if self._texts is None:
            path = next(iter(self._related["sharedStrings"].values()), "")
            known = path in self.archive.NameToInfo
            size = self.archive.getinfo(path).file_size if known else 0
            found = _shared_texts(self.archive.open(path)) if known else iter(())
            self._texts = SharedTexts(found, is_large=size > MAX_IN_MEMORY)
        return self._texts

    @property
    def shows(self) -> list[Show]:
        """How the numbers of each cell style are shown."""
        if self._shows is None:
            path = next(iter(self._related["styles"].values()), "")
            codes = _codes(self.archive, path) if path in self.archive.NameToInfo else []
            self._shows = [formatter(code, from_1904=self.from_1904) for code in codes]
        return self._shows

    def _rows(self, path: str) -> Rows:
        return placed(_cells(self.archive.open(path), self))


def sheets(path: str) -> list[Sheet]:
    """The sheets of a file. Raises `UnreadableSheet`, or an error of zipfile or expat for a damaged one."""
    return XlsxBook(opened(path)).sheets()


def opened(path: str) -> zipfile.ZipFile:
    """The package, whose parts are found by their names in lower case: case does not count (ECMA-376 part 2, §6.2.2.3).
    Some programs separate folders as Windows does, against APPNOTE.TXT §4.4.17.
    """
    archive = zipfile.ZipFile(path)
    for entry in archive.infolist():
        archive.NameToInfo.setdefault(entry.filename.replace("\\", "/").lower(), entry)
    return archive


def relations(archive: zipfile.ZipFile, part: str) -> "_Related":
    """What a part of the package refers to: by kind, the path of each id (ECMA-376 part 2, §6.5)."""
    folder, name = posixpath.split(part)
    found = _Related()
    path = posixpath.join(folder, "_rels", f"{name}.rels").lower()

    def heard(tag: str, given: dict[str, str]) -> None:
        if tag == "Relationship" and given.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, given.get("Target", "").replace("\\", "/")))
            found[given.get("Type", "").rpartition("/")[2]][given.get("Id", "")] = target.lstrip("/").lower()

    if path in archive.NameToInfo:
        _hear(archive, path, heard)
    return found


class _Related(dict[str, dict[str, str]]):
    def __missing__(self, kind: str) -> dict[str, str]:
        return self.setdefault(kind, {})


def _hear(archive: zipfile.ZipFile, path: str, heard: Heard) -> None:
    """Tell each tag of a small part, without its prefix, and what it is given."""
    hears = parser()
    hears.StartElementHandler = lambda name, given: heard(name.rpartition(":")[2], given)
    with archive.open(path) as file:
        hears.ParseFile(file)


def _codes(archive: zipfile.ZipFile, path: str) -> list[str]:
    """The number format of each cell style."""
    own, codes, is_in = dict[int, str](), list[str](), [False]

    def heard(tag: str, given: dict[str, str]) -> None:
        if tag == "numFmt" and given.get("numFmtId", "").isdecimal():
            own[int(given["numFmtId"])] = given.get("formatCode", "")
        elif tag in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            is_in[0] = tag == "cellXfs"
        elif tag == "xf" and is_in[0]:
            number = int(given.get("numFmtId") or 0)
            codes.append(own.get(number) or number_format.BUILT_IN.get(number, number_format.GENERAL))

    _hear(archive, path, heard)
    return codes


def _shared_texts(file: IO[bytes]) -> Iterator[str]:
    """Each shared text; how an East Asian word is spoken (`rPh`) is none of it."""
    done, parts, state = list[str](), list[str](), {"text": False, "spoken": False}

    def start(name: str, _given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "t":
            state["text"] = not state["spoken"]
        elif tag == "rPh":
            state["spoken"] = True

    def end(name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "t":
            state["text"] = False
        elif tag == "rPh":
            state["spoken"] = False
        elif tag == "si":
            done.append(unescaped("".join(parts)))
            parts.clear()

    hears = parser()
    hears.StartElementHandler, hears.EndElementHandler = start, end
    hears.CharacterDataHandler = lambda text: parts.append(text) if state["text"] else None
    return fed(hears, file, done, never)


def _cells(file: IO[bytes], book: XlsxBook) -> Iterator[tuple[int, list[str]]]:
    """The rows that a sheet writes down, by number."""
    done = list[tuple[int, list[str]]]()
    return fed(_sheet_parser(done, _Cell(book)), file, done, never)


def _sheet_parser(  # noqa: C901  # four short closures
    done: list[tuple[int, list[str]]], cell: "_Cell"
) -> expat.XMLParserType:
    """Hears the tags of one sheet. The hottest loop of all readers, therefore closures and plain comparisons."""
    given, hears, number, cells, parts, prefix = dict[str, str](), False, 0, list[str](), list[str](), ""

    def first(name: str, _given: dict[str, str]) -> None:
        nonlocal prefix
        prefix = name[: name.index(":") + 1] if ":" in name else ""
        made.StartElementHandler = start if not prefix else lambda tag, attrs: start(tag.removeprefix(prefix), attrs)
        made.EndElementHandler = end if not prefix else lambda tag: end(tag.removeprefix(prefix))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal given, hears, number, cells
        if name == "c":
            given = attributes
            parts.clear()
        elif name in {"v", "t"}:
            hears = True
        elif name == "row":
            row = attributes.get("r", "")
            number, cells = int(row) if row.isdecimal() else number + 1, []
        elif name in {"f", "rPh"}:
            hears = False
        elif name == "is":  # some programs write the value beside the text
            parts.clear()

    def text(content: str) -> None:
        if hears:
            parts.append(content)

    def end(name: str) -> None:
        nonlocal hears
        if name == "c":
            hears = False
            reference = given.get("r", "").rstrip("0123456789")
            if reference and (missing := cell.column(reference) - len(cells)) > 0:
                cells.extend([""] * missing)
            cells.append(cell.value(given, "".join(parts)) if parts else "")
        elif name in {"t", "v"}:
            hears = False
        elif name == "row":
            done.append((number, cells))

    made = parser()
    made.StartElementHandler, made.CharacterDataHandler = first, text
    return made


class _Cell:
    """What the content of a cell means in its book."""

    def __init__(self, book: XlsxBook) -> None:
        self._texts, self._shows = book.texts, book.shows
        self._columns = dict[str, int]()

    def column(self, letters: str) -> int:
        if letters not in self._columns:
            self._columns[letters] = _column(letters)
        return self._columns[letters]

    def value(self, given: dict[str, str], text: str) -> str:
        kind = given.get("t", "n")
        if kind == "s":
            place = int(text)
            return self._texts[place] if 0 <= place < len(self._texts) else ""
        if kind == "n":
            return self._number(given.get("s", "0"), text)
        if kind == "b":
            return truth(text.strip() in {"1", "true"})
        if kind == "d":
            return moment(text)
        return "" if kind == "e" else unescaped(text)

    def _number(self, style: str, text: str) -> str:
        try:
            value, place = float(text), int(style)
        except ValueError:
            return text
        return self._shows[place](value) if place < len(self._shows) else general(value)


def moment(text: str) -> str:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return at.date().isoformat() if (at.hour, at.minute, at.second) == (0, 0, 0) else at.isoformat(" ", "seconds")


def _column(letters: str) -> int:
    """`A` is 0, `AA` is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter.upper()) - 64
    if not 0 < number <= MAX_COLUMNS:
        raise UnreadableSheet("sheet")
    return number - 1
