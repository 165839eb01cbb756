"""Small reference tables, read from this folder when first needed. NOTICE names their sources."""

import gzip
import unicodedata
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


def lines(name: str) -> list[list[str]]:
    """The rows of a table, each as a list of columns."""
    return [line.split("\t") for line in text(name).splitlines()]


def text(name: str) -> str:
    """The whole text of a table."""
    packed = (FOLDER / name).read_bytes()
    return (gzip.decompress(packed) if name.endswith(".gz") else packed).decode()


@cache
def regions() -> dict[str, str]:
    """The name of each canton, department and province by its ISO 3166-2 code, as `CH-VD`."""
    return dict(lines("regions.txt"))


def plain(words: str) -> str:
    """Words without case, accents and punctuation, so that two spellings of a name are equal."""
    letters = unicodedata.normalize("NFKD", words.casefold().replace("œ", "oe").replace("æ", "ae"))
    kept = (char if char.isalnum() else " " for char in letters if not unicodedata.combining(char))
    return " ".join("".join(kept).split())
