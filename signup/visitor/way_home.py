"""Where a page at the end of a way leads on to: the website that the visitor came from, as far as it is known."""

from typing import NamedTuple

from signup.ground.urls import origin_of
from signup.visitor.origin import own_origins


class Home(NamedTuple):
    """A website: its address, and how people call it."""

    url: str
    name: str


def way_home(privacy_url: str, site: str = "") -> Home | None:
    """The website that the form was on, else that of the list's privacy page."""
    origin = site if site and site not in own_origins() else origin_of(privacy_url)
    return Home(f"{origin}/", origin.partition("://")[2].removeprefix("www.")) if origin else None
