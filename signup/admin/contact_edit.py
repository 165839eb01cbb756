"""Correcting what a contact told us, field by field. What we observed is not here: nobody types it in.

Two people may correct one contact at once: a field that somebody else changed meanwhile is told and kept, the rest is
saved only when the operator has seen it.
"""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.admin import audit, guard
from signup.admin.declared import text_of
from signup.admin.field_words import GROUPS
from signup.admin.fields import language
from signup.contacts.catalogue import nested
from signup.contacts.contact import Contact
from signup.contacts.field import Field, active
from signup.contacts.value import Kind, letters_of
from signup.db import db, to_json, transaction
from signup.errors import NotFound

ORIGIN = "operator"


def contact_edit(uid: UUID) -> ResponseReturnValue:
    """The values of every active field; saved all together or not at all."""
    known, problems = active(), dict[str, str]()
    contact = _find(uid)
    if request.method == "POST":
        given, problems = _read(known)
        if not problems and not (problems := _save(uid, known, given)):
            return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)
        contact = _find(uid)
    groups = {words: [one for one in known if one.group == group] for group, words in GROUPS.items()}
    page = render_template(
        "admin/contact_edit.html",
        contact=contact,
        groups={words: rows for words, rows in groups.items() if rows},
        problems=problems,
        shown={one.key: _typed(one, contact) for one in known},
        was={one.key: to_json(contact.answers.get(one.key)) for one in known},
        nested=nested,
        language=language(),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK


def _find(uid: UUID, *, lock: bool = False) -> Contact:
    query = select(Contact).where(Contact.uid == uid).execution_options(populate_existing=True)
    found = db.session.scalar(query.with_for_update(of=Contact) if lock else query)
    if found is None:
        raise NotFound(f"contact {uid}")
    return found


def _typed(field: Field, contact: Contact) -> Any:
    """What the input holds: what was typed, else the value."""
    if request.method == "POST":
        name = f"f.{field.key}"
        return request.form.getlist(name) if field.kind == Kind.MULTI else request.form.get(name, "")
    value = contact.answers.get(field.key)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.kind == Kind.CATALOGUE and value is not None:
        return next((f"{one.value} = {one.label}" for one in field.entries if one.value == value), value)
    return "" if value is None else value


def _read(known: list[Field]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that the page asked for, and what is wrong with which."""
    given, problems = {}, {}
    for field in known:
        name = f"f.{field.key}"
        if f"was.{field.key}" not in request.form:
            continue  # defined since the page was made
        typed: Any = request.form.getlist(name) if field.kind == Kind.MULTI else request.form.get(name, "")
        if typed == _was(field.key):
            continue  # what was there before the field's rules need not fit them
        try:
            given[field.key] = field.shape.read(_code(field, typed) if field.kind == Kind.CATALOGUE else typed)
        except ValueError as error:
            problems[field.key] = str(error)
    return given, problems


def _code(field: Field, typed: str) -> str:
    """The code of an entry typed as `code = Label`, as the code or as the label; what is none of these as it is."""
    code, text = typed.partition("=")[0].strip(), letters_of(typed)
    codes = {entry.value for entry in field.entries}
    by_label = (entry.value for entry in field.entries if text and letters_of(entry.label) == text)
    return code if code in codes else next(by_label, typed.strip())


def _save(uid: UUID, known: list[Field], given: dict[str, Any]) -> dict[str, str]:
    """Save what differs from what the page showed; the fields that somebody else changed meanwhile, if any."""
    by_key, problems = {field.key: field for field in known}, {}
    with transaction():
        contact = _find(uid, lock=True)
        changes = {}
        for key, value in given.items():
            now_held, was = contact.answers.get(key), _was(key)
            if value in (now_held, was):
                continue
            if now_held != was:
                shown = text_of(by_key[key], now_held) if now_held is not None else _("nothing")
                problems[key] = str(
                    _(
                        "Somebody changed this meanwhile, to: %(value)s. Save again to put yours in its place.",
                        value=shown,
                    )
                )
            changes[key] = value
        if changes and not problems:
            before = contact.set_answers(changes, ORIGIN)
            audit.note(guard.operator(), "contact-changed", str(uid), **audit.change(before, changes))
    if not problems:
        flash(_("Saved.") if changes else _("Nothing was different."))
    return problems


def _was(key: str) -> Any:
    try:
        return json.loads(request.form.get(f"was.{key}", "null"))
    except ValueError:
        return None
