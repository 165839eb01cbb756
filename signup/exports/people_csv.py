"""Lines of a CSV that people open: every cell passes the guard, so that no page can forget it."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from signup.exports.columns import for_people


def csv_line(cells: Iterable[Any]) -> str:
    """One line with its line end (RFC 4180). Times are ISO 8601 in UTC, a choice of several is joined by commas."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(map(for_people, cells))
    return text.getvalue()


def csv_text(*lines: Iterable[Any]) -> str:
    """Some lines at once, the headings among them."""
    return "".join(map(csv_line, lines))
