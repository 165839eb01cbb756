"""A web address, kept with its scheme: `example.org` is `https://example.org`."""

import re
from typing import Any, ClassVar
from urllib.parse import urlsplit

from signup.fields.kinds.kind import CellWords, Reader
from signup.fields.kinds.text import Text
from signup.fields.value import MAX_TEXT
from signup.ground.i18n import _, pgettext

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_HOST = re.compile(r"(?:[^\s.@:/?#\[\]<>\"'\\]{1,63}\.)+[^\s.@:/?#\[\]<>\"'\\\d][^\s.@:/?#\[\]<>\"'\\]{1,62}\.?")


class Url(Text):
    name = "url"
    label = pgettext("kind", "Web address")
    compared_as = Text.name
    # Not the type `url`: a browser would refuse `example.org`, which is what people type.
    attributes: ClassVar = {
        "type": "text",
        "inputmode": "url",
        "autocomplete": "url",
        "autocapitalize": "none",
        "spellcheck": "false",
        "maxlength": MAX_TEXT,
    }
    typed: ClassVar = {"inputmode": "url"}

    def read(self, given: Any, options: tuple[str, ...] = ()) -> str | None:
        text = super().read(given, options)
        return _web_address(text) if text else None

    def reader(self, words: CellWords) -> Reader:  # noqa: ARG002  # an address is no word
        return lambda cell: _web_address(" ".join(cell.split()))


def _web_address(text: str) -> str:
    whole = text if _SCHEME.match(text) else f"https://{text}"
    try:
        parts = urlsplit(whole)
        is_web = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.hostname or "") and not parts.username
        is_whole = " " not in whole and len(whole) <= MAX_TEXT and (parts.port or 1) > 0
    except ValueError:
        is_web = is_whole = False
    if not (is_web and is_whole):
        raise ValueError(str(_("Enter a web address, such as https://example.org.")))
    return whole
