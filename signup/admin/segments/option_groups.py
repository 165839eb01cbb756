"""The options of a condition as its page shows them: regions by country, and of many those that a search finds."""

from typing import Any, NamedTuple

from signup.admin.companies.company_words import COUNTRIES
from signup.admin.segments.rule_words import SubjectInWords
from signup.checks.reference import plain

MANY = 24
"""Above it, a search stands above the options."""
BY_COUNTRY = {"region", "company_region"}


class OptionGroup(NamedTuple):
    """Options that belong together; the only group of a subject has no name."""

    name: Any
    options: list[tuple[str, Any]]
    chosen: int


class OptionChoices(NamedTuple):
    """All that may be chosen. `is_searched`: there are so many that one looks for them."""

    groups: list[OptionGroup]
    is_searched: bool


def group_options(asked: SubjectInWords, options: list[tuple[str, Any]], chosen: list[str], find: str) -> OptionChoices:
    """The options that match `find`, and what is chosen already: that must not get lost by a search."""
    wanted, is_asked = plain(find), bool(find.strip())
    shown = [
        (value, label)
        for value, label in options
        if not is_asked or value in chosen or (wanted and wanted in plain(str(label)))
    ]
    groups: dict[str, list[tuple[str, Any]]] = {}
    for value, label in shown:
        country = value.partition("-")[0] if asked.subject in BY_COUNTRY else ""
        groups.setdefault(country, []).append((value, str(label).removeprefix(f"{country} ") if country else label))
    found = [
        OptionGroup(COUNTRIES.get(country, country), some, sum(value in chosen for value, _label in some))
        for country, some in groups.items()
    ]
    return OptionChoices(found, len(options) > MANY)
