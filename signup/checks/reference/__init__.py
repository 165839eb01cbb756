"""Small tables of the world as it is, read from this folder when first asked for. NOTICE says where they are from."""

import gzip
import unicodedata
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


def lines(name: str) -> list[list[str]]:
    """The rows of a table, its columns apart."""
    return [line.split("\t") for line in text(name).splitlines()]


def text(name: str) -> str:
    """A table's whole text."""
    packed = (FOLDER / name).read_bytes()
    return (gzip.decompress(packed) if name.endswith(".gz") else packed).decode()


@cache
def regions() -> dict[str, str]:
    """The name of each canton, department and province by its code of ISO 3166-2, as `CH-VD`."""
    return dict(lines("regions.txt"))


def plain(words: str) -> str:
    """Words without case, accents and signs, so that two spellings of one name compare equal."""
    letters = unicodedata.normalize("NFKD", words.casefold().replace("œ", "oe").replace("æ", "ae"))
    kept = (char if char.isalnum() else " " for char in letters if not unicodedata.combining(char))
    return " ".join("".join(kept).split())
