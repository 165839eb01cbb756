"""As much of a browser as a sign-up takes: cookies, redirects, and the forms of a page with their hidden fields."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener

from signup.ground.urls import origin_of

TIMEOUT_SECONDS = 20
AGENT = "Mozilla/5.0 (signup selftest)"


class PageForm(NamedTuple):
    """A form of a page: where it goes, and what it carries unseen."""

    action: str
    hidden: dict[str, str]
    bits: int
    """How hard its proof of work is; 0 when it asks for none."""


class BrowserPage(NamedTuple):
    """What a server answered, once it was followed to its end."""

    status: int
    url: str
    body: bytes
    forms: list[PageForm]
    links: list[str]


class Browser:
    """One visitor: keeps cookies from page to page."""

    def __init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor())

    def open(self, url: str, sent: Mapping[str, str | list[str]] | None = None) -> BrowserPage:
        """GET, or POST what is `sent` as a page's form does. Raises `OSError` when nobody answers."""
        body = urlencode(sent, doseq=True).encode() if sent is not None else None
        headers = {"User-Agent": AGENT, "Accept": "text/html", "Accept-Language": "en"}
        headers |= {"Origin": origin_of(url)} if body is not None else {}
        request = Request(url, body, headers)  # noqa: S310  # the service's own address, http or https
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return _page(answer.status, answer.url, answer.read())
        except HTTPError as error:
            with error:
                return _page(error.code, error.url or url, error.read())

    def press(self, page: BrowserPage, **sent: str | list[str]) -> BrowserPage:
        """Send the page's first form, with what is typed."""
        form = page.forms[0]
        return self.open(urljoin(page.url, form.action), {**form.hidden, **sent})


def _page(status: int, url: str, body: bytes) -> BrowserPage:
    reader = _Reader()
    reader.feed(body.decode("utf-8", "replace"))
    return BrowserPage(status, url, body, reader.forms, reader.links)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form" and given.get("method", "").lower() == "post":
            self.forms.append(PageForm(given.get("action", ""), {}, 0))
        elif tag == "input" and given.get("type") == "hidden" and given.get("name") and self.forms:
            form = self.forms[-1]
            form.hidden[given["name"]] = given.get("value", "")
            if given.get("data-bits", "").isdigit():
                self.forms[-1] = form._replace(bits=int(given["data-bits"]))
