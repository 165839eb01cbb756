"""Opens and clicks are recorded of nobody who has not said yes: two boxes of their own, unticked, never coupled."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from signup.consent import tracking
from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import find_list
from signup.consent.snapshot import Snapshot
from signup.consent.subscription import Subscription
from signup.consent.trackable import may_be_tracked
from signup.consent.tracking import TrackingConsent, TrackingPurpose
from signup.contacts.contact import Contact
from signup.duplicates.merge_contacts import merge_two
from signup.duplicates.unmerge import split_contact
from signup.ground.db import db, transaction
from signup.privacy import purge_unconfirmed
from tests.admin.cast import signed_in
from tests.cast import (
    ADA,
    BLOG,
    BOB,
    EVE,
    Mailbox,
    confirm_all,
    events_of,
    forget_limits,
    link_in,
    make_form,
    make_list,
    sign_up,
    state_of,
    subscription_of,
    text_of,
)
from tests.imports.import_cast import table, take_back, take_in

OPENS, CLICKS = (purpose.value for purpose in TrackingPurpose)
OPENS_WORDING = "Example Press may record whether and when I open its emails."


@pytest.fixture
def asking(app: Flask) -> str:
    """A form that asks."""
    return make_form(asks_tracking=True, magnet=False).public_id


def tracked(address: str, slug: str = "the-letter") -> set[str]:
    """What may be recorded of somebody, for one list."""
    db.session.rollback()
    found = set()
    for purpose in TrackingPurpose:
        query = select(Subscription.id).join(Contact, Contact.id == Subscription.contact_id)
        query = query.where(Contact.address_key == address, Subscription.list_id == find_list(slug).id)
        if db.session.scalar(query.where(may_be_tracked(purpose))) is not None:
            found.add(purpose.value)
    return found


def preferences_of(client: FlaskClient, mailbox: Mailbox, address: str) -> str:
    return next(link_in(mail, "preferences") for mail in mailbox.mails(address) if "/preferences/" in text_of(mail))


def save(client: FlaskClient, path: str, address: str, *purposes: str, stays: bool = True) -> TestResponse:
    """Send the preference page with these boxes ticked, as they are shown."""
    entry = subscription_of(address)
    assert entry
    values = {box.purpose.value: box.value for box in tracking.shown(entry.list.controller, "en")}
    fields = MultiDict([("language", "en"), *(("tracking", f"{entry.uid}:{values[one]}") for one in purposes)])
    if stays:
        fields.add("list", str(entry.uid))
    return client.post(path, data=fields)


def test_a_box_that_was_ticked_counts_once_the_address_is_confirmed(
    app: Flask, client: FlaskClient, mailbox: Mailbox, asking: str
) -> None:
    assert sign_up(client, asking, ADA, **{"agrees-to": [OPENS]}).status_code == 202
    assert tracked(ADA) == set()
    confirm_all(app, client, mailbox, ADA)
    assert tracked(ADA) == {OPENS}
    said = db.session.scalars(select(ConsentEvent).where(ConsentEvent.purpose == OPENS).order_by(ConsentEvent.id)).all()
    assert [event.type for event in said] == ["requested", "tracking_granted"]
    assert said[1].wording_hash
    assert db.session.get_one(Snapshot, said[1].wording_hash).content == OPENS_WORDING
    assert said[1].controller == "Example Press"
    assert said[1].form_version_id


def test_who_ticks_nothing_is_tracked_in_nothing_and_no_form_asks_by_itself(
    app: Flask, client: FlaskClient, mailbox: Mailbox, asking: str
) -> None:
    sign_up(client, asking, ADA)
    confirm_all(app, client, mailbox, ADA)
    assert tracked(ADA) == set()
    assert db.session.scalar(select(TrackingConsent.id)) is None
    other = make_form(find_list("the-letter"), magnet=False).public_id
    assert "agrees-to" not in client.get(f"/f/{other}").text
    refused = sign_up(client, other, BOB, **{"agrees-to": [OPENS]})
    assert refused.status_code == 422
    assert state_of(BOB) is None


def test_the_boxes_are_unticked_on_the_page_and_in_the_script_and_a_page_can_send_both(
    app: Flask, client: FlaskClient, mailbox: Mailbox, asking: str
) -> None:
    page = client.get(f"/f/{asking}").text
    assert OPENS_WORDING in page
    assert "checked" not in page
    told = client.get(f"/f/{asking}/embed", headers={"Origin": BLOG}).json
    boxes = [one for one in (told or {})["consents"] if one["input"].get("name") == "agrees-to"]
    assert next(one["text"] for one in boxes) == OPENS_WORDING
    assert not any(one["input"].get("required") or one["input"].get("checked") for one in boxes)
    sent = MultiDict([("email", EVE), ("consent", "yes"), *(("agrees-to", one["input"]["value"]) for one in boxes)])
    assert client.post(f"/f/{asking}", data=sent).status_code == 303
    confirm_all(app, client, mailbox, EVE)
    assert tracked(EVE) == {OPENS, CLICKS}


@pytest.mark.parametrize(
    "value", ["open_tracking.0123456789abcdef", "everything", "open_tracking.", 7, "open_tracking🙂"]
)
def test_nobody_agrees_to_words_that_they_were_not_shown(
    app: Flask, client: FlaskClient, asking: str, value: object
) -> None:
    assert sign_up(client, asking, ADA, **{"agrees-to": [value]}).status_code == 422
    assert sign_up(client, asking, ADA, **{"agrees-to": "open_tracking"}).status_code == 422
    assert state_of(ADA) is None


def test_what_is_wrong_is_shown_again_with_the_boxes_as_they_were(app: Flask, client: FlaskClient, asking: str) -> None:
    value = tracking.shown("Example Press", "en")[0].value
    page = client.post(f"/f/{asking}", data={"email": "", "consent": "yes", "agrees-to": value})
    assert page.status_code == 422
    assert f'value="{value}" checked' in page.text


def test_the_preference_page_grants_and_withdraws_each_by_itself(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str, noise: None
) -> None:
    path = preferences_of(client, mailbox, ADA)
    assert OPENS_WORDING in client.get(path).text
    save(client, path, ADA, OPENS, CLICKS)
    save(client, path, ADA, OPENS, CLICKS)
    assert tracked(ADA) == {OPENS, CLICKS}
    assert events_of(ADA).count("tracking_granted") == 2
    save(client, path, ADA, CLICKS)
    assert tracked(ADA) == {CLICKS}
    assert state_of(ADA) == "confirmed"
    assert events_of(ADA).count("tracking_withdrawn") == 1
    save(client, path, ADA, OPENS)
    assert tracked(ADA) == {OPENS}
    assert tracked("nina@example.org", "noise") == set()


def test_a_stale_page_grants_nothing_and_withdraws_nothing(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    path = preferences_of(client, mailbox, ADA)
    entry = subscription_of(ADA)
    assert entry
    save(client, path, ADA, OPENS)
    old = [("tracking", f"{entry.uid}:{purpose}.0123456789abcdef") for purpose in (OPENS, CLICKS)]
    client.post(path, data=MultiDict([("language", "en"), ("list", str(entry.uid)), *old]))
    assert tracked(ADA) == {OPENS}


def test_leaving_withdraws_it_and_coming_back_does_not_bring_it_back(
    app: Flask, client: FlaskClient, mailbox: Mailbox, asking: str
) -> None:
    sign_up(client, asking, ADA, **{"agrees-to": [OPENS, CLICKS]})
    confirm_all(app, client, mailbox, ADA)
    entry = subscription_of(ADA)
    assert entry
    left = link_in(mailbox.last(ADA), "unsubscribe")
    assert client.post(left, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    client.post(left)
    assert tracked(ADA) == set()
    assert events_of(ADA).count("tracking_withdrawn") == 2
    forget_limits()
    sign_up(client, asking, ADA)
    confirm_all(app, client, mailbox, ADA)
    assert state_of(ADA) == "confirmed"
    assert tracked(ADA) == set()


def test_an_unconfirmed_wish_goes_with_its_sign_up(
    app: Flask, client: FlaskClient, asking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(client, asking, BOB, **{"agrees-to": [OPENS]})
    with transaction():
        db.session.execute(db.text("UPDATE signup SET expires_at = '2020-01-01 00:00:00.000'"))
    purge_unconfirmed.expire()
    assert db.session.scalar(select(TrackingConsent.id)) is None


def test_a_merge_carries_it_the_later_no_holds_and_an_undo_puts_it_back(
    app: Flask, client: FlaskClient, mailbox: Mailbox, asking: str
) -> None:
    sign_up(client, asking, ADA, **{"agrees-to": [OPENS, CLICKS]})
    sign_up(client, asking, BOB, **{"agrees-to": [OPENS]})
    confirm_all(app, client, mailbox, ADA, BOB)
    save(client, preferences_of(client, mailbox, BOB), BOB)  # Bob's last word: no to opens
    bob, ada = (db.session.scalars(select(Contact.id).where(Contact.address_key == one)).one() for one in (BOB, ADA))
    with transaction():
        merge = merge_two(bob, ada, {})
    assert tracked(BOB) == {CLICKS}
    with transaction():
        split_contact(merge.id)
    assert tracked(ADA) == {OPENS, CLICKS}
    assert tracked(BOB) == set()


def test_an_import_grants_nothing_and_one_that_ends_a_subscription_withdraws_it(
    app: Flask, client: FlaskClient, mailbox: Mailbox, asking: str
) -> None:
    sign_up(client, asking, ADA, **{"agrees-to": [OPENS]})
    confirm_all(app, client, mailbox, ADA)
    file = table(
        {"email": ADA, "status": "unsubscribed", "open_tracking": "yes"},
        {"email": EVE, "status": "subscribed", "open_tracking": "yes"},
    )
    run = take_in(file, find_list("the-letter"))
    assert state_of(ADA) == "unsubscribed"
    assert events_of(ADA)[-2:].count("tracking_withdrawn") == 1
    assert tracked(EVE) == set()
    take_back(run)
    assert tracked(ADA) == set(), "an undo grants nothing"


def test_the_proof_and_the_consent_pages_show_it(
    app: Flask, client: FlaskClient, mailbox: Mailbox, asking: str
) -> None:
    sign_up(client, asking, ADA, **{"agrees-to": [OPENS]})
    confirm_all(app, client, mailbox, ADA)
    opal = signed_in(app)
    uid = db.session.scalars(select(Contact.uid).where(Contact.address_key == ADA)).one()
    proof = opal.get(f"/admin/contacts/{uid}/proof").text
    assert "Agreed to tracking" in proof
    assert OPENS_WORDING in proof
    assert "Recording opens" in opal.get("/admin/consent/purposes").text
    assert OPENS_WORDING in opal.get("/admin/consent/wordings").text
    assert "Recording opens and clicks of those who agreed." in opal.get("/admin/consent/record").text


def test_a_list_of_its_own_is_asked_by_itself(app: Flask, client: FlaskClient, mailbox: Mailbox, asking: str) -> None:
    other = make_form(make_list("other", name="Other", controller="Other House"), magnet=False, asks_tracking=True)
    sign_up(client, asking, ADA, **{"agrees-to": [OPENS]})
    confirm_all(app, client, mailbox, ADA)
    sign_up(client, other.public_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    assert tracked(ADA) == {OPENS}
    assert tracked(ADA, "other") == set()
    page = client.get(preferences_of(client, mailbox, ADA)).text
    assert "Other House may record whether and when I open its emails." in page
