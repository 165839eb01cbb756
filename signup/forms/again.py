"""A confirmation mail once more: asked for on the thank-you page. A worker decides whether there is one (`resend`).

The answer is the same for everybody, and so is the work.
"""

from http import HTTPStatus

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from signup import limits
from signup.contacts.mailbox_provider import provider_of
from signup.forms import framed, resend, submit, submitted
from signup.forms.live_form import live_form
from signup.forms.origin import allow, check_origin
from signup.i18n import settle
from signup.limits import Rule
from signup.tokens import Purpose, keys

ASKS_AN_HOUR = 20


def again(public_id: str) -> ResponseReturnValue:
    """POST /f/<form>/again: 303 to the thank-you page (JSON: 202), whatever came of it; 429 for a busy network."""
    form = live_form(public_id)
    settle(form.definition.language)
    origin = check_origin(form)
    given = submitted.read_own(request)
    handle = keys().open(Purpose.CODE, given["signup"]).id
    asks = Rule("again", f"again:{handle.hex}", limits.HOUR, ASKS_AN_HOUR)
    limits.governor().admit([asks, *limits.network_rules(request.remote_addr, *limits.VISITOR)])
    resend.ask(form.id, handle)
    if request.is_json or submit.wants_json():
        response = jsonify(status="pending", signup=given["signup"])
        response.status_code = HTTPStatus.ACCEPTED
        return allow(response, origin)
    domain = given.get("at", "")
    at = domain if provider_of(domain) else None
    more = framed.passed_on() | {"at": at, "again": 1}
    thanks = url_for("forms.thanks", public_id=public_id, s=given["signup"], **more)
    return redirect(thanks, HTTPStatus.SEE_OTHER)
