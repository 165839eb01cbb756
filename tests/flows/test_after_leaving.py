"""The page after unsubscribing: undo, why, what else one gets; and who can do none of it."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from signup.consent.consent_event import ConsentEvent
from signup.consent.snapshot import texts_of
from signup.consent.subscription import Subscription, leave
from signup.counts import tally
from signup.counts.tally import Measure
from signup.ground.db import db, transaction
from signup.ground.tokens import TokenPurpose, keys
from signup.visitor.own_data import after_leaving
from tests.cast import (
    ADA,
    Mailbox,
    confirm_all,
    events_of,
    forget_limits,
    get_copy,
    hidden_inputs,
    link_in,
    make_form,
    make_list,
    sign_up,
    state_of,
    subscription_of,
)


@pytest.fixture
def link(mailbox: Mailbox, ada: str) -> str:
    return link_in(mailbox.last(ada), "unsubscribe")


def _left(client: FlaskClient, link: str) -> str:
    """The token of the leaving, as the page has it."""
    return hidden_inputs(client.post(link).text)["left"]


def _undo(client: FlaskClient, link: str, left: str) -> TestResponse:
    return client.post(link, data={"left": left, "action": "undo"})


def _counts() -> dict[str, int]:
    return dict(map(tuple, db.session.execute(text("SELECT measure, sum(n) FROM tally GROUP BY measure")).all()))


def test_who_left_by_mistake_takes_it_back_with_proof_and_counts(client: FlaskClient, noise: None, link: str) -> None:
    before = subscription_of(ADA)
    assert before
    confirmed_at, counts = before.confirmed_at, _counts()
    left = _left(client, link)
    page = _undo(client, link, left).text
    assert "You are back on the list" in page
    after = subscription_of(ADA)
    assert after
    assert (after.state, after.confirmed_at, after.ended_at) == ("confirmed", confirmed_at, None)
    assert {name: n for name, n in _counts().items() if n} == {name: n for name, n in counts.items() if n}
    assert events_of(ADA)[-2:] == ["unsubscribed", "confirmed"]
    event = db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc()).limit(1)).one()
    words = texts_of([event.wording_hash])[event.wording_hash or ""]
    assert (event.method, event.address) == ("undo", ADA)
    assert words == "I would like to receive “The Letter” by email from Example Press again."
    assert "cannot be undone" not in page
    assert "You are back on the list" in _undo(client, link, left).text
    assert events_of(ADA).count("confirmed") == 2, "a second press changes nothing"


def test_a_second_press_of_unsubscribe_keeps_the_way_back(client: FlaskClient, link: str) -> None:
    first = _left(client, link)
    assert keys().open(TokenPurpose.LEFT, _left(client, link)).id == keys().open(TokenPurpose.LEFT, first).id
    assert events_of(ADA).count("unsubscribed") == 1


def test_no_link_of_an_email_takes_it_back_nor_an_old_page_nor_another_persons(
    client: FlaskClient, form_id: str, mailbox: Mailbox, app: Flask, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = _left(client, link)
    assert "left" not in hidden_inputs(client.get(link).text)
    token = link.rpartition("/")[2]
    for forged in (token, "x", left[:-1]):
        assert _undo(client, link, forged).status_code == 400
    sign_up(client, form_id, "eve@example.org")
    confirm_all(app, client, mailbox, "eve@example.org")
    others = _left(client, link_in(mailbox.last("eve@example.org"), "unsubscribe"))
    assert "cannot be undone" in _undo(client, link, others).text
    with monkeypatch.context() as later:
        later.setattr(after_leaving, "LEFT_TTL", timedelta(seconds=-1))
        page = _undo(client, link, left).text
        assert "cannot be undone" in page
        assert f'href="/f/{form_id}"' in page, "but one can sign up again"
    assert state_of(ADA) == "unsubscribed"


def test_who_left_by_one_click_or_was_unsubscribed_or_complained_since_finds_no_undo(
    client: FlaskClient, link: str
) -> None:
    client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert "left" not in hidden_inputs(client.post(link).text)
    mine = subscription_of(ADA)
    assert mine
    with transaction():
        db.session.execute(update(Subscription).where(Subscription.id == mine.id).values(state="confirmed"))
    left = _left(client, link)
    with transaction():
        db.session.execute(update(Subscription).where(Subscription.id == mine.id).values(state="complained"))
    _undo(client, link, left)
    assert state_of(ADA) == "complained"
    with transaction():
        db.session.execute(update(Subscription).where(Subscription.id == mine.id).values(state="confirmed"))
        assert leave(mine.id, "operator")
    _undo(client, link, left)
    assert state_of(ADA) == "unsubscribed"


def test_taking_it_back_again_and_again_ends(client: FlaskClient, link: str) -> None:
    answers = [_undo(client, link, _left(client, link)).status_code for _time in range(after_leaving.TIMES_A_DAY + 1)]
    assert answers == [200] * after_leaving.TIMES_A_DAY + [429]


def test_why_somebody_left_is_kept_counted_shown_and_forgotten_with_the_undo(
    app: Flask, client: FlaskClient, mailbox: Mailbox, link: str, opal: FlaskClient
) -> None:
    mine = subscription_of(ADA)
    assert mine
    left, list_id = _left(client, link), mine.list_id
    for reason in ("too-many", "other", "<b>", "not-for-me"):
        page = client.post(link, data={"left": left, "action": "why", "reason": reason}).text
        assert ("Saved, thank you." in page) == (reason != "<b>")
    assert tally.totals(Measure.LEFT_BECAUSE, list_id) == {"not-for-me": 1}
    assert "The emails are not for me: 1" in opal.get("/admin/lists").text.replace(",", "")
    assert "Reason given: “The emails are not for me”" in opal.get(f"/admin/contacts/{mine.contact.uid}").text
    assert b"not-for-me" in get_copy(app, client, mailbox, ADA).data
    forget_limits()
    _undo(client, link, left)
    back = subscription_of(ADA)
    assert back
    assert (back.left_because, tally.totals(Measure.LEFT_BECAUSE, list_id)) == (None, {})


def test_the_page_names_the_other_lists_and_leads_to_what_one_gets(
    app: Flask, client: FlaskClient, mailbox: Mailbox, link: str
) -> None:
    other = make_form(make_list("events", name="Events")).public_id
    forget_limits()
    sign_up(client, other, ADA)
    confirm_all(app, client, mailbox, ADA)
    for page in (client.get(link).text, client.post(link).text):
        assert "You still get: Events." in page
        assert "Choose what you get" in page
    assert state_of(ADA, "events") == "confirmed"
