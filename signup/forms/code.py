"""POST /f/<form>/code: the six digits from the mail, typed where the visitor signed up."""

from http import HTTPStatus

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from signup import limits
from signup.broker import ring
from signup.errors import InvalidToken
from signup.forms import confirmation, submit
from signup.forms.confirm import confirmed_json
from signup.forms.live_form import LiveForm, live_form
from signup.i18n import settle
from signup.limits import Rule
from signup.mailer import deliver
from signup.tokens import CODE_TTL, Purpose, keys

TRIES_ALL_IN_ALL = 100
MAX_LENGTH = 300
DIGITS = 6


def enter_code(public_id: str) -> ResponseReturnValue:
    """Confirm by code: 303 to the success page (JSON: 200), or the question again with what is wrong (422)."""
    form = live_form(public_id)
    settle(form.definition.language)
    origin = submit.check_origin(form)
    given = _read()
    handle = keys().open(Purpose.CODE, given.get("signup", "")).id
    # Five wrong tries end a code; this bounds what many tries at the same moment could get in.
    limits.governor().admit(
        [
            Rule("code", f"c:{handle.hex}", int(CODE_TTL.total_seconds()), TRIES_ALL_IN_ALL),
            *limits.network_rules(request.remote_addr, 60, 200, 1_000),
        ]
    )
    code = "".join(given.get("code", "").split()).replace("-", "")
    signup = (
        confirmation.find_by_code(handle, code) if code.isascii() and code.isdigit() and len(code) == DIGITS else None
    )
    if signup is None or signup.form_id != form.id:
        return submit.allow(_ask_again(form, given.get("signup", "")), origin)
    if confirmation.confirm(signup.uid, submit.this_visit("code")):
        ring(deliver.ACTOR)
        signup = confirmation.find_signup(signup.uid) or signup
    if request.is_json or submit.wants_json():
        return submit.allow(jsonify(confirmed_json(signup)), origin)
    token = keys().sign(Purpose.CONFIRM, signup.uid)
    return redirect(url_for("forms.confirm", token=token), HTTPStatus.SEE_OTHER)


def _read() -> dict[str, str]:
    given = request.get_json() if request.is_json else request.form
    if not hasattr(given, "items"):
        raise BadRequest
    texts = {str(key): value for key, value in given.items() if isinstance(value, str) and len(value) <= MAX_LENGTH}
    if not texts.get("signup"):
        raise InvalidToken("no signup")
    return texts


def _ask_again(form: LiveForm, handle: str) -> Response:
    problem = _("This code is not right, or it is too old. Please check it, or use the link in the mail.")
    if request.is_json or submit.wants_json():
        response = jsonify(type="about:blank", title=problem, status=422, errors={"code": problem})
        response.headers["Content-Type"] = "application/problem+json"
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response
    page = render_template("forms/thanks.html", form=form, definition=form.definition, handle=handle, problem=problem)
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)
