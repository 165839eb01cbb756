"""A JSON document that holds a list of people into JSON Lines, in a process of its own with bounded memory and time.

The list is the document itself or stands under keys of it: `{"data": {"members": [{…}, …]}}`. Of a list of lists the
first one names the columns. A single object is one person. Run as a program: `python json_list.py FILE ENCODING`.
"""

import json
import re
import resource
import sys
from collections.abc import Generator, Iterator
from typing import IO, Any

MEMORY = 300 * 1024 * 1024
CPU_SECONDS = 120
BLOCK = 1 << 16
MAX_ENTRY = 1_000_000
_GAP = re.compile(r"[\s,]*")
_LIST = re.compile(r"\[\s*[\[{]")
_DECODER = json.JSONDecoder()


def main(path: str, encoding: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    names: list[str] = []
    with open(path, encoding=encoding) as file:  # noqa: PTH123  # isolated: a path is a text here
        for entry in entries(file):
            if isinstance(entry, list) and not names:
                names = [str(name) for name in entry]
                continue
            known = dict(zip(names, entry, strict=False)) if isinstance(entry, list) else entry
            if not isinstance(known, dict):
                raise SystemExit(1)
            sys.stdout.write(json.dumps(known, ensure_ascii=False) + "\n")


def entries(file: IO[str]) -> Iterator[Any]:
    """The entries of the first list of a document, read as a stream; an object without one is an entry itself. Raises
    ValueError for anything else, and where the document breaks off.
    """
    text = _Text(file)
    start = text.peek()
    if start == "[":
        yield from _list(text)
    elif start == "{":
        single = yield from _object(text)
        if single == {}:
            raise ValueError("no object")
        if single:
            yield single
    else:
        raise ValueError(start)


class _Text:
    """A text that is read when it is needed, from `at` on."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self.known, self.at, self._before = file, "", 0, 0

    @property
    def place(self) -> int:
        """How much of the text was read."""
        return self._before + self.at

    def is_ahead(self, sign: re.Pattern[str]) -> bool:
        while len(self.known) - self.at < BLOCK and self.more():
            pass
        return bool(sign.match(self.known, self.at))

    def more(self) -> bool:
        block = self._file.read(max(BLOCK, len(self.known) - self.at))
        self._before += self.at
        self.known, self.at = self.known[self.at :] + block, 0
        return bool(block)

    def peek(self) -> str:
        """The next sign that is no blank or comma; empty at the end."""
        while True:
            if gap := _GAP.match(self.known, self.at):
                self.at = gap.end()
            if self.at < len(self.known) or not self.more():
                return self.known[self.at : self.at + 1]

    def value(self) -> Any:
        """The next value. Raises ValueError for none, or for one that is longer than a megabyte."""
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self.known, self.at)
            except ValueError:
                if len(self.known) - self.at > MAX_ENTRY or not self.more():
                    raise
                continue
            if end < len(self.known) or not self.more():  # at the end of what is known a number may go on
                self.at = end
                return found


def _list(text: _Text) -> Iterator[Any]:
    text.at += 1
    while (sign := text.peek()) != "]":
        if not sign:
            raise ValueError("the list breaks off")
        yield text.value()


def _object(text: _Text) -> Generator[Any, None, dict[str, Any] | None]:
    """The entries of the first list of objects or lists in an object, or in an object inside it. Without such a list it
    returns the object itself. Raises ValueError for a damaged object, or for one that is longer than a megabyte.
    """
    text.at += 1
    single, start = dict[str, Any](), text.place
    while text.peek() == '"':
        name = text.value()
        text.peek()
        text.at += 1  # the colon
        sign = text.peek()
        if sign == "{":
            single[name] = yield from _object(text)
            if single[name] is None:
                return None
        elif sign == "[" and text.is_ahead(_LIST):
            yield from _list(text)
            return None
        else:
            single[name] = text.value()
        if text.place - start > MAX_ENTRY:
            raise ValueError("an object without end")
    if text.peek() != "}":
        raise ValueError("the object breaks off")
    text.at += 1
    return single


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="")  # type: ignore[union-attr]
    main(sys.argv[1], sys.argv[2])
