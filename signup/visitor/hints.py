"""POST /f/<form>/hints: what is worth a second look of what was typed so far. Nothing is refused or stored."""

from http import HTTPStatus

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from signup.checks.check import COUNTRY, check_answers, second_key_of
from signup.fields.value import MAX_TEXT
from signup.forms.form import Definition
from signup.forms.live_form import live_form
from signup.ground.errors import NotFound
from signup.ground.i18n import settle
from signup.limits.governor import governor
from signup.limits.limit_rule import Rule, network_rules

MAX_BODY = 4_000
TIMES_AN_HOUR = 240


def hints(public_id: str) -> ResponseReturnValue:
    """Each checked answer with its hint, empty where all is well, in the language that the page is in."""
    form = live_form(public_id)
    if (request.content_length or 0) > MAX_BODY or request.mimetype != "application/x-www-form-urlencoded":
        return Response(status=HTTPStatus.BAD_REQUEST)
    said = form.in_language.get(request.form.get("lang", ""))
    if said is None:
        raise NotFound(f"form {public_id} in this language")
    settle(said.definition.language)
    network = network_rules(request.remote_addr, 0, 0, 0)
    key = network[0].key if network else ""
    governor().admit([Rule("hints", f"h:{key}", 3_600, TIMES_AN_HOUR)])
    asked = {field.key for field in form.definition.fields} & set(request.form)
    answers = {key: request.form[key][:MAX_TEXT].strip() for key in asked}
    looks = check_answers(answers, form.definition.country, form.definition.checks)
    found = {one.key: str(one.checked.hint) for one in looks}
    return jsonify(hints=found)


def watched_keys(definition: Definition) -> list[str]:
    """The keys of the form's first answers that a page should ask hints for when they change."""
    keys, checks = {field.key for field in definition.first_fields}, definition.checks
    beside = {second_key_of(key, name) for key, name in checks.items()}
    return sorted(keys & {*checks, *beside, COUNTRY}) if keys & set(checks) else []
