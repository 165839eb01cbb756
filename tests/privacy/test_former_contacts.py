"""Who left every list three years ago is erased, and nobody else."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.access.audit import AuditEntry
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.subscription import leave
from signup.consent.suppression import Suppression
from signup.contacts import legal_hold
from signup.contacts.contact import Contact
from signup.duplicates.merge_contacts import merge_two
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.privacy import erase_former
from signup.privacy.retention import RETENTION
from tests.cast import Mailbox, confirm_all, forget_limits, sign_up, subscription_of, suppress
from tests.privacy.moved_clock import everything, pass_time

MONTH = timedelta(days=31)
(RULE,) = (rule for rule in RETENTION if rule.chore == "former")
LEFT = ("fay", "gil", "hal", "ida")


def addresses() -> set[str]:
    db.session.rollback()
    return {address.partition("@")[0] for address in db.session.scalars(select(Contact.address_key))}


def left(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, *names: str) -> None:
    """Let these people confirm, and leave."""
    for name in names:
        address = f"{name}@example.org"
        assert sign_up(client, form_id, address).status_code == 202
        confirm_all(app, client, mailbox, address)
        forget_limits()
        with transaction():
            entry = subscription_of(address)
            assert entry
            leave(entry.id, "preferences")


def id_of(name: str) -> int:
    return db.session.scalars(select(Contact.id).where(Contact.address_key == f"{name}@example.org")).one()


def test_three_years_after_the_last_list_somebody_is_erased_and_nobody_else(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, ada: str, bob: str, cleo: str, noise: None
) -> None:
    left(app, client, mailbox, form_id, *LEFT)
    suppress("hal@example.org")
    forget_limits()
    pass_time(35 * MONTH)
    assert (RULE.due(), RULE.run()) == (0, 0)
    pass_time(2 * MONTH)
    with transaction():
        legal_hold.set_hold(id_of("fay"), "A dispute", utcnow() + MONTH, "opal@example.org")
    sign_up(client, form_id, "gil@example.org")  # asks again, and has not confirmed yet
    left(app, client, mailbox, form_id, "joe")
    before, stop_list = everything(), set(db.session.scalars(select(Suppression.address_hash)))
    goes = {"cleo", "hal", "ida"}
    ids = {id_of(name) for name in goes}
    assert RULE.due() == 3
    assert RULE.run() == 3
    assert addresses() == {"ada", "bob", "nina", "noel", "fay", "gil", "joe"}
    after = everything()
    for name in ("contact", "subscription", "signup"):
        assert len([row for row in before[name] if row not in after[name]]) == 3, name
    others = [row for row in before["consent_event"] if row[3] not in ids]
    assert [row for row in others if row not in after["consent_event"]] == []
    events = db.session.scalars(select(ConsentEvent).where(ConsentEvent.contact_id.in_(ids)))
    assert {(one.address, one.ip, one.salt) for one in events} == {(None, None, None)}
    erased = select(ConsentEvent.contact_id, ConsentEvent.method).where(ConsentEvent.type == ConsentType.ERASED)
    assert set(map(tuple, db.session.execute(erased))) == {(id_, "retention") for id_ in ids}
    assert set(db.session.scalars(select(Suppression.address_hash))) == stop_list
    told = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert told
    assert (told.object, told.detail) == ("former", {"rows": 3, "by": "worker"})
    assert (RULE.due(), RULE.run()) == (0, 0)


def test_who_comes_back_while_it_is_at_work_stays(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    left(app, client, mailbox, form_id, "ida")
    pass_time(37 * MONTH)
    still = erase_former._still_former
    with transaction():
        entry = subscription_of("ida@example.org")
        assert entry
        assert still([entry.contact_id])
        entry.state = "confirmed"
        db.session.flush()
        assert not still([entry.contact_id])
    assert RULE.run() == 0
    assert addresses() == {"ida"}


def test_a_hold_on_what_was_merged_into_somebody_keeps_both(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    left(app, client, mailbox, form_id, "fay", "ida")
    with transaction():
        merge_two(id_of("fay"), id_of("ida"), {})
        legal_hold.set_hold(id_of("ida"), "A dispute", utcnow() + MONTH, "opal@example.org")
    pass_time(37 * MONTH, *(name for name in everything() if name != "legal_hold"))
    assert RULE.run() == 0
    assert addresses() == {"fay", "ida"}
