"""One contact: answers, subscriptions, timeline, and unsubscribing by an operator."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, select, update

from signup.access import audit, scope
from signup.access.seen_contact import Seen, SeenContact, find_contact, seen_one
from signup.admin.contacts import contact_sidebar, given_history, observed, timeline, value_history
from signup.admin.contacts.contact_filter import shows_tags
from signup.admin.frame import door
from signup.admin.suppression.suppression_words import REASONS as SUPPRESSED
from signup.audience.search import subscriptions_of
from signup.consent.leaving_words import REASONS
from signup.consent.subscription import Subscription, SubscriptionState, leave
from signup.consent.suppression import reason_for
from signup.contacts.contact import Contact, hash_of
from signup.contacts.legal_hold import hold_on
from signup.contacts.note import MAX_TEXT, notes_of
from signup.contacts.tag import tags, tags_of
from signup.duplicates.find_duplicates import KEYS
from signup.duplicates.merge import survivor_of
from signup.duplicates.pairs import merges_of, open_pairs_of
from signup.enquiries import enquiry
from signup.enquiries.enquiry import Enquiry
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.incentives import discount_code
from signup.incentives.discount_code import GivenCode
from signup.incentives.incentive import Incentive
from signup.signups.signup import Signup, SignupState

LEAVABLE = {SubscriptionState.PENDING, SubscriptionState.CONFIRMED}


def contact(uid: UUID) -> ResponseReturnValue:
    found = find_contact(uid)
    survivor = survivor_of(found)
    if survivor.id != found.id:
        return redirect(url_for("admin.contact", uid=survivor.uid))
    known = seen_one(found)
    values = value_history.by_group(_values(found, known)) if door.may("contacts:unmasked") else {}
    return render_template(
        "admin/contacts/contact.html",
        reasons=REASONS,
        contact=known,
        subscriptions=_subscriptions(found),
        timeline=timeline.of_contact(found.id),
        values=values,
        phone=_phone(values),
        suppressed_because=_suppressed_because(found),
        observed=observed.of_contact(found.id),
        merges=merges_of(found.id) if scope.sees_everything() else [],
        pairs=open_pairs_of(found.id) if scope.sees_everything() else [],
        leavable=LEAVABLE,
        hold=hold_on([found.id]),
        hidden_groups=scope.hidden_groups(),
        downloads=_downloads(found),
        tags=tags_of([found.id]).get(found.id, []) if shows_tags() else [],
        all_tags=tags() if shows_tags() else [],
        notes=notes_of(found.id) if shows_tags() else [],
        max_note=MAX_TEXT,
        messages=_messages(found) if door.may("contacts:unmasked") else [],
        **contact_sidebar.of_contact(found, known),
    )


def _suppressed_because(contact: Contact) -> str:
    """Why nobody mails this address; empty when somebody may."""
    reason = reason_for(contact.address_hash or hash_of(contact.address_key))
    return str(SUPPRESSED.get(reason, reason)) if reason else ""


def _phone(values: Mapping[str, list[value_history.Value]]) -> str:
    """A number to call, of the values that the reader sees."""
    numbers = (one.now.value for group in values.values() for one in group if one.known.field in KEYS["phone"])
    return next((number for number in numbers if number != "–"), "")


def _values(found: Contact, known: Seen) -> list[value_history.Value]:
    return given_history.values_of(known) if isinstance(known, SeenContact) else value_history.values_of(found)


def unsubscribe(uid: UUID, subscription_id: int) -> ResponseReturnValue:
    """Take the contact off one list, because they asked by other means."""
    found, mine = find_contact(uid), scope.only(Subscription.list_id)
    entry = db.session.scalar(
        select(Subscription).where(Subscription.id == subscription_id, Subscription.contact_id == found.id, mine)
    )
    if entry is None:
        raise NotFound(f"subscription {subscription_id}")
    name = entry.list.name
    with transaction():
        leave(subscription_id, method="operator")
        audit.note(door.operator(), "unsubscribed", str(uid), list=entry.list_id)
    flash(_("Unsubscribed from %(list)s, effective immediately.", list=name))
    return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)


def contact_download(uid: UUID, signup_id: int) -> ResponseReturnValue:
    """End the download link of one sign-up, or let it be used again."""
    found = find_contact(uid)
    signup = db.session.scalar(_signups(found).where(Signup.id == signup_id))
    if signup is None:
        raise NotFound(f"sign-up {signup_id}")
    ends = request.form.get("do") != "reopen"
    with transaction():
        db.session.execute(update(Signup).where(Signup.id == signup_id).values(revoked_at=now() if ends else None))
        audit.note(door.operator(), "download-changed", str(uid), ended=ends, form=signup.form_id)
    flash(_("The download link no longer works.") if ends else _("The download link works again."))
    return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)


def _downloads(found: Contact) -> list[tuple[Signup, Incentive, GivenCode | None]]:
    """What this contact was given, the latest sign-up first."""
    done = (SignupState.CONFIRMED, SignupState.REPEATED)
    query = _signups(found).where(Signup.state.in_(done)).order_by(Signup.id.desc())
    given = []
    for signup in db.session.scalars(query.limit(20)):
        magnet = signup.form_version.lead_magnet
        if magnet is not None:
            given.append((signup, magnet, discount_code.of_contact(magnet.id, found.id)))
    return given


def _messages(found: Contact) -> list[Enquiry]:
    """What they wrote by a form of one of the reader's lists."""
    return [one for one in enquiry.of_contact(found.id) if scope.covers({one.list_id})]


def _signups(found: Contact) -> Select[Signup]:
    return select(Signup).where(Signup.contact_id == found.id, scope.only(Signup.list_id))


def _subscriptions(found: Contact) -> list[Subscription]:
    return subscriptions_of([found.id], scope.seen()).get(found.id, [])
