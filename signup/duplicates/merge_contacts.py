"""Merges two contacts in one transaction: the chosen values, the stricter subscription of each list, one timeline.

Consent events are never rewritten: they keep the contact they were written for, and are read together
(`duplicates.merge.parts_of`). Nobody gets more mail by a merge than before it. `unmerge` takes it back.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, update

from signup.consent.consent_event import ConsentType, event_of
from signup.consent.given_values import correct
from signup.consent.partner import PartnerConsent, PartnerState
from signup.consent.subscription import Subscription, SubscriptionState, TimedState, settle_standing, stand_as
from signup.consent.suppression import Suppression
from signup.consent.tracking import TrackingConsent, TrackingState, last_words
from signup.contacts.contact import Contact, Nature, Standing
from signup.contacts.note import ContactNote
from signup.contacts.tag import ContactTag
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.counts import tally
from signup.counts.engagement_event import EngagementEvent
from signup.counts.event import Event
from signup.counts.tally import Measure
from signup.duplicates.duplicate import Duplicate, PairState
from signup.duplicates.merge import ContactMerge, FormerSubscription
from signup.ground import tokens
from signup.ground.db import db, upsert
from signup.ground.dialect import now
from signup.ground.errors import CannotMerge
from signup.incentives.discount_code import DiscountCode
from signup.mailer.message import Message
from signup.signups.signup import Signup, SignupState

METHOD = "merge"
ABOUT_THE_MAILBOX = "bounced"
"""The reason of a suppression that concerns an address, and not its person's will."""


class Actor(NamedTuple):
    """Who merges: an operator, or the console."""

    name: str
    operator_id: int | None = None


CONSOLE = Actor("console")


def joined_state(mine: str | None, theirs: str, *, is_confirmed: bool) -> str:
    """The state of a subscription made of two. `is_confirmed`: the remaining address was confirmed on some list."""
    both = {mine, theirs}
    for exit_ in (SubscriptionState.COMPLAINED, SubscriptionState.UNSUBSCRIBED):
        if exit_ in both:
            return exit_
    if mine in {SubscriptionState.CONFIRMED, SubscriptionState.BOUNCED}:
        return mine
    if theirs == SubscriptionState.CONFIRMED:
        return SubscriptionState.CONFIRMED if is_confirmed else SubscriptionState.PENDING
    return mine or theirs


def merge_two(survivor_id: int, gone_id: int, chosen: Mapping[str, Any], actor: Actor = CONSOLE) -> ContactMerge:
    """Merge the second contact into the first. Needs an open transaction. Raises `CannotMerge`.

    `chosen` are the values by field that the survivor has from now on; what it leaves out stays the survivor's.
    """
    subscriptions, contacts = locked(survivor_id, gone_id)
    survivor, gone = contacts.get(survivor_id), contacts.get(gone_id)
    if survivor is None or gone is None or survivor is gone:
        raise CannotMerge("two contacts are needed")
    if Nature.TEST in {survivor.nature, gone.nature} or survivor.nature != gone.nature:
        raise CannotMerge("a test or a part of the demonstration is no person")
    if Standing.MERGED in {survivor.standing, gone.standing}:
        raise CannotMerge("one of them is part of another contact already")
    merge = ContactMerge(survivor_id=survivor_id, gone_id=gone_id, actor=actor.name, operator_id=actor.operator_id)
    merge.before = {
        "survivor": survivor.values,
        "gone": {"standing": gone.standing},
        "subscriptions": [as_document(one) for one in subscriptions],
    }
    db.session.add(merge)
    db.session.flush()
    own = [one for one in subscriptions if one.contact_id == survivor_id]
    correct(survivor, own, chosen, ChangeOrigin(ChangeKind.MERGE, merge.id, actor.name))
    counts, moved = _merge_subscriptions(merge, survivor, gone, subscriptions)
    moved |= _move_rows(survivor, gone) | _join_suppressions(survivor, gone)
    counts += tally.moved(Measure.STANDING, gone.standing, Standing.MERGED)
    gone.standing = Standing.MERGED
    counts += settle_standing(survivor)
    tally.count(counts)
    states = {str(one.id): one.state for one in subscriptions if one.contact_id == survivor_id}
    cards = {str(one.id): one.given for one in subscriptions if one.contact_id == survivor_id}
    merge.after, merge.moved = {"survivor": survivor.values, "states": states, "cards": cards}, moved
    _decide(merge, actor)
    db.session.flush()
    return merge


