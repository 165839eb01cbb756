"""A number as its number format shows it (ECMA-376 part 1, §18.8.30 and §18.8.31).

Two things differ from the screen, so that what is read is not ambiguous: a date or time is ISO 8601 whatever its
format, and thousands are parted by a blank, with a point before the decimals (ISO 80000-1): `1,250` has two meanings.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import NamedTuple

GENERAL = "General"
DATE, TIME, BOTH = "yyyy-mm-dd", "hh:mm:ss", "yyyy-mm-dd hh:mm"
# The formats that a file names only by number. 5 to 8 and 41 to 44 take the currency of the reader's system: none here.
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0", 6: "#,##0", 7: "#,##0.00", 8: "#,##0.00",
    9: "0%", 10: "0.00%", 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00", 49: "@",
    **dict.fromkeys([14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)], DATE), 22: BOTH,
    **dict.fromkeys([18, 20, 32, 34], "hh:mm"), **dict.fromkeys([19, 21, 33, 35, 45, 47], TIME), 46: "[h]:mm:ss",
}  # fmt: skip
_PART = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*](?P<filler>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>general|standard)|(?P<exponent>e[+-])|(?P<half_day>am/pm|a/p)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_MAX_DIGITS = 10**21
_EXACT = 1e15
_DAYS = 2_958_466  # 9999-12-31 and one
_LEAP_BUG = 60  # Lotus 1-2-3, and Excel after it, has a 29 February 1900

Show = Callable[[float], str]


class _Section(NamedTuple):
    """What holds for numbers that meet `condition`: literals and places in order, as (kind, text)."""

    parts: list[tuple[str, str]]
    condition: tuple[str, float] | None


def general(value: float) -> str:
    """A number without a format: no `.0`, no exponent, 15 digits like every spreadsheet."""
    if -_EXACT < value < _EXACT and (whole := int(value)) == value:
        return str(whole)
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124  # NaN is not itself
        return ""
    if float(value).is_integer() and abs(value) < _MAX_DIGITS:
        return str(int(value))
    short = f"{value:.15g}"
    return f"{Decimal(short):f}" if abs(value) < _MAX_DIGITS else short


@lru_cache(maxsize=4096)
def formatter(code: str, *, from_1904: bool = False) -> Show:
    """How numbers of a format are shown. `from_1904`: the file counts days from 1904 (old Macs)."""
    sections = [_parsed(text) for text in _split(code)]
    family = _family(sections[0])
    if family:
        return lru_cache(maxsize=4096)(lambda value: _moment(value, family, from_1904=from_1904))
    if code in {"", GENERAL, "@"}:
        return general
    return lru_cache(maxsize=4096)(lambda value: _number(value, sections))


def _split(code: str) -> list[str]:
    """The sections of a format; a semicolon in quotes or behind a backslash parts nothing."""
    found = [""]
    for part in _PART.finditer(code):
        if part["other"] == ";":
            found.append("")
        else:
            found[-1] += part[0]
    return found


def _parsed(text: str) -> _Section:
    parts: list[tuple[str, str]] = []
    condition = None
    for found in _PART.finditer(text):
        kind = str(found.lastgroup)
        part = found[kind]
        if kind in {"quoted", "escaped", "currency"}:
            parts.append(("literal", part))
        elif kind == "filler":
            parts.append(("literal", " "))
        elif kind == "bracket":
            if limit := _CONDITION.fullmatch(part.strip()):
                condition = (limit[1], float(limit[2]))
            elif _ELAPSED.fullmatch(part):
                parts.append(("elapsed", part.lower()))
        else:
            parts.append((kind, part))
    return _Section(parts, condition)


def _family(section: _Section) -> str:
    """The letters of a date or time format (`ymd`, `hms`, `[h`), or nothing for a format of numbers."""
    letters = {text.lower() for kind, text in section.parts if kind == "other"} & set("ymdhs")
    elapsed = "[" + next(text[0] for kind, text in section.parts if kind == "elapsed") if _elapsed(section) else ""
    has_places = any(kind == "other" and text in "0#?" for kind, text in section.parts) and not letters & set("hs")
    is_general = any(kind == "general" for kind, _text in section.parts)
    return "" if (has_places or is_general) and not elapsed else elapsed + "".join(sorted(letters))


def _elapsed(section: _Section) -> bool:
    return any(kind == "elapsed" for kind, _text in section.parts)


def _moment(value: float, family: str, *, from_1904: bool) -> str:
    if not 0 <= value < _DAYS:
        return general(value)
    seconds = round(value * 86_400)
    if family.startswith("["):
        return _clock(seconds, with_seconds="s" in family)
    has_time = bool(set("hs") & set(family))  # m is a minute beside h or s, else a month
    if has_time and not set("yd") & set(family):
        return _clock(seconds % 86_400, with_seconds="s" in family)
    at = _day(seconds // 86_400, from_1904=from_1904) + timedelta(seconds=seconds % 86_400)
    if family == "y":
        return f"{at.year}"
    return at.isoformat(" ") if has_time else at.date().isoformat()


def _day(number: int, *, from_1904: bool) -> datetime:
    first = date(1904, 1, 1) if from_1904 else date(1899, 12, 31 if number < _LEAP_BUG else 30)
    return datetime(first.year, first.month, first.day) + timedelta(days=number)  # noqa: DTZ001  # a sheet has no zone


def _clock(seconds: int, *, with_seconds: bool) -> str:
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if with_seconds else text


def _number(value: float, sections: list[_Section]) -> str:
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124  # NaN is not itself
        return ""
    section, sign = _chosen(value, sections)
    kinds = [kind for kind, _text in section.parts]
    texts = [text for kind, text in section.parts if kind == "other"]
    places = sum(text in "0#?" for text in texts)
    if "exponent" in kinds or ("/" in texts and places):
        return general(value)  # a fraction or a power of ten is a way to look at a number, not to write it down
    if "general" in kinds or "@" in texts:
        shown = general(abs(value) if sign is not None else value)
        return "".join(_literal(kind, text, shown) for kind, text in section.parts).strip()
    if not places:
        return "".join(text for kind, text in section.parts if kind != "half_day").strip()
    return ((sign or "") + _places(abs(value), section.parts)).strip()


def _literal(kind: str, text: str, shown: str) -> str:
    return shown if kind == "general" or (kind == "other" and text == "@") else text


def _chosen(value: float, sections: list[_Section]) -> tuple[_Section, str | None]:
    """The section for a value, and the sign to write before it: none where the section itself says it."""
    numbers = sections[:3]
    if any(section.condition for section in numbers):
        fits = [one for one in numbers if one.condition is None or _meets(value, *one.condition)]
        return (fits or numbers)[0], "-" if value < 0 else ""
    if value < 0 and len(numbers) > 1:
        return numbers[1], ""
    if value == 0 and len(numbers) > 2:  # noqa: PLR2004  # positive, negative, zero
        return numbers[2], ""
    return numbers[0], "-" if value < 0 else None


def _meets(value: float, sign: str, limit: float) -> bool:
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
        "<>": value != limit,
    }[sign]


def _places(value: float, parts: list[tuple[str, str]]) -> str:
    """The digits of a number in the places of its format, with what stands between them."""
    spots = [(text if kind == "other" and text in "0#?.,%" else "", text) for kind, text in parts]
    point = next((n for n, (place, _text) in enumerate(spots) if place == "."), len(spots))
    whole, broken = spots[:point], spots[point + 1 :]
    last = max((n for n, (place, _text) in enumerate(whole) if place and place in "0#?"), default=-1)
    thousands = sum(place == "," for place, _text in whole[last + 1 :])
    percents = sum(place == "%" for place, _text in spots)
    decimals = sum(place in "0#?" for place, _text in broken if place)
    number = Decimal(f"{value:.15g}").scaleb(2 * percents - 3 * thousands)
    number = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, context=_WIDE)
    digits, _point, fraction = f"{number:f}".partition(".")
    is_grouped = any(place == "," for place, _text in whole[: last + 1])
    text = _whole("" if digits == "0" else digits, whole, is_grouped=is_grouped)
    rest = _broken(fraction, broken)
    return text + (f".{rest}" if rest[:1].isdigit() else rest)


_WIDE = Context(prec=400)


def _whole(digits: str, spots: list[tuple[str, str]], *, is_grouped: bool) -> str:
    """From right to left: a digit a place, all that are left in the leftmost one."""
    first = next((n for n, (place, _text) in enumerate(spots) if place and place in "0#?"), -1)
    taken, count = list[str](), 0
    for number in range(len(spots) - 1, -1, -1):
        place, text = spots[number]
        if not place or place == "%":
            taken.append(text)
        elif place in "0#?":
            some = digits if number == first else digits[-1:]
            digits = digits[: len(digits) - len(some)]
            for digit in reversed(some or {"0": "0", "?": "", "#": ""}[place]):
                if is_grouped and count and count % 3 == 0:
                    taken.append(" ")
                taken.append(digit)
                count += 1
    return "".join(reversed(taken))


def _broken(fraction: str, spots: list[tuple[str, str]]) -> str:
    """From left to right; zeros that only `#` asks for are left out at the end."""
    needed = max((n for n, (place, _text) in enumerate(spots) if place == "0"), default=-1)
    taken, used = list[str](), 0
    for number, (place, text) in enumerate(spots):
        if not place or place == "%":
            taken.append(text)
        elif place in "0#?":
            if number <= needed or fraction[used:].strip("0"):
                taken.append(fraction[used])
            used += 1
    return "".join(taken)
