"""Two contacts side by side: which address stays, which of two values, and what becomes of the subscriptions."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, select

from signup.access import audit, scope
from signup.access.seen_contact import find_contact
from signup.addresses.address import key_of
from signup.admin.contacts.editable_field import KnownField, called, every_field
from signup.admin.frame import door
from signup.audience.search import Search, find, subscriptions_of
from signup.audience.search_text import MAX_QUERY
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, Standing, is_counted
from signup.contacts.value_change import NAME, ValueChange
from signup.duplicates.merge_contacts import Actor, joined_state, merge_two
from signup.ground.db import db, transaction
from signup.ground.errors import CannotMerge

THIS, OTHER, BOTH = "this", "other", "both"
MOST_FOUND = 20


class MergeChoice(NamedTuple):
    """One value of two contacts; `default` is the side that is proposed."""

    known: KnownField
    this: Any
    other: Any
    default: str

    @property
    def is_open(self) -> bool:
        return bool(self.this != self.other)

    @property
    def may_both(self) -> bool:
        """Of several choices, those of either side can hold together."""
        return isinstance(self.this, list) and isinstance(self.other, list)

    def taken(self, side: str) -> Any:
        """The value of one side, or of both."""
        if side == BOTH and self.may_both:
            return [*self.this, *(one for one in self.other if one not in self.this)]
        return self.other if side == OTHER else self.this


def contact_pair(uid: UUID) -> ResponseReturnValue:
    """From a contact's page: the other one by its whole address, else a choice of those who are found by any word."""
    contact, typed = find_contact(uid), request.args.get("address", "")
    other = db.session.scalar(select(Contact).where(Contact.address_key == key_of(typed), _may_be_other(contact)))
    if other is not None:
        first, second = _latest_first(contact, other)
        return redirect(url_for("admin.contact_merge", uid=first.uid, other=second.uid))
    asked = Search(text=typed[:MAX_QUERY], hidden=scope.hidden_keys())
    found = find(asked, limit=MOST_FOUND) if asked.asks_words else None
    others = [one for one in found.rows if one.id != contact.id and one.nature == contact.nature] if found else []
    return render_template(
        "admin/duplicates/pair.html",
        contact=contact,
        others=others,
        text=typed[:MAX_QUERY],
        has_more=found is not None and found.older is not None,
    )


def _may_be_other(contact: Contact) -> ColumnElement[bool]:
    return and_(Contact.id != contact.id, is_counted())


def contact_merge(uid: UUID, other: UUID) -> ResponseReturnValue:
    """The first address stays; the page offers to swap them."""
    stays, goes = find_contact(uid), find_contact(other)
    if stays.id == goes.id or Standing.MERGED in {stays.standing, goes.standing}:
        flash(_("These two are already one contact."))
        return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)
    if stays.nature != goes.nature or stays.is_test:
        flash(_("A test or demo contact cannot be merged into a real person."))
        return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)
    choices = _choices(stays, goes)
    if request.method == "POST":
        return _merge(stays, goes, choices)
    return render_template(
        "admin/duplicates/merge.html",
        stays=stays,
        goes=goes,
        choices=[one for one in choices if scope.shows(one.known.field)],
        lists=_lists(stays, goes),
        proposed=_latest_first(stays, goes)[0].id,
    )


def _merge(stays: Contact, goes: Contact, choices: list[MergeChoice]) -> ResponseReturnValue:
    sides = {one.known.field: request.form.get(f"take:{one.known.field}", one.default) for one in choices}
    taken = {one.known.field: one.taken(sides[one.known.field]) for one in choices if one.is_open}
    operator = door.operator()
    try:
        with transaction():
            merge = merge_two(stays.id, goes.id, taken, Actor(operator.address, operator.id))
            detail = {"merge": str(merge.uid), "gone": str(goes.uid), "fields": sorted(taken)}
            audit.note(operator, "contacts-merged", str(stays.uid), **detail)
        flash(_("The two contacts have been merged. You can undo this on this page."))
    except CannotMerge:
        flash(_("Someone else was faster: one of the two has just been merged. Nothing was changed."))
    return redirect(url_for("admin.contact", uid=stays.uid), HTTPStatus.SEE_OTHER)


def _choices(stays: Contact, goes: Contact) -> list[MergeChoice]:
    """Every value of the two. Proposed is the latest that its person agreed to give; a value beats none."""
    mine, theirs = stays.values, goes.values
    known = {**every_field(theirs), **every_field(mine)}
    at_mine, at_theirs = _since(stays), _since(goes)
    found = []
    for field in [name for name in known if name in mine or name in theirs]:
        if field == NAME and any(name in known for name in ("first_name", "last_name", "name")):
            continue
        this, other = mine.get(field), theirs.get(field)
        later = at_theirs(field) > at_mine(field)
        default = OTHER if this in (None, "") or (later and other not in (None, "")) else THIS
        found.append(MergeChoice(called(field, known), this, other, default))
    return found


def _since(contact: Contact) -> Any:
    """By field: whether the contact is confirmed, and since when it has this value."""
    query = select(ValueChange.field, func.max(ValueChange.at).label("at")).where(ValueChange.contact_id == contact.id)
    changed = {row.field: row.at for row in db.session.execute(query.group_by(ValueChange.field))}
    first = contact.confirmed_at or contact.created_at
    return lambda field: (contact.confirmed_at is not None, changed.get(field, first))


def _latest_first(one: Contact, other: Contact) -> tuple[Contact, Contact]:
    """Whose address was confirmed last goes first: that mailbox is the likeliest to be read."""
    query = select(Subscription.contact_id, func.max(Subscription.confirmed_at))
    query = query.where(Subscription.contact_id.in_([one.id, other.id]), Subscription.state == "confirmed")
    at = {id_: when for id_, when in db.session.execute(query.group_by(Subscription.contact_id))}  # noqa: C416

    def key(contact: Contact) -> tuple[bool, datetime]:
        return contact.id in at, at.get(contact.id) or contact.created_at

    return (other, one) if key(other) > key(one) else (one, other)


class JoinedSubscription(NamedTuple):
    """A list of the two, and how the one contact will stand on it."""

    name: str
    this: str
    other: str
    state: str


def _lists(stays: Contact, goes: Contact) -> list[JoinedSubscription]:
    found = subscriptions_of([stays.id, goes.id])
    mine = {one.list_id: one for one in found.get(stays.id, [])}
    theirs = {one.list_id: one for one in found.get(goes.id, [])}
    names = {one.list_id: one.list.name for one in (*mine.values(), *theirs.values())}
    joined = []
    for list_id, name in names.items():
        own = mine[list_id].state if list_id in mine else ""
        other = theirs[list_id].state if list_id in theirs else ""
        is_confirmed = stays.confirmed_at is not None
        state = joined_state(own or None, other, is_confirmed=is_confirmed) if other else own
        joined.append(JoinedSubscription(name, own, other, state))
    return joined
