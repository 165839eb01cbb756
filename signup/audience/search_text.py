"""What can be found of a contact, as one text; and the words that somebody looks for.

A word is found anywhere in the text, one of one or two letters at the beginning of a word. Neither case nor accents
count.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers
from sqlalchemy import ColumnElement, and_, or_, true

MAX_QUERY = 254
MAX_WORDS = 8
MAX_TEXT = 4_000
"""Characters kept of one contact: an essay in an answer is not searched to its end."""
SHORT = 3
"""A word below this has no three letters in a row, of which indexes are made."""
GAP = "  "
"""Stands before each word of the text, so that one letter can be asked for where a word begins."""
_SPELLED = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i", "’": "'"})
_PHONE = re.compile(r"\+?[\d\s()./-]+")
_FEWEST_DIGITS, _MOST_DIGITS = 6, 17


@dataclass(frozen=True)
class SearchWord:
    """One word of a search; it is found where any of its spellings is."""

    spellings: tuple[str, ...]

    def is_in(self, text: str) -> bool:
        """Whether a text of `text_of` holds the word."""
        return any(_sought(spelling) in text for spelling in self.spellings)

    def condition(self, column: Any) -> ColumnElement[bool]:
        """`is_in` in SQL."""
        return or_(*(column.contains(_sought(spelling), autoescape=True) for spelling in self.spellings))


def words_in(query: str) -> list[SearchWord]:
    """The words of a search, of which all must be found. A phone number is one word, however it is spelled."""
    query = " ".join(query[:MAX_QUERY].split())
    if digits := _phone_digits(query, fewest=_FEWEST_DIGITS if query[:1] not in {"0", "+"} else 2):
        return [SearchWord(tuple(dict.fromkeys(digits)))]
    found = dict.fromkeys(folded_text(query).split())
    return [SearchWord((word,)) for word in found][:MAX_WORDS]


def all_in(words: Iterable[SearchWord], text: str) -> bool:
    return all(word.is_in(text) for word in words)


def condition(words: Iterable[SearchWord], column: Any) -> ColumnElement[bool]:
    """Whether a column of such texts holds all of the words."""
    return and_(true(), *(word.condition(column) for word in words))


def text_of(values: Iterable[str]) -> str:
    """These values as one text to search: their words, each once, and phone numbers as they may be typed."""
    words: dict[str, None] = {}
    for value in values:
        words |= dict.fromkeys([*folded_text(value[:MAX_TEXT]).split(), *_phone_digits(value, fewest=_FEWEST_DIGITS)])
    return "".join(GAP + word for word in words)[:MAX_TEXT]


def strings_in(values: Mapping[str, Any]) -> Iterable[str]:
    """The values that are words, by field: texts and choices. Numbers, days and yes or no are for segments."""
    for value in values.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield one


def folded_text(text: str) -> str:
    """`text` without case and accents, and letters that other keyboards lack as people write them there."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_SPELLED))
    return "".join(char for char in apart if not unicodedata.combining(char))


def _sought(spelling: str) -> str:
    return spelling if len(spelling) >= SHORT else GAP + spelling


def _phone_digits(text: str, fewest: int) -> list[str]:
    """The digits of a phone number, with its country and as dialled within it; none of what is no phone number."""
    text = text.strip()
    digits = re.sub(r"\D", "", text)
    if not _PHONE.fullmatch(text) or not fewest <= len(digits) <= _MOST_DIGITS:
        return []
    international = f"+{digits[2:]}" if digits.startswith("00") else text if text.startswith("+") else ""
    try:
        number = phonenumbers.parse(international)
    except phonenumbers.NumberParseException:
        return [digits.removeprefix("00")]
    national = phonenumbers.national_significant_number(number)
    return [f"{number.country_code}{national}", f"0{national}"]
