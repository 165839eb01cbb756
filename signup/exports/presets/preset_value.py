"""How a value must be written for another program: pure functions from texts to a text; empty stays empty."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

from signup.checks.country import code_of
from signup.consent.mailable import EXITS
from signup.files.formula_guard import APOSTROPHE, BLANKS, STARTS, guard

# Calling codes of where our visitors live, and whether a national number drops its leading zero abroad.
CALLING_CODES = {
    "AT": ("43", True),
    "BE": ("32", True),
    "CA": ("1", False),
    "CH": ("41", True),
    "DE": ("49", True),
    "DK": ("45", False),
    "ES": ("34", False),
    "FR": ("33", True),
    "GB": ("44", True),
    "IE": ("353", True),
    "IT": ("39", False),
    "LI": ("423", False),
    "LU": ("352", False),
    "MC": ("377", False),
    "NL": ("31", True),
    "PL": ("48", False),
    "PT": ("351", False),
    "US": ("1", False),
}
E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
MAX_WHOLE = 254
_ALL_E164 = re.compile(r"(?:(?:\+[1-9]\d{6,14})?+\n)*+(?:\+[1-9]\d{6,14})?+", re.ASCII)
_NOT_DIGITS = re.compile(r"\D+", re.ASCII)
_SUSPECT = frozenset(f'{STARTS}{BLANKS}{APOSTROPHE}"')
_BLANKS = re.compile(r"[^\S \n]|  | \n|\n |\A | \Z")
_SHA256 = hashlib.sha256()
_TRUNK = re.compile(r"\(0\)")
FEMALE = {"f", "female", "w", "woman", "mme", "madame", "mlle", "frau", "mevrouw", "signora", "femme", "mrs", "ms"}
MALE = {"m", "male", "man", "mr", "monsieur", "herr", "meneer", "signor", "homme", "h"}


def clipped(limit: int) -> Callable[[str], str]:
    """A rule that keeps as many whole characters as fit `limit` bytes of UTF-8."""

    def clip(text: str) -> str:
        if len(text) * 4 <= limit:  # no character takes more
            return text
        return text.encode()[:limit].decode(errors="ignore")

    return clip


def line(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def line_column(column: Sequence[str]) -> Sequence[str]:
    """`line` of a whole column: mostly every text of it is on one line already."""
    text = "\n".join(column)
    is_plain = text.count("\n") == len(column) - 1 and not _BLANKS.search(text)
    return column if is_plain else list(map(line, column))


def given_name(first: str, last: str, whole: str) -> str:
    """The first name; of somebody who only gave a whole name, what stands before its last word."""
    return first if first or last else (whole.rpartition(" ")[0] or whole)


def family_name(first: str, last: str, whole: str) -> str:
    """The last name; of somebody who only gave a whole name, its last word if there are several."""
    return last if last or first or " " not in whole else whole.rpartition(" ")[2]


def some_family_name(first: str, last: str, whole: str, address: str) -> str:
    """A last name for programs that take nobody without: else the first name, else the address before its @."""
    return last or family_name(first, last, whole) or given_name(first, last, whole) or address.rpartition("@")[0]


def company_or_private(company: str) -> str:
    """What Salesforce itself writes where a lead has no company."""
    return company or "[not provided]"


def in_full(whole: str, first: str, last: str) -> str:
    """The name as it is spoken."""
    return whole or " ".join(filter(None, (first, last)))


def phone(number: str, living_in: str = "") -> str:
    """E.164, `+41791234567`: of a number with its calling code, or a national one of a country we know. Else empty."""
    return number if not number or E164.fullmatch(number) else _phone(number, living_in)


def phone_column(numbers: Sequence[str], living_in: Sequence[str]) -> Sequence[str]:
    """`phone` of whole columns: mostly every number has its calling code already."""
    text = "\n".join(numbers)
    is_plain = text.count("\n") == len(numbers) - 1 and _ALL_E164.fullmatch(text)
    return numbers if is_plain else list(map(phone, numbers, living_in))


@lru_cache(maxsize=4096)
def _phone(number: str, living_in: str) -> str:
    text = _TRUNK.sub("", number.strip())
    digits = _NOT_DIGITS.sub("", text)
    if text.startswith("+"):
        found = f"+{digits}"
    elif digits.startswith("00"):
        found = f"+{digits[2:]}"
    else:
        code, has_trunk = CALLING_CODES.get(code_of(living_in), ("", False))
        found = f"+{code}{digits[1:] if has_trunk and digits.startswith('0') else digits}" if code else ""
    return found if E164.fullmatch(found) else ""


def moment(text: str) -> str:
    """`YYYY-MM-DD HH:MM:SS` in UTC, of the text that the database gives for a time."""
    return text[:19]


def iso_moment(text: str) -> str:
    """ISO 8601 in UTC."""
    return f"{text[:10]}T{text[11:19]}Z" if text else ""


def day(text: str) -> str:
    """A date as ISO 8601 has it; empty for what is none."""
    return found.isoformat() if (found := _date(text)) else ""


def month_and_day(text: str) -> str:
    """`MM/DD`: Mailchimp's birthdays have no year."""
    return f"{found.month:02}/{found.day:02}" if (found := _date(text)) else ""


