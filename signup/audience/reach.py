"""Counts whom a rule reaches: how many meet it, how many of them may be mailed, and why the others may not.

Asked for a page it waits a moment only; a chore counts every segment exactly, now and then, and writes that beside it.
"""

import time
from collections import Counter
from contextlib import nullcontext
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import aliased

from signup.audience.rule import ConditionGroup
from signup.audience.rule_sql import rule_condition
from signup.audience.search import CAP, PATIENCE, WINDOW, ends_of
from signup.audience.segment import Segment, SegmentVersion
from signup.consent.given_values import opens_to
from signup.consent.mailable import is_suppressed
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact, Standing, is_counted
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import TooSlow
from signup.ground.jobs import stopping
from signup.ground.query_planning import plan_for_few, plan_for_once, within

SAMPLE = 10
STALE = timedelta(minutes=5)
BUDGET_SECONDS = 3.0  # of each minute: a twentieth of one process' time, however many segments there are
MAILABLE = "mailable"
SUPPRESSED = "suppressed"
NO_LIST = "no-list"
REASONS = (
    SubscriptionState.PENDING,
    SubscriptionState.UNSUBSCRIBED,
    SubscriptionState.BOUNCED,
    SubscriptionState.COMPLAINED,
    SUPPRESSED,
    NO_LIST,
)
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
    looked_at: int = 0
    """Only so many of the newest contacts were; 0: all."""


def reach(
    rule: ConditionGroup,
    lists: frozenset[int] | None = None,
    *,
    exact: bool = False,
    seen_by: frozenset[int] | None = None,
) -> Reach:
    """Count in one query, up to `CAP` and for no longer than `PATIENCE`, unless `exact`.

    With lists: who may be mailed by one of these. `seen_by`: as who works with these lists may ask; None: with all.
    """
    met = select(Contact.id, _standing_to_mail(lists).label("verdict")).where(rule_condition(rule, seen_by))
    met = met.where(is_counted())
    if seen_by is not None:
        met = met.where(opens_to(seen_by))
    plan_for_once()
    # Ten thousand rows cost less to read than a second look at everybody for the newest ten would.
    some, is_partial = met.order_by(Contact.id.desc()).limit(CAP + 1), False
    try:
        with nullcontext() if exact else within(PATIENCE):
            rows = db.session.execute(some).all()
    except TooSlow:
        plan_for_few()
        first, last = ends_of(Contact.id)
        rows = db.session.execute(some.where(Contact.id > last - WINDOW)).all()
        is_partial = last - WINDOW >= first
    is_capped = is_partial or len(rows) > CAP
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
        looked_at=WINDOW if is_partial else 0,
    )


def count_segments() -> None:
    """The chore: count the segments anew that were not for a while, the longest waiting first."""
    ends = time.monotonic() + BUDGET_SECONDS
    while not stopping().is_set() and time.monotonic() < ends and (version := _longest_waiting()):
        found = reach(version.rule, exact=True)
        counted = update(Segment).where(Segment.version_id == version.id)  # a rule changed meanwhile: not any more
        with transaction():
            db.session.execute(counted.values(reach=found._asdict(), counted_at=now()))


def _longest_waiting() -> SegmentVersion | None:
    query = select(SegmentVersion).join(Segment, Segment.version_id == SegmentVersion.id)
    is_due = or_(Segment.counted_at.is_(None), Segment.counted_at < now(-STALE))
    query = query.where(Segment.archived_at.is_(None), is_due)
    return db.session.scalar(query.order_by(Segment.counted_at.asc().nulls_first(), Segment.id).limit(1))


def last_reach(segment: Segment) -> Reach | None:
    """What the chore counted at `segment.counted_at`; None before."""
    return Reach(**segment.reach) if segment.reach else None


def newest(found: Reach) -> list[Contact]:
    """The newest contacts that were reached."""
    query = select(Contact).where(Contact.id.in_(found.newest)).order_by(Contact.id.desc())
    return list(db.session.scalars(query)) if found.newest else []


def _standing_to_mail(lists: frozenset[int] | None) -> ColumnElement[str]:
    """The verdict on one contact: it may be mailed, or the first reason why not."""
    entry = aliased(Subscription)
    mine = select(case((entry.state == SubscriptionState.CONFIRMED, MAILABLE), else_=entry.state))
    mine = mine.where(entry.contact_id == Contact.id).correlate(Contact).limit(1)
    if lists is not None:
        best = case({standing.value: n for n, standing in enumerate(Standing)}, value=entry.state)
        state = func.coalesce(mine.where(entry.list_id.in_(lists)).order_by(best).scalar_subquery(), NO_LIST)
        return case((is_suppressed(), SUPPRESSED), else_=state)
    # Over all lists a contact's standing is the best of its subscriptions; only "pending" may also mean none. A value
    # looked up for each of the few, not an EXISTS: a planner would hash all subscriptions for it.
    return case(
        (is_suppressed(), SUPPRESSED),
        (Contact.standing == SubscriptionState.CONFIRMED, MAILABLE),
        (and_(Contact.standing == SubscriptionState.PENDING, mine.scalar_subquery().is_(None)), NO_LIST),
        else_=Contact.standing,
    )
