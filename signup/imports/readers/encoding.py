"""Which encoding a text file is probably in. A guess is shown with the first rows, and can be overruled.

A mark at the beginning decides, then zero bytes, then UTF-8 over the whole file; then what reads like words of western
and central Europe, by the letters beside each letter that ASCII lacks.
"""

import codecs
import unicodedata
from functools import cache
from pathlib import Path

SAMPLE_BYTES = 256 * 1024
BLOCK = 1 << 20
MIXED = "utf-8-mixed"
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with BOM",
    MIXED: "UTF-8 mixed with Windows (cp1252)",
    "utf-16": "UTF-16 with BOM",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "utf-32": "UTF-32 with BOM",
    "cp1252": "Windows (cp1252)",
    "iso8859-15": "Latin-9 (ISO 8859-15)",
    "mac-roman": "Mac Roman",
    "cp850": "DOS (cp850)",
    "cp437": "DOS (cp437)",
    "cp1250": "Windows, central Europe (cp1250)",
}
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ONE_BYTE = ("cp1252", "iso8859-15", "mac-roman", "cp850", "cp437", "cp1250")
"""Of equally good ones the first wins: they agree on what the file holds."""
COMMON = frozenset("éèàçêâîôûëïüöäßñóíáúùòìœæ")
CENTRAL = frozenset("ąćęłńśźżčďěňřšťůýžőűľĺŕăşţđ")
SIGNS = "’‘“”„«»–—…€°·•№§©®™º\u00a0"
CORE, RARE, CENTRAL_LETTER, OFTEN, SELDOM, SIGN = 3, 0, 2, 6, 3, 1
STRANGE, MISPLACED, CONTROL = -3, -6, -12


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8, as Windows writes them: two programs have added to one file."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("signup-cp1252", _as_windows)


def codec_of(encoding: str) -> tuple[str, str]:
    """The name and the error handler to open a file with. One byte never stops a file that has no checks."""
    if encoding == MIXED:
        return "utf-8", "signup-cp1252"
    return encoding, "strict" if encoding.startswith("utf") else "replace"


def encoding_of(path: Path) -> str:
    """The encoding that a file is probably in, one of `ENCODINGS`."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    for mark, name in BOMS:
        if sample.startswith(mark):
            return name
    if zeros := _utf_16(sample):
        return zeros
    valid, broken = _utf_8(path)
    if not broken:
        return "utf-8"
    if valid > broken:
        return MIXED
    high = _around_high_bytes(path)
    return max(ONE_BYTE, key=lambda name: _score(high.decode(name, "replace")))


def _utf_16(sample: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 5 < len(sample) or min(even, odd) * 4 > max(even, odd):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _utf_8(path: Path) -> tuple[int, int]:
    """How many characters of several bytes a file holds, and how many bytes that are no UTF-8."""
    broken = 0

    def count(error: UnicodeError) -> tuple[str, int]:
        nonlocal broken
        broken += 1
        return "", error.end if isinstance(error, UnicodeDecodeError) else 0

    codecs.register_error("signup-count", count)
    decode, valid = codecs.getincrementaldecoder("utf-8")("signup-count").decode, 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = decode(block)
            if not block.isascii():
                valid += sum(not char.isascii() for char in text)
        decode(b"", final=True)
    return valid, broken


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


def _score(text: str) -> int:
    """How much the letters that ASCII lacks look at home."""
    text = f" {text} "
    return sum(_at_home(text[n - 1], char, text[n + 1]) for n, char in enumerate(text) if not char.isascii())


def _at_home(before: str, char: str, after: str) -> int:
    if not char.isalpha():
        return _sign_at_home(before, char, after)
    if char.isupper() and before.islower():
        return MISPLACED
    if char.islower() and before.isupper() and after.isupper():
        return MISPLACED // 2
    letter = char.lower()
    weight = (
        CORE if letter in COMMON else CENTRAL_LETTER if letter in CENTRAL else RARE if _is_latin(letter) else STRANGE
    )
    edges = "".join(one.lower() if one.isalpha() else sign for one, sign in ((before, "^"), (after, "$")))
    known, starts, ends = _trigrams()
    around = edges[0] + letter + edges[1]
    return weight + known.get(around, 0) + (around[:2] in starts) + (around[1:] in ends)


def _sign_at_home(before: str, char: str, after: str) -> int:
    if unicodedata.category(char) in {"Cc", "Co", "Cn"} or char == "\ufffd":
        return CONTROL
    if before.isalpha() and after.isalpha() and char == "’":
        return CORE
    if before.isalpha() and after.isalpha() and char not in "·\u00a0":
        return MISPLACED
    return SIGN if char in SIGNS else STRANGE


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


@cache
def _trigrams() -> tuple[dict[str, int], frozenset[str], frozenset[str]]:
    """What letters with both neighbours are worth; those known with the one before and with the one after."""
    text = (Path(__file__).parent / "trigrams.txt").read_text(encoding="utf-8")
    often, _heading, seldom = text.partition("# In fewer:\n")
    rows = [row for row in often.splitlines() if not row.startswith("#")]
    known = dict.fromkeys(seldom.split(), SELDOM) | dict.fromkeys(" ".join(rows).split(), OFTEN)
    return known, frozenset(one[:2] for one in known), frozenset(one[1:] for one in known)
