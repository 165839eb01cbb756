"""Editing one contact. Two operators may do it at once: nobody's work is lost, and only what both changed is asked.

The page carries what each value was when it was shown. On saving, the contact is locked and the three are compared:
what only one side changed is taken, what both changed differently is shown with both values.
"""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit, scope
from signup.access.seen_contact import Seen, find_contact, seen_one
from signup.admin.contacts.editable_field import KnownField, known_fields
from signup.admin.frame import door
from signup.consent.given_values import correct, correct_own, hold
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.value_change import LANGUAGE, ChangeKind, ChangeOrigin, ValueChange
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.driver_sql import to_json
from signup.limits.json_body import loads

JUST_NOW = timedelta(minutes=15)


class SettledEdit(NamedTuple):
    """What becomes of an edit: values to set, and fields that both sides changed."""

    changes: dict[str, Any]
    conflicts: list[str]


def settle(was: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> SettledEdit:
    """Compare, field by field, what was shown, what was typed, and what is there now. None is an empty value."""
    changes, conflicts = {}, []
    for field, value in mine.items():
        if value in (was.get(field), theirs.get(field)):
            continue
        if was.get(field) == theirs.get(field):
            changes[field] = value
        else:
            conflicts.append(field)
    return SettledEdit(changes, conflicts)


def contact_edit(uid: UUID) -> ResponseReturnValue:
    found = find_contact(uid)
    contact = seen_one(found)
    fields = known_fields(contact.values)
    if request.method == "GET":
        return _page(contact, fields, contact.values, contact.values), HTTPStatus.OK
    was, (mine, problems) = _was(fields), _typed(fields)
    if problems:
        return _page(contact, fields, mine, was, problems), HTTPStatus.UNPROCESSABLE_ENTITY
    operator = door.operator()
    with transaction():
        entries = hold([found.id])
        held = select(Contact).where(Contact.id == found.id).with_for_update()
        found = db.session.scalars(held.execution_options(populate_existing=True)).one()
        theirs = seen_one(found).values
        settled = settle(was, mine, theirs)
        changed = _write(found, entries, settled.changes)
        if changed:
            before, after = ({field: one.get(field) for field in changed} for one in (theirs, seen_one(found).values))
            audit.note(operator, "contact-edited", str(uid), **audit.change(before, after))
    if settled.conflicts:
        both = {field: fields[field] for field in settled.conflicts}
        page = render_template(
            "admin/contacts/contact_conflict.html",
            contact=contact,
            fields=both,
            mine=mine,
            theirs=theirs,
            was=_as_was(both, theirs),
            last=_last_changes(contact.id),
            saved=len(changed),
        )
        return page, HTTPStatus.CONFLICT
    flash(_("Saved.") if changed else _("Nothing was changed."))
    return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)


def _write(contact: Contact, entries: list[Subscription], changes: dict[str, Any]) -> list[str]:
    """For everybody, or on the cards of the operator's lists; returns the fields that differ."""
    origin, lists = ChangeOrigin(ChangeKind.OPERATOR, actor=door.operator().address), scope.seen()
    if lists is None:
        return correct(contact, entries, changes, origin)
    return correct_own(contact, entries, changes, origin, lists)


def _page(
    contact: Seen,
    fields: dict[str, KnownField],
    values: Mapping[str, Any],
    was: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
) -> str:
    groups: dict[str, dict[str, KnownField]] = {}
    for field, known in fields.items():
        groups.setdefault(known.group, {})[field] = known
    return render_template(
        "admin/contacts/contact_edit.html",
        contact=contact,
        groups=groups,
        values=values,
        was=_as_was(fields, was),
        problems=problems or {},
        others=_others(contact.id),
    )


def _as_was(fields: Mapping[str, KnownField], values: Mapping[str, Any]) -> dict[str, str]:
    return {field: to_json(values.get(field)) for field in fields}


def _was(fields: Mapping[str, KnownField]) -> dict[str, Any]:
    """The values that the page showed; one that cannot be read counts as changed by somebody."""
    found = {}
    for field in fields:
        try:
            found[field] = loads(request.form.get(f"was:{field}", "null"))
        except ValueError:
            found[field] = None
    return found


def _typed(fields: Mapping[str, KnownField]) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed, as it is stored, and what is wrong with it. Of a conflict that was settled, what was kept."""
    mine, problems = {}, {}
    for field, known in fields.items():
        if f"was:{field}" not in request.form or request.form.get(f"keep:{field}") == "theirs":
            continue  # not on that page, or given up
        given: Any = request.form.getlist(f"v:{field}")
        try:
            mine[field] = known.read(given if known.kind.takes_several else "".join(given[:1]))
            if field == LANGUAGE and mine[field] is None:
                del mine[field]
        except ValueError as error:
            mine[field], problems[field] = "".join(given[:1]), str(error)
    return mine, problems


def _others(contact_id: int) -> list[ValueChange]:
    """Who else changed this contact a moment ago: likely still at it."""
    if not scope.sees_everything():  # what an operator of another list did is not theirs to know
        return []
    query = select(ValueChange).where(
        ValueChange.contact_id == contact_id,
        ValueChange.kind == ChangeKind.OPERATOR,
        ValueChange.actor != door.operator().address,
        ValueChange.at > now(-JUST_NOW),
    )
    return list(db.session.scalars(query.order_by(ValueChange.id.desc()).limit(1)))


def _last_changes(contact_id: int) -> dict[str, ValueChange]:
    if not scope.sees_everything():
        return {}
    query = select(ValueChange).where(ValueChange.contact_id == contact_id).order_by(ValueChange.id)
    return {change.field: change for change in db.session.scalars(query)}
