"""A time as people and programs write it, and which of day and month a column writes first.

Read are: ISO 8601, RFC 5322, numbers of a spreadsheet, seconds and milliseconds since 1970, digits alone (`20250304`),
and dates with signs or month names in English, French, German, Italian, Dutch and Spanish. Without a zone it is UTC.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

_MONTHS = (
    "january janvier januar janner gennaio januari enero",
    "february fevrier februar feber febbraio februari febrero",
    "march mars marz maerz marzo maart mrt mrz",
    "april avril aprile abril",
    "may mai maggio mei mayo",
    "june juin juni giugno junio",
    "july juillet juli luglio julio",
    "august aout agosto augustus",
    "september septembre settembre septiembre setiembre",
    "october octobre oktober ottobre octubre",
    "november novembre noviembre",
    "december decembre dezember dicembre diciembre",
)
MIN_SHORT = 3


def _month_words() -> dict[str, int]:
    """Every beginning of a month's name that can mean only one month."""
    found: dict[str, set[int]] = {}
    for number, names in enumerate(_MONTHS, 1):
        for name in names.split():
            for end in range(MIN_SHORT, len(name) + 1):
                found.setdefault(name[:end], set()).add(number)
    return {word: months.pop() for word, months in found.items() if len(months) == 1}


_MONTH = _month_words()
_ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "ut", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "bst", "west"), 1),
    **dict.fromkeys(("cest", "mesz", "eet"), 2),
    "eest": 3,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}
_SERIAL = re.compile(r"([2-7]\d{4})(?:[.,](\d+))?")
_EPOCH = re.compile(r"\d{9,10}(?:[.,]\d+)?|\d{12,13}|\d{15,16}")
_DIGITS = re.compile(r"(?:19|20)\d{6}(?:\d{4}|\d{6})?")
_CLOCK = re.compile(
    r"(?<![\d.:])(\d{1,2})(?:(?::|\s?h\s?)(\d{2})?(?:(?::|\s?m(?:in)?\s?)(\d{2})(?:[.,]\d+)?)?\s?s?|(?=\s?[ap]\.?\s?m\b)"
    r"|(?=\s?uhr))\s?(?:(a|p)\.?\s?m\.?(?![a-z]))?"
)
_DOTTED_CLOCK = re.compile(r"(?<=\d{4}\s)(\d{1,2})\.(\d{2})(?:\.(\d{2}))?()\s*$")
_ZONE = re.compile(r"(?:^|(?<=[\d\s]))(?:(?:utc|gmt)?\s?([+-])(\d{1,2}):?(\d{2})?|(z|utc?|gmt|[a-z]{3,4}))(?=[\s)]*$)")
_NUMBERS = re.compile(r"(\d{1,4})\s?([./\-\s])\s?(\d{1,2})\s?[./\-\s]\s?(\d{1,4})\.?")
_NAMED = re.compile(r"(?:(\d{1,4})\D{0,4})?\b([a-z]{3,10})\.?\D{0,3}?(\d{1,4})(?:\D{1,4}(\d{1,4}))?")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|re|eme|e|ste|de|º|°|ª)\b")
_SMALL_WORDS = re.compile(
    r"\b(?:le|the|of|de|del|den|der|am|um|at|a|as|les|op|om|il|el|alle|ore|kl|uhr|uur|vers|on|o clock|heures?)\b"
)
_LEADING_WORD = re.compile(r"^[a-z]+\.?\s+")
_AM_PM = re.compile(r"\d\s?[ap]\.?\s?m\b", re.IGNORECASE)
MONTHS_OF_A_YEAR = 12
MAX_LENGTH = 80  # the longest weekday, month and zone


class Order:
    """Which of day and month the cells of a column write first, told by those that can be read in one way only.

    Cells with AM or PM are judged by themselves: they come from elsewhere than those without.
    """

    def __init__(self) -> None:
        self._found: dict[bool, set[str]] = {False: set(), True: set()}
        self.is_open = False
        """Whether a cell could be read both ways."""

    def add(self, cell: str) -> None:
        match = _NUMBERS.search(cell) if cell[:1].isdigit() or "/" in cell else None
        if not match or len(match[1]) > 2 or match[2] == "." or len(match[4]) not in {2, 4}:  # noqa: PLR2004
            return
        first, second, half_day = int(match[1]), int(match[3]), bool(_AM_PM.search(cell))
        if first > MONTHS_OF_A_YEAR >= second:
            self._found[half_day].add(DAY_FIRST)
        elif second > MONTHS_OF_A_YEAR >= first:
            self._found[half_day].add(MONTH_FIRST)
        elif first != second:
            self.is_open = True

    def decided(self) -> tuple[str, str]:
        """The order of cells without and with AM or PM; empty where nothing or both was seen."""
        plain, half_day = (found.copy().pop() if len(found) == 1 else "" for found in self._found.values())
        return plain, half_day or plain


def order_of(cells: Iterable[str]) -> Order:
    """The order of some cells."""
    found = Order()
    for cell in cells:
        found.add(cell)
    return found