def day_first(text: str) -> str:
    """`DD/MM/YYYY`, as French programs read dates."""
    return f"{found.day:02}/{found.month:02}/{found.year:04}" if (found := _date(text)) else ""


def day_of(text: str) -> str:
    """The day of a time, `DD/MM/YYYY`."""
    return f"{text[8:10]}/{text[5:7]}/{text[:4]}" if text else ""


def year(text: str) -> str:
    return f"{found.year:04}" if (found := _date(text)) else ""


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text else None
    except ValueError:
        return None


def sex(text: str) -> str:
    """`f` or `m`, of what a form asks for it or a form of address; else empty."""
    word = text.strip().rstrip(".").casefold()
    return "f" if word in FEMALE else "m" if word in MALE else ""


@lru_cache(maxsize=4096)
def chosen(text: str) -> str:
    """The options of an answer, separated by commas."""
    if not text.startswith("["):
        return text
    try:
        return ", ".join(map(str, json.loads(text)))
    except ValueError:
        return text


def one_address(street: str, locality: str, region: str, postal_code: str, land: str) -> str:
    """Mailchimp's whole postal address in one cell: its parts two spaces apart, the country last."""
    parts = "\n".join(filter(None, (street, locality, region, postal_code)))
    if not parts:
        return ""
    cells = [line(part) for part in parts.split("\n")] if "  " in parts or "\t" in parts else parts.split("\n")
    return "  ".join([*filter(None, cells), code_of(land)]).strip()


def hashed(text: str) -> str:
    """SHA-256 in hex of the text without blanks around it, in lower case and UTF-8: what matching programs compare."""
    plain = text.strip().lower()
    if not plain:
        return ""
    found = _SHA256.copy()  # nearly twice as fast as a new one each time
    found.update(plain.encode())
    return found.hexdigest()


_hashed_often = lru_cache(maxsize=4096)(hashed)


def hashed_phone(number: str, living_in: str) -> str:
    """SHA-256 of the number in E.164 with its `+`."""
    return hashed(phone(number, living_in))


def hashed_phone_column(numbers: Sequence[str], living_in: Sequence[str]) -> Sequence[str]:
    """`hashed_phone` of whole columns."""
    return list(map(hashed, phone_column(numbers, living_in)))


def hashed_digits(number: str, living_in: str) -> str:
    """SHA-256 of the number in E.164 without its `+`."""
    return hashed(phone(number, living_in)[1:])


def hashed_given_name(first: str, last: str, whole: str) -> str:
    return _hashed_often(given_name(first, last, whole))


def hashed_family_name(first: str, last: str, whole: str) -> str:
    return hashed(family_name(first, last, whole))


@lru_cache(maxsize=4096)
def reference(text: str) -> str:
    """A short, lasting name for a company: the same for every spelling of blanks and capitals."""
    plain = line(unicodedata.normalize("NFKC", text)).casefold()
    return f"S-{hashlib.sha256(plain.encode()).hexdigest()[:12]}" if plain else ""


def reason(state: str, is_stopped: str) -> str:
    """Why somebody must not be mailed: how they left, or the stop list."""
    return state if state in EXITS or not is_stopped else "suppressed"


def guarded_column(column: Sequence[str]) -> Sequence[str]:
    """`guard` of a whole column: mostly none of it begins like a formula."""
    return column if _SUSPECT.isdisjoint({text[:1] for text in column}) else list(map(guard, column))


WHOLE: dict[Callable[..., str], Callable[..., Sequence[str]]] = {
    line: line_column,
    phone: phone_column,
    hashed_phone: hashed_phone_column,
}
"""Rules of which a whole column is written faster than its cells."""
