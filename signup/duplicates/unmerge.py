"""Unmerges two contacts: both are as before, except for what happened since.

A value changed since stays. Whoever left a list since has left it as both: they said no as one person.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, update

from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.partner import PartnerConsent, PartnerState
from signup.consent.subscription import (
    Subscription,
    SubscriptionState,
    TimedState,
    read_time,
    settle_standing,
    stand_as,
)
from signup.consent.suppression import Suppression
from signup.consent.tracking import TrackingConsent, TrackingState
from signup.contacts.contact import Contact, Standing
from signup.contacts.note import ContactNote
from signup.contacts.tag import ContactTag
from signup.contacts.value_change import ChangeKind, ChangeOrigin, differing
from signup.counts import tally
from signup.counts.engagement_event import EngagementEvent
from signup.counts.event import Event
from signup.counts.tally import Measure
from signup.duplicates.duplicate import Duplicate, PairState
from signup.duplicates.merge import ContactMerge, FormerSubscription
from signup.duplicates.merge_contacts import CONSOLE, Actor, locked
from signup.ground.db import db
from signup.ground.dialect import now
from signup.ground.errors import CannotMerge
from signup.incentives.discount_code import DiscountCode
from signup.mailer.message import Message
from signup.signups.signup import Signup

METHOD = "merge-undo"
EXITS = {SubscriptionState.UNSUBSCRIBED, SubscriptionState.COMPLAINED}
TABLES: tuple[Any, ...] = (
    *(Signup, Message, Event, EngagementEvent, DiscountCode, PartnerConsent, TrackingConsent),
    *(ContactTag, ContactNote),
)


def split_contact(merge_id: int, actor: Actor = CONSOLE) -> ContactMerge:
    """Take a merge back. Needs an open transaction. Raises `CannotMerge` where that is not possible."""
    merge = db.session.get_one(ContactMerge, merge_id, populate_existing=True)
    subscriptions, contacts = locked(merge.survivor_id, merge.gone_id)
    survivor, gone = contacts[merge.survivor_id], contacts[merge.gone_id]
    if survivor.standing == Standing.MERGED:
        raise CannotMerge("the survivor became part of another contact: undo that first")
    if gone.standing != Standing.MERGED:
        raise CannotMerge("the merged contact is a contact of its own again")
    undone = update(ContactMerge).where(ContactMerge.id == merge_id, ContactMerge.undone_at.is_(None))
    if db.session.execute(undone.values(undone_at=now()).returning(ContactMerge.id)).first() is None:
        raise CannotMerge("the merge is undone already")
    _put_values_back(merge, survivor, actor)
    gone.standing = merge.before["gone"]["standing"]
    counts = tally.moved(Measure.STANDING, Standing.MERGED, gone.standing)
    counts += _restore_subscriptions(merge, {one.id: one for one in subscriptions})
    _return_rows(merge)
    counts += settle_standing(gone) + settle_standing(survivor)
    tally.count(counts)
    for contact in (survivor, gone):
        _add_proof(merge, contact)
    first, second = sorted((survivor.id, gone.id))
    pair = update(Duplicate).where(Duplicate.first_id == first, Duplicate.second_id == second)
    db.session.execute(pair.values(state=PairState.OPEN, decided_at=None, operator_id=None, found_at=now()))
    db.session.flush()
    return merge


def _put_values_back(merge: ContactMerge, survivor: Contact, actor: Actor) -> None:
    before, after, current = merge.before["survivor"], merge.after["survivor"], survivor.values
    changes = {field: was for field, (was, became) in differing(before, after).items() if current.get(field) == became}
    survivor.change_answers({**current, **changes}, ChangeOrigin(ChangeKind.MERGE_UNDO, merge.id, actor.name))


def _restore_subscriptions(merge: ContactMerge, present: dict[int, Subscription]) -> list[dict[str, Any]]:
    """Restore each subscription, unless its person left since."""
    counts: list[dict[str, Any]] = []
    left = {int(id_): state for id_, state in merge.after["states"].items()}
    changed = [one for one in present.values() if one.id in left and one.state != left[one.id]]
    said_no = {one.list_id: one for one in changed if one.state in EXITS}
    for row in merge.before["subscriptions"]:
        one = present.get(row["id"])
        if one is None:
            if str(row["id"]) in merge.moved["folded"]:
                counts.append(_restore_subscription(merge, row, said_no.get(row["list_id"])))
            continue
        one.contact_id = row["contact_id"]
        if one.given == merge.after.get("cards", {}).get(str(one.id)):
            one.given = row["given"]
        if one not in changed and one.state != row["state"]:
            counts += stand_as(one, TimedState.read(row))
    db.session.flush()
    return counts


def _restore_subscription(merge: ContactMerge, row: dict[str, Any], since: Subscription | None) -> dict[str, Any]:
    """Restore a subscription that was merged into another. If its person left since, it is restored as left."""
    one = Subscription(uid=UUID(row["uid"]), contact_id=row["contact_id"], list_id=row["list_id"], state=row["state"])
    if db.session.get(Subscription, row["id"]) is None:  # SQLite may have given the id to another since
        one.id = row["id"]
    for name in ("state_at", "created_at", "confirmed_at", "ended_at"):
        setattr(one, name, read_time(row[name]))
    one.single_opt_in, one.given = row["single_opt_in"], row.get("given", {})
    if since is not None and one.state not in EXITS:
        stand_as(one, TimedState(since.state, since.state_at, one.confirmed_at, since.ended_at))
    db.session.execute(delete(FormerSubscription).where(FormerSubscription.uid == one.uid))
    db.session.add(one)
    db.session.flush()
    led = merge.moved["folded"][str(row["id"])]
    for table in (Signup, Message):
        mine = update(table).where(table.id.in_(led[table.__tablename__])).values(subscription_id=one.id)
        db.session.execute(mine)
    uids = [UUID(uid) for uid in led[FormerSubscription.__tablename__]]
    former = update(FormerSubscription).where(FormerSubscription.uid.in_(uids))
    db.session.execute(former.values(subscription_id=one.id))
    return {"list_id": one.list_id, "measure": Measure.IN_STATE + one.state}


def _return_rows(merge: ContactMerge) -> None:
    """Return the rows that were moved; restore suppressions and partners' consents."""
    for table in TABLES:
        ids = merge.moved.get(table.__tablename__, [])  # a merge of an earlier release knows fewer tables
        mine = update(table).where(table.id.in_(ids), table.contact_id == merge.survivor_id)
        db.session.execute(mine.values(contact_id=merge.gone_id))
    db.session.execute(delete(Suppression).where(Suppression.address_hash.in_(merge.moved["stopped"])))
    again = update(PartnerConsent).where(PartnerConsent.id.in_(merge.moved["withdrawn"]))
    db.session.execute(again.values(state=PartnerState.CONFIRMED, withdrawn_at=None))
    tracked = update(TrackingConsent).where(TrackingConsent.id.in_(merge.moved.get("untracked", [])))
    db.session.execute(tracked.values(state=TrackingState.GRANTED, withdrawn_at=None))


def _add_proof(merge: ContactMerge, contact: Contact) -> None:
    lists = {row["list_id"] for row in merge.before["subscriptions"] if row["contact_id"] == contact.id}
    for list_id in sorted(lists):
        event = ConsentEvent(type=ConsentType.CORRECTED, contact_id=contact.id, list_id=list_id, method=METHOD)
        event.locale, event.address, event.answers = contact.language, contact.address, {"merge": str(merge.uid)}
        db.session.add(event)
