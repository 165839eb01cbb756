"""Who sends a letter: said in its headers and its foot, and asked for before it goes."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from signup.campaigns import preflight
from signup.consent.mailing_list import MailingList
from signup.ground.db import db, transaction
from tests.campaigns.campaign_cast import make_campaign, people, send
from tests.campaigns.test_letter import parsed, written
from tests.cast import Mailbox, make_list, text_of

pytestmark = pytest.mark.one_engine
SENDER = {"no-postal-address", "no-legal-notice", "no-reply", "mailbox-sender"}


def told(**of: Any) -> set[str]:
    """What the check says of the sender of a list."""
    with transaction():
        campaign = make_campaign(make_list("x", **({"postal_address": "1 Road"} | of)))
    return {one.code for one in preflight.problems(campaign)} & SENDER


@pytest.mark.parametrize(
    ("of", "codes"),
    [
        ({}, set()),
        ({"postal_address": " "}, {"no-postal-address"}),
        ({"language": "de"}, {"no-legal-notice"}),
        ({"country": "CH"}, {"no-legal-notice"}),
        ({"country": "CH", "legal_notice": "Press Ltd"}, set()),
        ({"country": "FR"}, set()),
        ({"sender_address": "no-reply@example.org"}, {"no-reply"}),
        ({"sender_address": "no-reply@example.org", "reply_to": "ask@example.org"}, set()),
        ({"reply_to": "DoNotReply@example.org"}, {"no-reply"}),
        ({"reply_to": "norepla@example.org"}, set()),
        ({"sender_address": "press@gmail.com"}, {"mailbox-sender"}),
    ],
)
def test_what_is_missing_of_the_sender_is_told(app: Flask, of: dict[str, Any], codes: set[str]) -> None:
    assert told(**of) == codes


def test_replies_go_where_the_list_says(app: Flask, mailbox: Mailbox) -> None:
    people(make_list(reply_to="answers@example.org"), 1)
    of = db.session.scalars(select(MailingList)).one()
    send(app, make_campaign(of))
    mail = mailbox.last("conf1@example.org")
    assert mail["Reply-To"] == "answers@example.org"
    assert mail["From"] == "The Letter <letter@example.org>"


@pytest.mark.parametrize(
    ("notice", "in_text"),
    [
        ("https://example.org/imprint", "Legal notice: https://example.org/imprint"),
        ("Press <Ltd>\nCHE-1", "Press <Ltd>\nCHE-1"),
        ("https://example.org and more", "https://example.org and more"),
    ],
)
def test_the_legal_notice_is_a_link_or_words(app: Flask, notice: str, in_text: str) -> None:
    make_list(legal_notice=notice)
    mail = written("Hello")
    assert in_text in text_of(parsed(mail)).replace("\r\n", "\n")
    html = parsed(mail).get_body(("html",)).get_content()
    assert ("Press &lt;Ltd&gt;<br>CHE-1" in html) is notice.startswith("Press")
    assert ('href="https://example.org/imprint"' in html) is notice.endswith("imprint")
