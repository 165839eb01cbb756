"""The chore: write the letters of automations whose people's day has come, to the outbox."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from signup.automations.automation import Automation
from signup.automations.due import dedupe_key, due
from signup.campaigns.build import fields_of
from signup.campaigns.letter import write_letter
from signup.consent import snapshot
from signup.consent.snapshot import SnapshotKind
from signup.contacts.contact import hash_of
from signup.ground.broker import ring
from signup.ground.db import db, transaction, upsert
from signup.ground.driver_sql import to_json
from signup.ground.jobs import stopping
from signup.mailer import deliver
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind

BATCH = 200


def send_due() -> None:
    """Write what is due, in small transactions, until nothing is."""
    running = list(db.session.scalars(select(Automation.id).where(Automation.turned_on_at.is_not(None))))
    db.session.rollback()
    for automation_id in running:
        while not stopping().is_set() and _write_some(automation_id) == BATCH:
            pass


def _write_some(automation_id: int) -> int:
    today = datetime.now(UTC).date()
    with transaction():
        one = db.session.scalar(select(Automation).where(Automation.id == automation_id).with_for_update(of=Automation))
        if one is None or not one.is_on:
            return 0
        rows = db.session.execute(due(one, today).add_columns(dedupe_key(one, today).label("key")).limit(BATCH)).all()
        if not rows:
            return 0
        letter = write_letter(one, subject=one.subject)
        name = snapshot.keep(SnapshotKind.MAIL, to_json(letter.to_content()))
        fields = fields_of(letter)
        messages = [_message(one, row, name, fields) for row in rows]
        db.session.execute(upsert(Message).values(messages).on_conflict_do_nothing(index_elements=["dedupe_key"]))
    ring(deliver.ACTOR)
    return len(rows)


def _message(one: Automation, row: Any, template_hash: str, fields: set[str]) -> dict[str, Any]:
    values = {key: str(row.given[key]) for key in fields if isinstance(row.given.get(key), str | int | float)}
    return {
        "kind": MessageKind.AUTOMATION,
        "priority": MessageKind.AUTOMATION.rules.priority,
        "recipient": row.address,
        "recipient_hash": hash_of(row.address_key),
        "template_hash": template_hash,
        "data": {
            "values": values,
            "subscription": row.uid.hex,
            "contact": row.contact_uid.hex,
            "since": row.since,
            "opens": False,
            "clicks": False,
        },
        "dedupe_key": row.key,
        "contact_id": row.contact_id,
        "list_id": one.list_id,
        "subscription_id": row.id,
    }
