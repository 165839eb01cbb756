"""Everything we know about somebody, as a file (GDPR art. 15, 20): by a freshly mailed link and a press of a button."""

from http import HTTPStatus

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from signup.addresses import address as addresses
from signup.ground.clock import utcnow
from signup.ground.i18n import settle
from signup.ground.tokens import COPY_TTL, TokenPurpose, keys
from signup.mailer.message_kind import MessageKind
from signup.privacy.access_file import AccessFile, page_policy
from signup.visitor.own_data.mailed_link import send_link
from signup.visitor.own_data.preferences import find_contact


def ask_for_copy(token: str) -> ResponseReturnValue:
    """POST /preferences/<token>/copy: mail the link."""
    return send_link(token, MessageKind.COPY, TokenPurpose.COPY)


def personal_copy(token: str) -> ResponseReturnValue:
    """/copy/<token>: GET shows two buttons and nothing personal but the masked address, POST gives page or file."""
    opened = keys().open(TokenPurpose.COPY, token)
    contact = find_contact(opened.id)
    settle(contact.language)
    shown = {"address": addresses.mask(contact.address), "is_over": utcnow() - opened.signed_at > COPY_TTL}
    if shown["is_over"]:
        return render_template("visitor/personal_copy.html", **shown), HTTPStatus.GONE
    if request.method != "POST":
        return render_template("visitor/personal_copy.html", **shown)
    known = AccessFile.of(contact)
    if request.form.get("as") == "page":
        response = Response(known.as_page(), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = page_policy()
        return response
    response = Response(known.as_json(), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{known.name}.json"'
    return response
