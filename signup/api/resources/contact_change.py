"""Contacts: change answers, name and language; put tags on and take them off; write notes. All with history."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import select

from signup.access import audit, scope
from signup.access.api_key import ApiKey, KeyScope
from signup.api.endpoint import check_match, endpoint
from signup.api.problem import not_found, refuse
from signup.api.resources import found_contact
from signup.api.resources.contact_told import ContactTold, told
from signup.api.resources.contact_values import read_values
from signup.api.shapes import Instant, PageOf, Shape, Text, Told, Values
from signup.consent.given_values import correct, correct_own, hold
from signup.contacts import tag as tags
from signup.contacts.contact import MAX_NAME, Contact
from signup.contacts.note import MAX_TEXT, ContactNote, notes_of
from signup.contacts.value_change import LANGUAGE, NAME, ChangeKind, ChangeOrigin
from signup.ground.db import db, transaction
from signup.ground.i18n import LANGUAGES

TagName = Annotated[str, StringConstraints(min_length=1, max_length=tags.MAX_NAME, strip_whitespace=True)]


class ContactChange(Shape):
    """What to change; what is left out stays."""

    name: Annotated[str, StringConstraints(max_length=MAX_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = None
    language: Annotated[str, StringConstraints(max_length=5)] | None = None
    fields: Values = Field(default={}, description="By key; null takes an answer away.")
    tags_add: list[TagName] = Field(default=[], max_length=20)
    tags_remove: list[TagName] = Field(default=[], max_length=20)

    model_config = Shape.model_config | {
        "json_schema_extra": {"examples": [{"fields": {"first_name": "Augusta"}, "language": "en"}]}
    }


class NewNote(Shape):
    """What an operator may read beside the contact; so may the person, in their own copy."""

    model_config = Shape.model_config | {"json_schema_extra": {"examples": [{"text": "Called on Monday."}]}}
    text: Annotated[Text, StringConstraints(min_length=1, max_length=MAX_TEXT)]


class NoteTold(Told):
    """One note."""

    uid: UUID
    author: str
    text: str
    created_at: Instant
    edited_at: Instant | None


class NotePage(PageOf):
    """All notes, the newest first."""

    data: list[NoteTold]


@endpoint("PATCH", "/contacts/{uid}", KeyScope.CONTACTS_WRITE, "Change a contact")
def contact_change(key: ApiKey, uid: UUID, body: ContactChange) -> ContactTold:
    """With `If-Match` only if nobody changed it since you read it: 412 otherwise. Subscriptions stay as they are."""
    if key.is_masked:
        refuse({"header.Authorization": "A masked key cannot change what it does not see."})
    if (body.tags_add or body.tags_remove) and key.lists is not None:
        refuse({"body.tags_add": "Tags are for keys that reach all lists."})
    with transaction():
        entries = hold([found_contact.find(uid).id])
        contact = found_contact.find(uid, locks=True)
        check_match(told([contact], key)[0])
        changes = _read(body, contact)
        origin = ChangeOrigin(ChangeKind.API, actor=key.signature)
        if key.lists is None:
            changed = correct(contact, entries, changes, origin)
        else:
            changed = correct_own(contact, entries, changes, origin, key.lists)
        if changed:
            audit.note(None, "contact-edited", str(contact.uid), changed=sorted(changed))
        _tag(contact, body, origin)
        db.session.flush()
        return told([contact], key)[0]


@endpoint("GET", "/contacts/{uid}/notes", KeyScope.CONTACTS_READ, "The notes about a contact")
def notes(key: ApiKey, uid: UUID) -> NotePage:
    return NotePage(data=[_note(one) for one in notes_of(_for_notes(key, uid).id)])


@endpoint("POST", "/contacts/{uid}/notes", KeyScope.CONTACTS_WRITE, "Write a note", status=201)
def note_new(key: ApiKey, uid: UUID, body: NewNote) -> NoteTold:
    with transaction():
        contact = _for_notes(key, uid)
        if db.session.scalar(select(Contact.id).where(Contact.id == contact.id).with_for_update()) is None:
            not_found("contact")  # erased at this moment
        note = ContactNote(contact_id=contact.id, operator_id=0, text=body.text, author=key.signature)
        db.session.add(note)
        audit.note(None, "note-added", str(contact.uid))
        db.session.flush()
        db.session.refresh(note)
        return _note(note)


def _for_notes(key: ApiKey, uid: UUID) -> Contact:
    # Notes and tags belong to no list: who works with some lists sees none of them.
    if key.is_masked or not scope.sees_everything():
        not_found("contact")
    return found_contact.find(uid)


def _note(one: ContactNote) -> NoteTold:
    return NoteTold(uid=one.uid, author=one.author, text=one.text, created_at=one.created_at, edited_at=one.edited_at)


def _read(body: ContactChange, contact: Contact) -> dict[str, Any]:
    values, problems = read_values(body.fields, contact.answers)
    if body.language is not None and body.language not in LANGUAGES:
        problems["language"] = f"One of {', '.join(LANGUAGES)}."
        refuse({"body.language": problems["language"]})
    if problems:
        refuse({f"body.fields.{name}": text for name, text in problems.items()})
    if body.name is not None:
        values[NAME] = body.name.strip()
    if body.language is not None:
        values[LANGUAGE] = body.language
    return values


def _tag(contact: Contact, body: ContactChange, origin: ChangeOrigin) -> None:
    for typed in body.tags_add:
        name = tags.read_name(typed)
        if not name or (tags.named(name) is None and len(tags.tags()) >= tags.MAX_TAGS):
            refuse({"body.tags_add": "This is no tag, or there are too many tags already."})
        found = tags.find_or_add(name)
        if tags.put_on(found, [contact.id], origin):
            audit.note(None, "contact-tagged", str(contact.uid), tag=found.id)
    for typed in body.tags_remove:
        gone = tags.named(tags.read_name(typed))
        if gone is not None and tags.take_off(gone, [contact.id], origin):
            audit.note(None, "contact-untagged", str(contact.uid), tag=gone.id)
