"""GET /f/<form>/state: tells the page after sending that its own sign-up was confirmed meanwhile, elsewhere.

Its token names that one sign-up. One that was held back, and one of somebody who is on the list already, has a token
like any other and stays pending: whoever typed a stranger's address learns nothing of what we knew before.
"""

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.forms.live_form import LiveForm, live_form
from signup.ground.clock import utcnow, uuid7
from signup.ground.db import db
from signup.ground.tokens import CONFIRM_TTL, Opened, TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import network_rules
from signup.signups.signup import Signup, SignupState
from signup.signups.store_signup import StoredSignup
from signup.visitor.origin import allow, check_origin

TIMES_AN_HOUR = 1_200


def state(public_id: str) -> ResponseReturnValue:
    """200 `{"status": "pending"}`, or `confirmed`; 429 for a network that asks too often. Changes nothing."""
    form = live_form(public_id)
    origin = check_origin(form)
    opened = keys().open(TokenPurpose.STATE, request.args.get("of", ""))  # what is forged costs no count
    governor().admit(network_rules(request.remote_addr, TIMES_AN_HOUR, 0, 0, prefix="s")[:1])
    status = SignupState.CONFIRMED if is_confirmed(form, opened) else SignupState.PENDING
    return allow(jsonify(status=status), origin)


def state_token(form: LiveForm, stored: StoredSignup | None) -> str:
    """The token for the page after sending. None where single opt-in confirms at once: it would tell who was new."""
    if form.definition.opt_in == "single":
        return ""
    return keys().sign(TokenPurpose.STATE, stored.uid if stored else uuid7())


def is_confirmed(form: LiveForm, opened: Opened) -> bool:
    """Whether the sign-up of this token was confirmed since; a token tells it as long as the mail's link works."""
    if utcnow() - opened.signed_at > CONFIRM_TTL:
        return False
    own = Signup.uid == opened.id, Signup.form_id == form.id, Signup.state == SignupState.CONFIRMED
    return db.session.scalar(select(Signup.id).where(*own)) is not None
