"""Stores a confirmation: sign-up, subscription, the contact's answers, the proof, the welcome mail.

One guarded update decides; whatever clicks a link and however often, there is exactly one `confirmed` event a sign-up.
"""

import json
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from signup.addresses import address as addresses
from signup.consent.consent_event import SALT_BYTES
from signup.consent.visit import Visit
from signup.contacts.contact import hash_of, name_from
from signup.contacts.value_change import LANGUAGE, NAME, as_stored, differing
from signup.forms.live_form import NO_OFFER, AfterConfirming, after_confirming
from signup.ground import tokens
from signup.ground.clock import uuid7s
from signup.ground.db import db
from signup.ground.dialect import now
from signup.ground.driver_sql import (
    DriverConnection,
    driver_connection,
    first_by_name,
    run,
    to_json,
    together,
    uuid_param,
    uuid_params,
)
from signup.ground.tokens import CODE_TRIES, TokenPurpose
from signup.incentives import discount_code
from signup.incentives.discount_code import GivenCode
from signup.limits.governor import governor
from signup.limits.limit_rule import CountedAttempt, Rule, confirmed_rules
from signup.signups import admission, co_registration, tracking_request
from signup.signups.confirmation_sql import (
    BEFORE_SQLITE,
    BEGIN_SQLITE,
    CONFIRM_AND_DELIVER_POSTGRESQL,
    CONFIRM_POSTGRESQL,
    CONFIRM_SQLITE,
    FORGIVE_SQLITE,
    KEEP_HISTORY,
    PROVE_SQLITE,
    SIGNUP_TO_CONFIRM,
    STEPS_SQLITE,
)
from signup.signups.signup import Signup, SignupState
from signup.signups.statement_values import ConfirmationValues, SignupToConfirm, WelcomeValues
from signup.signups.store_signup import code_hash


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
    """The sign-up that this code was mailed for, or None; a try is counted on each it might be, before any is compared.

    Every sign-up of the address takes five wrong tries, however many come at once; then only the link helps. The rows
    stay locked until the right one has its try back. The same statement for a handle that nothing is known of.
    """
    with driver_connection() as connection, together(connection):
        for value, hashed in run(connection, _COUNT_TRY, {"handle": handle.hex}).fetchall():
            uid = UUID(str(value))
            if secrets.compare_digest(hashed, code_hash(uid, code)):
                run(connection, _TAKE_BACK_TRY, {"handle": handle.hex})
                break
        else:
            return None
    return find_signup(uid)


_COUNT_TRY = f"""
    UPDATE signup SET code_tries = code_tries + 1
    WHERE handle = :handle AND state IN ('pending', 'confirmed') AND code_until > NOW() AND code_hash IS NOT NULL
      AND code_tries < {CODE_TRIES}
    RETURNING uid, code_hash
"""  # noqa: S608  # our own constant
_TAKE_BACK_TRY = """
    UPDATE signup SET code_tries = code_tries - 1
    WHERE handle = :handle AND state IN ('pending', 'confirmed') AND code_until > NOW() AND code_hash IS NOT NULL
      AND code_tries > 0
"""


def confirm(uid: UUID, visit: Visit) -> bool | None:
    """Confirm the sign-up now, unless it expired or is not pending.

    Returns whether this very call did it; None when there is no such sign-up (any more). What the session has read
    before is read anew: this changes it on a connection of the driver.
    """
    db.session.rollback()
    with driver_connection(writes=False) as connection:
        row = first_by_name(run(connection, SIGNUP_TO_CONFIRM, {"uid": uuid_param(uid)}))
    if row is None:
        return None
    asked = SignupToConfirm(**row)
    after = after_confirming(asked.form_id, asked.version_id, asked.language)
    gone, less = confirmed_rules(_attempt(asked))
    values = _values(uid, asked, visit, after)
    values["forgiven"] = gone[0].key if gone else ""
    pool = None if after.offer is None or after.offer.has_link else after.offer
    with driver_connection() as connection:
        if not (pool or after.has_partners or after.offers_tracking or asked.is_known):
            done = _confirm(connection, values)
        else:
            with together(connection):
                if pool:
                    discount_code.lock_person(connection, pool.magnet_id, values["recipient_hash"])
                    given = discount_code.give(connection, pool.magnet_id, asked.id, SignupState.PENDING.value)
                    values = {**values, **_handed_out(uid, asked, after, given)}
                done = _confirm(connection, values)
                if done:
                    co_registration.confirm(connection, values)
                if done and after.offers_tracking:
                    tracking_request.grant(connection, values)
        if done and governor().shares_turn:
            _take_back(asked, less, connection)
    if done and not governor().shares_turn:
        _take_back(asked, less)
    return done


def _attempt(asked: SignupToConfirm) -> CountedAttempt:
    address = addresses.stored(asked.address)
    # At a kiosk the device was counted, not the shop's network: nothing of that is to be taken back.
    return admission.attempt(asked.list_id, address, None if asked.method == "kiosk" else asked.ip)


