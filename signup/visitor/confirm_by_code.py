"""POST /f/<form>/code: the six digits from the mail, typed where the visitor signed up."""

from http import HTTPStatus

from flask import Response, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from signup.forms.live_form import LiveForm, live_form
from signup.ground.broker import ring
from signup.ground.clock import utcnow
from signup.ground.i18n import settle
from signup.ground.tokens import CODE_TTL, Opened, TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import code_rules, page_tries
from signup.mailer import deliver
from signup.signups import confirmation, submitted
from signup.signups.signup import Signup
from signup.visitor import framed
from signup.visitor.confirm import confirmed_json, confirmed_page
from signup.visitor.origin import allow, check_origin
from signup.visitor.thanks import AfterSending, thanks_page
from signup.visitor.visitor_request import problem_details, this_visit, wants_json

DIGITS = 6


def enter_code(public_id: str) -> ResponseReturnValue:
    """Confirm by code: 303 to the success page (JSON: 200), or the question again with what is wrong (422)."""
    form = live_form(public_id)
    origin = check_origin(form)
    given = submitted.read_own(request)
    form = form.for_visitor(given.get("lang", ""), request.accept_languages)
    settle(form.definition.language)
    opened = keys().open(TokenPurpose.CODE, given["signup"])
    governor().admit(code_rules(opened.id.hex, request.remote_addr, int(CODE_TTL.total_seconds())))
    code = "".join(given.get("code", "").split()).replace("-", "")
    is_code = code.isascii() and code.isdigit() and len(code) == DIGITS
    signup = confirmation.find_by_code(opened.id, code) if is_code else None
    if signup is None or signup.form_id != form.id:
        return allow(_ask_again(form, given, opened, is_code=is_code), origin)
    return _confirm(signup, origin)


def _confirm(signup: Signup, origin: str) -> ResponseReturnValue:
    if confirmation.confirm(signup.uid, this_visit("code")):
        ring(deliver.ACTOR)
        signup = confirmation.find_signup(signup.uid) or signup
    if request.is_json or wants_json():
        return allow(jsonify(confirmed_json(signup)), origin)
    if framed.is_framed():  # the confirmation's own page is never framed
        return confirmed_page(signup)
    token = keys().sign(TokenPurpose.CONFIRM, signup.uid)
    return redirect(url_for("forms.confirm", token=token, then=1), HTTPStatus.SEE_OTHER)


def _ask_again(form: LiveForm, given: dict[str, str], opened: Opened, *, is_code: bool) -> Response:
    left = governor().count_down(page_tries(opened.id.hex, opened.signed_at)) if is_code else None
    is_old = utcnow() - opened.signed_at > CODE_TTL
    problem = _what_is_wrong(left, is_old=is_old)
    if request.is_json or wants_json():
        return problem_details({"code": problem}, problem, tries_left=0 if is_old else left)
    page = thanks_page(form, AfterSending.read(given), problem=problem)
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)


def _what_is_wrong(left: int | None, *, is_old: bool) -> str:
    """By the page's own token and its own tries: the same for an address that nothing is known of."""
    if is_old:
        return str(_("Codes work for 30 minutes. Use the link in the email, or ask for a new email."))
    if left is None:
        return str(_("Enter the six digits from the email."))
    if left == 0:
        return str(_("Too many tries. Use the link in the email, or ask for a new email."))
    text = ngettext(
        "That code didn’t match. %(num)s try left. The link in the email works too.",
        "That code didn’t match. %(num)s tries left. The link in the email works too.",
        left,
    )
    return str(text)