def locked(*contact_ids: int) -> tuple[list[Subscription], dict[int, Contact]]:
    """Lock subscriptions, then contacts, each by id: the same order as confirming and unsubscribing."""
    held = select(Subscription).where(Subscription.contact_id.in_(contact_ids)).order_by(Subscription.id)
    fresh = {"populate_existing": True}
    subscriptions = list(db.session.scalars(held.with_for_update(of=Subscription).execution_options(**fresh)).unique())
    people = select(Contact).where(Contact.id.in_(contact_ids)).order_by(Contact.id).with_for_update()
    return subscriptions, {one.id: one for one in db.session.scalars(people.execution_options(**fresh))}


def as_document(row: Any) -> dict[str, Any]:
    """A row as a dictionary by column, with times and ids as text."""
    found = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
        for name, value in found.items()
    }


def _merge_subscriptions(
    merge: ContactMerge, survivor: Contact, gone: Contact, subscriptions: list[Subscription]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Merge the subscriptions: one remains for each list, in the stricter state. Returns counts and what was moved."""
    mine = {one.list_id: one for one in subscriptions if one.contact_id == survivor.id}
    waiting = set(
        db.session.scalars(
            select(Signup.subscription_id).where(Signup.contact_id == gone.id, Signup.state == SignupState.PENDING)
        )
    )
    counts: list[dict[str, Any]] = []
    folded = {}
    for theirs in [one for one in subscriptions if one.contact_id == gone.id]:
        own, before = mine.get(theirs.list_id), theirs.state
        if theirs.id in waiting and own is None:
            continue  # that mail is still out: who clicks it is a contact of their own again
        state = joined_state(own.state if own else None, before, is_confirmed=survivor.confirmed_at is not None)
        target = own or theirs
        if own is None:
            theirs.contact_id = survivor.id
            counts += stand_as(theirs, TimedState(state, theirs.state_at, theirs.confirmed_at, theirs.ended_at))
        else:
            counts += _set_state(own, theirs, state)
        _add_proof(merge, survivor, gone, target, before)
        if own is not None and theirs.id not in waiting:
            counts.append({"list_id": theirs.list_id, "measure": Measure.IN_STATE + before, "n": -1})
            folded[str(theirs.id)] = _drop_subscription(merge, theirs, own)
    return counts, {"folded": folded}


def _set_state(own: Subscription, theirs: Subscription, state: str) -> list[dict[str, object]]:
    """Set the survivor's subscription to `state`, with the times of the one that had this state. Returns the counts."""
    own.given = {**theirs.given, **own.given}
    if own.state == state:
        return []
    confirmed_at = own.confirmed_at or theirs.confirmed_at
    return stand_as(own, TimedState(state, theirs.state_at, confirmed_at, theirs.ended_at, theirs.single_opt_in))


def _drop_subscription(merge: ContactMerge, theirs: Subscription, own: Subscription) -> dict[str, list[Any]]:
    """Delete a subscription whose list has another one here. Its sign-ups, emails and links then lead to that one."""
    db.session.flush()
    led: dict[str, list[Any]] = {}
    for table, key in ((Signup, Signup.id), (Message, Message.id), (FormerSubscription, FormerSubscription.uid)):
        point = update(table).where(table.subscription_id == theirs.id).values(subscription_id=own.id)
        led[table.__tablename__] = [
            str(one) if table is FormerSubscription else one for one in db.session.scalars(point.returning(key))
        ]
    db.session.add(FormerSubscription(uid=theirs.uid, subscription_id=own.id, merge_id=merge.id))
    db.session.flush()
    db.session.execute(delete(Subscription).where(Subscription.id == theirs.id))
    return led


def _move_rows(survivor: Contact, gone: Contact) -> dict[str, list[int]]:
    """Move sign-ups, emails, events, codes, tags, notes and consents beside the list to the survivor. Returns their
    ids.
    """
    db.session.flush()
    given = select(DiscountCode.lead_magnet_id).where(DiscountCode.contact_id == survivor.id)
    tagged = select(ContactTag.tag_id).where(ContactTag.contact_id == survivor.id)
    conditions: dict[Any, list[Any]] = {
        Signup: [Signup.state != SignupState.PENDING],
        Message: [],
        Event: [],
        EngagementEvent: [],
        DiscountCode: [DiscountCode.lead_magnet_id.not_in(given)],
        PartnerConsent: [PartnerConsent.state != PartnerState.REQUESTED],
        ContactTag: [ContactTag.tag_id.not_in(tagged)],
        ContactNote: [],
        TrackingConsent: [TrackingConsent.state != TrackingState.REQUESTED],
    }
    moved = {}
    for table, more in conditions.items():
        own = update(table).where(table.contact_id == gone.id, *more).values(contact_id=survivor.id)
        moved[table.__tablename__] = list(db.session.scalars(own.returning(table.id)))
    return moved


def _join_suppressions(survivor: Contact, gone: Contact) -> dict[str, Any]:
    """Apply suppressions and withdrawn consents, to partners and to tracking, to the merged person."""
    hash_of = tokens.keys().hash
    reason = db.session.scalar(select(Suppression.reason).where(Suppression.address_hash == hash_of(gone.address_key)))
    stopped = []
    if reason is not None and not reason.startswith(ABOUT_THE_MAILBOX):
        row = upsert(Suppression).values(address_hash=hash_of(survivor.address_key), reason=reason)
        stopped = list(db.session.scalars(row.on_conflict_do_nothing().returning(Suppression.address_hash)))
    # The last word to a partner holds, whichever of the two said it.
    said = select(PartnerConsent).where(PartnerConsent.contact_id == survivor.id)
    rows = list(db.session.scalars(said.execution_options(populate_existing=True)))
    no = {(one.partner_id, one.list_id) for one in rows if one.state == PartnerState.WITHDRAWN}
    withdrawn = [one for one in rows if one.state == PartnerState.CONFIRMED and (one.partner_id, one.list_id) in no]
    for one in withdrawn:
        one.state, one.withdrawn_at = PartnerState.WITHDRAWN, now()
    said_of_tracking = select(TrackingConsent).where(TrackingConsent.contact_id == survivor.id)
    untracked = last_words(db.session.scalars(said_of_tracking.execution_options(populate_existing=True)))
    for row in untracked:
        row.state, row.withdrawn_at = TrackingState.WITHDRAWN, now()
    untracked_ids = [row.id for row in untracked]
    return {"stopped": stopped, "withdrawn": [one.id for one in withdrawn], "untracked": untracked_ids}


def _add_proof(merge: ContactMerge, survivor: Contact, gone: Contact, entry: Subscription, theirs: str) -> None:
    """Add an entry to the survivor's proof that names the list's other proof and what followed. It holds no address:
    were the two parted again, erasing the one would have to blank the other's proof.
    """
    answers = {"contact": str(gone.uid), "merge": str(merge.uid), "was": theirs, "is": entry.state}
    proof: dict[str, Any] = {
        "contact_id": survivor.id,
        "controller": entry.list.controller,
        "method": METHOD,
    }
    db.session.add(event_of(entry, ConsentType.MERGED, survivor.language, **proof, answers=answers))


def _decide(merge: ContactMerge, actor: Actor) -> None:
    first, second = sorted((merge.survivor_id, merge.gone_id))
    pair = update(Duplicate).where(Duplicate.first_id == first, Duplicate.second_id == second)
    decided = {"state": PairState.MERGED, "decided_at": now(), "operator_id": actor.operator_id}
    db.session.execute(pair.values(**decided))
