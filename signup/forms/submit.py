"""POST /f/<form>: check, ask the governor, store, ring, answer – alike, whatever we know of the address."""

from http import HTTPStatus
from typing import Any

import structlog
from flask import Response, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup import limits, tokens
from signup.activity import tally
from signup.activity.tally import Measure
from signup.broker import ring
from signup.consent.subscription import State
from signup.contacts import address as addresses
from signup.contacts import source as sources
from signup.db import driver_connection, is_outage, transaction
from signup.errors import ForeignOrigin, InvalidAddress, InvalidAnswers, TooMany
from signup.forms import accept, confirmation, show, stamp, submitted
from signup.forms.accept import Sent, Visit
from signup.forms.live_form import LiveForm, live_form
from signup.forms.submitted import Submitted
from signup.i18n import settle
from signup.mailer import deliver
from signup.tokens import Purpose
from signup.urls import origin_of, settings

MAX_AGENT = 300
PREFLIGHT_SECONDS = 3_600
RETRY_SECONDS = 5

log = structlog.get_logger()


def submit(public_id: str) -> ResponseReturnValue:
    """Take one submission: 303 to the thank-you page or the page again (422); JSON: 202, or 422 problem details."""
    form = live_form(public_id)
    settle(form.definition.language)
    origin = check_origin(form)
    given = None
    try:
        given = submitted.read(request, form.definition)
        answer = _take(form, given, origin)
    except InvalidAnswers as error:
        answer = _refuse(form, given, error.problems)
    except TooMany as error:
        if given is None or given.is_json or limits.is_silent(error.rule):
            raise
        text = _("Too many sign-ups came from your network or for this list. Please try again later.")
        answer = _show_again(form, given, {}, text, HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(error.retry_after)
    except Exception as error:  # an outage is answered with what was typed; everything else goes on up
        if given is None or given.is_json or not is_outage(error):
            raise
        log.warning("database.away", error=type(error).__name__)
        text = _("We cannot store anything right now. What you typed is still here: please send it again in a moment.")
        answer = _show_again(form, given, {}, text, HTTPStatus.SERVICE_UNAVAILABLE)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return allow(answer, origin)


def preflight(public_id: str) -> ResponseReturnValue:
    """OPTIONS: whether a page of another origin may send JSON here."""
    origin = check_origin(live_form(public_id))
    response = Response(status=HTTPStatus.NO_CONTENT)
    if origin:
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Accept"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return allow(response, origin)


def check_origin(form: LiveForm) -> str:
    """The page's origin when the browser names one. Raises `ForeignOrigin` for one the form's owner did not allow."""
    origin = request.headers.get("Origin", "")
    if origin in {"", "null"}:  # no browser, or a page that hides where it is: the stamp must do
        return ""
    if origin.lower() not in _own_origins() and origin.lower() not in form.definition.allowed_origins:
        raise ForeignOrigin(origin)
    return origin


def _own_origins() -> set[str]:
    return {settings().public_url, origin_of(request.host_url)}


def allow(response: Response, origin: str) -> Response:
    """Let a page of an allowed origin read the answer; no credentials, ever."""
    response.headers.add("Vary", "Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def _take(form: LiveForm, given: Submitted, origin: str) -> Response:
    address, answers = _check(form, given)
    is_stamped = stamp.check_render_stamp(form.public_id, given.text("token"))
    handle = accept.handle_of(form.list_id, address)
    if given.text(submitted.HONEYPOT):
        _hold(form, "honeypot")
        return _thank(form, given, handle)
    visit = this_visit("json" if given.is_json else "form")
    hashed, ip = tokens.keys().hash(address.canonical), request.remote_addr
    rules = limits.sign_up_rules(settings(), hashed, form.list_id, ip, is_proven=is_stamped or bool(origin))
    try:
        limits.governor().admit(rules)
    except TooMany as error:
        _hold(form, error.rule)
        if not limits.is_silent(error.rule):
            raise
        return _thank(form, given, handle)
    source = sources.from_page(given.text("page") or request.referrer or "", given.text("referrer"), given.text("src"))
    try:
        _store(form, Sent(address, answers, source, visit))
    except Exception:  # "please send it again" must not be held back for having come twice
        limits.governor().forgive([rule for rule in rules if limits.is_silent(rule.name)])
        raise
    return _thank(form, given, handle)


def _check(form: LiveForm, given: Submitted) -> tuple[addresses.Address, dict[str, Any]]:
    problems = dict(given.problems)
    address, answers = None, {}
    try:
        address = addresses.parse(given.text("email"))
    except InvalidAddress:
        problems.setdefault("email", _("Please check the address: it does not look complete."))
    try:
        answers = form.definition.read_answers(given.answers)
    except InvalidAnswers as error:
        problems = error.problems | problems
    if not given.consents:
        problems.setdefault("consent", _("Please tick the box: without your consent we may not write to you."))
    if problems or address is None:
        raise InvalidAnswers(problems)
    return address, answers


def _store(form: LiveForm, sent: Sent) -> None:
    with driver_connection() as connection:
        stored = accept.store(connection, form, sent)
    if form.definition.opt_in == "single" and stored.subscription_state == State.PENDING:
        # No confirmation mail, for the reason the form's owner gave: still two events, the second marked `single`.
        confirmation.confirm(stored.uid, Visit(sent.visit.ip, sent.visit.agent, "single"))
        ring(deliver.ACTOR)
    elif stored.message_ids:
        ring(deliver.ACTOR, *stored.message_ids)


def this_visit(method: str) -> Visit:
    """The visitor of the current request, as far as the operator wants it recorded."""
    if not settings().keep_addresses_of_visitors:
        return Visit(None, None, method)
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT].replace("\0", "")
    return Visit(request.remote_addr, agent or None, method)


def _hold(form: LiveForm, rule: str) -> None:
    log.info("signup.held", rule=rule, form=form.public_id)
    with transaction():
        tally.count([{"list_id": form.list_id, "form_id": form.id, "source": rule, "measure": Measure.HELD}])


def _thank(form: LiveForm, given: Submitted, handle: Any) -> Response:
    sign = tokens.keys().sign(Purpose.CODE, handle)
    if given.is_json or wants_json():
        response = make_response(jsonify(status="pending", signup=sign), HTTPStatus.ACCEPTED)
    else:
        target = form.definition.thanks_url or url_for("forms.thanks", public_id=form.public_id, s=sign)
        response = make_response(redirect(target, HTTPStatus.SEE_OTHER))
        if request.headers.get("Origin", "").lower() in _own_origins():  # never for a form on somebody else's page
            stamp.remember_browser(response, handle)
    return response


def _refuse(form: LiveForm, given: Submitted | None, problems: dict[str, str]) -> Response:
    if given is None or given.is_json or wants_json():
        response = jsonify(
            type="about:blank",
            title=_("Some answers need another look"),
            status=HTTPStatus.UNPROCESSABLE_ENTITY.value,
            errors=problems,
        )
        response.headers["Content-Type"] = "application/problem+json"
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response
    return _show_again(form, given, problems, problems.get("", ""), HTTPStatus.UNPROCESSABLE_ENTITY)


def _show_again(
    form: LiveForm, given: Submitted, problems: dict[str, str], banner: str, status: HTTPStatus
) -> Response:
    return make_response(show.page(form, given.as_typed, problems, banner), status)


def wants_json() -> bool:
    """Whether the client asked for JSON rather than a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"
