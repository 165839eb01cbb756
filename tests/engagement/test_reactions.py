"""Openings and clicks of a letter: of people who agreed, with machines apart, and of nobody else."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.campaigns.campaign import Campaign
from signup.consent import snapshot
from signup.consent.subscription import Subscription
from signup.consent.tracking import TrackingConsent, TrackingPurpose, TrackingState
from signup.contacts.contact import Contact
from signup.counts.engagement_event import EngagementEvent, Reaction
from signup.engagement.campaign_report import report
from signup.engagement.intake import Seen, intake, write
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.message import Message
from tests.campaigns.campaign_cast import id_of, make_campaign, now_of, people, send
from tests.cast import Mailbox, make_list, text_of

pytestmark = pytest.mark.both_engines
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
BODY = "[One](https://example.org/1) [Two](https://example.org/2) [Three](https://example.org/3)"


def agree(address: str, *purposes: TrackingPurpose) -> None:
    with transaction():
        entry = db.session.scalar(select(Subscription).join(Contact).where(Contact.address == address))
        assert entry
        word = snapshot.keep(snapshot.SnapshotKind.WORDING, "May we?")
        who = {"contact_id": entry.contact_id, "list_id": entry.list_id, "state": TrackingState.GRANTED}
        db.session.add_all(TrackingConsent(purpose=one, locale="en", wording_hash=word, **who) for one in purposes)


@pytest.fixture
def campaign(app: Flask, mailbox: Mailbox) -> Campaign:
    """Sent two hours ago; the first of three people agreed to both, the second to clicks."""
    letter = make_list()
    people(letter, 3)
    agree("conf1@example.org", *TrackingPurpose)
    agree("conf2@example.org", TrackingPurpose.CLICKS)
    made = make_campaign(letter, body=BODY)
    send(app, made)
    with transaction():
        db.session.execute(update(Message).values(handed_at=now(-timedelta(hours=2)), sent_at=now(-timedelta(hours=2))))
    return made


def links(mailbox: Mailbox, address: str) -> list[str]:
    """The paths of the tracked links that a person sees, and of the picture, in a person's mail."""
    return [path for path in all_links(mailbox, address) if not path.endswith(".0")]


def all_links(mailbox: Mailbox, address: str) -> list[str]:
    """The same with the decoy."""
    html = mailbox.last(address).get_body(("html",))
    assert html
    return re.findall(r'"https?://[^/"]+(/[co]/[^"]+)"', html.get_content())


def get(client: FlaskClient, path: str, agent: str = BROWSER) -> Any:
    answer = client.get(path, headers={"User-Agent": agent})
    intake().flush()
    return answer


def events() -> list[tuple[str, int, str, bool]]:
    db.session.rollback()
    query = select(EngagementEvent).order_by(EngagementEvent.id)
    return [(one.kind, one.link_number, one.verdict, one.contact_id is not None) for one in db.session.scalars(query)]


def test_only_letters_to_who_agreed_hold_a_picture_or_other_links(mailbox: Mailbox, campaign: Campaign) -> None:
    assert [path[:3] for path in links(mailbox, "conf1@example.org")] == ["/c/", "/c/", "/c/", "/o/"]
    assert [path[:3] for path in links(mailbox, "conf2@example.org")] == ["/c/", "/c/", "/c/"]
    assert links(mailbox, "conf3@example.org") == []
    assert "https://example.org/1" in text_of(mailbox.last("conf3@example.org"))


def test_a_click_leads_on_and_is_recorded_of_its_person(
    client: FlaskClient, mailbox: Mailbox, campaign: Campaign
) -> None:
    answer = get(client, links(mailbox, "conf1@example.org")[1])
    assert (answer.status_code, answer.location) == (302, "https://example.org/2")
    assert "Set-Cookie" not in answer.headers
    assert events() == [("click", 2, "person", True)]
    found = report(now_of(campaign))
    assert (found.clicked, found.asked_about_clicks) == (1, 2)
    assert found.links[1].people == 1


def test_an_opening_is_recorded_once_a_second(client: FlaskClient, mailbox: Mailbox, campaign: Campaign) -> None:
    picture = links(mailbox, "conf1@example.org")[-1]
    for _each in range(3):
        answer = client.get(picture, headers={"User-Agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"})
    intake().flush()
    assert answer.mimetype == "image/gif"
    assert {one[:3] for one in events()} == {("open", 0, "proxy")}
    assert len(events()) <= 2
    assert report(now_of(campaign)).opened == 1
    assert report(now_of(campaign)).asked_about_opens == 1


def test_who_took_their_agreement_back_is_counted_without_a_name(
    client: FlaskClient, mailbox: Mailbox, campaign: Campaign
) -> None:
    with transaction():
        db.session.execute(update(TrackingConsent).values(state=TrackingState.WITHDRAWN))
    get(client, links(mailbox, "conf1@example.org")[0])
    assert events() == [("click", 1, "person", False)]
    assert db.session.scalar(select(EngagementEvent.agent)) == ""
    assert db.session.scalar(select(EngagementEvent.message_id)) is None
    assert report(now_of(campaign)).without_person == 1


def test_all_links_at_once_are_a_machines(mailbox: Mailbox, client: FlaskClient, campaign: Campaign) -> None:
    for path in links(mailbox, "conf1@example.org")[:3]:
        client.get(path, headers={"User-Agent": BROWSER})
    intake().flush()
    assert {one[2] for one in events()} == {"machine"}
    assert report(now_of(campaign)).clicked == 0


