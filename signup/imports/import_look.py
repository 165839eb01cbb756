"""Counts what else is wrong in a file's rows: checks that fail, cells left out, rows that another row of
the same address overrules, domains that look mistyped. No row is refused for it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from signup.addresses.mistyped_domain import meant_domain
from signup.checks.check import check_answers
from signup.imports.import_row import IncomingRow

PREFIX, ODD, OVERRULED = "check:", "odd:", "overruled"
SHOWN = 50
MOST_WRONG = 1_000
"""So many rows can be mended in the page; more are better corrected in a file."""


def look_at_rows(rows: Iterable[IncomingRow], country: str, checks: Mapping[str, str]) -> Counter[str]:
    """How many answers of some rows each check finds wrong, as `check:postal_code:mismatch`; how many cells are left
    out, as `odd:answer:city`; and how many rows are overruled by another one.
    """
    found: Counter[str] = Counter()
    for one in rows:
        if one.problem and one.problem != "repeated":
            continue
        found[OVERRULED] += bool(one.exit_line)
        if not one.problem:
            looks = check_answers(one.answers, one.country or country, checks)
            found.update(
                f"{PREFIX}{checks[look.key]}:{look.checked.verdict}" for look in looks if not look.checked.is_ok
            )
            found.update(ODD + odd for odd in one.odd)
    return +found


class Findings:
    """What the page shows of single rows: lines, never addresses."""

    def __init__(self) -> None:
        self._overruled: list[list[int]] = []
        self._typos: dict[str, list[Any]] = {}
        self._wrong: list[int] = []

    def add(self, rows: Sequence[IncomingRow]) -> None:
        for one in rows:
            if one.exit_line and len(self._overruled) < SHOWN:
                self._overruled.append([one.row.line, one.exit_line])
            if (one.odd or one.problem not in {"", "repeated"}) and len(self._wrong) < MOST_WRONG:
                self._wrong.append(one.row.line)
            domain = one.key.rpartition("@")[2]
            if not one.problem and (meant := meant_domain(domain)):
                self._typos.setdefault(domain, [meant, 0])[1] += 1

    def as_dict(self) -> dict[str, Any]:
        typos = dict(list(self._typos.items())[:SHOWN])
        return {"overruled": self._overruled, "typos": typos, "wrong": self._wrong}
