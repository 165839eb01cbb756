"""POST /f/<form>/code: the six digits from the mail, typed where the visitor signed up."""

from http import HTTPStatus

from flask import Response, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.forms.live_form import LiveForm, live_form
from signup.ground.broker import ring
from signup.ground.i18n import settle
from signup.ground.tokens import CODE_TTL, TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import code_rules
from signup.mailer import deliver
from signup.signups import confirmation, submitted
from signup.visitor import framed, show_form
from signup.visitor.confirm import confirmed_json, confirmed_page
from signup.visitor.origin import allow, check_origin
from signup.visitor.visitor_request import problem_details, this_visit, wants_json

MAX_LENGTH = 300
DIGITS = 6


def enter_code(public_id: str) -> ResponseReturnValue:
    """Confirm by code: 303 to the success page (JSON: 200), or the question again with what is wrong (422)."""
    form = live_form(public_id)
    origin = check_origin(form)
    given = submitted.read_own(request)
    form = form.for_visitor(given.get("lang", ""), request.accept_languages)
    settle(form.definition.language)
    handle = keys().open(TokenPurpose.CODE, given.get("signup", "")).id
    governor().admit(code_rules(handle.hex, request.remote_addr, int(CODE_TTL.total_seconds())))
    code = "".join(given.get("code", "").split()).replace("-", "")
    signup = (
        confirmation.find_by_code(handle, code) if code.isascii() and code.isdigit() and len(code) == DIGITS else None
    )
    if signup is None or signup.form_id != form.id:
        return allow(_ask_again(form, given), origin)
    if confirmation.confirm(signup.uid, this_visit("code")):
        ring(deliver.ACTOR)
        signup = confirmation.find_signup(signup.uid) or signup
    if request.is_json or wants_json():
        return allow(jsonify(confirmed_json(signup)), origin)
    if framed.is_framed():  # the confirmation's own page is never framed
        return confirmed_page(signup)
    token = keys().sign(TokenPurpose.CONFIRM, signup.uid)
    return redirect(url_for("forms.confirm", token=token, then=1), HTTPStatus.SEE_OTHER)


def _ask_again(form: LiveForm, given: dict[str, str]) -> Response:
    problem = _(
        "That code didn’t match, or it is more than 30 minutes old. Please check it or use the link in the email:"
        " after five wrong codes, only the link works."
    )
    if request.is_json or wants_json():
        return problem_details({"code": problem}, problem)
    page = show_form.thanks_page(form, given["signup"], given.get("at", ""), problem=problem)
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)
