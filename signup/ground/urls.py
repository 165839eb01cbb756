"""Links that work outside a request, for emails, the console and snippets. They begin with PUBLIC_URL."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from signup.ground.config import Settings


def settings() -> Settings:
    """The current application's settings."""
    found: Settings = current_app.extensions["signup.settings"]
    return found


def public_url(endpoint: str, **values: Any) -> str:
    """The absolute URL of `endpoint` for visitors, whatever host the current request used."""
    adapter = current_app.url_map.bind(urlsplit(settings().public_url).netloc, url_scheme="http")
    path = adapter.build(endpoint, values, force_external=False)
    return settings().public_url + path


@lru_cache(maxsize=1024)
def origin_of(url: str) -> str:
    """The origin of a page's URL (RFC 6454): `scheme://host[:port]`, without default ports; empty when it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    shown = "" if port in {None, 80 if parts.scheme == "http" else 443} else f":{port}"
    return f"{parts.scheme}://{parts.hostname}{shown}"
