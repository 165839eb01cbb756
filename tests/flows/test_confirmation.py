"""Who can confirm, how often, and who cannot: scanners, strangers, the same person sixty-four times at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.forms import stamp
from signup.ground.clock import utcnow, uuid7
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.tokens import CONFIRM_TTL, TokenPurpose, keys
from signup.privacy import purge_unconfirmed
from signup.signups.signup import Signup
from tests.cast import (
    ADA,
    BOB,
    EVE,
    FRENCH,
    Mailbox,
    code_in,
    drain,
    events_of,
    forget_limits,
    link_in,
    make_form,
    sign_up,
    state_of,
    subscription_of,
)

pytestmark = pytest.mark.both_engines


@pytest.fixture
def link(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str) -> str:
    """The confirmation link in Ada's mailbox."""
    assert sign_up(client, form_id, ADA).status_code == 202
    drain(app)
    return link_in(mailbox.last(ADA))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_scanner_that_opens_the_link_confirms_nobody(app: Flask, client: FlaskClient, link: str, method: str) -> None:
    for _again in range(3):
        assert client.open(link, method=method).status_code == 200
    assert state_of(ADA) == "pending"


def test_a_browsers_cookie_counts_as_long_as_the_mails_link_and_no_longer(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"Origin": "http://signup.example.org"}
    assert client.post(f"/f/{form_id}", data={"email": ADA, "consent": "yes"}, headers=own).status_code == 303
    drain(app)
    link = link_in(mailbox.last(ADA))
    assert "data-auto" in client.get(link).text
    later = utcnow() + CONFIRM_TTL + timedelta(seconds=2)
    monkeypatch.setattr(stamp, "utcnow", lambda: later)  # ages the cookie alone: the link ends by the database
    assert "data-auto" not in client.get(link).text
    assert client.post(link, data={"auto": "1"}).status_code == 303
    method = select(ConsentEvent.method).where(ConsentEvent.type == ConsentType.CONFIRMED)
    assert db.session.scalars(method).one() == "link"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(client: FlaskClient, link: str, method: str) -> None:
    assert client.open(link, method=method).status_code == 405


def test_a_second_click_shows_success_again(app: Flask, client: FlaskClient, link: str) -> None:
    assert client.post(link).status_code == 303
    assert client.post(link).status_code == 303
    assert b"you are on the list" in client.get(link).data
    assert events_of(ADA).count("confirmed") == 1


def test_sixty_four_clicks_at_once_make_one_confirmation(app: Flask, link: str) -> None:
    answers = _at_once(64, lambda: app.test_client().post(link).status_code)
    assert answers == [303] * 64
    assert (state_of(ADA), events_of(ADA).count("confirmed")) == ("confirmed", 1)
    counted = "SELECT measure, sum(n) FROM tally GROUP BY measure HAVING sum(n) <> 0"
    assert dict(map(tuple, db.session.execute(text(counted)).all())) == {
        "submitted": 1,
        "mailed": 1,
        "confirmed": 1,
        "in:confirmed": 1,
        "standing:confirmed": 1,
    }


def test_sixty_four_times_the_code_at_once_makes_one_confirmation(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    handle = (sign_up(client, form_id, ADA).json or {})["signup"]
    drain(app)
    body = {"signup": handle, "code": code_in(mailbox.last(ADA))}
    answers = _at_once(64, lambda: app.test_client().post(f"/f/{form_id}/code", json=body).status_code)
    assert answers == [200] * 64
    assert events_of(ADA).count("confirmed") == 1


def test_twenty_signups_of_one_new_address_make_one_contact_and_one_mail(
    app: Flask, mailbox: Mailbox, form_id: str
) -> None:
    answers = _at_once(20, lambda: sign_up(app.test_client(), form_id, BOB).status_code)
    assert answers == [202] * 20
    drain(app)
    assert len(mailbox.mails(BOB)) == 1
    assert db.session.execute(text("SELECT count(*) FROM contact")).scalar() == 1


def _at_once(times: int, ask: Callable[[], int]) -> list[int]:
    with ThreadPoolExecutor(times) as pool:
        return [asked.result() for asked in [pool.submit(ask) for _time in range(times)]]


def test_eve_cannot_use_a_link_for_another_purpose_or_a_forged_one(app: Flask, client: FlaskClient, link: str) -> None:
    token = link.rpartition("/")[2]
    strange = keys().sign(TokenPurpose.CONFIRM, uuid7())
    assert state_of(EVE) is None
    for path in ("unsubscribe", "preferences", "download"):
        assert client.get(f"/{path}/{token}").status_code == 400
    flipped = token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:]  # the last character holds spare bits
    for forged in (flipped, token[3:], "x", token + "x" * 400, "é" * 20):
        assert client.post(f"/confirm/{forged}").status_code == 400
    assert client.post(f"/confirm/{strange}").status_code == 410
    assert state_of(ADA) == "pending"


