"""The guard of every table that people open: no text of ours becomes a formula in their spreadsheet.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, func, or_
from sqlalchemy import cast as sql_cast

APOSTROPHE = "'"
STARTS = "=+@\uff1d\uff0b\uff0d\uff20-"  # the hyphen last: in a set of a pattern it would part a range
"""What a formula begins with. Spreadsheets read the full-width forms of `=`, `+`, `-` and `@` like the plain ones."""
BLANKS = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200C)))
BLANKS += "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
"""What a program may cut off before it looks for a formula; quotes it may take for the cell's own."""
LIKE_FORMULA = f"^('*[\t\r\n]|['\"{BLANKS}]*[{STARTS}])"
PHONE = "^[+][0-9 \xa0\u202f]+$"
"""Nothing in it calculates, and an apostrophe would break the number. With a hyphen it would be a sum."""
_HARMLESS = (("0", "9"), ("A", "~"), ("\xa1", "\u167f"))

_like_formula, _phone = re.compile(LIKE_FORMULA), re.compile(PHONE.replace("$", r"\Z"))


def guard(text: str) -> str:
    """`text` as a cell that no spreadsheet calculates: with an apostrophe before it where one could."""
    return f"'{text}" if _like_formula.match(text) and not _phone.match(text) else text


def unguard(text: str) -> str:
    """What `guard` was given, of what it gave. Earlier files had an apostrophe before phone numbers as well."""
    return text[1:] if text[:1] == APOSTROPHE and _like_formula.match(text) else text


def as_typed_text(text: str) -> str:
    """The same for a cell that is typed as text: `unguard` gives back `text`, and no more than that needs a sign."""
    return f"'{text}" if text[:1] == APOSTROPHE and _like_formula.match(text) else text


def guard_sql(text: ColumnElement[str], beginning: ColumnElement[Any]) -> ColumnElement[Any]:
    """`guard` as PostgreSQL does it. `beginning`: what `text` begins with, if that is read with less work."""
    # By code point, four times faster than a pattern; nearly every text ends at the first comparisons.
    first = func.ascii(beginning)
    harmless = or_(*(first.between(ord(low), ord(high)) for low, high in _HARMLESS))
    is_formula = and_(text.bool_op("~")(LIKE_FORMULA), text.bool_op("!~")(PHONE))
    return case((harmless, text), (is_formula, APOSTROPHE + sql_cast(text, String)), else_=text)
