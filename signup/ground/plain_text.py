"""Which characters a text may hold. This one rule is for everything that operators, programs and settings write.

A line break in a name ends a mail's header; a zero byte is refused by PostgreSQL; an override of the writing direction
makes a name read as another (Unicode TR 36, section 2.5). Sources: RFC 5322 section 2.2, Unicode categories Cc, Zl, Zp.
"""

import re

_SOFT_BREAKS = re.compile("\r\n|[\v\f\r\x85\u2028\u2029]")
"""The line breaks that word processors and spreadsheets put inside a paragraph."""
_NEVER = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff"
_BREAKS = "\t\n\v\f\r\x85\u2028\u2029"
_TURNED = "\u202a-\u202e\u2066-\u2069"
_in_lines = re.compile(f"[{_NEVER}]")
_in_line = re.compile(f"[{_NEVER}{_BREAKS}{_TURNED}]")


def invisible(text: str, *, lines: bool = False) -> str:
    """The first character that is not allowed in a text of one line, or of several; empty when there is none."""
    found = (_in_lines if lines else _in_line).search(text)
    return found[0] if found else ""


def is_break(char: str) -> bool:
    return bool(char) and char in _BREAKS


def name_of(char: str) -> str:
    """The name of a character as people can look it up: U+0007."""
    return f"U+{ord(char):04X}"


def with_line_breaks(text: str) -> str:
    """`text` with one kind of line break in place of all others."""
    return _SOFT_BREAKS.sub("\n", text)


def one_line(text: str) -> str:
    """`text` on one line, as a header can hold it."""
    return " ".join(_in_line.sub(" ", text).split()) if _in_line.search(text) else text
