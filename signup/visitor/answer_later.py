"""POST /f/<form>/answers: the questions that were left until the address was confirmed."""

from http import HTTPStatus
from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from signup.forms.form import Definition
from signup.forms.live_form import live_form
from signup.ground.db import transaction
from signup.ground.errors import InvalidAnswers, InvalidToken
from signup.ground.i18n import settle
from signup.ground.tokens import LATER_TTL, TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import Rule
from signup.signups import confirmation, later_questions
from signup.visitor import framed
from signup.visitor.confirm import confirmed_page
from signup.visitor.origin import allow, check_origin
from signup.visitor.visitor_request import problem_details, this_visit, wants_json

TIMES = 20


def answer_later(public_id: str) -> ResponseReturnValue:
    """Store them and thank: 303 to the success page (a script: 200), or the questions again (422)."""
    form = live_form(public_id)
    origin = check_origin(form)
    uid = later_questions.open_token(request.form.get("token", ""))
    governor().admit([Rule("answers", f"a:{uid.hex}", int(LATER_TTL.total_seconds()), TIMES)])
    signup = confirmation.find_signup(uid)
    if signup is None or signup.form_id != form.id or not signup.is_done:
        raise InvalidToken("no such sign-up")
    settle(signup.language)
    definition = signup.form_version.definition.said_in(signup.language)
    given = _read(definition)
    try:
        answers = definition.read_answers(given, later=True)
    except InvalidAnswers as error:
        if wants_json():
            return allow(problem_details(error.problems), origin)
        return confirmed_page(signup, given, error.problems), HTTPStatus.UNPROCESSABLE_ENTITY
    if answers:
        with transaction():
            later_questions.answer(signup, answers, this_visit("later"))
    if wants_json():
        return allow(jsonify(status="stored"), origin)
    if framed.is_framed():
        return confirmed_page(signup, saved=True)
    token = keys().sign(TokenPurpose.CONFIRM, uid)
    return redirect(url_for("forms.confirm", token=token, saved=1), HTTPStatus.SEE_OTHER)


def _read(definition: Definition) -> dict[str, Any]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise BadRequest
    several = {field.key: field.kind.takes_several for field in definition.later_fields}
    given = {
        key: values if several[key] else values[0]
        for key, values in request.form.lists()
        if key in several  # a website's plugins add inputs of their own
    }
    if any("\0" in part for value in given.values() for part in (value if isinstance(value, list) else [value])):
        raise BadRequest
    return given
