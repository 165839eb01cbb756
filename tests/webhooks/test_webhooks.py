"""What happened is told to other programs: each event at least once, a contact's events in order, to nobody else."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from standardwebhooks import Webhook as Verifier

from signup.access.operator import Operator, Role, add_operator
from signup.consent.mailing_list import find_list
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ledger.seal import seal
from signup.mailer.message import Message
from signup.privacy import erase
from signup.privacy.erase import ErasureOrder
from signup.webhooks import deliver, dispatch, webhook
from signup.webhooks.event_name import EventName
from signup.webhooks.webhook import DeliveryState, Webhook, WebhookDelivery
from tests.cast import ADA, BOB, Mailbox, confirm_all, drain, make_form, make_list, sign_up
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def local(make_app: Callable[..., Flask]) -> Flask:
    """The application of an operator who allows webhooks to this machine."""
    return make_app(webhook_networks="127.0.0.0/8")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def make(url: str, *events: EventName, lists: tuple[str, ...] = (), **more: object) -> tuple[Webhook, str]:
    with transaction():
        return webhook.add(url, list(events), [find_list(slug).id for slug in lists], **more)  # type: ignore[arg-type]


def tell() -> int:
    """Seal what happened, write it down for each endpoint, send it. Returns how many were tried."""
    seal()
    dispatch.dispatch()
    return deliver.deliver_now()


def wait_no_longer() -> None:
    """As if the time between two tries had passed."""
    with transaction():
        db.session.execute(update(Webhook).values(not_before=None))
        db.session.execute(update(WebhookDelivery).values(not_before=None))


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(WebhookDelivery.state).order_by(WebhookDelivery.id)))


@pytest.mark.both_engines
def test_an_endpoint_hears_in_order_what_happens_to_somebody_and_can_verify_it(
    local: Flask, mailbox: Mailbox, receiver: Receiver
) -> None:
    client, form = local.test_client(), make_form().public_id
    _made, secret = make(receiver.url + "/hook?x=1")
    sign_up(client, form, ADA)
    confirm_all(local, client, mailbox, ADA)
    assert tell() == 2
    requested, confirmed = receiver.verified(secret)
    assert (requested["type"], confirmed["type"]) == ("signup.requested", "subscription.confirmed")
    assert requested["data"]["subject"] == confirmed["data"]["subject"]
    assert confirmed["data"]["contact"] == str(db.session.scalars(select(Contact.uid)).one())
    assert (confirmed["data"]["list"], confirmed["data"]["form"]) == ("the-letter", form)
    assert ADA not in str(receiver.requests), "ids alone, unless it asks for more"
    assert tell() == 0


@pytest.mark.both_engines
def test_it_hears_only_what_it_asked_for_and_of_its_lists(local: Flask, mailbox: Mailbox, receiver: Receiver) -> None:
    client = local.test_client()
    ours, theirs = make_form().public_id, make_form(make_list("other", name="Other")).public_id
    make(receiver.url, EventName.CONFIRMED, lists=("the-letter",), is_full=True)
    make(receiver.url, form=theirs, lists=())
    for form, address in ((ours, ADA), (theirs, BOB)):
        sign_up(client, form, address)
        confirm_all(local, client, mailbox, address)
    tell()
    assert sorted(receiver.types) == ["signup.requested", "subscription.confirmed", "subscription.confirmed"]
    [full] = [body for _headers, body in receiver.requests if b"person" in body]
    assert (b'"email":"ada@example.org"' in full, b"bob" in full) == (True, False)


@pytest.mark.both_engines
def test_a_failure_is_tried_again_and_holds_back_only_the_same_contact(
    local: Flask, mailbox: Mailbox, receiver: Receiver
) -> None:
    client, form = local.test_client(), make_form().public_id
    _made, secret = make(receiver.url)
    sign_up(client, form, ADA)
    confirm_all(local, client, mailbox, ADA)
    sign_up(client, form, BOB)
    receiver.answers = [500]
    tell()
    assert states() == ["waiting", "waiting", "delivered"], "Bob need not wait for Ada"
    wait_no_longer()
    deliver.deliver_now()
    assert states() == ["delivered"] * 3
    assert receiver.types == ["signup.requested"] * 3 + ["subscription.confirmed"]
    ids = [headers["webhook-id"] for headers, _body in receiver.requests]
    assert (ids[0] == ids[2], len(set(ids))) == (True, 3)
    assert len(receiver.verified(secret)) == 4


def test_an_endpoint_that_fails_several_times_in_a_row_is_left_in_peace_for_a_while(
    local: Flask, receiver: Receiver
) -> None:
    made, _secret = make(receiver.url)
    with transaction():
        for _n in range(6):
            dispatch.send_test(made)
    receiver.answers = [500] * 6
    assert deliver.deliver_now() == 3
    with transaction():
        db.session.execute(update(Webhook).values(not_before=None))
    assert deliver.deliver_now() == 1, "it rests longer with each"
    receiver.answers = []
    wait_no_longer()
    deliver.deliver_now()
    assert (states(), db.session.scalars(select(Webhook.failures)).one()) == (["delivered"] * 6, 0)


@pytest.mark.parametrize("answer", [302, 404, "hang up"])
def test_whatever_is_no_success_is_a_failure_and_no_redirect_is_followed(
    local: Flask, receiver: Receiver, answer: int | str
) -> None:
    made, _secret = make(receiver.url)
    with transaction():
        dispatch.send_test(made)
    receiver.answers = [answer]
    assert (deliver.deliver_now(), states()) == (1, ["waiting"])
    assert len(receiver.requests) == 1


def test_what_is_gone_or_dead_is_paused_its_owner_told_and_nothing_lost(
    local: Flask, mailbox: Mailbox, receiver: Receiver
) -> None:
    client, form = local.test_client(), make_form().public_id
    with transaction():
        owner = add_operator("opal@example.org", "Opal", Role.ADMINISTRATOR, "correct horse battery").id
    make(receiver.url, operator_id=owner)
    sign_up(client, form, ADA)
    receiver.answers = [410]
    tell()
    drain(local)
    paused = db.session.scalars(select(Webhook)).one()
    assert paused.paused == "gone"
    mail = mailbox.last(db.session.get_one(Operator, owner).address)
    assert mail["Subject"] == "Your webhook to 127.0.0.1 is paused"
    sign_up(client, form, BOB)
    wait_no_longer()
    assert tell() == 0
    with transaction():
        assert webhook.resume(paused.id)
    assert (tell(), states()) == (2, ["delivered"] * 2)
    receiver.answers = [500]
    sign_up(client, form, "cleo@example.org")
    tell()
    with transaction():
        db.session.execute(update(Webhook).values(failing_since=now(-timedelta(days=4)), not_before=None))
        db.session.execute(update(WebhookDelivery).values(not_before=None))
    receiver.answers = [500]
    deliver.deliver_now()
    db.session.rollback()
    assert db.session.scalars(select(Webhook.paused)).one() == "dead"
    assert db.session.scalars(select(Message.kind).where(Message.kind == "webhook")).all() == ["webhook"] * 2


@pytest.mark.both_engines
def test_what_a_dead_worker_claimed_goes_to_the_next_one(local: Flask, receiver: Receiver) -> None:
    made, secret = make(receiver.url)
    with transaction():
        dispatch.send_test(made)
    assert deliver._claim(made.id)
    assert deliver.deliver_now() == 0, "somebody has it"
    with transaction():
        db.session.execute(update(WebhookDelivery).values(lease_until=now(-timedelta(seconds=1))))
    assert (deliver.deliver_now(), states()) == (1, ["delivered"])
    assert receiver.verified(secret)[0]["type"] == "webhook.test"


def test_a_worker_that_died_makes_nobody_wait_longer(local: Flask, receiver: Receiver) -> None:
    made, _secret = make(receiver.url)
    with transaction():
        dispatch.send_test(made)
    for _death in range(6):
        assert deliver._claim(made.id)
        with transaction():
            db.session.execute(update(WebhookDelivery).values(lease_until=now(-timedelta(seconds=1))))
        deliver._free_expired()
    receiver.answers = [500]
    deliver.deliver_now()
    with transaction():
        soon = WebhookDelivery.not_before < now(timedelta(seconds=10))
        assert db.session.scalar(select(soon)), "its first failure: five seconds"


def test_a_late_answer_of_who_lost_the_claim_changes_nothing(local: Flask, receiver: Receiver) -> None:
    made, _secret = make(receiver.url)
    with transaction():
        dispatch.send_test(made)
    late = deliver._claim(made.id)
    assert late
    with transaction():
        db.session.execute(update(WebhookDelivery).values(lease_until=now(-timedelta(seconds=1))))
    deliver.deliver_now()
    receiver.answers = [500]
    deliver._send_some(*late)
    assert states() == ["delivered"]


def test_a_new_secret_and_the_one_before_sign_together_for_a_day(local: Flask, receiver: Receiver) -> None:
    made, old = make(receiver.url)
    with transaction():
        new = webhook.rotate_secret(webhook.find_webhook(made.uid, locks=True))
        dispatch.send_test(made)
    deliver.deliver_now()
    assert receiver.verified(old) == receiver.verified(new)
    with transaction():
        db.session.execute(update(Webhook).values(old_until=now(-timedelta(seconds=1))))
        dispatch.send_test(made)
    deliver.deliver_now()
    headers, body = receiver.requests[-1]
    assert Verifier(new).verify(body, headers)
    with pytest.raises(Exception, match="signature"):
        Verifier(old).verify(body, headers)


@pytest.mark.both_engines
def test_a_span_of_time_or_one_event_is_told_again(local: Flask, mailbox: Mailbox, receiver: Receiver) -> None:
    client, form = local.test_client(), make_form().public_id
    made, _secret = make(receiver.url)
    sign_up(client, form, ADA)
    sign_up(client, form, BOB)
    tell()
    first = db.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).first()
    assert first
    span = first.created_at - timedelta(hours=1), first.created_at + timedelta(hours=1)
    with transaction():
        assert dispatch.replay(webhook.find_webhook(made.uid), *span) == 2
        assert dispatch.replay(webhook.find_webhook(made.uid), *span, event_id=first.event_id) == 1
        assert dispatch.replay(webhook.find_webhook(made.uid), span[0], span[0]) == 0
    deliver.deliver_now()
    assert receiver.types == ["signup.requested"] * 5
    assert set(states()) == {DeliveryState.DELIVERED}


@pytest.mark.both_engines
def test_of_somebody_erased_no_delivery_says_who_it_was(local: Flask, mailbox: Mailbox, receiver: Receiver) -> None:
    client, form = local.test_client(), make_form().public_id
    make(receiver.url, is_full=True)
    sign_up(client, form, ADA)
    confirm_all(local, client, mailbox, ADA)
    receiver.answers = [500]
    tell()
    with transaction():
        erase.erase(ADA, ErasureOrder("operator"))
    receiver.requests.clear()
    wait_no_longer()
    seal()
    dispatch.dispatch()
    deliver.deliver_now()
    assert receiver.types[-1] == "contact.erased"
    assert ADA not in str(receiver.requests)
    assert all(b'"person":null' in body or b'"person"' not in body for _headers, body in receiver.requests)


def test_a_receiver_that_drips_is_left_after_the_time_cap(local: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signup.webhooks.send_request.TOTAL_SECONDS", 0.5)
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(10)

    def drip() -> None:
        connection, _peer = server.accept()
        with connection:
            try:
                for sign in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100:
                    connection.sendall(bytes([sign]))
                    time.sleep(0.1)
            except OSError:
                return

    threading.Thread(target=drip, daemon=True).start()
    made, _secret = make(f"http://127.0.0.1:{server.getsockname()[1]}/")
    with transaction():
        dispatch.send_test(made)
    begun = time.monotonic()
    deliver.deliver_now()
    assert time.monotonic() - begun < 5
    db.session.rollback()
    kept = db.session.scalars(select(WebhookDelivery)).one()
    assert (kept.state, kept.answer) == ("waiting", "No answer within 0 seconds")
    server.close()
