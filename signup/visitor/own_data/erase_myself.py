"""Somebody deletes everything about themselves (GDPR art. 17): by a freshly mailed link and a press of a button."""

from http import HTTPStatus

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date

from signup.addresses import address as addresses
from signup.ground.clock import utcnow
from signup.ground.db import transaction
from signup.ground.errors import LegallyHeld, NotFound
from signup.ground.i18n import settle
from signup.ground.tokens import ERASE_TTL, TokenPurpose, keys
from signup.mailer.message_kind import MessageKind
from signup.privacy import traces
from signup.privacy.erase import ErasureOrder, erase
from signup.visitor.own_data.mailed_link import send_link
from signup.visitor.own_data.preferences import find_contact


def ask_for_erasure(token: str) -> ResponseReturnValue:
    """POST /preferences/<token>/erase: mail the link."""
    return send_link(token, MessageKind.ERASE, TokenPurpose.ERASE)


def erase_myself(token: str) -> ResponseReturnValue:
    """/erase/<token>: GET shows the button, POST deletes, and says what stays. A second time it says the same."""
    opened = keys().open(TokenPurpose.ERASE, token)
    if utcnow() - opened.signed_at > ERASE_TTL:
        return render_template("visitor/erase.html", step="over"), HTTPStatus.GONE
    try:
        contact = find_contact(opened.id)
    except NotFound:
        return render_template("visitor/erase.html", step="done")
    settle(contact.language)
    shown = addresses.mask(contact.address)
    if request.method != "POST":
        return render_template("visitor/erase.html", step="ask", address=shown)
    has_objected = bool(request.form.get("objected"))
    try:
        with transaction():
            erase(contact.address_key, ErasureOrder("link", has_objected))
    except LegallyHeld as held:
        page = render_template("visitor/erase.html", step="held", reason=held.reason, until=format_date(held.until))
        return page, HTTPStatus.CONFLICT
    traces.wipe()
    return render_template("visitor/erase.html", step="done", objected=has_objected)
