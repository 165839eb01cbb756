"""What was given to one list: a card of values on each subscription, and whether it opens its contact to that list.

A contact holds one value for each field, the latest over all lists. A card holds what came by its own list: a confirmed
sign-up, a file, an answer given later, a correction. Who works with some lists reads cards and never the contact's
values. A card is written in the transaction that writes the contact.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, or_, select

from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import NAME_KEYS, Contact, name_from
from signup.contacts.value_change import NAME, ChangeOrigin
from signup.ground.db import db
from signup.ground.dialect import Json


def opened(entry: Any = Subscription) -> ColumnElement[bool]:
    """Whether a subscription shows its contact to who works with its list: it was confirmed once, or a file brought
    it. A sign-up that nobody confirmed does not: anybody can type an address.
    """
    was_given = entry.given != literal_column("'{}'", Json())
    return or_(entry.state == SubscriptionState.CONFIRMED.value, entry.confirmed_at.is_not(None), was_given)


def opens_to(lists: Collection[int]) -> ColumnElement[bool]:
    """For a query of contacts: those whom one of these lists may see."""
    mine = select(Subscription.id).where(Subscription.contact_id == Contact.id, Subscription.list_id.in_(lists))
    return mine.where(opened()).correlate(Contact).exists()


def cards(contact_ids: Sequence[int], lists: Collection[int]) -> dict[int, dict[str, Any]]:
    """By contact, what these lists were given, by field; of two lists the one that was confirmed later counts."""
    query = select(Subscription.contact_id, Subscription.given)
    query = query.where(Subscription.contact_id.in_(contact_ids), Subscription.list_id.in_(lists), opened())
    query = query.order_by(func.coalesce(Subscription.confirmed_at, Subscription.created_at), Subscription.id)
    found: dict[int, dict[str, Any]] = {}
    for contact_id, given in db.session.execute(query):
        found.setdefault(contact_id, {}).update(given)
    return found


def hold(contact_ids: Collection[int]) -> list[Subscription]:
    """The subscriptions of these contacts, locked: before the contacts, as confirming and unsubscribing lock them."""
    held = select(Subscription).where(Subscription.contact_id.in_(contact_ids)).order_by(Subscription.id)
    held = held.with_for_update(of=Subscription).execution_options(populate_existing=True)
    return list(db.session.scalars(held).unique())


def give(entry: Subscription, changes: Mapping[str, Any]) -> None:
    """Write values on the card of one locked subscription; None takes one away. Needs an open transaction."""
    card = {**entry.given, **changes}
    if NAME not in changes and any(key in changes for key in NAME_KEYS):
        card[NAME] = name_from(card) or card.get(NAME)
    entry.given = {field: value for field, value in card.items() if value not in (None, "")}


def correct(
    contact: Contact, entries: Collection[Subscription], changes: Mapping[str, Any], origin: ChangeOrigin
) -> list[str]:
    """Change a contact's values for everybody, and on every card that holds them: who corrects for all lists does. Of a
    contact on one list that list is given all of it.

    `entries` are its locked subscriptions. Returns the fields that differ.
    """
    found = contact.change_answers(changes, origin)
    now = contact.values_at(found)
    for entry in entries:
        is_sole = len(entries) == 1 and _is_opened(entry)
        if known := {field: now[field] for field in found if is_sole or field in entry.given}:
            give(entry, known)
    return found


def correct_own(
    contact: Contact,
    entries: Collection[Subscription],
    changes: Mapping[str, Any],
    origin: ChangeOrigin,
    lists: Collection[int],
) -> list[str]:
    """Change what these lists were given. The contact's own value follows where it is theirs: no other list was given
    one, and it is what these had.

    `entries` are its locked subscriptions. Returns the fields that differ from before, as these lists see them.
    """
    own = [entry for entry in entries if entry.list_id in lists]
    others = {field for entry in entries if entry not in own for field in entry.given}
    before = cards([contact.id], lists).get(contact.id, {})
    found = [field for field, value in changes.items() if _known(before.get(field)) != _known(value)]
    for entry in filter(_is_opened, own):
        give(entry, {field: changes[field] for field in found})
    shared = contact.values
    free = [field for field in found if field not in others]
    free = [field for field in free if _known(shared.get(field)) in (None, before.get(field))]
    contact.change_answers({field: changes[field] for field in free}, origin)
    db.session.flush()
    return found


def _is_opened(entry: Subscription) -> bool:
    """`opened`, of one that is loaded."""
    return bool(entry.given) or entry.state == SubscriptionState.CONFIRMED or entry.confirmed_at is not None


def _known(value: Any) -> Any:
    return None if value == "" else value
