"""Notes about a contact: writing one, changing one's own, and deleting it."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from signup.access import audit
from signup.access.operator import Permission
from signup.access.seen_contact import find_contact
from signup.admin.frame import door
from signup.contacts.contact import Contact
from signup.contacts.note import MAX_TEXT, ContactNote
from signup.duplicates.merge import survivor_of
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotAllowed, NotFound


def note_add(uid: UUID) -> ResponseReturnValue:
    contact, text, operator = survivor_of(find_contact(uid)), _text(), door.operator()
    if not text:
        return _refuse(contact)
    note = ContactNote(contact_id=contact.id, operator_id=operator.id, text=text)
    note.author = operator.name or operator.address
    with transaction():
        locked = select(Contact.id).where(Contact.id == contact.id).with_for_update()
        if db.session.scalar(locked) is None:  # erased at this moment
            raise NotFound(f"contact {uid}")
        db.session.add(note)
        audit.note(operator, "note-added", str(contact.uid))
    return _back(contact)


def note_change(uid: UUID, note_uid: UUID) -> ResponseReturnValue:
    """Only who wrote a note changes it."""
    contact, note, text = *_find(uid, note_uid), _text()
    if note.operator_id != door.operator().id:
        raise NotAllowed("another operator's note")
    if not text:
        return _refuse(contact)
    with transaction():
        mine = update(ContactNote).where(ContactNote.id == note.id, ContactNote.text != text)
        if db.session.scalar(mine.values(text=text, edited_at=now()).returning(ContactNote.id)):
            audit.note(door.operator(), "note-changed", str(contact.uid))
    return _back(contact)


def note_delete(uid: UUID, note_uid: UUID) -> ResponseReturnValue:
    """Who wrote it deletes a note, and who may erase the whole contact."""
    contact, note = _find(uid, note_uid)
    if note.operator_id != door.operator().id and not door.may(Permission.CONTACTS_ERASE):
        raise NotAllowed("another operator's note")
    with transaction():
        db.session.execute(delete(ContactNote).where(ContactNote.id == note.id))
        audit.note(door.operator(), "note-deleted", str(contact.uid))
    flash(_("The note has been deleted."))
    return _back(contact)


def _find(uid: UUID, note_uid: UUID) -> tuple[Contact, ContactNote]:
    contact = survivor_of(find_contact(uid))
    mine = select(ContactNote).where(ContactNote.uid == note_uid, ContactNote.contact_id == contact.id)
    note = db.session.scalar(mine)
    if note is None:
        raise NotFound(f"note {note_uid}")
    return contact, note


def _text() -> str:
    text = request.form.get("text", "").strip()
    return text if len(text) <= MAX_TEXT else ""


def _refuse(contact: Contact) -> ResponseReturnValue:
    flash(_("Write a note of at most %(n)s characters.", n=MAX_TEXT))
    return _back(contact)


def _back(contact: Contact) -> ResponseReturnValue:
    return redirect(url_for("admin.contact", uid=contact.uid, _anchor="notes"), HTTPStatus.SEE_OTHER)
