"""What is stored when someone confirms: sign-up, subscription, the contact's answers, the proof, the welcome mail.

One guarded update decides; whatever clicks a link and however often, there is exactly one `confirmed` event a sign-up.
"""

import secrets
import sqlite3
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager

from signup import limits, tokens
from signup.clock import uuid7
from signup.consent.consent import SALT_BYTES
from signup.contacts import address as addresses
from signup.contacts.contact import name_from
from signup.db import db, driver_connection, now, portable, to_json, uuid_param
from signup.errors import InvalidAddress
from signup.forms.accept import Visit, code_hash
from signup.forms.confirmation_sql import (
    BEFORE_SQLITE,
    BEGIN_SQLITE,
    CONFIRM_POSTGRESQL,
    CONFIRM_SQLITE,
    PROVE_SQLITE,
)
from signup.forms.submission import Signup, State
from signup.mailer import compose
from signup.mailer.message import Kind
from signup.tokens import CODE_TRIES, Purpose


def find_signup(uid: UUID) -> Signup | None:
    """The sign-up with this id, with its subscription, contact and list; None when it was purged."""
    found: Signup | None = db.session.scalar(
        select(Signup).join(Signup.subscription).options(contains_eager(Signup.subscription)).where(Signup.uid == uid)
    )
    return found


def is_over(signup: Signup) -> bool:
    """Whether the link of `signup` is too old, by the database's clock."""
    over = db.session.scalar(select(Signup.expires_at <= now()).where(Signup.id == signup.id))
    return bool(over)


def find_by_code(handle: UUID, code: str) -> Signup | None:
    """The pending sign-up that this code was mailed for, or None after counting a wrong try on each it might be.

    Every pending sign-up of the address takes five tries; then only the link helps.
    """
    candidates = list(db.session.execute(_CANDIDATES, {"handle": handle.hex}))
    db.session.rollback()
    for row in candidates:
        if secrets.compare_digest(row.code_hash, code_hash(row.uid, code)):
            return find_signup(row.uid)
    if candidates:
        with driver_connection() as connection:
            connection.execute(portable(_COUNT_TRY), {"handle": handle.hex})
    return None


_CANDIDATES = (
    select(Signup.uid, Signup.code_hash)
    .where(Signup.handle == bindparam("handle"), Signup.state.in_((State.PENDING, State.CONFIRMED)))
    .where(Signup.code_hash.is_not(None), Signup.code_tries < CODE_TRIES, Signup.code_until > now())
    .order_by(Signup.id.desc())
    .limit(5)
)
_COUNT_TRY = """
    UPDATE signup SET code_tries = code_tries + 1
    WHERE handle = :handle AND state IN ('pending', 'confirmed') AND code_until > NOW()
"""


def confirm(signup: Signup, visit: Visit) -> bool:
    """Confirm `signup` now, unless it expired or is not pending. Returns whether this very call did it."""
    values = _values(signup, visit)
    with driver_connection() as connection:
        if isinstance(connection, sqlite3.Connection):
            done = _confirm_sqlite(connection, values)
        else:
            done = connection.execute(portable(CONFIRM_POSTGRESQL), values).fetchone() is not None
    if done:
        _forgive(signup)
    return done


def _forgive(signup: Signup) -> None:
    try:
        canonical = addresses.parse(signup.subscription.contact.address).canonical
    except InvalidAddress:
        return
    limits.governor().forgive(limits.unconfirmed_rules(tokens.keys().hash(canonical), signup.list_id))


def _values(signup: Signup, visit: Visit) -> dict[str, Any]:
    keys, subscription, version = tokens.keys(), signup.subscription, signup.form_version
    magnet = version.lead_magnet
    name = name_from(signup.answers)
    data = {
        "download": keys.sign(Purpose.DOWNLOAD, signup.uid) if magnet else None,
        "magnet": magnet.name if magnet else None,
        "unsubscribe": keys.sign(Purpose.UNSUBSCRIBE, subscription.uid),
        "preferences": keys.sign(Purpose.PREFERENCES, subscription.contact.uid),
    }
    return {
        "id": signup.id,
        "form_id": signup.form_id,
        "version_id": signup.form_version_id,
        "wording_hash": version.wording_hash,
        "contact_id": signup.contact_id,
        "subscription_id": signup.subscription_id,
        "list_id": signup.list_id,
        "controller": subscription.list.controller,
        "language": signup.language,
        "answers": to_json(signup.answers),
        "name": name or None,
        "name_key": name.lower() or None,
        "typed": subscription.contact.address,
        "ip": visit.ip,
        "agent": visit.agent,
        "method": visit.method,
        "single": visit.method == "single",
        "label": signup.form.name,
        "key_id": keys.newest_id,
        "event_uid": uuid_param(uuid7()),
        "message_uid": uuid_param(uuid7()),
        "salt": secrets.token_bytes(SALT_BYTES),
        "download_ttl": tokens.DOWNLOAD_TTL.total_seconds() if magnet else None,
        "recipient_hash": keys.hash(subscription.contact.address_key),
        "template": compose.template_for(Kind.WELCOME, signup.language, subscription.list),
        "data": to_json(data),
        "dedupe": f"magnet:{signup.id}:{magnet.id if magnet else 0}",
    }


def _confirm_sqlite(connection: sqlite3.Connection, values: dict[str, Any]) -> bool:
    if not connection.execute(portable(BEGIN_SQLITE), values).fetchall():
        return False
    connection.execute(portable(PROVE_SQLITE), values)
    if before := connection.execute(portable(BEFORE_SQLITE), values).fetchone():
        known = values | {"state": before[0], "standing": before[1]}
        for statement in CONFIRM_SQLITE:
            connection.execute(portable(statement), known)
    return True
