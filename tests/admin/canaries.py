"""Words that somebody must not see, looked for in every spelling that a page, a file or an address can give them."""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from urllib.parse import quote, quote_plus
from zipfile import ZipFile, is_zipfile

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import escape
from werkzeug.test import TestResponse


def body_of(answer: TestResponse) -> str:
    """What an answer tells: its text, and of a ZIP the text of every file in it."""
    if not is_zipfile(BytesIO(answer.data)):
        return answer.get_data(as_text=True)
    with ZipFile(BytesIO(answer.data)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def words_in(body: str, words: Iterable[str]) -> set[str]:
    """Those of the words that `body` tells, in whatever spelling and case."""
    body = body.lower()
    return {word for word in words if any(spelling in body for spelling in spellings(word))}


@cache
def spellings(word: str) -> frozenset[str]:
    """In small letters all of them, Base64 too: that finds too much rather than too little."""
    return frozenset(one.lower() for text in (word, word.lower()) for one in _spellings(text))


def _spellings(text: str) -> Iterator[str]:
    yield from (text, text.replace('"', '""'), escape(text), html.escape(text))
    yield from (
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        str(htmlsafe_json_dumps(text))[1:-1],
    )
    yield from (quote(text), quote(text, safe=""), quote_plus(text))
    yield from (text.encode().hex(), hashlib.sha256(text.encode()).hexdigest())
    yield from _base64(text.encode())


def _base64(content: bytes) -> Iterator[str]:
    """What Base64 makes of it wherever it begins: of each first and last letter only those bits are known."""
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + content)
        middle = encoded[-(-8 * offset // 6) : 8 * (offset + len(content)) // 6].decode()
        yield from (middle, middle.replace("+", "-").replace("/", "_"))
