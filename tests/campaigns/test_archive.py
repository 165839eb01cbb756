"""Letters in a browser: as they were sent, without a person, listed only where the list shows them to everybody."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from signup.audience.segment import Segment
from signup.campaigns import preflight
from signup.campaigns.campaign import Campaign, CampaignState
from signup.consent.mailing_list import MailingList
from signup.ground.db import db, transaction
from tests.campaigns.campaign_cast import begin, make_campaign, now_of, people, send
from tests.campaigns.test_sending import named
from tests.cast import Mailbox, make_form, make_list

pytestmark = pytest.mark.both_engines

BODY = 'Hello {{ first_name | "dear reader" }},\n\n[our paper](https://example.org/paper?a=1&b=2)\n\nBye <b>'


@pytest.fixture
def letter(app: Flask, mailbox: Mailbox) -> MailingList:
    made = make_list(postal_address="1 Road\nTown", archive_is_public=True, description="News of the press.")
    people(made, 2)
    return made


def path_of(campaign: Campaign) -> str:
    one = now_of(campaign)
    return f"/archive/{one.list.slug}/{one.uid}"


def set_list(**values: Any) -> None:
    with transaction():
        db.session.execute(update(MailingList).values(**values))


def the_list() -> MailingList:
    """The list, as this session has it."""
    return db.session.scalars(select(MailingList)).one()


def test_a_letter_is_read_in_the_browser_as_it_was_sent_and_without_a_person(
    app: Flask, client: FlaskClient, mailbox: Mailbox, letter: MailingList
) -> None:
    campaign = make_campaign(the_list(), subject='For {{ first_name | "you" }}', body=BODY)
    send(app, campaign)
    with transaction():
        db.session.execute(update(Campaign).values(body="something else"))
    page = client.get(path_of(campaign)).text
    assert "Hello dear reader," in page
    assert "<title>For you · The Letter</title>" in page.replace("\n", "")
    assert 'href="https://example.org/paper?a=1&amp;b=2"' in page
    assert "&lt;b&gt;" in page
    assert "1 Road<br>Town" in page
    for personal in ("/unsubscribe/", "/preferences/", "/c/", "/o/", "example.org/archive/the-letter/x", "Conf1"):
        assert personal not in page
    assert "You receive this email because" not in page
    assert "View in browser" not in page


def test_its_address_is_in_the_mail_and_in_its_text(
    app: Flask, client: FlaskClient, mailbox: Mailbox, letter: MailingList
) -> None:
    campaign = make_campaign(the_list())
    send(app, campaign)
    mail = mailbox.last("conf1@example.org")
    address = f"http://signup.example.org{path_of(campaign)}"
    for form in ("plain", "html"):
        body = mail.get_body((form,))
        assert body
        assert address in body.get_content()


@pytest.mark.parametrize("is_public", [True, False])
def test_the_page_runs_nothing_and_loads_only_pictures(
    app: Flask, client: FlaskClient, letter: MailingList, *, is_public: bool
) -> None:
    set_list(archive_is_public=is_public)
    campaign = make_campaign(the_list(), body=BODY, layout="magazine")
    begin(campaign)
    answer = client.get(path_of(campaign))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "sandbox" in policy
    assert not re.search(r'<[a-z][^>]* style="', answer.text)
    assert policy.count("sha256-") == answer.text.count("<style>") == 2
    assert ("noindex" in answer.headers.get("X-Robots-Tag", "")) is not is_public
    assert ('content="noindex' in answer.text) is not is_public
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_who_has_the_page_already_gets_nothing_again(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    campaign = make_campaign(the_list())
    send(app, campaign)
    for path in (path_of(campaign), "/archive/the-letter", "/archive/the-letter/feed.xml"):
        first = client.get(path)
        assert first.status_code == 200
        assert "public" in first.headers["Cache-Control"]
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert again.data == b""


def test_what_has_not_been_sent_is_not_shown(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    campaign = make_campaign(the_list(), body="secret plans")
    answer = client.get(path_of(campaign))
    assert answer.status_code == 404
    assert "secret plans" not in answer.text
    assert "secret plans" not in client.get("/archive/the-letter").text


def test_who_got_it_reads_it_also_while_it_is_paused_and_it_is_listed_once_it_goes_again(
    app: Flask, client: FlaskClient, letter: MailingList
) -> None:
    campaign = make_campaign(the_list(), subject="A mistake")
    send(app, campaign)
    with transaction():
        db.session.execute(update(Campaign).values(state=CampaignState.PAUSED))
    assert client.get(path_of(campaign)).status_code == 200
    assert "A mistake" not in client.get("/archive/the-letter").text
    with transaction():
        db.session.execute(update(Campaign).values(state=CampaignState.SENDING))
    assert "A mistake" in client.get("/archive/the-letter").text


def test_an_archive_that_is_not_public_is_none_and_its_letters_are_found_by_their_address(
    app: Flask, client: FlaskClient, mailbox: Mailbox, letter: MailingList
) -> None:
    set_list(archive_is_public=False)
    campaign = make_campaign(the_list())
    send(app, campaign)
    none = client.get("/archive/no-such-list")
    for path in ("/archive/the-letter", "/archive/the-letter/feed.xml"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.text == none.text
    page = client.get(path_of(campaign))
    assert page.status_code == 200
    assert "private" in page.headers["Cache-Control"]
    assert mailbox.last("conf1@example.org")["List-Archive"] is None


def test_a_letter_that_is_left_out_is_listed_nowhere(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    send(app, make_campaign(the_list(), subject="For all"))
    hidden = make_campaign(the_list(), subject="For members", unlisted=True)
    send(app, hidden)
    for path in ("/archive/the-letter", "/archive/the-letter/feed.xml"):
        assert "For all" in client.get(path).text
        assert "For members" not in client.get(path).text
    page = client.get(path_of(hidden))
    assert page.status_code == 200
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_the_mails_of_a_public_list_name_its_archive(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    send(app, make_campaign(the_list()))
    archive = mailbox.last("conf1@example.org")["List-Archive"]
    assert archive == "<http://signup.example.org/archive/the-letter>"


def test_another_short_name_of_the_list_breaks_no_link(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    campaign = make_campaign(the_list())
    send(app, campaign)
    path = path_of(campaign)
    set_list(slug="renamed")
    moved = client.get(path)
    assert moved.status_code == 302
    assert client.get(moved.location).status_code == 200


def test_a_visitor_is_led_to_the_form_of_the_list(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    campaign = make_campaign(the_list())
    send(app, campaign)
    assert "ask Example Press" in client.get(path_of(campaign)).text
    form = make_form(the_list(), magnet=False)
    for path in (path_of(campaign), "/archive/the-letter"):
        assert f'href="/f/{form.public_id}"' in client.get(path).text


def test_hostile_words_are_text_on_every_page(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    bad = "</title></style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>]]>"
    set_list(name=bad, description=bad, controller=bad, postal_address=bad, legal_notice=bad)
    campaign = make_campaign(the_list(), subject=bad, preheader=bad, body=bad)
    begin(campaign)
    for path in (path_of(campaign), "/archive/the-letter", "/archive/the-letter/feed.xml"):
        page = client.get(path).text
        assert "alert(1)" in page
        assert "<script" not in page
        assert "<img" not in page


def test_a_letter_to_some_that_everybody_may_read_is_told_before(app: Flask, letter: MailingList) -> None:
    of = segment()
    for values, is_told in (({"segment_id": of}, True), ({"segment_id": of, "unlisted": True}, False), ({}, False)):
        problems = preflight.problems(make_campaign(the_list(), **values))
        assert ("segment-in-archive" in {one.code for one in problems}) is is_told


def segment() -> int:
    made = Segment(slug="three", name="Three")
    with transaction():
        made.publish(named("conf1@example.org"))
        return made.id


def test_an_empty_archive_says_so(client: FlaskClient, letter: MailingList) -> None:
    assert "No letter has been sent yet." in client.get("/archive/the-letter").text


def test_older_letters_are_on_further_pages_and_none_is_missed(
    app: Flask, client: FlaskClient, letter: MailingList
) -> None:
    for number in range(35):
        begin(make_campaign(the_list(), subject=f"Letter-{number}-"))
    with transaction():
        db.session.execute(update(Campaign).values(state=CampaignState.SENT, started_at=now_of_all()))
    seen, path = [], "/archive/the-letter"
    while path:
        page = client.get(path).text
        seen += re.findall(r"Letter-(\d+)-", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older[1] if older else ""
    assert sorted(map(int, seen)) == list(range(35))
    for wrong in ("x", "00000000-0000-0000-0000-000000000000", "' OR 1=1"):
        assert client.get("/archive/the-letter", query_string={"before": wrong}).status_code in {200, 404}


def now_of_all() -> Any:
    """One time for all: letters of the same moment have an order too."""
    return db.session.scalar(select(Campaign.started_at).limit(1))


def test_a_page_asks_the_database_little(app: Flask, client: FlaskClient, letter: MailingList) -> None:
    make_form(the_list(), magnet=False)
    for _time in range(3):
        campaign = make_campaign(the_list())
        send(app, campaign)
    path = path_of(campaign)
    client.get(path)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for one in (path, "/archive/the-letter", "/archive/the-letter/feed.xml"):
        asked.clear()
        assert client.get(one).status_code == 200
        assert len([query for query in asked if query.lstrip().upper().startswith("SELECT")]) <= 3, asked