@lru_cache(maxsize=8192)
def read_time(cell: str, order: str = "", half_day_order: str = "", *, is_1904: bool = False) -> datetime:
    """The moment that a cell names, in UTC. `order` counts where a date could be read both ways; without one it is day
    first, and month first beside AM or PM. `is_1904`: numbers of a spreadsheet count from 1904. Raises `ValueError`.
    """
    text = cell.strip().strip("'\"[]").strip()
    if not text or len(text) > MAX_LENGTH:
        raise ValueError(cell)
    read = _by_digits(text, is_1904=is_1904) or _by_iso(text)
    if read is None:
        chosen = (half_day_order or order or MONTH_FIRST) if _AM_PM.search(text) else (order or DAY_FIRST)
        read = _by_words(text, chosen)
    return read.astimezone(UTC)


def _by_digits(text: str, *, is_1904: bool) -> datetime | None:
    if _SERIAL.fullmatch(text):
        days = float(text.replace(",", "."))
        start = datetime(1904, 1, 1, tzinfo=UTC) if is_1904 else datetime(1899, 12, 30, tzinfo=UTC)
        return start + timedelta(seconds=round(days * 86400))
    if _DIGITS.fullmatch(text):
        shapes = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
        try:
            return datetime.strptime(text, shapes[len(text)]).replace(tzinfo=UTC)
        except ValueError:
            pass
    if _EPOCH.fullmatch(text):
        seconds = float(text.replace(",", "."))
        while seconds > 1e11:  # noqa: PLR2004  # milliseconds or microseconds
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    return None


def _by_iso(text: str) -> datetime | None:
    plain = re.sub(r"\s+(?=[+-]\d{2}:?\d{2}$)", "", re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", text))
    if plain.isdigit():
        return None
    try:
        read = datetime.fromisoformat(plain.replace("/", "-") if re.match(r"\d{4}/\d\d/\d\d", plain) else plain)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _by_words(text: str, order: str) -> datetime:
    bare = unicodedata.normalize("NFKD", text.replace("\u2019", " ").replace("\u202f", " ").replace("\u00a0", " "))
    words = "".join(char for char in bare if not unicodedata.combining(char)).lower()
    words = _ORDINAL.sub("", re.sub(r"[,;]|\([^)]*\)", " ", words)).strip()
    clock = _CLOCK.search(words) or _DOTTED_CLOCK.search(words)
    hour = minute = second = 0
    zone = UTC
    if clock:
        hour, minute, second = _hour(clock), int(clock[2] or 0), int(clock[3] or 0)
        words, after = words[: clock.start()] + " " + words[clock.end() :], words[clock.end() :]
        zone, length = _zone(after)
        words = words[: len(words) - length] if length else words
    year, month, day = _date(_SMALL_WORDS.sub(" ", re.sub(r"(?<=\d)t\b", " ", words)).strip(" -|"), order)
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _hour(clock: re.Match[str]) -> int:
    hour = int(clock[1])
    if not clock[4]:
        return hour
    if not 1 <= hour <= MONTHS_OF_A_YEAR:
        raise ValueError(clock[0])
    return hour % 12 + (12 if clock[4] == "p" else 0)


def _zone(after: str) -> tuple[timezone, int]:
    """The zone at the end of the text, and how many characters it takes."""
    found = _ZONE.search(after)
    if not found:
        return UTC, 0
    length = len(after) - found.start()
    if found[1]:
        hours, minutes = int(found[2]), int(found[3] or 0)
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if found[1] == "-" else offset), length
    if found[4] not in _ZONES:
        return UTC, 0  # a word of the date, such as a month
    return timezone(timedelta(hours=_ZONES[found[4]])), length


def _date(words: str, order: str) -> tuple[int, int, int]:
    text = " ".join(words.split())
    if found := _NUMBERS.fullmatch(text):
        first, second, third = found[1], found[3], found[4]
        if len(first) == 4:  # noqa: PLR2004  # digits of a year
            return int(first), int(second), int(third)
        day, month = (int(first), int(second)) if order == DAY_FIRST or found[2] == "." else (int(second), int(first))
        if month > MONTHS_OF_A_YEAR >= day:
            day, month = month, day
        return _year(third), month, day
    if found := _NAMED.fullmatch(text):
        return _named(*found.groups())
    if weekday := _LEADING_WORD.match(text):
        return _date(text[weekday.end() :], order)
    raise ValueError(text)


def _named(before: str | None, name: str, first: str, second: str | None) -> tuple[int, int, int]:
    """`4 mars 2025`, `March 4 2025`, `2025 mar 4`."""
    month = _MONTH.get(name)
    if month is None:
        raise ValueError(name)
    if before and second is None:
        if len(before) == 4:  # noqa: PLR2004  # digits of a year
            return int(before), month, int(first)
        return _year(first), month, int(before)
    if before or second is None:
        raise ValueError(name)
    return _year(second), month, int(first)


def _year(digits: str) -> int:
    """Of two digits this century's, unless that would be more than a year ahead."""
    if len(digits) not in {2, 4}:
        raise ValueError(digits)
    year = int(digits)
    if len(digits) == 4:  # noqa: PLR2004  # digits of a year
        return year
    this = datetime.now(UTC).year
    return year + (2000 if year + 2000 <= this + 1 else 1900)
