"""Putting a tag on one contact, and taking it off."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.access import audit
from signup.access.seen_contact import find_contact
from signup.admin.frame import door
from signup.admin.tags.tags import words_for_refusal
from signup.contacts.contact import Contact
from signup.contacts.tag import MAX_TAGS, Tag, find_or_add, find_tag, named, put_on, read_name, tags, take_off
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.duplicates.merge import survivor_of
from signup.ground.db import db, transaction

Verb = Callable[[Tag, Sequence[int], ChangeOrigin], int]


def contact_tag_add(uid: UUID) -> ResponseReturnValue:
    """Several at once are parted by commas; a new word becomes a tag."""
    contact = survivor_of(find_contact(uid))
    typed = [read_name(part) for part in request.form.get("name", "").split(",") if part.strip()]
    is_full = len(tags()) >= MAX_TAGS and any(named(name) is None for name in typed)
    if not typed or not all(typed) or is_full:
        flash(words_for_refusal(typed[0] if typed and all(typed) else ""))
        return _back(contact)
    with transaction():
        for tag in [find_or_add(name) for name in typed]:
            _change(put_on, tag, contact, "contact-tagged")
    return _back(contact)


def contact_tag_remove(uid: UUID, tag_id: int) -> ResponseReturnValue:
    contact, tag = survivor_of(find_contact(uid)), find_tag(tag_id)
    with transaction():
        _change(take_off, tag, contact, "contact-untagged")
    return _back(contact)


def _change(verb: Verb, tag: Tag, contact: Contact, action: str) -> None:
    operator = door.operator()
    locked = select(Contact.id).where(Contact.id == contact.id).with_for_update()
    if verb(tag, list(db.session.scalars(locked)), ChangeOrigin(ChangeKind.OPERATOR, actor=operator.address)):
        audit.note(operator, action, str(contact.uid), tag=tag.id)


def _back(contact: Contact) -> ResponseReturnValue:
    return redirect(url_for("admin.contact", uid=contact.uid, _anchor="tags"), HTTPStatus.SEE_OTHER)