def _take_back(asked: SignupToConfirm, rules: Sequence[Rule], connection: DriverConnection | None = None) -> None:
    at = asked.created_at
    begun = at if isinstance(at, datetime) else datetime.fromisoformat(at).replace(tzinfo=UTC)
    governor().take_back(rules, begun.timestamp(), connection=connection)


def _values(uid: UUID, asked: SignupToConfirm, visit: Visit, after: AfterConfirming) -> ConfirmationValues:
    keys, (event_uid, message_uid) = tokens.keys(), uuid_params(uuid7s(2))
    answers = json.loads(asked.answers) if isinstance(asked.answers, str) else asked.answers
    name = name_from(answers)
    return {
        **_handed_out(uid, asked, after),
        "id": asked.id,
        "form_id": asked.form_id,
        "version_id": asked.version_id,
        "list_id": asked.list_id,
        "contact_id": asked.contact_id,
        "subscription_id": asked.subscription_id,
        "language": asked.language,
        "nature": asked.nature,
        "typed": asked.address,
        "recipient_hash": hash_of(asked.address_key),
        "answers": to_json(answers),
        "given": to_json({**answers, LANGUAGE: asked.language, **({NAME: name} if name else {})}),
        "name": name or None,
        "name_key": name.lower() or None,
        "wording_hash": after.wording_hash,
        "controller": after.controller,
        "label": after.label,
        "template": after.welcome_template,
        "dedupe": f"magnet:{asked.id}:{after.offer.magnet_id if after.offer else 0}",
        "download_ttl": tokens.DOWNLOAD_TTL.total_seconds() if after.offer else None,
        "ip": visit.ip,
        "agent": visit.agent,
        "method": visit.method,
        "single": visit.method == "single",
        "key_id": keys.newest_id,
        "event_uid": event_uid,
        "message_uid": message_uid,
        "salt": secrets.token_bytes(SALT_BYTES),
        "forgiven": "",
    }


def _handed_out(
    uid: UUID, asked: SignupToConfirm, after: AfterConfirming, given: GivenCode | None = None
) -> WelcomeValues:
    """The welcome mail's values and the event of what it hands out."""
    keys, offer = tokens.keys(), after.offer
    data = {
        **(offer.as_mailed(keys.sign(TokenPurpose.DOWNLOAD, uid), given) if offer else NO_OFFER),
        "unsubscribe": keys.sign(TokenPurpose.UNSUBSCRIBE, UUID(str(asked.subscription_uid))),
        "preferences": keys.sign(TokenPurpose.PREFERENCES, UUID(str(asked.contact_uid))),
    }
    delivered = None
    if offer and (offer.has_link or given):
        delivered = to_json({"name": offer.name} | ({"code": given.code} if given else {}))
    return {"data": to_json(data), "delivered": delivered}


def _confirm(connection: DriverConnection, values: ConfirmationValues) -> bool:
    if isinstance(connection, sqlite3.Connection):
        return _confirm_sqlite(connection, values)
    statement = CONFIRM_AND_DELIVER_POSTGRESQL if values["delivered"] else CONFIRM_POSTGRESQL
    row = first_by_name(run(connection, statement, values))
    if row is not None and row.pop("id") and row["answers"] is not None:
        _keep_history(connection, values, ContactBefore(**row))
    return row is not None


def _confirm_sqlite(connection: sqlite3.Connection, values: ConfirmationValues) -> bool:
    if not run(connection, BEGIN_SQLITE, values).fetchall():
        return False
    run(connection, PROVE_SQLITE, values)
    run(connection, STEPS_SQLITE, values)
    run(connection, FORGIVE_SQLITE, values)
    if before := first_by_name(run(connection, BEFORE_SQLITE, values)):
        known = {**values, "state": before.pop("state"), "standing": before.pop("standing")}
        _keep_history(connection, values, ContactBefore(**before))
        for statement in CONFIRM_SQLITE:
            run(connection, statement, known)
    return True


class ContactBefore(NamedTuple):
    """What a confirmation overwrites of a contact, as it was."""

    answers: Any
    name: str
    language: str
    confirmed_at: Any


def _keep_history(connection: DriverConnection, values: ConfirmationValues, had: ContactBefore) -> None:
    """What differs from before. A contact's first answers are told by the sign-up itself: most people end here.

    Whoever was known when the sign-up was read is confirmed in one transaction with this; for the one who became known
    in the millisecond since, by a second sign-up, it follows after.
    """
    known = json.loads(had.answers) if isinstance(had.answers, str) else had.answers
    if not known and had.confirmed_at is None:
        return
    changes = {**json.loads(values["answers"]), LANGUAGE: values["language"], NAME: values["name"] or had.name}
    before = {**known, NAME: had.name, LANGUAGE: had.language}
    for field, (old, new) in differing({field: before.get(field) for field in changes}, changes).items():
        if known or (field in {NAME, LANGUAGE} and old):
            sides = {"field": field, "old": as_stored(old), "new": as_stored(new)}
            run(connection, KEEP_HISTORY, {**values, **sides})
