"""The contacts and senders in Outlook's own files (PST, OST, MSG) as CSV: each address once, with its first name.

Only properties are read, no body and no attachment. Run as a program, in a process of its own with bounded memory and
time: `python outlook_people.py FILE`. It needs the extra `outlook`: libpff (PST) and olefile (MSG).
"""

import csv
import re
import resource
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from signup.imports.readers.mail_sender import senders

MEMORY = 1_500 * 1024 * 1024
CPU_SECONDS = 120
MAX_DEPTH = 50
# Property tags of MS-OXPROPS, without their type.
CLASS, HEADERS, DISPLAY_NAME = 0x001A, 0x007D, 0x3001
SENDER_NAMES, SENDER_ADDRESSES = (0x0C1A, 0x0042), (0x5D01, 0x5D02, 0x0C1F, 0x0065)
NAMED = 0x8000
"""From here on a tag is a property with a name, as the addresses of a contact are; every file numbers them anew."""
_ADDRESS = re.compile(r"[^\s@<>\"(),;:]+@[^\s@<>\"(),;:]+\.[^\s@<>\"(),;:]+")
_PROPERTY = re.compile(r"__substg1\.0_([0-9A-F]{4})001([EF])")
Person = tuple[str, str]


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    with open(path, "rb") as file:  # noqa: PTH123  # isolated: a path is a text here
        is_pst = file.read(4) == b"!BDN"
    found: dict[str, Person] = {}
    for properties in _items_of_pst(path) if is_pst else [_item_of_msg(path)]:
        for address, name in people(properties):
            known = found.get(address.lower())
            if known is None or not known[1]:
                found[address.lower()] = (known[0] if known else address, name)
    if not found:
        raise SystemExit(1)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("email", "name"))
    out.writerows(found.values())


def people(properties: Mapping[int, str]) -> list[Person]:
    """Whom an item names: a contact with its addresses, a mail's sender; nobody in an appointment, task or report."""
    kind = properties.get(CLASS, "").upper()
    if kind.startswith("IPM.CONTACT"):
        values = (value.strip("\0 ") for tag, value in sorted(properties.items()) if tag >= NAMED)
        addresses = {value.lower(): value for value in values if _ADDRESS.fullmatch(value)}
        name = " ".join(properties.get(DISPLAY_NAME, "").split())
        return [(address, name) for address in addresses.values()]
    if kind.startswith("IPM.NOTE") or not kind:
        name = next(filter(None, (" ".join(properties.get(tag, "").split()) for tag in SENDER_NAMES)), "")
        values = (properties.get(tag, "").strip("\0 ") for tag in SENDER_ADDRESSES)
        # An Exchange server writes its own kind of address there: `/O=FIRM/CN=RECIPIENTS/CN=ADA`.
        address = next((value for value in values if _ADDRESS.fullmatch(value)), "")
        if address:
            return [(address, "" if name.strip("'") == address else name)]
        return list(senders(properties.get(HEADERS, "").encode()))
    return []


def _items_of_pst(path: str) -> Iterator[Mapping[int, str]]:
    import pypff  # noqa: PLC0415  # only once the limits hold

    book = pypff.file()
    book.open(path)
    waiting = [(book.get_root_folder(), 0)]
    while waiting:
        folder, depth = waiting.pop()
        for number in range(folder.number_of_sub_messages):
            yield _properties(folder, number)
        if depth < MAX_DEPTH:
            numbers = range(folder.number_of_sub_folders)
            waiting += [(folder.get_sub_folder(number), depth + 1) for number in numbers]


def _properties(folder: Any, number: int) -> Mapping[int, str]:
    """The texts of one item; what is damaged is left out, for one item must not cost the others."""
    found: dict[int, str] = {}
    try:
        item = folder.get_sub_message(number)
        sets = [item.get_record_set(place) for place in range(item.number_of_record_sets)]
        entries = [one.get_entry(place) for one in sets for place in range(one.number_of_entries)]
    except OSError:
        return found
    for entry in entries:
        if entry.entry_type is not None and entry.value_type in {0x1E, 0x1F}:
            try:
                found.setdefault(entry.entry_type, entry.get_data_as_string() or "")
            except (OSError, ValueError):
                continue
    return found


def _item_of_msg(path: str) -> Mapping[int, str]:
    import olefile  # noqa: PLC0415  # only once the limits hold

    found: dict[int, str] = {}
    with olefile.OleFileIO(path) as item:
        for place in item.listdir():
            match = _PROPERTY.fullmatch(place[0]) if len(place) == 1 else None  # deeper ones are of recipients
            if match:
                raw = item.openstream(place).read()
                found[int(match[1], 16)] = raw.decode("utf-16-le", "replace") if match[2] == "F" else _eight_bit(raw)
    return {tag: value.rstrip("\0") for tag, value in found.items()}


def _eight_bit(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="")  # type: ignore[union-attr]
    main(sys.argv[1])
