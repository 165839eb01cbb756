"""Putting a contact on legal hold, and lifting the hold."""

from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit
from signup.access.seen_contact import find_contact
from signup.admin.frame import door
from signup.contacts.legal_hold import MAX_REASON, lift_holds, set_hold
from signup.duplicates.merge import survivor_of
from signup.ground.clock import utcnow
from signup.ground.db import transaction
from signup.ground.errors import NotFound

LONGEST = timedelta(days=365 * 30)


def hold_set(uid: UUID) -> ResponseReturnValue:
    contact = survivor_of(find_contact(uid))
    reason, until = request.form.get("reason", "").strip()[:MAX_REASON], _day(request.form.get("until", ""))
    if not reason or until is None or not utcnow() < until < utcnow() + LONGEST:
        flash(_("Enter a reason and a day in the future."))
        return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)
    with transaction():
        if not set_hold(contact.id, reason, until, door.operator().address):
            raise NotFound(f"contact {uid}")
        audit.note(door.operator(), "hold-set", str(contact.uid), until=until.date().isoformat())
    flash(_("The contact is on legal hold. Nothing deletes it until then."))
    return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)


def hold_lift(uid: UUID) -> ResponseReturnValue:
    contact = survivor_of(find_contact(uid))
    with transaction():
        if lifted := lift_holds(contact.id):
            audit.note(door.operator(), "hold-lifted", str(contact.uid))
    flash(_("The legal hold has been lifted.") if lifted else _("There was nothing to change."))
    return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)


def _day(text: str) -> datetime | None:
    """The end of a day (UTC)."""
    try:
        return datetime.combine(date.fromisoformat(text), time.max, UTC).replace(microsecond=0)
    except ValueError:
        return None
