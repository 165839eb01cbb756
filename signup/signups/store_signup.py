"""Stores a sign-up – contact, subscription, sign-up, consent event, mail, counts – in one transaction: the hot path.

One statement on PostgreSQL, a few prepared ones on SQLite, side by side. The work is the same whether the address is
new, pending, confirmed, unsubscribed or suppressed, so neither the answer nor its time tells.
"""

import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from signup.addresses.mailbox_provider import provider_key
from signup.consent.consent_event import SALT_BYTES
from signup.contacts.contact import Nature, hash_of, name_from
from signup.forms.live_form import NO_OFFER, LiveForm, Offer
from signup.ground import tokens
from signup.ground.clock import uuid7s
from signup.ground.driver_sql import DriverConnection, run, to_json, together, uuid_params
from signup.ground.tokens import TokenPurpose
from signup.incentives import discount_code
from signup.limits.turn import Turn
from signup.signups import co_registration, tracking_request
from signup.signups.check_submission import CheckedSubmission
from signup.signups.signup import SignupState
from signup.signups.statement_values import FormValues, MailValues, PersonValues, SignupValues
from signup.signups.store_signup_sql import (
    DELIVERED,
    DELIVERED_SQLITE,
    MAIL_CODE,
    STORE_POSTGRESQL,
    STORE_SQLITE,
    STORE_WITH_LINK_POSTGRESQL,
    STORED_SQLITE,
)

FIRST_REMINDER = timedelta(hours=24)


@dataclass(frozen=True)
class StoredSignup:
    """A stored sign-up: its ids, and the mails that wait."""

    uid: UUID
    signup_id: int
    subscription_state: str
    message_ids: list[int]


def gather(sent: CheckedSubmission) -> SignupValues:
    """What `store` needs of a submission, before it has the database: whoever has that has it for a short time."""
    form, (uid, *others) = sent.form, uuid7s(5)
    code, is_test, source = tokens.new_code(), sent.address.is_test, sent.source
    signup_uid, contact_uid, subscription_uid, event_uid, message_uid = uuid_params([uid, *others])
    return {
        **_of_form(form),
        **_of_person(sent),
        **_of_mails(sent, uid, code),
        "source": to_json(source.as_dict()),
        "site": sent.site,
        "placement": source.placement,
        "page": source.page or None,
        "referrer": source.referrer or None,
        "label": form.label(source),
        "method": sent.visit.method,
        "ip": sent.visit.ip,
        "agent": sent.visit.agent,
        "signup_uid": signup_uid,
        "contact_uid": contact_uid,
        "subscription_uid": subscription_uid,
        "event_uid": event_uid,
        "message_uid": message_uid,
        "nature": (Nature.TEST if is_test else Nature.REAL).value,
        "remind_after": FIRST_REMINDER.total_seconds() if form.is_reminding and not is_test else None,
        "salt": secrets.token_bytes(SALT_BYTES),
        "code_hash": code_hash(uid, code),
        "code_ttl": tokens.CODE_TTL.total_seconds(),
        "confirm_ttl": tokens.CONFIRM_TTL.total_seconds(),
        "download_ttl": tokens.DOWNLOAD_TTL.total_seconds(),
    }


def store(turn: Turn, sent: CheckedSubmission, values: SignupValues) -> StoredSignup:
    """Store one accepted submission and say what became of it. Raises `TooMany` for a rule that its turn counts."""
    connection, offer = turn.connection, sent.form.offer
    pool = None if offer is None or offer.has_link else offer
    if not pool and not sent.partners and not sent.tracking:
        signup_id, state, message_id = _store(turn, values)
    else:
        with together(connection):
            if pool:
                discount_code.lock_person(connection, pool.magnet_id, values["recipient_hash"])
            signup_id, state, message_id = _store(turn, values)
            co_registration.request(connection, signup_id, sent.partners, values)
            tracking_request.request(connection, signup_id, sent.tracking, values)
            if pool:
                _give_code(connection, pool, values, signup_id, message_id)
    return StoredSignup(UUID(str(values["signup_uid"])), signup_id, state, [message_id] if message_id else [])


