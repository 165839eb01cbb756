"""POST /f/<form>: check, ask the governor, store, ring, answer – alike, whatever we know of the address."""

import re
from http import HTTPStatus
from typing import Any

import structlog
from flask import Response, g, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup import limits, tokens
from signup.activity.sighting import Sighting, sightings
from signup.activity.step import Step
from signup.broker import ring
from signup.consent import partner
from signup.consent.partner import Shown
from signup.consent.subscription import State
from signup.contacts import address as addresses
from signup.contacts import mailbox
from signup.contacts import source as sources
from signup.contacts.mailbox_provider import provider_of
from signup.contacts.source import Source
from signup.db import driver_connection, is_outage
from signup.errors import ForeignOrigin, InvalidAddress, InvalidAnswers, NeedsProof, TooMany
from signup.forms import accept, admission, challenge, confirmation, framed, show, stamp, submitted
from signup.forms.accept import Accepted, Sent, Visit
from signup.forms.admission import Knock
from signup.forms.live_form import LiveForm, live_form
from signup.forms.submitted import Submitted
from signup.i18n import settle
from signup.mailer import deliver
from signup.tokens import Purpose
from signup.urls import origin_of, settings

MAX_AGENT = 300
MAX_SITE = 120
BOX = re.compile(r"(?P<id>[0-9]{1,9})(?:\.(?P<number>[0-9]{1,9})(?:\.(?P<locale>en|fr|de|nl|it))?)?")
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
        form = _as_shown(form, given)
        answer = _take(form, given, origin)
    except InvalidAnswers as error:
        _count_refusal(form, given, origin)
        answer = _refuse(form, given, error.problems)
    except NeedsProof as error:
        answer = _ask_for_proof(form, given, error)
    except TooMany as error:
        if given is None or not _is_page(given) or limits.is_silent(error.rule):
            raise
        text = _("Too many sign-ups came from your network or for this list. Please try again later.")
        answer = _show_again(form, given, {}, text, HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(error.retry_after)
    except Exception as error:  # an outage is answered with what was typed; everything else goes on up
        if given is None or not _is_page(given) or not is_outage(error):
            raise
        log.warning("database.away", error=type(error).__name__)
        text = _("We cannot store anything right now. What you typed is still here: please send it again in a moment.")
        answer = _show_again(form, given, {}, text, HTTPStatus.SERVICE_UNAVAILABLE)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return allow(answer, origin)


def _count_refusal(form: LiveForm, given: Submitted | None, origin: str) -> None:
    source = _source(given) if given else Source()
    site = known_site(form, origin or origin_of(source.page))
    language = form.definition.language
    sightings().add(Sighting(Step.REFUSED, form.id, form.list_id, site, source.placement, language))


def _as_shown(form: LiveForm, given: Submitted) -> LiveForm:
    """The form in the language that the visitor read it in: what they agreed to. Refuses one it is not offered in."""
    language = given.text("lang")
    if not language:
        return form
    if language not in form.in_language:
        given.own["consent"] = False  # what is shown now is another wording
        raise InvalidAnswers({"lang": _("This form is not offered in that language. Please read it once more.")})
    settle(language)
    return form.in_language[language]


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
    g.allowed_origin = origin  # its page may read what is wrong, too
    return origin


def known_site(form: LiveForm, origin: str) -> str:
    """`origin` as reports name it: one that the form's owner knows, or none; strangers could name any number."""
    site = origin.lower()
    if site in _own_origins():
        return settings().public_url[:MAX_SITE]  # whatever name of ours the visitor came by
    return site[:MAX_SITE] if site in form.definition.allowed_origins else ""


def _own_origins() -> set[str]:
    return {settings().public_url, origin_of(request.host_url)}


def allow(response: Response, origin: str) -> Response:
    """Let a page of an allowed origin read the answer; no credentials, ever."""
    response.headers.add("Vary", "Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def _take(form: LiveForm, given: Submitted, origin: str) -> Response:
    address, answers, partners = check(form, given)
    is_stamped = stamp.check_render_stamp(form.public_id, given.text("token"))
    handle = accept.handle_of(form.list_id, address)
    attempt = admission.attempt(form.list_id, address, request.remote_addr, is_proven=is_stamped or bool(origin))
    knock = admission.prove(Knock(form, address, attempt), given.text("proof"))
    if given.text(submitted.HONEYPOT):
        knock.hold("honeypot")
        return _thank(form, given, handle)
    try:
        rules = admission.admit(knock)
    except TooMany as error:
        if not limits.is_silent(error.rule):
            raise
        return _thank(form, given, handle)
    visit = this_visit("form" if _is_page(given) else "json")
    source = _source(given)
    try:
        site = known_site(form, origin or origin_of(source.page))
        _store(form, Sent(address, answers, source, visit, site, partners))
    except Exception:  # "please send it again" must not be held back for having come twice
        limits.governor().take_back([rule for rule in rules if limits.is_silent(rule.name)])
        raise
    return _thank(form, given, handle)


def _source(given: Submitted) -> Source:
    return sources.from_page(given.text("page") or request.referrer or "", given.text("referrer"), given.text("src"))


def check(form: LiveForm, given: Submitted) -> tuple[addresses.Address, dict[str, Any], tuple[Shown, ...]]:
    """Address, answers and ticked partners of a submission, for every door. Raises `InvalidAnswers`."""
    problems = dict(given.problems)
    address, answers = None, {}
    try:
        address = addresses.parse(given.text("email"))
    except InvalidAddress:
        problems.setdefault("email", _("Please check the address: it does not look complete."))
    else:
        if reason := _refuse_mailbox(form, address):
            problems.setdefault("email", reason)
    try:
        answers = form.definition.read_answers(given.answers)
    except InvalidAnswers as error:
        problems = error.problems | problems
    ticked = _ticked(form, given.partners)
    if len(ticked) < len(set(given.partners)):
        problems.setdefault("partners", _("One of these partners is not on offer here. Please look again."))
    if not given.consents:
        problems.setdefault("consent", _("Please tick the box: without your consent we may not write to you."))
    if problems or address is None:
        raise InvalidAnswers(problems)
    return address, answers, ticked


def _ticked(form: LiveForm, values: list[str]) -> tuple[Shown, ...]:
    """The boxes behind what was sent, each as it was shown; those that this form does not offer are left out."""
    on_offer = {one.id: one for one in form.partners}
    found: dict[int, Shown] = {}
    for value in values:
        match = BOX.fullmatch(value)
        now_shown = on_offer.get(int(match["id"])) if match else None
        if match is None or now_shown is None or now_shown.id in found:
            continue
        number, locale = int(match["number"] or now_shown.number), match["locale"] or now_shown.locale
        box: Shown | None = now_shown
        if (number, locale) != (now_shown.number, now_shown.locale):  # another language, or a page of long ago
            box = partner.shown_as(now_shown.id, number, locale)
        if box:
            found[box.id] = box
    return tuple(found.values())


def _refuse_mailbox(form: LiveForm, address: addresses.Address) -> str:
    """Why this form takes no such mailbox, by the address alone: the answer is the same for a known one."""
    definition, domain = form.definition, address.domain
    thrown_away = definition.refuses_disposable and mailbox.is_disposable(domain)
    role = definition.refuses_roles and mailbox.is_role(address.key.rpartition("@")[0])
    if not (thrown_away or role) or limits.vouched_for(None, domain, tokens.keys().hash(address.canonical)).is_any:
        return ""
    if thrown_away:
        return str(_("Mailboxes of this provider vanish after a while. Please use an address that you keep."))
    return str(_("This address belongs to a whole team. Please use one that you alone read."))


def _store(form: LiveForm, sent: Sent) -> None:
    with driver_connection() as connection:
        stored = accept.store(connection, form, sent)
    follow_up(form, stored, sent.visit)


def follow_up(form: LiveForm, stored: Accepted, visit: Visit) -> None:
    """What comes after the commit: ring for the mails, or confirm at once where the form is single opt-in."""
    if form.definition.opt_in == "single" and stored.subscription_state == State.PENDING:
        # No confirmation mail, for the reason the form's owner gave: still two events, the second marked `single`.
        confirmation.confirm(stored.uid, Visit(visit.ip, visit.agent, "single"))
        ring(deliver.ACTOR)
    elif stored.message_ids:
        ring(deliver.ACTOR, *stored.message_ids)


def this_visit(method: str) -> Visit:
    """The visitor of the current request, as far as the operator wants it recorded."""
    if not settings().keep_addresses_of_visitors:
        return Visit(None, None, method)
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT].replace("\0", "")
    return Visit(request.remote_addr, agent or None, method)


def _thank(form: LiveForm, given: Submitted, handle: Any) -> Response:
    sign = tokens.keys().sign(Purpose.CODE, handle)
    # Told by the domain as typed, alike for everybody there: it says nothing of what we know.
    domain = given.text("email").rpartition("@")[2].strip().lower()
    provider = provider_of(domain)
    if not _is_page(given):
        opens = {"name": provider.name, "url": provider.inbox_url(form.sender_address)} if provider else None
        return make_response(jsonify(status="pending", signup=sign, mailbox=opens), HTTPStatus.ACCEPTED)
    more = framed.passed_on() | ({"at": domain} if provider else {})
    target = form.definition.thanks_url or _thanks_url(form, sign, more)
    response = make_response(redirect(target, HTTPStatus.SEE_OTHER))
    if _is_hosted(given):
        stamp.remember_browser(response, handle)
    return response


def _thanks_url(form: LiveForm, sign: str, more: dict[str, Any]) -> str:
    language = form.definition.language if len(form.in_language) > 1 else None
    return url_for("forms.thanks", public_id=form.public_id, s=sign, lang=language, **more)


def _is_hosted(given: Submitted) -> bool:
    """Whether our own page sent it, not framed, and did not just pass on what somebody else's page had sent."""
    is_ours = request.headers.get("Origin", "").lower() in _own_origins()
    return is_ours and not framed.is_framed() and not given.text(submitted.ELSEWHERE)


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
    sends_itself = unchanged and not challenge.is_solved(given.text("proof"))
    typed = given.as_typed | {"elsewhere": not _is_hosted(given), "sends_itself": sends_itself}
    return make_response(show.page(form, typed, work=asked), HTTPStatus.PRECONDITION_REQUIRED)


def _refuse(form: LiveForm, given: Submitted | None, problems: dict[str, str]) -> Response:
    if given is None or not _is_page(given):
        return problem(problems)
    banner = problems.get("") or problems.get("lang", "")
    return _show_again(form, given, problems, banner, HTTPStatus.UNPROCESSABLE_ENTITY)


def problem(problems: dict[str, str], title: str = "") -> Response:
    """422 problem details (RFC 9457) with one message a field."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = title or _("Some answers need another look")
    response = jsonify(type="about:blank", title=title, status=status.value, errors=problems)
    response.headers["Content-Type"] = "application/problem+json"
    response.status_code = status
    return response


def _show_again(
    form: LiveForm, given: Submitted, problems: dict[str, str], banner: str, status: HTTPStatus
) -> Response:
    typed = given.as_typed | {"elsewhere": not _is_hosted(given)}
    return make_response(show.page(form, typed, problems, banner), status)


def _is_page(given: Submitted) -> bool:
    """Whether a page is the answer, and not data for a script or a program."""
    return not given.is_json and not wants_json()


def wants_json() -> bool:
    """Whether the client asked for JSON rather than a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"
