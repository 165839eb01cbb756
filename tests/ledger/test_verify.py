"""Whoever writes into the database past its guards is found: each field, each row, each order, each time."""

from datetime import timedelta
from secrets import token_bytes
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import DateTime, LargeBinary, Uuid, delete, insert, select, text, update
from sqlalchemy.types import JSON, Integer, TypeEngine

from signup.access.audit import AuditEntry
from signup.consent.consent_event import ConsentEvent
from signup.ground.clock import utcnow, uuid7, uuid7s
from signup.ground.db import db, transaction
from signup.ground.dialect import Instant, Json
from signup.ledger import outside, seal
from signup.ledger.ledger_entry import LedgerEntry, LedgerHead
from tests.cast import sign_up
from tests.ledger.cast import problems, tamper, tamper_each

pytestmark = pytest.mark.both_engines

ROWS = 6


@pytest.fixture
def sealed(app: Flask, ada: str, bob: str, cleo: str, opal: FlaskClient) -> int:
    """The ledger's size: Ada, Bob and Cleo are in it, and an operator's sign-in."""
    seal.seal()
    assert problems() == []
    return db.session.scalar(select(LedgerHead.size)) or 0


def other(kind: TypeEngine[Any], value: Any) -> Any:
    """Another value of the same type."""
    match kind:
        case Instant() | DateTime():
            return (value or utcnow()) - timedelta(milliseconds=1)
        case Uuid():
            return uuid7()
        case LargeBinary():
            return bytes([value[0] ^ 1]) + value[1:] if value else b"\0" * 32
        case Json() | JSON():
            return {**(value or {}), "forged": True}
        case Integer():
            return (value or 0) + 1_000_000  # no other row has that number
    return f"{value[:-1]}{'y' if value[-1] == 'x' else 'x'}" if value else "x"


@pytest.mark.parametrize("table", [ConsentEvent, AuditEntry, LedgerEntry], ids=lambda table: table.__tablename__)
def test_every_field_that_was_changed_is_found(sealed: int, table: Any) -> None:
    key = next(iter(table.__table__.primary_key.columns))
    rows = db.session.execute(select(table.__table__).limit(ROWS)).mappings().all()
    missed = []
    for column in table.__table__.columns:
        for row in rows:
            for value in (other(column.type, row[column.name]), _nothing(column)):
                if value == row[column.name]:
                    continue
                tamper(update(table).where(key == row[key.name]).values({column.name: value}))
                if not problems():
                    missed.append((column.name, row[column.name], value))
                changed = value if column is key else row[key.name]
                tamper(update(table).where(key == changed).values({column.name: row[column.name]}))
    assert missed == []
    assert problems() == []


@pytest.mark.parametrize("tables", [(ConsentEvent,), (LedgerEntry,), (ConsentEvent, LedgerEntry)])
def test_an_event_that_was_deleted_is_found_with_and_without_its_entry(sealed: int, tables: tuple[Any, ...]) -> None:
    event = db.session.scalar(select(LedgerEntry.event_id).where(LedgerEntry.event_id.is_not(None)).limit(1))
    for table in tables:
        tamper(delete(table).where((table.id if table is ConsentEvent else table.event_id) == event))
    assert problems()


def test_two_events_that_change_places_are_found(sealed: int) -> None:
    one, two = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.position).limit(2)).all()
    mine, yours, entry = LedgerEntry.event_id == one.event_id, LedgerEntry.event_id == two.event_id, update(LedgerEntry)
    tamper(entry.where(mine).values(position=-1), entry.where(yours).values(position=0))
    tamper(entry.where(mine).values(position=1))
    assert any("are not those signed" in problem for problem in problems())


def test_an_event_that_was_put_in_is_found_with_and_without_its_seal(sealed: int) -> None:
    event = db.session.execute(select(ConsentEvent.__table__).limit(1)).mappings().one()
    tamper(insert(ConsentEvent).values({**event, "id": uuid7(), "at": event["at"] - timedelta(days=400)}))
    assert any("is no new one" in problem for problem in problems())
    seal.seal()
    assert any("back-dated" in problem for problem in problems())


def test_a_ledger_cut_short_with_its_checkpoint_is_found_by_the_one_outside(
    sealed: int, client: FlaskClient, form_id: str
) -> None:
    before = db.session.execute(select(LedgerHead.__table__)).mappings().one()
    assert sign_up(client, form_id, "ten@example.org").status_code == 202
    seal.seal()
    late = LedgerEntry.position >= before["size"]
    gone = select(LedgerEntry.event_id).where(late)
    tamper(
        delete(ConsentEvent).where(ConsentEvent.id.in_(gone)),
        delete(LedgerEntry).where(late),
        update(LedgerHead).values(dict(before)),
    )
    assert any("set back" in problem for problem in problems())


def test_a_database_that_was_set_back_does_not_overwrite_what_lies_outside(
    sealed: int, client: FlaskClient, form_id: str
) -> None:
    before = db.session.execute(select(LedgerHead.__table__)).mappings().one()
    sign_up(client, form_id, "ten@example.org")
    seal.seal()
    tamper(update(LedgerHead).values(dict(before)))
    outside.write_new()
    assert max(outside.read_checkpoints()).size > before["size"]


def test_a_text_that_was_changed_is_found(sealed: int) -> None:
    tamper(text("UPDATE snapshot SET content = content || '!' WHERE kind = 'wording'"))
    assert any("its text was changed" in problem for problem in problems())


def test_a_checkpoint_that_another_key_signed_is_found(sealed: int) -> None:
    note = db.session.scalar(select(LedgerHead.note)) or ""
    forged = note.replace(note.split("\n")[1], str(sealed + 1), 1)
    tamper(update(LedgerHead).values(note=forged))
    assert any("no known key signed" in problem for problem in problems())


def test_each_of_many_events_is_named_whichever_field_was_changed(app: Flask, *, is_long: bool) -> None:
    """All events at once, one field after the other: none hides behind another."""
    many = 1_000 if is_long else 40
    columns = {"controller": "The Letter", "purpose": "list", "locale": "en", "method": "form", "list_id": 1}
    visit = {"ip": "192.0.2.7", "agent": "Firefox/128.0", "page": "https://a.example", "referrer": "https://b.example"}
    rows = [
        {
            "id": id_,
            "at": utcnow(),
            "contact_id": n,
            "signup_id": n,
            "address": f"p{n}@example.org",
            "type": "requested",
        }
        | {"answers": {"n": n}, "salt": token_bytes(32), "key_id": "k", "wording_hash": "w", **columns, **visit}
        for n, id_ in enumerate(uuid7s(many), 1)
    ]
    with transaction():
        db.session.execute(insert(ConsentEvent), rows)
    seal.seal()
    found = {}
    for column in ConsentEvent.__table__.columns:
        for value in (other(column.type, rows[0].get(column.name)), _nothing(column)):
            if column.name in {"id", "answers", "at", "salt"} or value == rows[0].get(column.name):
                continue
            tamper(update(ConsentEvent).values({column.name: value}))
            found[column.name, str(value)] = len([problem for problem in problems() if problem.startswith("entry")])
            kept = [{"id": row["id"], column.name: row.get(column.name)} for row in rows]
            tamper_each(column.name, kept)
    assert found == dict.fromkeys(found, many)
    assert not [problem for problem in problems() if problem.startswith("entry")]


def _nothing(column: Any) -> Any:
    """Nothing, where the column takes it; else another value."""
    if column.nullable:
        return None
    return b"" if isinstance(column.type, LargeBinary) else other(column.type, None)
