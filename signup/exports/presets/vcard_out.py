"""People as vCards 3.0 (RFC 2426): what address books read. Reading them is `imports.readers.vcard_in`."""

from collections.abc import Iterator

NAME = "vcard"
FOLD = 75  # octets of a line, without its end


def card(mark: str, *cells: str) -> str:
    """One card, of the cells of `sales.VCARD` in their order, further ones for its note, and the export's mark (empty:
    none).
    """
    return "".join(f"{folded(line)}\r\n" for line in _lines(mark, *cells))


def _lines(mark: str, *cells: str) -> Iterator[str]:
    texts = [escaped(cell) for cell in cells]
    last, first, full, email, phone, company, job, street, locality, region, code, country, birthday, uid, *notes = (
        texts
    )
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    yield f"N:{last};{first};;;"
    yield f"FN:{full or email}"
    yield f"EMAIL;TYPE=INTERNET:{email}"
    for name, text in (("TEL", phone), ("ORG", company), ("TITLE", job)):
        if text:
            yield f"{name}:{text}"
    if street or locality or region or code or country:
        yield f"ADR;TYPE=HOME:;;{street};{locality};{region};{code};{country}"
    if birthday:
        yield f"BDAY:{birthday}"
    if note := "\\n".join(filter(None, notes)):
        yield f"NOTE:{note}"
    yield f"UID:urn:uuid:{uid}"
    if mark:
        yield f"X-EXPORT-ID:{mark}"
    yield "END:VCARD"


def escaped(text: str) -> str:
    """`text` with what has a meaning in a vCard escaped."""
    for char in "\\;,":
        if char in text:
            text = text.replace(char, f"\\{char}")
    return "\\n".join(text.splitlines()) if not text.isprintable() else text


def folded(line: str) -> str:
    """`line` cut into lines of at most 75 octets, never inside a character; each further one begins with a blank."""
    if len(line) * 4 <= FOLD or len(line.encode()) <= FOLD:
        return line
    pieces, size = [""], 0
    for char in line:
        width = len(char.encode())
        if size + width > FOLD:
            pieces.append(" ")
            size = 1
        pieces[-1] += char
        size += width
    return "\r\n".join(pieces)
