"""The tracking boxes that a sign-up ticked: requested with it, granted by its confirmation.

On the driver connection of the sign-up or its confirmation, in the same transaction, only where boxes were ticked.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from signup.consent.consent_event import SALT_BYTES, insert_event
from signup.consent.tracking import ShownTracking
from signup.ground.clock import uuid7
from signup.ground.driver_sql import DriverConnection, run, uuid_param
from signup.signups.statement_values import ConfirmationValues, SignupValues

_KEEP_WORDING = """
    INSERT INTO snapshot (hash, kind, content, created_at) VALUES (:wording_hash, 'wording', :wording, NOW())
    ON CONFLICT DO NOTHING
"""
_REQUEST = """
    INSERT INTO tracking_consent (purpose, contact_id, list_id, signup_id, locale, wording_hash, state, requested_at)
    SELECT :purpose, contact_id, list_id, id, :locale, :wording_hash, 'requested', NOW()
    FROM signup WHERE id = :signup_id
"""
_REQUESTED = insert_event(
    "FROM signup WHERE id = :signup_id",
    id=":event_uid",
    type="'requested'",
    contact_id="contact_id",
    list_id="list_id",
    signup_id="id",
    purpose=":purpose",
    controller=":controller",
    form_version_id="form_version_id",
    wording_hash=":wording_hash",
    locale=":locale",
    method="method",
    address=":typed",
    ip="ip",
    agent="agent",
    page=":page",
    referrer=":referrer",
    salt=":salt",
)
_GRANT = """
    UPDATE tracking_consent SET state = 'granted', granted_at = NOW()
    WHERE signup_id = :id AND state = 'requested' RETURNING id
"""
_GRANTED = insert_event(
    "FROM tracking_consent JOIN signup ON signup.id = tracking_consent.signup_id"
    " WHERE tracking_consent.id = :consent_id",
    id=":event_uid",
    type="'tracking_granted'",
    contact_id="tracking_consent.contact_id",
    list_id="tracking_consent.list_id",
    signup_id="tracking_consent.signup_id",
    purpose="tracking_consent.purpose",
    controller=":controller",
    form_version_id="signup.form_version_id",
    wording_hash="tracking_consent.wording_hash",
    locale="tracking_consent.locale",
    method=":method",
    key_id=":key_id",
    address=":typed",
    ip=":ip",
    agent=":agent",
    salt=":salt",
)


def request(
    connection: DriverConnection, signup_id: int, ticked: Sequence[ShownTracking], values: SignupValues
) -> None:
    """Note the boxes that a sign-up ticked; `values` are those of its own statement."""
    for box in ticked:
        own = {
            "signup_id": signup_id,
            "purpose": box.purpose.value,
            "wording": box.wording,
            "wording_hash": box.wording_hash,
            "locale": box.locale,
            **{name: values[name] for name in ("controller", "typed", "page", "referrer")},
            **_event_ids(),
        }
        for statement in (_KEEP_WORDING, _REQUEST, _REQUESTED):
            run(connection, statement, own)


def grant(connection: DriverConnection, values: ConfirmationValues) -> None:
    """Grant what the sign-up that was confirmed just now had ticked."""
    for (consent_id,) in run(connection, _GRANT, values).fetchall():
        run(connection, _GRANTED, {**values, "consent_id": consent_id, **_event_ids()})


def _event_ids() -> dict[str, Any]:
    return {"event_uid": uuid_param(uuid7()), "salt": secrets.token_bytes(SALT_BYTES)}
