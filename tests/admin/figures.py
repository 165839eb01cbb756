"""The figures of a page, and in plain SQL what each of them must be: never by the code that shows them.

A figure is called by its name and, after a space, which one of several it is (`:of`). `*` in a name is `:part`.
"""

import re
from html.parser import HTMLParser
from typing import Any

from sqlalchemy import text

from signup.ground.db import db, is_postgresql
from tests.admin.figure_queries import QUERIES

VOID = {"br", "hr", "img", "input", "link", "meta"}
NO_FIGURES = {"data", "time", "svg", "script", "style", "select", "textarea", "code", "pre", "h1", "label", "datalist"}
"""What holds values, dates, names and examples, but no figure of ours outside of `data`."""
VALUES = {"person", "mono", "axis-y", "axis-x", "value", "when", "help"}
"""Classes of what somebody typed, of times and axes, and of explanations."""


SAME = "REPLACE(CAST({} AS TEXT), '-', '') = REPLACE(:of, '-', '')"
SQLITE = {
    "DAY": "date({})",
    "ON": "{}",
    "UID": SAME,
    "GIVEN": "json_extract({}, '$.\"' || :of || '\"')",
    "AGED": "{} <= datetime('now', '-{} days')",
    "LOST": "COALESCE(json_array_length({}, '$.lost'), 0)",
    "OPTIONS": "json_array_length({})",
    "MAGNET": "CAST(json_extract({}, '$.lead_magnet_id') AS TEXT)",
    "SECONDS": "ROUND((julianday({}) - julianday({})) * 86400, 3)",
}
POSTGRESQL = {
    "DAY": "CAST({} AT TIME ZONE 'UTC' AS DATE)",
    "ON": "CAST({} AS DATE)",
    "UID": SAME,
    "GIVEN": "({} ->> :of)",
    "AGED": "{} <= now() - interval '{} days'",
    "LOST": "COALESCE(jsonb_array_length({} -> 'lost'), 0)",
    "OPTIONS": "jsonb_array_length({})",
    "MAGNET": "({} ->> 'lead_magnet_id')",
    "SECONDS": "EXTRACT(EPOCH FROM {} - {})",
}
"""What the queries write in capitals, with their arguments, for each engine."""


class FiguresOfPage(HTMLParser):
    """Reads a page: `figures` by name, and `rest`, the other words of its main part."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.figures: dict[str, float | None] = {}
        self.rest: list[str] = []
        self._path: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if name := given.get("data-figure"):
            value = float(given["value"]) if given["value"] else None
            assert self.figures.setdefault(name, value) == value, f"{name} is {self.figures[name]} and {value}"
        if tag not in VOID:
            is_value = bool(VALUES & {*(given.get("class") or "").split()})
            self._path.append((tag, tag in NO_FIGURES or is_value))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A part of a drawing, which holds nothing."""

    def handle_endtag(self, tag: str) -> None:
        assert any(tag == open_tag for open_tag, _is_value in self._path), f"</{tag}> closes nothing"
        while self._path.pop()[0] != tag:
            pass  # an element that needs no end, such as an option

    def handle_data(self, data: str) -> None:
        is_main = any(tag == "main" for tag, _is_value in self._path)
        if is_main and data.strip() and not any(is_value for _tag, is_value in self._path):
            self.rest.append(" ".join(data.split()))


def asked(name: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The query for a figure, with its values; None when nobody has written one."""
    base, _space, of = name.partition(" ")
    for pattern, query in QUERIES.items():
        if found := re.fullmatch(re.escape(pattern).replace(r"\*", "(.+)"), base):
            part = found[1] if found.groups() else ""
            return query, values | {"of": of, "part": part}
    return None


def computed(query: str, values: dict[str, Any]) -> float | None:
    """What plain SQL says."""
    query = _for_engine(query)
    found = db.session.scalar(text(query), {key: values[key] for key in set(re.findall(r":(\w+)", query))})
    return None if found is None else float(found)


def _for_engine(query: str) -> str:
    for word, form in (POSTGRESQL if is_postgresql() else SQLITE).items():
        for given in set(re.findall(rf"\b{word}\(([^()]+)\)", query)):
            query = query.replace(f"{word}({given})", form.format(*given.split(", ")))
    # PostgreSQL cannot tell what a parameter is that stands alone.
    return re.sub(r":(of|part)\b", r"CAST(:\1 AS TEXT)", query)
