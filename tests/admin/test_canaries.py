import base64
import hashlib
import json
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, urlencode

import pytest
from markupsafe import escape

from signup.exports.people_csv import csv_line
from tests.admin.canaries import words_in

WORD = 'Zz"Bürgi" & <Söhne>\'s?'


def in_base64(before: int, encode: Callable[[bytes], bytes], text: str) -> str:
    return encode(b"?" * before + text.encode() + b"~").decode()


CODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "small": str.lower,
    "for HTML": lambda text: str(escape(text)),
    "for JSON": json.dumps,
    "for JSON as it is": lambda text: json.dumps(text, ensure_ascii=False),
    "for CSV": lambda text: csv_line([text]),
    "for a path": quote,
    "for a query": lambda text: urlencode({"q": text}),
    "hexadecimal": lambda text: text.encode().hex(),
    "hashed": lambda text: hashlib.sha256(text.lower().encode()).hexdigest(),
    **{f"Base64 after {n}": partial(in_base64, n, base64.b64encode) for n in range(4)},
    **{f"Base64 for an address after {n}": partial(in_base64, n, base64.urlsafe_b64encode) for n in range(4)},
}


@pytest.mark.parametrize("coding", CODINGS.values(), ids=list(CODINGS))
def test_a_word_is_found_in_every_coding_and_another_is_not(coding: Callable[[str], str]) -> None:
    body = f"before {coding(WORD)} after"
    assert words_in(body, [WORD, "Zzanother"]) == {WORD}
    assert words_in(f"before {coding('Somebody else & Co')} after", [WORD]) == set()
