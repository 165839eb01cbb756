"""The feed of a list's letters, as programs for feeds read it."""

from xml.etree import ElementTree as ET

import feedparser
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.consent.mailing_list import MailingList
from signup.ground.db import db
from tests.campaigns.campaign_cast import make_campaign, now_of, people, send
from tests.cast import Mailbox, make_list

pytestmark = pytest.mark.one_engine
PATH = "/archive/the-letter/feed.xml"
BODY = """Hello {{ first_name | "dear reader" }},

[Read & see](https://example.org/more?a=1&b=2 "button")

---

<script>alert(1)</script> ]]> &amp; ü 🙂
"""


@pytest.fixture
def letter(app: Flask, mailbox: Mailbox) -> MailingList:
    made = make_list(archive_is_public=True, description="News & views")
    people(made, 1)
    return made


def test_a_reader_of_feeds_understands_it(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    first = make_campaign(letter, subject='For {{ first_name | "you" }} & <all>', body=BODY, layout="magazine")
    send(app, first)
    send(app, make_campaign(db.session.scalars(select(MailingList)).one(), subject="Second\x0b", preheader="In short"))
    answer = client.get(PATH)
    assert answer.mimetype == "application/rss+xml"
    feed = feedparser.parse(answer.data)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "rss20"
    assert feed.feed.title == "The Letter"
    assert feed.feed.link == "http://signup.example.org/archive/the-letter"
    assert feed.feed.language == "en"
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [f"http://signup.example.org{PATH}"]
    second, shown = feed.entries
    assert second.title == "Second"
    assert second.summary == "In short"
    assert shown.title == "For you & <all>"
    uid = now_of(first).uid
    assert shown.link == f"http://signup.example.org/archive/the-letter/{uid}"
    assert shown.id == f"urn:uuid:{uid}"
    assert shown.published_parsed
    content = shown.content[0].value
    assert "Hello dear reader," in content
    assert 'href="https://example.org/more?a=1&amp;b=2"' in content
    assert "<hr" in content
    assert "<script" not in content


def test_what_the_specification_asks_for_is_there_once(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    """RSS 2.0: title, link and description of the channel; a title or a description of each item."""
    send(app, make_campaign(letter, body=BODY))
    rss = ET.fromstring(client.get(PATH).data)  # noqa: S314  # written by us
    assert rss.get("version") == "2.0"
    assert [one.tag for one in rss] == ["channel"]
    names = [one.tag for one in rss[0]]
    assert all(names.count(name) == 1 for name in ("title", "link", "description", "language", "lastBuildDate"))
    item = rss[0].find("item")
    assert item is not None
    assert [one.tag.rpartition("}")[2] for one in item] == ["title", "link", "guid", "pubDate", "creator", "encoded"]
    html = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") or ""
    assert " style=" not in html
    assert html.count("<table") == html.count("</table>")


def test_a_feed_of_no_letters_is_one_too(client: FlaskClient, letter: MailingList) -> None:
    feed = feedparser.parse(client.get(PATH).data)
    assert not feed.bozo
    assert feed.entries == []
    assert feed.feed.subtitle == "News & views"


def test_the_page_names_the_feed(client: FlaskClient, letter: MailingList) -> None:
    assert (
        f'<link rel="alternate" type="application/rss+xml" title="The Letter" href="{PATH}">'
        in client.get("/archive/the-letter").text
    )
