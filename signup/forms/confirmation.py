"""What is stored when someone confirms: sign-up, subscription, the contact's answers, the proof, the welcome mail.

One guarded update decides; whatever clicks a link and however often, there is exactly one `confirmed` event a sign-up.
"""

import json
import secrets
import sqlite3
from typing import Any, NamedTuple
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
from signup.forms.live_form import after_confirming
from signup.forms.submission import Signup, State
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


class Asked(NamedTuple):
    """What confirming needs of a sign-up; read in one round trip, without an object for each table."""

    id: int
    form_id: int
    version_id: int
    list_id: int
    contact_id: int
    subscription_id: int
    handle: str
    language: str
    answers: Any
    subscription_uid: Any
    contact_uid: Any
    address: str
    address_key: str


_ASKED = """
    SELECT g.id, g.form_id, g.form_version_id, g.list_id, g.contact_id, g.subscription_id, g.handle, g.language,
        g.answers, s.uid, c.uid, c.address, c.address_key
    FROM signup g JOIN subscription s ON s.id = g.subscription_id JOIN contact c ON c.id = g.contact_id
    WHERE g.uid = :uid
"""


def confirm(uid: UUID, visit: Visit) -> bool | None:
    """Confirm the sign-up now, unless it expired or is not pending.

    Returns whether this very call did it; None when there is no such sign-up (any more).
    """
    with driver_connection() as connection:
        row = connection.execute(portable(_ASKED), {"uid": uuid_param(uid)}).fetchone()
    if row is None:
        return None
    asked = Asked(*row)
    values = _values(uid, asked, visit)
    with driver_connection() as connection:
        if isinstance(connection, sqlite3.Connection):
            done = _confirm_sqlite(connection, values)
        else:
            done = connection.execute(portable(CONFIRM_POSTGRESQL), values).fetchone() is not None
    if done:
        _forgive(asked)
    return done


def _forgive(asked: Asked) -> None:
    try:
        canonical = addresses.parse(asked.address).canonical
    except InvalidAddress:
        return
    limits.governor().forgive(limits.unconfirmed_rules(tokens.keys().hash(canonical), asked.list_id))


def _values(uid: UUID, asked: Asked, visit: Visit) -> dict[str, Any]:
    keys, after = tokens.keys(), after_confirming(asked.form_id, asked.version_id, asked.language)
    answers = json.loads(asked.answers) if isinstance(asked.answers, str) else asked.answers
    name = name_from(answers)
    data = {
        "download": keys.sign(Purpose.DOWNLOAD, uid) if after.magnet_id else None,
        "magnet": after.magnet_name,
        "unsubscribe": keys.sign(Purpose.UNSUBSCRIBE, UUID(str(asked.subscription_uid))),
        "preferences": keys.sign(Purpose.PREFERENCES, UUID(str(asked.contact_uid))),
    }
    return asked._asdict() | {
        "wording_hash": after.wording_hash,
        "controller": after.controller,
        "label": after.label,
        "template": after.welcome_template,
        "answers": to_json(answers),
        "name": name or None,
        "name_key": name.lower() or None,
        "typed": asked.address,
        "ip": visit.ip,
        "agent": visit.agent,
        "method": visit.method,
        "single": visit.method == "single",
        "key_id": keys.newest_id,
        "event_uid": uuid_param(uuid7()),
        "message_uid": uuid_param(uuid7()),
        "salt": secrets.token_bytes(SALT_BYTES),
        "download_ttl": tokens.DOWNLOAD_TTL.total_seconds() if after.magnet_id else None,
        "recipient_hash": keys.hash(asked.address_key),
        "data": to_json(data),
        "dedupe": f"magnet:{asked.id}:{after.magnet_id or 0}",
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
