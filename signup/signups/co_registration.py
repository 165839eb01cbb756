"""Stores consent to partners: requested with a sign-up, confirmed together with it, withdrawn one by one.

Never coupled: an unticked box changes nothing else, and leaving a list or a partner leaves the others alone.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from signup.consent.consent_event import SALT_BYTES, ConsentType, event_of, insert_event
from signup.consent.partner import PartnerConsent, PartnerState, PartnerVersion, ShownPartner, purpose_of
from signup.ground.clock import uuid7
from signup.ground.db import db
from signup.ground.dialect import now
from signup.ground.driver_sql import DriverConnection, run, uuid_param
from signup.signups.signup import Signup, SignupState
from signup.signups.statement_values import ConfirmationValues, SignupValues

# On the driver connection of a sign-up or its confirmation, in the same transaction, only where boxes were ticked.
_REQUEST = """
    INSERT INTO partner_consent (partner_id, version_id, contact_id, list_id, signup_id, locale, wording_hash, state,
      single_opt_in, requested_at)
    SELECT :partner_id, :partner_version_id, contact_id, list_id, id, :locale, :wording_hash, 'requested', FALSE, NOW()
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
_CONFIRM = """
    UPDATE partner_consent SET state = 'confirmed', confirmed_at = NOW(), single_opt_in = :single
    WHERE signup_id = :id AND state = 'requested' RETURNING id
"""
_CONFIRMED = insert_event(
    "FROM partner_consent JOIN partner_version ON partner_version.id = partner_consent.version_id"
    " JOIN signup ON signup.id = partner_consent.signup_id"
    " WHERE partner_consent.id = :consent_id",
    id=":event_uid",
    type="'confirmed'",
    contact_id="partner_consent.contact_id",
    list_id="partner_consent.list_id",
    signup_id="partner_consent.signup_id",
    purpose="'partner:' || partner_consent.partner_id",
    controller="partner_version.name",
    form_version_id="signup.form_version_id",
    wording_hash="partner_consent.wording_hash",
    locale="partner_consent.locale",
    method=":method",
    key_id=":key_id",
    address=":typed",
    ip=":ip",
    agent=":agent",
    salt=":salt",
)


def request(connection: DriverConnection, signup_id: int, ticked: Sequence[ShownPartner], values: SignupValues) -> None:
    """Note the boxes that a sign-up ticked; `values` are those of its own statement."""
    for one in ticked:
        own = {
            "signup_id": signup_id,
            "partner_id": one.id,
            "partner_version_id": one.version_id,
            "locale": one.locale,
            "wording_hash": one.wording_hash,
            "purpose": purpose_of(one.id),
            "controller": one.name,
            "typed": values["typed"],
            "page": values["page"],
            "referrer": values["referrer"],
            **_event_ids(),
        }
        for statement in (_REQUEST, _REQUESTED):
            run(connection, statement, own)


def confirm(connection: DriverConnection, values: ConfirmationValues) -> None:
    """Confirm the boxes of a sign-up that was confirmed just now, by the same click."""
    for (consent_id,) in run(connection, _CONFIRM, values).fetchall():
        run(connection, _CONFIRMED, {**values, "consent_id": consent_id, **_event_ids()})


def _event_ids() -> dict[str, Any]:
    return {"event_uid": uuid_param(uuid7()), "salt": secrets.token_bytes(SALT_BYTES)}


def of_signup(signup: Signup) -> list[ShownPartner]:
    """The boxes that a sign-up ticked and nobody has withdrawn, as they were shown."""
    if not signup.form_version.definition.partner_ids:
        return []
    query = select(PartnerConsent).where(
        PartnerConsent.signup_id == signup.id, PartnerConsent.state != PartnerState.WITHDRAWN
    )
    return [row.version.shown(row.locale) for row in db.session.scalars(query.order_by(PartnerConsent.id))]


# On the preference page, where the person came by a link from their own mailbox


def of_contact(contact_id: int) -> list[tuple[ShownPartner, bool]]:
    """Each partner this person agreed to hear from, or ticked while on the list already; and whether it is confirmed.

    What an unconfirmed sign-up asks for is not here: its own mail confirms it.
    """
    query = (
        select(PartnerConsent)
        .join(Signup, Signup.id == PartnerConsent.signup_id)
        .where(PartnerConsent.contact_id == contact_id)
        .where(
            (PartnerConsent.state == PartnerState.CONFIRMED)
            | ((PartnerConsent.state == PartnerState.REQUESTED) & (Signup.state == SignupState.REPEATED))
        )
        .order_by(PartnerConsent.state, PartnerConsent.id.desc())  # confirmed before requested, the latest first
    )
    found: dict[int, tuple[ShownPartner, bool]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.partner_id, (row.version.shown(row.locale), row.state == PartnerState.CONFIRMED))
    return list(found.values())


def settle(contact_id: int, chosen: set[int], proof: dict[str, Any]) -> None:
    """Withdraw from the partners that are not `chosen`, agree to those that are; what is so already stays.

    `proof` holds how and from where, as columns of a consent event. Needs an open transaction.
    """
    for box, is_confirmed in of_contact(contact_id):
        if is_confirmed and box.id not in chosen:
            _move(contact_id, box.id, PartnerState.WITHDRAWN, proof)
        elif not is_confirmed and box.id in chosen:
            _move(contact_id, box.id, PartnerState.CONFIRMED, proof)


def _move(contact_id: int, partner_id: int, state: PartnerState, proof: dict[str, Any]) -> None:
    moved = update(PartnerConsent).where(
        PartnerConsent.contact_id == contact_id, PartnerConsent.partner_id == partner_id
    )
    if state == PartnerState.WITHDRAWN:  # also what an older link could still confirm: this is the person's last word
        moved = moved.where(PartnerConsent.state != PartnerState.WITHDRAWN).values(state=state, withdrawn_at=now())
    else:
        repeated = select(Signup.id).where(Signup.id == PartnerConsent.signup_id, Signup.state == SignupState.REPEATED)
        moved = moved.where(PartnerConsent.state == PartnerState.REQUESTED, repeated.exists())
        moved = moved.values(state=state, confirmed_at=now())
    kept = moved.returning(PartnerConsent.id).execution_options(synchronize_session=False)
    ids = list(db.session.scalars(kept))
    if not ids:
        return
    row = db.session.execute(
        select(PartnerConsent, PartnerVersion.name, Signup.form_version_id)
        .join(PartnerVersion, PartnerVersion.id == PartnerConsent.version_id)
        .join(Signup, Signup.id == PartnerConsent.signup_id)
        .where(PartnerConsent.id == max(ids))
    ).one()
    consent = row.PartnerConsent
    db.session.add(
        event_of(
            consent,
            ConsentType.WITHDRAWN if state == PartnerState.WITHDRAWN else ConsentType.CONFIRMED,
            consent.locale,
            signup_id=consent.signup_id,
            purpose=purpose_of(partner_id),
            controller=row.name,
            form_version_id=row.form_version_id,
            wording_hash=consent.wording_hash,
            **proof,
        )
    )
