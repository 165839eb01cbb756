"""How a text file is probably written: its encoding, delimiter and quote. A guess is shown and can be overruled."""

import codecs
import csv
import io
from pathlib import Path

SAMPLE_BYTES = 256 * 1024
SAMPLE_LINES = 60
BLOCK = 1 << 20
DELIMITERS = ",;\t|"
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with BOM",
    "utf-16": "UTF-16 with BOM",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows (cp1252)",
    "mac-roman": "Mac Roman",
}
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Letters of western European languages, by how often they come; what else a wrong guess makes of them is rare in names.
COMMON = dict.fromkeys("éèàçêâîôûëïüöäßñóíáúãõåøæœ", 3) | dict.fromkeys("ÉÈÀÇÊÖÄÜÓÁÑØÅ’‘“”«»–—€° ", 1)
RARE = -2


def encoding_of(path: Path) -> str:
    """A mark at the beginning decides; then strict UTF-8 over the whole file; then what reads like words."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    for mark, name in BOMS:
        if sample.startswith(mark):
            return name
    if zeros := _utf_16(sample):
        return zeros
    if _is_utf_8(path):
        return "utf-8"
    high = _around_high_bytes(path)
    return max(("cp1252", "mac-roman"), key=lambda name: _score(high, name))


def _utf_16(sample: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 5 < len(sample):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _is_utf_8(path: Path) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                decode(block)
            decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _around_high_bytes(path: Path) -> bytes:
    """The lines that are not ASCII, as many as fit a sample."""
    found: list[bytes] = []
    size = 0
    with path.open("rb") as file:
        while size < SAMPLE_BYTES and (line := file.readline(BLOCK)):
            if not line.isascii():
                found.append(line)
                size += len(line)
    return b"".join(found)


def _score(text: bytes, encoding: str) -> int:
    return sum(COMMON.get(char, RARE) for char in text.decode(encoding, "replace") if char > "\x7f")


def dialect_of(text: str) -> tuple[str, str]:
    """Delimiter and quote of a CSV's first lines: the pair that cuts them into the most, equally many cells."""
    if text[:4].lower() == "sep=" and text[4:5] in DELIMITERS:  # Excel's own hint
        return text[4], '"'
    pairs = [(delimiter, quote) for quote in "\"'" for delimiter in DELIMITERS]
    return max(pairs, key=lambda pair: _evenness(text, *pair))


def _evenness(text: str, delimiter: str, quote: str) -> float:
    lines = io.StringIO(text, newline="")
    widths = []
    try:
        for cells in csv.reader(lines, delimiter=delimiter, quotechar=quote):
            if cells:
                widths.append(len(cells))
            if len(widths) == SAMPLE_LINES:
                break
    except csv.Error:
        return 0.0
    if not widths or widths[0] == 1:
        return 0.0
    unquoted = quote == "'" and text.count("'") < 2 * len(widths)  # an apostrophe in a name is no quote
    return (widths.count(widths[0]) / len(widths)) * 100 + min(widths[0], 50) / 10 - unquoted * 50
