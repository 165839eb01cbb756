"""The menu as an operator sees it on a page: entries they may open, the one that is lit, and the page's help.

The entries themselves are in the `routes.py` of each folder (`section.MenuEntry`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request, url_for

from signup.access import scope
from signup.admin.frame import door
from signup.admin.frame.section import MenuEntry, Page, Section
from signup.audience.search_text import SearchWord, all_in, text_of


class VisibleMenu:
    """Made from the sections once; asked by every page."""

    def __init__(self, sections: Iterable[Section]) -> None:
        sections = list(sections)
        pages = {page.endpoint: page for section in sections for page in section.pages}
        entries = (section.entry for section in sections if section.entry)
        self.entries = sorted(entries, key=lambda entry: entry.order)
        self.lights = {endpoint: page.menu for endpoint, page in pages.items()}
        self.named = [page for page in pages.values() if page.name]
        self.topics = {endpoint: page.topic for endpoint, page in pages.items()}

    def page_context(self) -> dict[str, Any]:
        """What every admin template may use."""
        shown = {"menu_entries": self.entries_shown, "menu_lit": self.menu_lit, "help_here": self.help_here}
        return {**shown, "pages_found": self.pages_found}

    def entries_shown(self) -> list[tuple[MenuEntry, str, int]]:
        """The entries that the operator may open, each with the page that it leads to and its count."""
        may_all = scope.sees_everything()
        shown = ((entry, _leads_to(entry)) for entry in self.entries if may_all or not entry.needs_all)
        return [(entry, page, entry.count() if entry.count else 0) for entry, page in shown if page]

    def menu_lit(self) -> str:
        """The entry that belongs to this page."""
        return self.lights.get(_endpoint(), "")

    def pages_found(self, words: Sequence[SearchWord]) -> list[Page]:
        """The pages whose names hold these words, of those that the operator may open."""
        opened = (page for page in self.named if door.opens(page.lock, page.about))
        return [page for page in opened if all_in(words, text_of([str(page.name)]))]

    def help_here(self) -> str:
        """The part of the docs that belongs to this page."""
        page, _hash, anchor = self.topics[_endpoint()].partition("#")
        return url_for("admin.manual", page=page, _anchor=anchor)


def _leads_to(entry: MenuEntry) -> str:
    """The page for this operator; empty: none."""
    if door.may(entry.permission):
        return entry.endpoint
    page, permission = entry.otherwise or ("", entry.permission)
    return page if door.may(permission) else ""


def _endpoint() -> str:
    return (request.endpoint or "").removeprefix("admin.")
