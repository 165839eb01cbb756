"""Both engines refuse to change or delete what proves something, after every single migration."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from signup.access.audit import AuditEntry
from signup.consent.coarse_visit import coarse_agent, coarse_ip
from signup.consent.consent_event import PAYLOAD, ConsentEvent
from signup.ground.clock import utcnow, uuid7
from signup.ground.config import PROJECT
from signup.ground.db import db, is_postgresql, transaction
from signup.ledger import seal
from signup.ledger.ledger_entry import Checkpoint, LedgerEntry, LedgerHead, LedgerNode
from tests.ledger.cast import problems

pytestmark = pytest.mark.both_engines

BLANK = dict.fromkeys(PAYLOAD)


def refused(statement: Any) -> bool:
    try:
        with transaction():
            db.session.execute(statement, execution_options={"synchronize_session": False})
    except DBAPIError as error:
        return "append-only" in str(error)
    return False


@pytest.fixture
def sealed(app: Flask, ada: str, opal: FlaskClient) -> None:
    seal.seal()


def test_no_column_of_an_event_can_be_changed_alone(sealed: None) -> None:
    event = db.session.execute(select(ConsentEvent.__table__).limit(1)).mappings().one()
    mine = ConsentEvent.id == event["id"]
    for column in ConsentEvent.__table__.columns:
        other = {"id": uuid7(), "at": utcnow(), "answers": {"x": 1}, "salt": b"x"}.get(column.name, 7)
        value = other if column.type.python_type is not str else "x"
        assert refused(update(ConsentEvent).where(mine).values({column.name: value})), column.name


def test_nothing_of_the_ledger_can_be_deleted(sealed: None) -> None:
    with transaction():
        db.session.add(LedgerNode(height=8, position=0, hash=b"x"))
    for table in (ConsentEvent, AuditEntry, LedgerEntry, LedgerNode, LedgerHead, Checkpoint):
        assert refused(delete(table)), table.__tablename__
        if is_postgresql():
            assert refused(text(f"TRUNCATE {table.__tablename__}")), table.__tablename__
    for table in (LedgerEntry, LedgerNode, Checkpoint):
        column = next(column for column in table.__table__.columns if not column.primary_key)
        assert refused(update(table).values({column.name: column})), table.__tablename__
    assert refused(update(LedgerHead).values(size=LedgerHead.size - 1))


def test_a_payload_can_be_blanked_as_a_whole_and_a_visit_be_made_coarse_and_no_more(sealed: None) -> None:
    event = (
        db.session.execute(select(ConsentEvent.__table__).where(ConsentEvent.ip.is_not(None)).limit(1)).mappings().one()
    )
    mine = update(ConsentEvent).where(ConsentEvent.id == event["id"])
    for kept in PAYLOAD:
        if event[kept] is not None:
            assert refused(mine.values({name: None for name in PAYLOAD if name != kept})), kept
    coarse = {"ip": coarse_ip(event["ip"]), "agent": coarse_agent(event["agent"])}
    assert refused(mine.values(coarse))
    assert refused(mine.values({**coarse, "salt": event["salt"][16:]}))
    assert not refused(mine.values({**coarse, "salt": event["salt"][:16]}))
    assert problems(coarse_after=timedelta(days=30)) != []
    assert problems(coarse_after=timedelta(days=-1)) == []
    assert refused(mine.values(ip=event["ip"]))
    assert not refused(mine.values(BLANK))
    assert refused(mine.values(address="back@example.org"))


def test_an_audit_entry_can_be_blanked_as_a_whole_and_no_more(sealed: None) -> None:
    entry = db.session.scalar(select(AuditEntry).limit(1))
    assert entry is not None
    mine = update(AuditEntry).where(AuditEntry.id == entry.id)
    bare: dict[str, Any] = {"actor": "", "ip": None, "object": "", "detail": {}, "salt": None}
    for name, value in bare.items():
        if getattr(entry, name) != value:
            assert refused(mine.values({key: new for key, new in bare.items() if key != name})), name
    assert not refused(mine.values(bare))
    assert problems(audit_after=timedelta(days=-1)) == []
    assert problems() != []


def test_events_are_guarded_after_every_migration(make_app: Callable[..., Flask]) -> None:
    make_app()
    db.session.remove()
    revisions = [each.revision for each in ScriptDirectory(str(PROJECT / "migrations")).walk_revisions()]
    downgrade(revision="base")
    for revision in reversed(revisions):
        upgrade(revision=revision)
        names = {column["name"]: column for column in inspect(db.engine).get_columns("consent_event")}
        event = {"id": uuid7(), "type": "requested", "contact_id": 1, "list_id": 1, "purpose": "list", "controller": ""}
        event |= {"locale": "en", "method": "form", "address": "a@example.org", "salt": b"x" * 16, "at": utcnow()}
        with transaction():
            known = {name: value for name, value in event.items() if name in names}
            db.session.execute(insert(ConsentEvent).values(known))
        mine = ConsentEvent.id == event["id"]
        assert refused(update(ConsentEvent).where(mine).values(method="forged")), revision
        assert refused(update(ConsentEvent).where(mine).values(address="b@example.org")), revision
        assert refused(delete(ConsentEvent).where(mine)), revision
