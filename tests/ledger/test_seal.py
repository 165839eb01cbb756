"""Every event of a real person gets one place in the ledger, whoever seals and whatever dies."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from signup.consent.coarse_visit import coarse_agent, coarse_ip
from signup.consent.consent_event import ConsentEvent
from signup.contacts.contact import Contact, Nature
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.urls import settings
from signup.ledger import outside, seal
from signup.ledger.journal import read_stopped, read_withdrawals
from signup.ledger.ledger_entry import Checkpoint, LedgerEntry, LedgerHead
from tests.cast import events_of, sign_up, suppress
from tests.ledger.cast import problems

pytestmark = pytest.mark.both_engines


def placed() -> list[str]:
    """The types of the events that have a place, in the order of the ledger."""
    query = select(ConsentEvent.type).join(LedgerEntry, LedgerEntry.event_id == ConsentEvent.id)
    return list(db.session.scalars(query.order_by(LedgerEntry.position)))


def test_what_a_person_did_is_sealed_in_its_order(app: Flask, ada: str, noise: None) -> None:
    assert seal.seal() > 0
    assert sorted(placed()) == sorted(db.session.scalars(select(ConsentEvent.type)))
    mine = [type_ for type_ in placed() if type_ in events_of(ada)]
    assert mine.index("requested") < mine.index("confirmed")
    assert db.session.scalar(select(LedgerHead.size)) == db.session.scalar(select(func.count(LedgerEntry.position)))
    assert seal.seal() == 0
    assert problems() == []


def test_a_test_sign_up_gets_no_place(app: Flask, client: FlaskClient, form_id: str, ada: str) -> None:
    seal.seal()
    contact = Contact(address="t@example.org", address_key="t@example.org", nature=Nature.TEST)
    db.session.add(contact)
    db.session.flush()
    db.session.add(ConsentEvent(type="requested", contact_id=contact.id, list_id=1))
    db.session.commit()
    assert seal.seal() == 0
    assert problems() == []


def test_workers_that_seal_at_once_give_each_event_one_place(app: Flask, client: FlaskClient, form_id: str) -> None:
    for n in range(12):
        assert sign_up(client, form_id, f"p{n}@example.org").status_code == 202

    def work() -> None:
        with app.app_context():
            seal.seal()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal.seal()
    assert len(placed()) == 12
    assert problems() == []


def test_a_batch_that_is_full_is_followed_by_the_next(app: Flask, client: FlaskClient, form_id: str) -> None:
    for n in range(7):
        sign_up(client, form_id, f"p{n}@example.org")
    before, seal.BATCH = seal.BATCH, 3
    try:
        assert seal.seal() == 7
    finally:
        seal.BATCH = before
    assert problems() == []


def test_events_from_before_there_was_a_ledger_are_sealed_in_many_batches_and_are_not_back_dated(app: Flask) -> None:
    old = utcnow() - timedelta(days=400)
    rows = [{"type": "requested", "contact_id": n, "list_id": 1, "at": old + timedelta(days=n)} for n in range(10)]
    with transaction():
        db.session.execute(insert(ConsentEvent), rows)
    before, seal.BATCH = seal.BATCH, 3
    try:
        assert seal.seal() == 10
    finally:
        seal.BATCH = before
    assert problems() == []


def test_an_event_whose_server_was_minutes_behind_is_sealed_by_the_daily_look(app: Flask, ada: str) -> None:
    seal.seal()
    event = db.session.execute(select(ConsentEvent.__table__).limit(1)).mappings().one()
    late = {**event, "id": type(event["id"])(int=event["id"].int - (600_000 << 80)), "at": utcnow()}
    db.session.execute(ConsentEvent.__table__.insert().values(late))  # type: ignore[attr-defined]  # a table
    db.session.commit()
    assert seal.seal() == 0
    seal.seal_late()
    assert late["id"] in set(db.session.scalars(select(LedgerEntry.event_id)))
    assert problems() == []


def test_the_first_checkpoint_of_a_day_is_kept_and_the_newest_lies_outside(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    sizes = []
    for n in range(3):
        sign_up(client, form_id, f"p{n}@example.org")
        seal.seal()
        sizes.append(db.session.scalar(select(LedgerHead.size)))
    assert list(db.session.scalars(select(Checkpoint.size))) == sizes[:1]
    assert [tree.size for tree in outside.read_checkpoints()] == [sizes[0], sizes[-1]]
    assert oct(next(settings().outside_folder.iterdir()).stat().st_mode & 0o777) == "0o600"
    seal.keep_checkpoint()
    db.session.rollback()
    assert list(db.session.scalars(select(Checkpoint.size).order_by(Checkpoint.size))) == [sizes[0], sizes[-1]]


def test_the_journal_tells_who_left_without_saying_who(app: Flask, cleo: str, ada: str, dan: str) -> None:
    seal.seal()
    seal.seal()
    folder, begun = settings().outside_folder, utcnow() - timedelta(hours=1)
    left = list(read_withdrawals(folder, begun))
    assert [each.type for each in left] == ["unsubscribed"]
    assert left[0].contact == db.session.scalar(select(Contact.id).where(Contact.address == cleo))
    assert [each.reason for each in read_stopped(folder, begun)] == ["test"]
    assert list(read_withdrawals(folder, utcnow() + timedelta(hours=1))) == []
    text = "".join(path.read_text() for path in folder.iterdir())
    assert "example" not in text.replace("signup.example.org/consent", "")


def test_a_journal_that_lost_its_end_is_written_again(app: Flask, cleo: str, dan: str) -> None:
    seal.seal()
    folder = settings().outside_folder
    for path in folder.glob("*.jsonl"):
        path.write_text(path.read_text()[:-9])
    suppress("late@example.org")
    outside.write_new()
    assert [each.type for each in read_withdrawals(folder, utcnow() - timedelta(hours=1))] == ["unsubscribed"]
    assert len(list(read_stopped(folder, utcnow() - timedelta(hours=1)))) == 2


def test_what_is_kept_of_a_visit_is_no_person_any_more_and_stays_as_it_is() -> None:
    firefox = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"
    safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604"
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 (KHTML, like Gecko) Chrome/126.0 Safari/537 Edg/126.0.2592"
    kept = [coarse_agent(agent) for agent in (firefox, safari, edge, "curl/8", "", None)]
    assert kept == ["Firefox 128 · Android", "Safari 17 · iPhone", "Edge 126 · Windows", "Other", None, None]
    assert [coarse_agent(each) for each in kept] == kept
    ips = [coarse_ip(ip) for ip in ("192.0.2.77", "2001:db8:1:2::3", "fe80::1%eth0", "no address", None)]
    assert ips == ["192.0.2.0", "2001:db8:1::", "fe80::", None, None]
    assert [coarse_ip(each) for each in ips] == ips