def test_this_was_not_me_ends_the_signup(app: Flask, client: FlaskClient, link: str) -> None:
    assert client.post(link, data={"action": "not-me"}).status_code == 303
    assert "Thanks for telling us" in client.get(link).text
    client.post(link)
    assert state_of(ADA) == "pending"
    assert events_of(ADA)[-1] == "disowned"


def test_an_expired_link_offers_a_new_mail_and_that_one_confirms(
    app: Flask, client: FlaskClient, mailbox: Mailbox, link: str
) -> None:
    with transaction():
        db.session.execute(update(Signup).values(expires_at=now(timedelta(seconds=-1))))
        db.session.execute(text("DELETE FROM limit_counter"))
    assert client.get(link).status_code == 410
    client.post(link)
    assert state_of(ADA) == "pending"
    assert client.post(link, data={"action": "again"}).status_code == 200
    drain(app)
    assert len(mailbox.mails(ADA)) == 2
    assert client.post(link_in(mailbox.last(ADA))).status_code == 303
    assert state_of(ADA) == "confirmed"


def test_what_nobody_confirms_is_forgotten_and_only_a_count_stays(
    app: Flask, client: FlaskClient, link: str, mailbox: Mailbox
) -> None:
    with transaction():
        db.session.execute(update(Signup).values(expires_at=now(timedelta(hours=-24))))
    purge_unconfirmed.expire()
    for table in ("contact", "subscription", "signup", "message"):
        assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table
    events = db.session.execute(text("SELECT type, address, ip, salt FROM consent_event ORDER BY id")).all()
    assert [(row[0], *row[1:]) for row in events] == [
        (kind, None, None, None) for kind in ("requested", "mail_accepted", "expired")
    ]
    sums = dict(map(tuple, db.session.execute(text("SELECT measure, sum(n) FROM tally GROUP BY measure")).all()))
    assert (sums["expired"], sums["in:pending"], sums["standing:pending"]) == (1, 0, 0)
    assert client.get(link).status_code == 410


def test_a_second_sign_up_of_a_confirmed_person_moves_none_of_their_dates(
    app: Flask, client: FlaskClient, mailbox: Mailbox, noise: None, form_id: str
) -> None:
    for _again in range(2):
        assert sign_up(client, form_id, ADA).status_code == 202
        forget_limits()
    drain(app)
    first, second = (link_in(mail) for mail in mailbox.mails(ADA))
    assert client.post(first).status_code == 303
    long_ago = utcnow().replace(microsecond=0) - timedelta(days=90)
    dates = {"state_at": long_ago, "confirmed_at": long_ago}
    with transaction():
        ada = select(Contact.id).where(Contact.address_key == ADA).scalar_subquery()
        db.session.execute(update(Subscription).where(Subscription.contact_id == ada).values(**dates))
        db.session.execute(update(Contact).where(Contact.id == ada).values(confirmed_at=long_ago))
    assert client.post(second).status_code == 303
    found = subscription_of(ADA)
    assert found
    assert (found.state, found.state_at, found.confirmed_at) == ("confirmed", long_ago, long_ago)
    assert found.contact.confirmed_at == long_ago
    assert events_of(ADA).count("confirmed") == 2


def test_who_confirms_in_another_language_is_written_to_in_it_and_not_before(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = make_form(translations={"fr": FRENCH}).public_id
    languages = []
    for language in ("en", "fr"):
        assert sign_up(client, form_id, BOB, lang=language).status_code == 202
        forget_limits()
    drain(app)
    for mail in mailbox.mails(BOB):
        languages.append(language_of(BOB))
        assert client.post(link_in(mail)).status_code == 303
    assert [*languages, language_of(BOB)] == ["en", "en", "fr"]


def language_of(address: str) -> str:
    found = subscription_of(address)
    assert found
    return found.contact.language
