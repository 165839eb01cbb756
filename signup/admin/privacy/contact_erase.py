"""Erasing one contact: what would go, and with the address typed, all of it."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from signup.access import audit
from signup.access.seen_contact import find_contact
from signup.addresses.address import key_of
from signup.admin.frame import door
from signup.admin.privacy.erase_words import in_words
from signup.contacts.contact import Contact
from signup.duplicates.merge import survivor_of
from signup.ground.db import transaction
from signup.ground.errors import LegallyHeld
from signup.privacy import traces
from signup.privacy.erase import ErasureOrder, erase, look


def contact_erase(uid: UUID) -> ResponseReturnValue:
    contact = survivor_of(find_contact(uid))
    problem = ""
    if request.method == "POST":
        if key_of(request.form.get("typed", "")) == contact.address_key:
            return _erase(contact)
        problem = _("Type the contact’s email address to confirm.")
    would = look(contact.address_key)
    page = render_template(
        "admin/privacy/contact_erase.html",
        contact=contact,
        would=would,
        rows=in_words(would.found),
        problem=problem,
        objected=bool(request.form.get("objected")),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK


def _erase(contact: Contact) -> ResponseReturnValue:
    uid, has_objected = str(contact.uid), bool(request.form.get("objected"))
    try:
        with transaction():
            done = erase(contact.address_key, ErasureOrder("operator", has_objected))
            rows = sum(done.found.values())
            audit.note(door.operator(), "contact-erased", uid, objected=has_objected, rows=rows)
    except LegallyHeld as held:
        flash(_("This contact is on legal hold until %(day)s.", day=format_date(held.until)))
        return redirect(url_for("admin.contact", uid=uid), HTTPStatus.SEE_OTHER)
    traces.wipe()
    flash(_("The contact has been erased."))
    return redirect(url_for("admin.contacts"), HTTPStatus.SEE_OTHER)
