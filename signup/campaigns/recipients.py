"""Who gets a campaign, as conditions of one query: confirmed on its list, may be mailed, and in its segment."""

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import aliased

from signup.audience.rule import parse
from signup.audience.rule_sql import rule_condition
from signup.campaigns.campaign import Campaign
from signup.consent.mailable import ConsentNeed, Recipient, is_suppressed, may_be_mailed
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact, is_counted
from signup.ground.db import db
from signup.ground.query_planning import plan_for_once

ENTRY = aliased(Subscription)
"""The subscription that is asked about; other rules ask the table by its own name."""
GETS_IT, SUPPRESSED, NOT_COUNTED, OUTSIDE = "gets it", "suppressed", "test or merged", "not in the segment"


def may_get() -> ColumnElement[bool]:
    """Of a subscription `ENTRY` and its contact: whether its list may mail it."""
    to = Recipient(Contact.address_hash, None, ENTRY.id)
    return and_(may_be_mailed(ConsentNeed.CONFIRMED, to), is_counted(), Contact.address_hash.is_not(None))


def is_meant(campaign: Campaign) -> ColumnElement[bool]:
    """Of a contact: whether it is in the campaign's segment, as its rule was when the campaign began, or is now."""
    rule = campaign.rule
    if rule is None and campaign.segment is not None:
        rule = campaign.segment.version.content
    return rule_condition(parse(rule)) if rule else true()


def verdicts(campaign: Campaign) -> dict[str, int]:
    """Everybody on the list, by what becomes of them: they get it, or the first reason why not. Adds up to the list."""
    verdict = case(
        (~is_counted(), NOT_COUNTED),
        (is_suppressed(), SUPPRESSED),
        (ENTRY.state != SubscriptionState.CONFIRMED, ENTRY.state),
        (~is_meant(campaign), OUTSIDE),
        else_=GETS_IT,
    ).label("verdict")
    query = select(verdict, func.count()).join(Contact, Contact.id == ENTRY.contact_id)
    plan_for_once()
    found = db.session.execute(query.where(ENTRY.list_id == campaign.list_id).group_by(verdict))
    return {name: n for name, n in sorted(found, key=lambda row: str(row[0]))}  # noqa: C416  # a row is no pair to mypy


def some(campaign: Campaign, limit: int = 10) -> list[Contact]:
    """Some who get it, the newest first."""
    query = select(Contact).join(ENTRY, ENTRY.contact_id == Contact.id)
    query = query.where(ENTRY.list_id == campaign.list_id, may_get(), is_meant(campaign))
    return list(db.session.scalars(query.order_by(ENTRY.id.desc()).limit(limit)).unique())
