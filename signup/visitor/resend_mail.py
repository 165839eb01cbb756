"""Takes requests for another confirmation mail, from the thank-you page. A worker decides about each (`resend`).

The answer is the same for everybody, and so is the work.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil

from flask import jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from signup.forms.form import Definition
from signup.forms.live_form import live_form
from signup.ground.clock import utcnow
from signup.ground.i18n import settle
from signup.ground.tokens import TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import HOUR, VISITOR, Rule, network_rules
from signup.signups import resend, submitted
from signup.visitor.origin import allow, check_origin
from signup.visitor.thanks import AfterSending, thanks_url
from signup.visitor.visitor_request import wants_json

ASKS_AN_HOUR = 20
MAIL_EVERY = timedelta(minutes=5)
"""As the governor has it for one address (`address_rules`)."""


def again(public_id: str) -> ResponseReturnValue:
    """POST /f/<form>/again: 303 to the thank-you page (JSON: 202), whatever came of it; 429 for a busy network."""
    form = live_form(public_id)
    origin = check_origin(form)
    given = submitted.read_own(request)
    form = form.for_visitor(given.get("lang", ""), request.accept_languages)
    settle(form.definition.language)
    opened = keys().open(TokenPurpose.CODE, given["signup"])
    handle, wait = opened.id, minutes_left(opened.signed_at)
    asks = Rule("again", f"again:{handle.hex}", HOUR, ASKS_AN_HOUR)
    governor().admit([asks, *network_rules(request.remote_addr, *VISITOR)])
    resend.ask(form.id, handle)
    # A mail that goes out now begins the wait, and the tries of its code, anew: as far as the page can know.
    signup = given["signup"] if wait else keys().sign(TokenPurpose.CODE, handle)
    if request.is_json or wants_json():
        said = resend_words(form.definition, wait)
        response = jsonify(status="pending", signup=signup, wait_minutes=wait, message=said, detail=said)
        response.status_code = HTTPStatus.ACCEPTED
        return allow(response, origin)
    sent = replace(AfterSending.read(given), signup=signup)
    return redirect(thanks_url(form, sent, again=wait), HTTPStatus.SEE_OTHER)


def minutes_left(signed_at: datetime) -> int:
    """Until a new mail can be sent, in whole minutes; by the page's own token, so it tells nothing of the address."""
    left = MAIL_EVERY - (utcnow() - signed_at)
    return max(0, ceil(left / timedelta(minutes=1)))


def resend_words(definition: Definition, wait: int) -> str:
    """The answer to every request for another mail."""
    if wait:
        return str(
            ngettext(
                "You can ask for a new email in %(num)s minute.",
                "You can ask for a new email in %(num)s minutes.",
                wait,
            )
        )
    return definition.say("sent_again")
