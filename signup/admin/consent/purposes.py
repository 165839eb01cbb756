"""Purposes: what people agree to, each by itself, and the partners with every version of their words."""

from collections import Counter

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from signup.admin.consent import consent_words
from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner, PartnerConsent, PartnerState, PartnerVersion
from signup.consent.subscription import Subscription, SubscriptionState
from signup.consent.trackable import may_be_tracked
from signup.consent.tracking import TrackingPurpose
from signup.contacts.contact import tests
from signup.ground.db import db


def consent_purposes() -> ResponseReturnValue:
    versions: dict[int, list[PartnerVersion]] = {}
    for version in db.session.scalars(select(PartnerVersion).order_by(PartnerVersion.number.desc())):
        versions.setdefault(version.partner_id, []).append(version)
    return render_template(
        "admin/consent/purposes.html",
        lists=list(db.session.scalars(select(MailingList).order_by(MailingList.name))),
        partners=list(db.session.scalars(select(Partner).order_by(Partner.retired_at.is_not(None), Partner.slug))),
        versions=versions,
        agreed=_agreed(),
        subscribed=_subscribed(),
        tracked=_tracked(),
        purpose_names=consent_words.PURPOSES,
    )


def _subscribed() -> dict[int, int]:
    """By list, how many people are on it now."""
    query = select(Subscription.list_id, func.count().label("n"))
    query = query.where(Subscription.state == SubscriptionState.CONFIRMED)
    query = query.where(Subscription.contact_id.not_in(tests())).group_by(Subscription.list_id)
    return {row.list_id: row.n for row in db.session.execute(query)}


def _tracked() -> dict[str, dict[int, int]]:
    """By purpose and list, on how many subscriptions opens or clicks may be recorded now."""
    found: dict[str, dict[int, int]] = {}
    for purpose in TrackingPurpose:
        query = select(Subscription.list_id, func.count().label("n")).where(may_be_tracked(purpose))
        query = query.where(Subscription.contact_id.not_in(tests())).group_by(Subscription.list_id)
        found[purpose] = {row.list_id: row.n for row in db.session.execute(query)}
    return found


def _agreed() -> Counter[int]:
    """By version of a partner's words, how many people stand by them now."""
    query = select(PartnerConsent.version_id, func.count(PartnerConsent.contact_id.distinct()).label("n"))
    query = query.where(PartnerConsent.state == PartnerState.CONFIRMED, PartnerConsent.contact_id.not_in(tests()))
    rows = db.session.execute(query.group_by(PartnerConsent.version_id))
    return Counter({row.version_id: row.n for row in rows})
