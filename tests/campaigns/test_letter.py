"""A letter: Markdown as a mail that every program shows, with personal words that nobody can turn into a program."""

import email
import email.policy
import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from signup.campaigns.letter import links_of, write_letter
from signup.consent import snapshot
from signup.consent.mailing_list import MailingList
from signup.consent.snapshot import SnapshotKind
from signup.ground.db import db, transaction
from signup.ground.driver_sql import to_json
from signup.mailer import compose
from signup.mailer.compose import ComposedMail, Draft
from signup.mailer.message_kind import MessageKind
from tests.cast import make_list, text_of
from tests.mailer.mail_clients import NEVER

BODY = """# Spring

Hello {{ first_name | "there" }},

this is *new*: [our paper](https://example.org/paper?a=1&b=2).

- one
- two

[Read on](https://example.org/more "button")

> Quoted

Bye
"""
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
UID = UUID(int=7)


def written(
    body: str = BODY, *, subject: str = "News", preheader: str = "", layout: str = "news", **data: Any
) -> ComposedMail:
    """The mail of a letter with this body, to somebody with these values."""
    of = db.session.scalar(select(MailingList)) or make_list(postal_address="1 Road\nTown")
    words = SimpleNamespace(list=of, body=body, preheader=preheader, layout=layout)
    with transaction():
        letter = write_letter(words, subject=subject)
        name = snapshot.keep(SnapshotKind.MAIL, to_json(letter.to_content()))
    values = {"values": {}, "since": "2026-01-31", "subscription": UID.hex, "contact": UID.hex} | data
    return compose.render(Draft(UID, MessageKind.CAMPAIGN, "ada@example.org", name, values, AT))


def parsed(mail: ComposedMail) -> Any:
    return email.message_from_bytes(mail.content, policy=email.policy.default)


def html_of(mail: ComposedMail) -> str:
    found: str = parsed(mail).get_body(("html",)).get_content()
    return found


def test_the_values_of_a_person_stand_in_both_bodies_and_in_the_subject(app: Flask) -> None:
    mail = written(subject='For {{ first_name | "you" }}', values={"first_name": "Ada <b>"})
    assert parsed(mail)["Subject"] == "For Ada <b>"
    assert "Hello Ada &lt;b&gt;," in html_of(mail)
    assert "Hello Ada <b>," in text_of(parsed(mail))


def test_who_has_no_such_value_reads_the_fallback(app: Flask) -> None:
    mail = written()
    assert "Hello there," in html_of(mail)
    assert "Hello there," in text_of(parsed(mail))


def test_the_text_keeps_its_lists_links_and_buttons(app: Flask) -> None:
    text = text_of(parsed(written())).replace("\r\n", "\n")
    assert "our paper: https://example.org/paper?a=1&b=2." in text
    assert "- one\n- two\n" in text
    assert "Read on: https://example.org/more" in text
    assert "> Quoted" in text
    assert "1 Road\nTown" in text


def test_links_are_wrapped_for_who_agreed_and_for_nobody_else(app: Flask) -> None:
    plain, wrapped = written(), written(clicks=True, opens=True)
    assert 'href="https://example.org/paper?a=1&amp;b=2"' in html_of(plain)
    assert "/c/" not in html_of(plain)
    assert "/o/" not in html_of(plain)
    assert "example.org/paper" not in html_of(wrapped)
    assert html_of(wrapped).count("/c/") == 3  # with the one that nobody sees
    assert html_of(wrapped).count("/o/") == 1


def test_the_same_message_has_the_same_bytes_at_every_try(app: Flask) -> None:
    assert written(opens=True).content == written(opens=True).content


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% for x in y %}", "<script>alert(1)</script>", "{{ x|attr(1) }}"])
def test_what_looks_like_a_program_is_text(app: Flask, text: str) -> None:
    mail = written(f"Hello {text}", subject=f"S {text}", preheader=text, values={"first_name": text})
    assert text in text_of(parsed(mail))
    assert text in parsed(mail)["Subject"]
    assert "<script" not in html_of(mail)
    assert "49" not in text_of(parsed(mail))


def test_no_value_breaks_a_header(app: Flask) -> None:
    mail = written(subject='For {{ first_name | "you" }}', values={"first_name": "A\r\nBcc: eve@example.org"})
    assert parsed(mail)["Bcc"] is None
    assert parsed(mail)["Subject"] == "For A Bcc: eve@example.org"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "/relative", "//example.org"])
def test_only_the_web_is_linked(app: Flask, url: str) -> None:
    assert f'href="{url}' not in html_of(written(f"[x]({url})"))


def test_lines_are_short_and_ends_are_crlf(app: Flask) -> None:
    mail = written("word " * 500 + "ü" * 300, values={"first_name": "x" * 200}, clicks=True)
    lines = mail.content.split(b"\r\n")
    assert all(b"\n" not in line for line in lines)
    body = lines[lines.index(b"") :]
    assert max(map(len, body)) <= 76
    assert "ü" * 300 in html_of(mail).replace("\n", "")


def test_the_headers_of_list_mail_are_there_and_short(app: Flask) -> None:
    mail = parsed(written())
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert len(mail["List-Unsubscribe"]) <= 122
    assert mail["List-Id"] == "<the-letter.example.org>"
    assert mail["Feedback-ID"]


def test_nothing_in_it_is_unknown_to_mail_programs(app: Flask) -> None:

    html = html_of(written())
    assert {why for pattern, why in NEVER.items() if re.search(pattern, html)} == set()


def test_links_are_numbered_in_their_order(app: Flask) -> None:
    words = SimpleNamespace(list=make_list(), body=BODY, preheader="", layout="letter")
    assert [(link.number, link.label) for link in links_of(words)] == [(1, "our paper"), (2, "Read on")]
