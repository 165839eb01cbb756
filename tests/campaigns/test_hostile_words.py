"""Hostile words as subject, preview text, body, product and value: text in the mail, on its page and in the feed."""

from types import SimpleNamespace

import pytest
from flask import Flask

from signup.campaigns.letter import write_letter
from signup.ground.db import transaction
from signup.mailer import web_letter
from tests.campaigns.test_letter import html_of, parsed, written
from tests.cast import make_list
from tests.payloads import shape

pytestmark = pytest.mark.one_engine
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><svg/onload=alert(1)>",
    "' style='x' onmouseover='alert(1)",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for c in [].__class__.__base__.__subclasses__() %}x{% endfor %}",
    "[[ look ]] [% include 'x' %] ${7*7} #{7*7} <%= 7*7 %>",
    "A\r\nBcc: eve@example.org\r\n\r\nbody",
    "[x](javascript:alert(1)) ![x](data:text/html,x) <javascript:alert(1)>",
    "]]> <!--[if mso]> --> <!-- &lt;b&gt; \\u003cscript\\u003e",
    "\ue0000\ue001 \ue0001\ue001",
    "\U0001f642\u202e\u03a9\ufdfd\u1e70\u033ao\u035e",
]
SAFE = "word"


@pytest.mark.parametrize("text", HOSTILE)
def test_it_changes_no_header_and_no_tag_of_a_mail(app: Flask, text: str) -> None:
    def mail(given: str) -> tuple[list[str], list[tuple[str, tuple[str, ...]]]]:
        body = 'Hi {{ first_name | "you" }}, [you](https://example.org)'
        made = written(body, subject=given, preheader=given, values={"first_name": given})
        return parsed(made).keys(), shape(html_of(made))

    assert mail(text) == mail(SAFE)


@pytest.mark.parametrize("text", HOSTILE)
def test_it_is_text_in_a_letter_on_its_page_and_in_the_feed(app: Flask, text: str) -> None:
    parts = "\n".join(f"{part}: {text.splitlines()[0]}" for part in ("name", "alt", "price", "text", "button"))
    body = f"{text}\n\n- {text}\n\n```product\n{parts}\nlink: https://example.org\n```"
    words = SimpleNamespace(list=make_list(), body=body, preheader=text, layout="magazine")
    with transaction():
        letter = write_letter(words, subject=text)
    for html in (web_letter.page_of(letter, {}).html, web_letter.body_of(letter)):
        tags = {tag for tag, _attributes in shape(html)}
        assert not tags & {"script", "svg", "iframe", "form", "object"}
        attributes = {name for _tag, names in shape(html) for name in names}
        assert not {name for name in attributes if name.startswith("on")}
        assert 'href="javascript' not in html
        assert 'src="data' not in html