def _of_form(form: LiveForm) -> FormValues:
    offer = form.offer
    return {
        "list_id": form.list_id,
        "form_id": form.id,
        "version_id": form.version_id,
        "wording_hash": form.wording_hash,
        "controller": form.controller,
        "language": form.definition.language,
        "single": form.definition.opt_in == "single",
        "confirm_template": form.confirm_template,
        "already_template": form.already_template,
        "magnet_id": offer.magnet_id if offer else 0,
        "delivered": to_json({"name": offer.name}) if offer and offer.has_link else None,
    }


def _of_person(sent: CheckedSubmission) -> PersonValues:
    address, name = sent.address, name_from(sent.answers)
    return {
        "address": address.mailed,
        "address_key": address.key,
        "typed": address.typed,
        "recipient_hash": hash_of(address.key),
        "handle": sent.handle.hex,
        "provider": provider_key(address.domain),
        "name": name,
        "name_key": name.lower(),
        "answers": to_json(sent.answers),
    }


def _of_mails(sent: CheckedSubmission, uid: UUID, code: str) -> MailValues:
    """What the confirmation mail says, and what the one to somebody already confirmed."""
    sign, form, partners = tokens.keys().sign, sent.form, [partner.as_mailed for partner in sent.partners]
    confirm = {
        "token": sign(TokenPurpose.CONFIRM, uid),
        "code": code,
        "partners": partners,
        "reminders": form.definition.reminders,
    }
    already = {
        **(form.offer.as_mailed(sign(TokenPurpose.DOWNLOAD, uid)) if form.offer else NO_OFFER),
        "unsubscribe": sign(TokenPurpose.UNSUBSCRIBE, uid),
        "preferences": sign(TokenPurpose.PREFERENCES, uid),
        "partners": partners,
    }
    return {"confirm_data": to_json(confirm), "already_data": to_json(already)}


def code_hash(uid: UUID, code: str) -> str:
    """How the six-digit code of a sign-up is kept."""
    return tokens.keys().hash(f"code:{uid.hex}:{code}")


def _give_code(
    connection: DriverConnection, offer: Offer, values: SignupValues, signup_id: int, message_id: int | None
) -> None:
    """Put the code into the mail to somebody already confirmed; for all others the same statements find nothing."""
    known = {"signup_id": signup_id if message_id else 0, "message_id": message_id}
    given = discount_code.give(connection, offer.magnet_id, known["signup_id"] or 0, SignupState.REPEATED.value)
    data = json.loads(values["already_data"]) | offer.as_mailed(None, given)
    run(connection, MAIL_CODE, known | {"data": to_json(data)})
    detail = to_json({"name": offer.name, "code": given.code}) if given else None
    run(connection, DELIVERED, known | {"detail": detail})


def _store(turn: Turn, values: SignupValues) -> tuple[int, str, int | None]:
    connection = turn.connection
    if isinstance(connection, sqlite3.Connection):
        return _store_sqlite(connection, values)
    statement = STORE_WITH_LINK_POSTGRESQL if values["delivered"] else STORE_POSTGRESQL
    signup_id, state, message_id, exceeded, taken = run(connection, statement, {**values, **turn.values}).fetchone()
    if signup_id is None:
        turn.refuse(exceeded, taken)
    return signup_id, state, message_id


def _store_sqlite(connection: sqlite3.Connection, values: SignupValues) -> tuple[int, str, int | None]:
    for statement in STORE_SQLITE:
        run(connection, statement, values)
    if values["delivered"]:
        run(connection, DELIVERED_SQLITE, values)
    signup_id, state, message_id = run(connection, STORED_SQLITE, values).fetchone()
    return signup_id, state, message_id
