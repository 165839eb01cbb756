"""Address books as LDIF (RFC 2849), as Thunderbird and directories export them, as CSV."""

import base64
import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from signup.imports.readers.reader_process import temporary

COLUMNS = {
    "email": ("mail",),
    "first_name": ("givenname",),
    "last_name": ("sn", "surname"),
    "name": ("cn", "displayname", "commonname"),
    "organisation": ("o", "company"),
    "title": ("title",),
    "phone": ("mobile", "cellphone", "telephonenumber", "homephone"),
    "locality": ("l", "mozillahomelocalityname"),
    "more_emails": ("mozillasecondemail",),
}
"""Each column and the attributes it is read from, the first that has a value."""
_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:#[^\n]*\n\s*|version:[^\n]*\n\s*)*dn::?[ \t]", re.IGNORECASE)


def as_table(path: Path, start: bytes) -> bool:
    """Write an LDIF as CSV in its place, an entry with an address a row; whether it was one."""
    if not _START.match(start):
        return False
    out = temporary(path)
    try:
        with (
            path.open(encoding="utf-8-sig", errors="replace") as lines,
            out.open("x", encoding="utf-8", newline="") as file,
        ):
            out.chmod(0o600)
            rows = map(_cells, _entries(_unfolded(lines)))
            csv.writer(file, lineterminator="\n").writerows(chain([list(COLUMNS)], (row for row in rows if row[0])))
        out.replace(path)
    finally:
        out.unlink(missing_ok=True)
    return True


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Logical lines: a blank at the beginning carries the one before on."""
    parts: list[str] = []
    for line in lines:
        if parts and line.startswith(" "):
            parts.append(line[1:].rstrip("\n"))
        else:
            yield "".join(parts)
            parts = [line.rstrip("\n")]
    yield "".join(parts)


def _entries(lines: Iterable[str]) -> Iterator[dict[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for line in chain(lines, [""]):
        if line.strip():
            name, _colon, value = line.partition(":")
            # An option, as of `mail;work` or `cn;lang-fr`, does not change what the attribute is.
            found.setdefault(name.partition(";")[0].strip().lower(), []).append(_value(value))
        elif found:
            yield found
            found = {}


def _value(text: str) -> str:
    if not text.startswith(":"):
        return text.strip()
    try:
        return base64.b64decode(text[1:].strip()).decode("utf-8", "replace").strip()
    except ValueError:
        return ""


def _cells(entry: dict[str, list[str]]) -> list[str]:
    found = [next((entry[name][0] for name in names if entry.get(name)), "") for names in COLUMNS.values()]
    more = [*entry.get("mail", [])[1:], *entry.get("mozillasecondemail", [])]
    return [*found[:-1], ", ".join(filter(None, more))]
