"""POST /f/<form>: check, ask the governor, store, tell the workers, answer – alike, whatever we know of the address."""

from dataclasses import replace
from http import HTTPStatus

import structlog
from flask import Response, jsonify, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.addresses import address as addresses
from signup.addresses.mailbox_provider import provider_of
from signup.contacts import source as sources
from signup.contacts.source import Source
from signup.counts.sighting import Sighting, sightings
from signup.counts.step import Step
from signup.enquiries import enquiry, take_enquiry
from signup.forms import stamp
from signup.forms.live_form import LiveForm, live_form
from signup.ground import tokens
from signup.ground.database_outage import tell
from signup.ground.db import is_outage
from signup.ground.errors import InvalidAddress, InvalidAnswers, NeedsProof, TooMany
from signup.ground.i18n import settle
from signup.ground.tokens import TokenPurpose
from signup.ground.urls import origin_of
from signup.limits.limit_rule import CountedAttempt, is_silent
from signup.signups import admission, check_submission, proof_of_work, store_signup, submitted
from signup.signups.check_submission import CheckedSubmission
from signup.signups.follow_up import follow_up
from signup.signups.store_signup import StoredSignup
from signup.signups.submitted import Submitted
from signup.visitor import framed, show_form
from signup.visitor.origin import allow, check_origin, known_site, own_origins
from signup.visitor.signup_state import state_token
from signup.visitor.thanks import AfterSending, thanks_url
from signup.visitor.visitor_request import problem_details, this_visit, wants_json

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
        form = _as_shown(form, given)
        answer = _take(form, given, origin)
    except InvalidAnswers as error:
        _count_refusal(form, given, origin)
        answer = _refuse(form, given, error.problems)
    except NeedsProof as error:
        answer = _ask_for_proof(form, given, error)
    except TooMany as error:
        if given is None or not _is_page(given) or is_silent(error.rule):
            raise
        text = _("Too many people are signing up from your network or for this list. Please try again later.")
        answer = _show_again(form, given, {}, text, HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(error.retry_after)
    except Exception as error:  # an outage is answered with what was typed; everything else goes on up
        if given is None or not _is_page(given) or not is_outage(error):
            raise
        tell(error)
        text = _("We cannot save anything right now. What you typed is still here: please try again in a moment.")
        answer = _show_again(form, given, {}, text, HTTPStatus.SERVICE_UNAVAILABLE)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return allow(answer, origin)


def _count_refusal(form: LiveForm, given: Submitted | None, origin: str) -> None:
    if given and stamp.is_test_stamp(form.public_id, given.token):
        return
    source = _source(given) if given else Source()
    site = known_site(form, origin or origin_of(source.page))
    language = form.definition.language
    sightings().add(Sighting(Step.REFUSED, form.id, form.list_id, site, source.placement, language))


def _as_shown(form: LiveForm, given: Submitted) -> LiveForm:
    """The form in the language in which the visitor read and agreed to it. Refuses a language it is not offered in."""
    language = given.language
    if not language:
        return form
    if language not in form.in_language:
        given.consents = False  # what is shown now is another wording
        raise InvalidAnswers({"lang": _("This form is not available in that language. Please read it again.")})
    settle(language)
    return form.in_language[language]


def _take(form: LiveForm, given: Submitted, origin: str) -> Response:
    source, visit = _source(given), this_visit(_way(given))
    sent = check_submission.check(form, given, source, visit, known_site(form, origin or origin_of(source.page)))
    stamped = stamp.check_stamp(form.public_id, given.token)
    if stamped and stamped.is_test:
        sent = replace(sent, address=_for_test(sent.address))
    attempt = admission.attempt(form.list_id, sent.address, request.remote_addr, is_proven=bool(stamped or origin))
    attempt = admission.prove(sent, attempt, given.proof, is_quick=bool(stamped and stamped.is_fresh))
    held_by = enquiry.HONEYPOT if given.is_by_a_program else ""
    if held_by:
        admission.hold(sent, attempt, held_by)
    stored = None
    if form.definition.takes_messages:
        stored = take_enquiry.take(sent, attempt, wants_list=given.consents and not held_by, held_by=held_by)
    elif not held_by:
        stored = _sign_up(sent, attempt)
    if stored:
        follow_up(form, stored, visit)
    return _thank(form, given, sent, stored)


def _way(given: Submitted) -> str:
    """By what it came: the proof shows the form as it is seen there."""
    if not _is_page(given):
        return "json"
    return "frame" if framed.is_framed() else "form"


def _sign_up(sent: CheckedSubmission, attempt: CountedAttempt) -> StoredSignup | None:
    """Store the sign-up; None where the address may have no further mail just now."""
    values = store_signup.gather(sent)
    try:
        with admission.admitted(sent, attempt) as turn:
            return store_signup.store(turn, sent, values)
    except TooMany as error:
        if not is_silent(error.rule):
            raise
    return None


def _for_test(address: addresses.Address) -> addresses.Address:
    try:
        return address.as_test()
    except InvalidAddress:
        raise InvalidAnswers({"email": _("This email address looks incomplete. Please check it.")}) from None


def _source(given: Submitted) -> Source:
    return sources.from_page(given.page or request.referrer or "", given.referrer, given.placement)


def _thank(form: LiveForm, given: Submitted, sent: CheckedSubmission, stored: StoredSignup | None) -> Response:
    if form.definition.takes_messages and not given.consents:
        return _thank_for_message(form, given)
    sign, state = tokens.keys().sign(TokenPurpose.CODE, sent.handle), state_token(form, stored)
    provider = provider_of(sent.address.domain)
    if not _is_page(given):
        opens = {"name": provider.name, "url": provider.inbox_url(form.sender_address)} if provider else None
        told = {"signup": sign, "mailbox": opens} | ({"state": state} if state else {})
        told |= {"url": form.definition.thanks_url} if form.definition.thanks_url else {}
        return make_response(jsonify(status="pending", **told), HTTPStatus.ACCEPTED)
    is_test = stamp.is_test_stamp(form.public_id, given.token)
    after = AfterSending(sign, state, sent.address.domain if provider else "", "1" if is_test else "")
    response = make_response(redirect(form.definition.thanks_url or thanks_url(form, after), HTTPStatus.SEE_OTHER))
    if _is_hosted(given):
        stamp.remember_browser(response, sent.handle)
    return response


def _thank_for_message(form: LiveForm, given: Submitted) -> Response:
    """The answer to a message: it has arrived, and nothing waits for a confirmation."""
    if not _is_page(given):
        return make_response(jsonify(status="sent"), HTTPStatus.ACCEPTED)
    target = form.definition.thanks_url or thanks_url(form, AfterSending())
    return make_response(redirect(target, HTTPStatus.SEE_OTHER))


def _is_hosted(given: Submitted) -> bool:
    """Whether our own page sent it, not framed, and did not just pass on what somebody else's page had sent."""
    is_ours = request.headers.get("Origin", "").lower() in own_origins()
    return is_ours and not framed.is_framed() and not given.is_from_elsewhere


def _ask_for_proof(form: LiveForm, given: Submitted | None, asked: NeedsProof) -> Response:
    if given is None or not _is_page(given):
        response = jsonify(
            type="/problems/proof-of-work",
            title=_("Your browser has to solve a small puzzle first"),
            status=HTTPStatus.PRECONDITION_REQUIRED.value,
            challenge=asked.challenge,
            bits=asked.bits,
        )
        response.headers["Content-Type"] = "application/problem+json"
        response.status_code = HTTPStatus.PRECONDITION_REQUIRED
        return response
    # A page that sends itself does so once: when what it solved was refused, a person has to press the button. So has
    # one who read a partner's older text: nobody agrees by script to what they have not seen.
    unchanged = {one.value for one in form.partners}.issuperset(given.partners)
    sends_itself = unchanged and not proof_of_work.is_solved(given.proof)
    typed = given.as_typed | {"elsewhere": not _is_hosted(given), "sends_itself": sends_itself}
    return make_response(show_form.page(form, typed, work=asked), HTTPStatus.PRECONDITION_REQUIRED)


def _refuse(form: LiveForm, given: Submitted | None, problems: dict[str, str]) -> Response:
    if given is None or not _is_page(given):
        return problem_details(problems)
    banner = problems.get("") or problems.get("lang", "")
    return _show_again(form, given, problems, banner, HTTPStatus.UNPROCESSABLE_ENTITY)


def _show_again(
    form: LiveForm, given: Submitted, problems: dict[str, str], banner: str, status: HTTPStatus
) -> Response:
    typed = given.as_typed | {"elsewhere": not _is_hosted(given)}
    return make_response(show_form.page(form, typed, problems, banner), status)


def _is_page(given: Submitted) -> bool:
    """Whether a page is the answer, and not data for a script or a program."""
    return not given.is_json and not wants_json()
