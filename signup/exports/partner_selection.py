"""Whom a partner's export takes: people who ticked that partner's box, confirmed it, and have not withdrawn it."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from signup.consent.partner import Partner, PartnerConsent, PartnerState, PartnerVersion, find_partner
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, tests
from signup.exports.selection import Filter
from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from signup.signups.signup import Signup

later = aliased(PartnerConsent)


def partner_of(wanted: Filter) -> Partner | None:
    """The partner that an export is for. Raises `NotFound` for one that is none."""
    name = str(wanted.get("partner") or "")
    return find_partner(name) if name else None


def partner_rows(list_id: int, wanted: Filter, *cells: ColumnElement[Any]) -> Select[Any]:
    """The query for `cells` of everyone who may hear from the partner by way of this list, each person once.

    Whether they are still on the list is another question: the partner has a consent of its own.
    """
    return (
        select(*cells)
        .select_from(PartnerConsent)
        .join(Partner, Partner.id == PartnerConsent.partner_id)
        .join(PartnerVersion, PartnerVersion.id == PartnerConsent.version_id)
        .join(Contact, Contact.id == PartnerConsent.contact_id)
        .join(
            Subscription,
            and_(Subscription.contact_id == PartnerConsent.contact_id, Subscription.list_id == PartnerConsent.list_id),
        )
        .join(Signup, Signup.id == PartnerConsent.signup_id)
        .join(FormVersion, FormVersion.id == Signup.form_version_id)
        .join(Form, Form.id == FormVersion.form_id)
        .where(*_agreed(list_id, wanted))
        .order_by(Subscription.id)
    )


def count_agreed(list_id: int, wanted: Filter) -> int:
    """Count whom `partner_rows` finds."""
    return db.session.scalar(select(func.count(PartnerConsent.id)).where(*_agreed(list_id, wanted))) or 0


def lists_of(partner: Partner) -> list[int]:
    """The lists whose people agreed to hear from this partner."""
    query = select(PartnerConsent.list_id).where(
        PartnerConsent.partner_id == partner.id, PartnerConsent.state == PartnerState.CONFIRMED
    )
    return list(db.session.scalars(query.distinct().order_by(PartnerConsent.list_id)))


def _agreed(list_id: int, wanted: Filter) -> list[ColumnElement[bool]]:
    partner = partner_of(wanted)
    agreed_again = select(later.id).where(
        later.partner_id == PartnerConsent.partner_id,
        later.list_id == PartnerConsent.list_id,
        later.contact_id == PartnerConsent.contact_id,
        later.state == PartnerState.CONFIRMED,
        later.id > PartnerConsent.id,
    )
    return [
        PartnerConsent.partner_id == (partner.id if partner else 0),
        PartnerConsent.list_id == list_id,
        PartnerConsent.state == PartnerState.CONFIRMED,
        PartnerConsent.contact_id.not_in(tests()),
        ~agreed_again.correlate(PartnerConsent).exists(),
    ]