def test_a_burst_that_began_before_is_judged_as_a_whole(campaign: Campaign) -> None:
    uid = db.session.scalar(select(Message.uid).where(Message.recipient == "conf1@example.org"))
    assert uid
    at = datetime.now(UTC)
    for number in (1, 2, 3):
        write([Seen(uid, Reaction.CLICK, number, BROWSER, at + timedelta(seconds=0.5 * number))])
    assert {one[2] for one in events()} == {"machine"}


@pytest.mark.parametrize(
    ("seconds", "has_opened", "verdict"),
    [(2, True, "machine"), (10, False, "machine"), (10, True, "person"), (30, False, "person")],
)
def test_a_click_soon_after_the_mail_is_a_persons_only_with_another_sign(
    campaign: Campaign, seconds: int, has_opened: bool, verdict: str
) -> None:
    uid, handed = db.session.execute(
        select(Message.uid, Message.handed_at).where(Message.recipient == "conf1@example.org")
    ).one()
    assert handed
    at = handed + timedelta(seconds=seconds)
    opened = [Seen(uid, Reaction.OPEN, 0, BROWSER, at - timedelta(seconds=2))] if has_opened else []
    write([*opened, Seen(uid, Reaction.CLICK, 1, BROWSER, at)])
    assert ("click", 1, verdict, True) in events()


def test_who_follows_the_decoy_is_a_machine_with_all_that_it_did_around_it(
    client: FlaskClient, mailbox: Mailbox, campaign: Campaign
) -> None:
    decoy = next(path for path in all_links(mailbox, "conf1@example.org") if path.endswith(".0"))
    get(client, links(mailbox, "conf1@example.org")[0])
    assert events() == [("click", 1, "person", True)]
    answer = get(client, decoy)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert {one[2] for one in events()} == {"machine"}
    assert report(now_of(campaign)).clicked == 0


def test_nobody_sees_the_decoy_and_who_did_not_agree_has_none(mailbox: Mailbox, campaign: Campaign) -> None:
    html = mailbox.last("conf1@example.org").get_body(("html",))
    assert html
    (found,) = re.findall(r"<a[^>]*\.0\"[^>]*>.*?</a>", html.get_content())
    assert 'style="display:none;mso-hide:all" aria-hidden="true" tabindex="-1"' in found
    assert found.endswith("></a>")
    assert ".0\n" not in text_of(mailbox.last("conf1@example.org"))
    assert all_links(mailbox, "conf3@example.org") == []


def test_a_program_and_a_look_without_reading_are_machines(
    client: FlaskClient, mailbox: Mailbox, campaign: Campaign
) -> None:
    paths = links(mailbox, "conf1@example.org")
    get(client, paths[0], "curl/8.0")
    client.head(links(mailbox, "conf2@example.org")[0], headers={"User-Agent": BROWSER})
    intake().flush()
    assert [one[2] for one in events()] == ["machine", "machine"]


@pytest.mark.parametrize("path", ["/c/x", "/c/x.1", "/c/x.99999999", "/c/" + "9" * 500])
def test_a_link_that_is_not_ours_leads_nowhere(client: FlaskClient, campaign: Campaign, path: str) -> None:
    assert get(client, path).status_code == 404
    assert events() == []


def test_a_link_leads_only_where_its_letter_does(client: FlaskClient, mailbox: Mailbox, campaign: Campaign) -> None:
    path = links(mailbox, "conf1@example.org")[0].rpartition(".")[0]
    assert get(client, f"{path}.9").status_code == 404
    assert get(client, "/o/nonsense").status_code == 200
    assert events() == []


def test_a_browser_that_says_anything_at_all_holds_up_no_other(campaign: Campaign) -> None:
    uid = db.session.scalar(select(Message.uid).where(Message.recipient == "conf1@example.org"))
    assert uid
    for number, agent in enumerate(("a\0b", "x" * 100_000, "\ud800", BROWSER), start=1):
        intake().add(
            Seen(uid, Reaction.CLICK, min(number, 3), agent, datetime.now(UTC) + timedelta(seconds=number * 9))
        )
    intake().flush()
    assert sorted(one[2] for one in events()) == ["machine", "machine", "machine", "person"]
    assert all(len(agent) <= 200 for agent in db.session.scalars(select(EngagementEvent.agent)))


def test_what_comes_while_the_database_is_away_is_written_later(campaign: Campaign, monkeypatch: Any) -> None:
    uid = db.session.scalar(select(Message.uid).where(Message.recipient == "conf1@example.org"))
    assert uid
    monkeypatch.setattr("signup.engagement.intake.write", lambda _seen: 1 / 0)
    intake().add(Seen(uid, Reaction.CLICK, 1, BROWSER, datetime.now(UTC)))
    intake().flush()
    assert events() == []
    monkeypatch.setattr("signup.engagement.intake.write", write)
    intake().flush()
    assert len(events()) == 1


def test_who_leaves_within_a_week_is_counted_with_the_letter(app: Flask, campaign: Campaign) -> None:
    mine = select(Subscription.id).join(Contact).where(Contact.address == "conf1@example.org")
    with transaction():
        gone = update(Subscription).where(Subscription.id == mine.scalar_subquery())
        db.session.execute(gone.values(state="unsubscribed", state_at=now()))
    assert report(now_of(campaign)).unsubscribed == 1
    with transaction():
        db.session.execute(update(Message).values(sent_at=now(-timedelta(days=8))))
    assert report(now_of(campaign)).unsubscribed == 0
    assert id_of(campaign)
