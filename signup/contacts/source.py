"""Where a sign-up came from: the page, what led there, how the form was placed; at a kiosk, who typed it."""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

MAX_URL = 500
MAX_PLACEMENT = 60
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class Source(NamedTuple):
    """A page without its personal parts: origin, path and campaign parameters only."""

    page: str = ""
    referrer: str = ""
    utm: dict[str, str] = {}  # noqa: RUF012  # a NamedTuple's default; never changed
    placement: str = ""
    staff: str = ""
    """Who stood at the kiosk."""
    taken_at: str = ""
    """When the customer agreed by the kiosk's own clock (ISO 8601): a claim; the proof's time is the server's."""
    corrected: bool = False
    """Staff put the answers right after the customer had left."""

    def as_dict(self) -> dict[str, object]:
        return {key: value for key, value in self._asdict().items() if value}


def from_page(page: str, referrer: str = "", placement: str = "") -> Source:
    """Read a source from the page's address; other queries than campaign parameters may be personal and are dropped."""
    query = dict(parse_qsl(_query(page), max_num_fields=50)) if len(page) <= MAX_URL * 4 else {}
    utm = {key: query[key][:120] for key in UTM if query.get(key)}
    return Source(strip(page), strip(referrer), utm, read_placement(placement or query.get("src", "")))


def read_placement(text: str) -> str:
    """What a form's `src` says, one line that a report can show; empty when it is none."""
    cut = " ".join(text.split())[:MAX_PLACEMENT]
    return cut if cut.isprintable() else ""


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
