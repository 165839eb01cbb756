"""A section of the admin: its pages with their locks, the menu entry that they light, and their help.

Each folder of the admin has one, in its `routes.py`; `signup.admin.blueprint` finds them there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from flask.typing import ResponseReturnValue

from signup.access.operator import Permission
from signup.admin.frame.door import Door, Lock
from signup.admin.frame.route_subject import About

View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True)
class MenuEntry:
    """An entry of the menu. `endpoint` is the page that it leads to, and its name where other sections light it."""

    endpoint: str
    label: Any
    """Marked for translation, translated where shown."""
    icon: str
    permission: Permission
    order: int
    count: Callable[[], int] | None = None
    needs_all: bool = False
    """Only for who works with every list."""
    otherwise: tuple[str, Permission] | None = None
    """The page that it leads to for who may not open the first, and what that takes."""
    is_below: bool = False
    """Stands below the line: what keeps the service going, not the daily work."""


@dataclass(frozen=True)
class Page:
    """One address. `menu` names the entry that it lights, `topic` the page of docs/ and its heading."""

    rule: str
    view: View
    lock: Permission | Lock
    methods: str
    about: About | None
    menu: str
    topic: str
    name: Any = ""
    """What the search finds the page by, marked for translation; empty: by nothing."""

    @property
    def endpoint(self) -> str:
        return self.view.__name__


class Section:
    """The pages of one folder. `menu` is an entry of its own, or the name of another section's; empty: none.

    `topics` are the topics of the views in one file, where they differ from the section's.
    """

    def __init__(
        self, *, menu: MenuEntry | str = "", topic: str, topics: Mapping[ModuleType, str] | None = None
    ) -> None:
        self.entry = menu if isinstance(menu, MenuEntry) else None
        self.pages: list[Page] = []
        self._menu = menu.endpoint if isinstance(menu, MenuEntry) else menu
        self._topic = topic
        self._topics = {module.__name__: text for module, text in (topics or {}).items()}

    def route(  # noqa: PLR0913  # one line says all about an address
        self,
        rule: str,
        view: View,
        lock: Permission | Lock,
        methods: str = "GET",
        *,
        about: About | None = None,
        topic: str = "",
        menu: str | None = None,
        name: Any = "",
    ) -> None:
        """Add a page; without a `topic` or `menu` of its own it has its file's or its section's. By its `name` the
        search finds it; the page of a menu entry has the entry's.
        """
        lights = self._menu if menu is None else menu
        topic = topic or self._topics.get(view.__module__, self._topic)
        if not name and self.entry and self.entry.endpoint == view.__name__:
            name = self.entry.label
        self.pages.append(Page(rule, view, lock, methods, about, lights, topic, name))

    def add_to(self, door: Door) -> None:
        """Open every page, each behind its lock."""
        for page in self.pages:
            door.route(page.rule, page.view, page.lock, page.methods, about=page.about)
