"""The tables of a DOCX into CSV, in a process of its own with bounded memory and time.

Only the text of `word/document.xml` is read: no macro is run, nothing is fetched, and a document that declares entities
is refused. Run as a program: `python word_table.py FILE`. It writes the first table that holds an address, and those
after it under the same heading: a table that goes on over pages is often cut.
"""

import csv
import resource
import sys
import zipfile
from xml.parsers import expat

MEMORY = 1_500 * 1024 * 1024
CPU_SECONDS = 120
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main "
Table = list[list[str]]


class WordTableReader:
    """Hears the document's tags; a table inside a cell is text of that cell."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self._depth, self._is_text, self._span = 0, False, 1
        self._cell: list[str] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        tag = _tag(name)
        if tag == "tbl":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
        elif tag == "tr" and self._depth == 1:
            self.tables[-1].append([])
        elif tag == "tc" and self._depth == 1:
            self._cell, self._span = [], 1
        elif tag == "gridSpan" and self._depth == 1:
            wide = next((value for key, value in given.items() if _tag(key) == "val"), "1")
            self._span = min(int(wide), 200) if wide.isdecimal() else 1
        self._is_text = tag == "t"
        if tag in {"tab", "br", "cr", "p"}:
            self._cell.append(" ")

    def end(self, name: str) -> None:
        tag, self._is_text = _tag(name), False
        if tag == "tbl":
            self._depth -= 1
        elif tag == "tc" and self._depth == 1 and self.tables[-1]:
            self.tables[-1][-1] += [" ".join("".join(self._cell).split()), *[""] * (self._span - 1)]

    def text(self, content: str) -> None:
        if self._is_text and self._depth:
            self._cell.append(content)


def _tag(name: str) -> str:
    for space in (WORD, STRICT):
        if name.startswith(space):
            return name.removeprefix(space)
    return ""


def _refuse(*_given: object) -> None:
    raise ValueError("a document type")


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    reader, parser = WordTableReader(), expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, _refuse
    with zipfile.ZipFile(path) as archive, archive.open("word/document.xml") as file:
        parser.ParseFile(file)
    csv.writer(sys.stdout, lineterminator="\n").writerows(chosen(reader.tables))


def chosen(tables: list[Table]) -> Table:
    """The first table with an address and what goes on with it; without one the first table there is."""
    full = [table for table in tables if table]
    first = next((table for table in full if any("@" in cell for row in table for cell in row)), [])
    if not first:
        return full[0]
    after = full[full.index(first) + 1 :]
    return first + [row for table in after if table[0] == first[0] for row in table[1:]]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    main(sys.argv[1])
