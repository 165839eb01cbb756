"""Whom a rule reaches: how many meet it, the newest of them, and how many of them may be mailed or why not."""

from collections import Counter
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import aliased

from signup.audience.rule import Group
from signup.audience.rule_sql import compiled
from signup.audience.search import CAP
from signup.audience.stop_list import is_suppressed
from signup.consent.subscription import State, Subscription
from signup.contacts.contact import Contact, Standing
from signup.db import db, plan_for_once

SAMPLE = 10
MAILABLE = "mailable"
SUPPRESSED = "suppressed"
NO_LIST = "no-list"
REASONS = (State.PENDING, State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED, SUPPRESSED, NO_LIST)
"""Why somebody who meets the rule may not be mailed, in the order they are told."""


class Reach(NamedTuple):
    """How many meet a rule. `is_capped`: at least so many, and the other figures are of the newest so many."""

    total: int
    mailable: int
    excluded: dict[str, int]
    """By reason, only those with somebody in them."""
    is_capped: bool
    newest: list[int]
    """The ids of some who meet it, the newest first."""


def reach(
    rule: Group, list_id: int | None = None, *, exact: bool = False, among: ColumnElement[bool] | None = None
) -> Reach:
    """Count in one query, up to `CAP` unless `exact`. With a list: who may be mailed by that one.

    `among` narrows it to the contacts whom the reader may know of.
    """
    met = select(Contact.id, _standing_to_mail(list_id).label("verdict")).where(compiled(rule))
    met = met.where(Contact.standing != Standing.MERGED)
    if among is not None:
        met = met.where(among)
    plan_for_once()
    # Ten thousand rows cost less to read than a second look at everybody for the newest ten would.
    rows = db.session.execute(met.order_by(Contact.id.desc()).limit(CAP + 1)).all()
    is_capped = len(rows) > CAP
    counts = Counter(verdict for _id, verdict in rows[:CAP])
    if exact and is_capped:
        verdicts = met.subquery()
        every = select(verdicts.c.verdict, func.count()).group_by(verdicts.c.verdict)
        counts = Counter(dict(db.session.execute(every).tuples().all()))
    return Reach(
        total=counts.total(),
        mailable=counts[MAILABLE],
        excluded={str(reason): counts[reason] for reason in REASONS if counts[reason]},
        is_capped=is_capped and not exact,
        newest=[contact_id for contact_id, _verdict in rows[:SAMPLE]],
    )


def newest(found: Reach) -> list[Contact]:
    """The newest contacts that were reached."""
    query = select(Contact).where(Contact.id.in_(found.newest)).order_by(Contact.id.desc())
    return list(db.session.scalars(query)) if found.newest else []


def _standing_to_mail(list_id: int | None) -> ColumnElement[str]:
    """The verdict on one contact: it may be mailed, or the first reason why not."""
    entry = aliased(Subscription)
    mine = select(case((entry.state == State.CONFIRMED, MAILABLE), else_=entry.state))
    mine = mine.where(entry.contact_id == Contact.id).correlate(Contact).limit(1)
    if list_id is not None:
        state = func.coalesce(mine.where(entry.list_id == list_id).scalar_subquery(), NO_LIST)
        return case((is_suppressed(), SUPPRESSED), else_=state)
    # Over all lists a contact's standing is the best of its subscriptions; only "pending" may also mean none. A value
    # looked up for each of the few, not an EXISTS: a planner would hash all subscriptions for it.
    return case(
        (is_suppressed(), SUPPRESSED),
        (Contact.standing == State.CONFIRMED, MAILABLE),
        (and_(Contact.standing == State.PENDING, mine.scalar_subquery().is_(None)), NO_LIST),
        else_=Contact.standing,
    )
