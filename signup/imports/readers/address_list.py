"""A text that is nothing but addresses, as people copy them out of a mail: `Ada <ada@example.org>; bob@example.org`.

A table whose rows all hold equally many addresses is left a table: nobody can say whether they are one person's.
"""

import csv
import re
from pathlib import Path

from signup.addresses.written_address import WrittenAddress, look_alikes, unwrapped
from signup.imports.readers.encoding import codec_of, encoding_of

MAX_BYTES = 5_000_000
_PARTS = {sign: re.compile(rf'(?:"[^"]{{0,320}}"|<[^<>]{{0,320}}>|[^"<{sign}])+') for sign in ";,"}


def as_table(path: Path, start: bytes) -> bool:
    """Write such a text as CSV in its place, an address a row with its name; whether it was one."""
    if b"@" not in start or path.stat().st_size > MAX_BYTES:
        return False
    text = path.read_bytes().decode(*codec_of(encoding_of(path))).lstrip("\ufeff")
    people = people_in(text)
    if people:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("email", "name"), *people])
    return bool(people)


def people_in(text: str) -> list[WrittenAddress]:
    """The addresses of such a text; none when it is anything else, or has one on each line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and re.fullmatch(r"[\w .-]+", lines[0]):
        lines = lines[1:]  # a heading
    found = []
    for line in lines:
        if not (some := _people_of(line)):
            return []
        found.append(some)
    numbers = {len(some) for some in found}
    is_table = numbers == {1} or (len(numbers) == 1 and len(found) > 1)
    return [] if is_table else [one for some in found for one in some]


def _people_of(line: str) -> list[WrittenAddress]:
    if line[0] == line[-1] == '"' and '"' not in line[1:-1]:
        line = line[1:-1]
    sign = ";" if ";" in line else ","
    found, before = list[WrittenAddress](), ""
    for part in filter(str.strip, _PARTS[sign].findall(line)):
        whole = f"{before}{part}"
        if _is_address(whole):
            found.append(unwrapped(whole))
            before = ""
        elif "@" not in part and not before:
            before = f"{part.strip()}, "  # the family name of `Marley, Bob <bob@example.org>`
        elif all(map(_is_address, part.split())):
            found += map(unwrapped, part.split())
        else:
            return []
    return [] if before else found


def _is_address(text: str) -> bool:
    return len(look_alikes(text)) == 1 and " " not in unwrapped(text).address
