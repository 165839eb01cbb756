"""The hot path: one sign-up made durable – contact, subscription, sign-up, consent, mail, counts – in one transaction.

One statement on PostgreSQL, a few prepared ones on SQLite, side by side. The work is the same whether the address is
new, pending, confirmed, unsubscribed or suppressed, so neither the answer nor its time tells.
"""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from signup import tokens
from signup.clock import uuid7
from signup.consent.consent import SALT_BYTES
from signup.contacts.address import Address
from signup.contacts.contact import name_from
from signup.contacts.source import Source
from signup.db import portable, to_json, uuid_param
from signup.forms.accept_sql import STORE_POSTGRESQL, STORE_SQLITE, STORED_SQLITE
from signup.forms.live_form import LiveForm
from signup.tokens import Purpose

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Visit:
    """Who knocked: what the request tells about the visitor's browser."""

    ip: str | None
    agent: str | None
    method: str


@dataclass(frozen=True)
class Sent:
    """A submission that passed every check."""

    address: Address
    answers: dict[str, Any]
    source: Source
    visit: Visit


@dataclass(frozen=True)
class Accepted:
    """A stored sign-up: its ids, and the mails that wait."""

    uid: UUID
    signup_id: int
    subscription_state: str
    message_ids: list[int]


def handle_of(list_id: int, address: Address) -> UUID:
    """What stands for this address on this list in the browser: opaque, the same at every try, known to us alone."""
    return UUID(hex=tokens.keys().hash(f"handle:{list_id}:{address.key}"))


def store(connection: Any, form: LiveForm, sent: Sent) -> Accepted:
    """Store one accepted submission on a connection of `db.driver_connection` and say what became of it."""
    values = _values(form, sent)
    if isinstance(connection, sqlite3.Connection):
        signup_id, state, message_id = _store_sqlite(connection, values)
    else:
        signup_id, state, message_id = connection.execute(portable(STORE_POSTGRESQL), values).fetchone()
    return Accepted(UUID(str(values["signup_uid"])), signup_id, state, [message_id] if message_id else [])


def _values(form: LiveForm, sent: Sent) -> dict[str, Any]:
    address, answers, source, visit = sent.address, sent.answers, sent.source, sent.visit
    keys = tokens.keys()
    uid, code, name = uuid7(), tokens.new_code(), name_from(answers)
    download = keys.sign(Purpose.DOWNLOAD, uid) if form.magnet_name else None
    already = {
        "download": download,
        "magnet": form.magnet_name,
        "unsubscribe": keys.sign(Purpose.UNSUBSCRIBE, uid),
        "preferences": keys.sign(Purpose.PREFERENCES, uid),
    }
    return {
        "contact_uid": uuid_param(uuid7()),
        "subscription_uid": uuid_param(uuid7()),
        "signup_uid": uuid_param(uid),
        "event_uid": uuid_param(uuid7()),
        "message_uid": uuid_param(uuid7()),
        "address": address.mailed,
        "address_key": address.key,
        "typed": address.typed,
        "recipient_hash": keys.hash(address.key),
        "handle": handle_of(form.list_id, address).hex,
        "name": name,
        "name_key": name.lower(),
        "language": form.definition.language,
        "label": form.label(source),
        "list_id": form.list_id,
        "form_id": form.id,
        "version_id": form.version_id,
        "wording_hash": form.wording_hash,
        "controller": form.controller,
        "answers": to_json(answers),
        "source": to_json(source.as_dict()),
        "page": source.page or None,
        "referrer": source.referrer or None,
        "method": visit.method,
        "ip": visit.ip,
        "agent": visit.agent,
        "salt": secrets.token_bytes(SALT_BYTES),
        "code_hash": code_hash(uid, code),
        "code_ttl": tokens.CODE_TTL.total_seconds(),
        "confirm_ttl": tokens.CONFIRM_TTL.total_seconds(),
        "download_ttl": tokens.DOWNLOAD_TTL.total_seconds(),
        "single": form.definition.opt_in == "single",
        "confirm_template": form.confirm_template,
        "confirm_data": to_json({"token": keys.sign(Purpose.CONFIRM, uid), "code": code}),
        "already_template": form.already_template,
        "already_data": to_json(already),
    }


def code_hash(uid: UUID, code: str) -> str:
    """How the six-digit code of a sign-up is kept."""
    return tokens.keys().hash(f"code:{uid.hex}:{code}")


def _store_sqlite(connection: sqlite3.Connection, values: dict[str, Any]) -> tuple[int, str, int | None]:
    for statement in STORE_SQLITE:
        connection.execute(portable(statement), values)
    signup_id, state, message_id = connection.execute(portable(STORED_SQLITE), values).fetchone()
    return signup_id, state, message_id
