"""Where a sign-up came from: the page, what led there, and how the form was placed."""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

MAX_URL = 500
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class Source(NamedTuple):
    """A page without its personal parts: origin, path and campaign parameters only."""

    page: str = ""
    referrer: str = ""
    utm: dict[str, str] = {}  # noqa: RUF012  # a NamedTuple's default; never changed
    placement: str = ""

    def as_dict(self) -> dict[str, object]:
        return {key: value for key, value in self._asdict().items() if value}


def from_page(page: str, referrer: str = "", placement: str = "") -> Source:
    """Read a source from the page's address; other queries than campaign parameters may be personal and are dropped."""
    query = dict(parse_qsl(_query(page), max_num_fields=50)) if len(page) <= MAX_URL * 4 else {}
    utm = {key: query[key][:120] for key in UTM if query.get(key)}
    return Source(strip(page), strip(referrer), utm, (placement or query.get("src", ""))[:60])


def strip(url: str) -> str:
    """`https://host/path` of an address: no query, no fragment, no user; empty for anything but http."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"[:MAX_URL]


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError:
        return ""
