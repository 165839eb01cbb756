"""Signs operators in and out: password, second factor, one-time links, the step-up proof."""

from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response, g, make_response, redirect, render_template, request, url_for
from flask import session as csrf_cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit, known_browser, passkey, session
from signup.access import ticket as tickets
from signup.access.operator import Operator, find_operator
from signup.access.password import hash_password
from signup.access.password_strength import words_about
from signup.access.sign_in_attempt import (
    SignInOutcome,
    attempt,
    has_second_factor,
    is_proof_right,
    is_second_factor_right,
    network_rules,
    passkey_rules,
)
from signup.admin.frame import door
from signup.admin.people.account_input import FactorInput, NewPasswordInput, ProofInput, SignInInput
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.errors import InvalidToken, TooMany
from signup.ground.i18n import settle
from signup.ground.tokens import HALFWAY_TTL, TokenPurpose, keys
from signup.limits.governor import governor

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
MAX_ANSWER = passkey.MAX_ANSWER


def sign_in() -> ResponseReturnValue:
    """The way in. Unknown address and wrong password get one and the same answer; a key needs neither."""
    form = SignInInput()
    if request.method == "GET":
        return redirect(url_for("admin.overview")) if "operator" in g else _page(form)
    try:
        return _by_key(form, answer) if (answer := _answer()) else _by_password(form)
    except TooMany as error:
        return _page(form, _too_many(error), HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(error.retry_after)})


def _too_many(error: TooMany) -> str:
    return str(_("Too many attempts from your network. Please wait %(n)s minutes.", n=error.retry_after // 60 + 1))


def _by_key(form: SignInInput, answer: str) -> ResponseReturnValue:
    governor().admit(passkey_rules(request.remote_addr))
    if entered := _try_key(answer):
        return _welcome(entered, _way_on())
    return _page(form, _("We don’t recognise this passkey, or it took too long. Please try again."), UNPROCESSABLE)


def _by_password(form: SignInInput) -> ResponseReturnValue:
    text = _("Wrong email address or password. After five attempts, you have to wait half a minute.")
    operator = find_operator(form.address.data or "")
    source = known_browser.source_of(operator)
    governor().admit(network_rules(request.remote_addr, source))
    if form.validate():
        outcome = attempt(form.address.data or "", operator, form.password.data or "", source)
        if operator is not None and outcome == SignInOutcome.HALFWAY:
            return _second_page(operator)
        if operator is not None and outcome == SignInOutcome.RIGHT:
            return _welcome(_enter(operator), _way_on())
        with transaction():
            audit.note(operator, "sign-in-failed")
        if outcome == SignInOutcome.CLOSED:
            text = _(
                "Too many failed attempts for this address came from elsewhere. For the next hour, you can sign in"
                " only from a browser you have used before, with a passkey, or with a new password."
            )
    return _page(form, text, UNPROCESSABLE)


def _page(
    form: SignInInput, problem: str = "", status: int = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> ResponseReturnValue:
    options = passkey.request_options() if passkey.is_possible() else None
    return (
        render_template("admin/people/sign_in.html", form=form, problem=problem, options=options),
        status,
        headers or {},
    )


def _answer() -> str:
    return request.form.get("answer", "")[:MAX_ANSWER]


def _way_on() -> str:
    return door.safe_path(request.args.get("next", ""))


class Entered(NamedTuple):
    """Somebody who is let in, and the secret of the new session."""

    operator: Operator
    secret: str


def _enter(operator: Operator, **detail: Any) -> Entered:
    with transaction():
        return _new_session(operator, **detail)


def _try_key(answer: str) -> Entered | None:
    with transaction():
        used = passkey.prove_passkey(answer, utcnow())
        operator = db.session.get(Operator, used.operator_id) if used else None
        if operator is None or operator.disabled_at is not None:
            audit.note(operator, "sign-in-failed", way="passkey")
            return None
        return _new_session(operator, way="passkey")


def second_step() -> ResponseReturnValue:
    """The password was right: now the code or the key."""
    operator, form = _halfway(request.form.get("halfway", "")), FactorInput()
    if operator is None:
        text = _("That took too long. Please start again.")
        return _page(SignInInput(formdata=None), text, UNPROCESSABLE)
    settle(operator.language)
    answer, source = _answer(), known_browser.source_of(operator)
    way = "passkey" if answer else "code"
    try:
        ip = request.remote_addr
        governor().admit(passkey_rules(ip) if answer else network_rules(ip, source))
    except TooMany as error:
        return _page(SignInInput(formdata=None), _too_many(error), HTTPStatus.TOO_MANY_REQUESTS)
    if form.validate() and is_second_factor_right(operator, form.code.data or "", answer, utcnow(), source):
        return _welcome(_enter(operator, way=way), _way_on())
    with transaction():
        audit.note(operator, "sign-in-failed", way=way)
    return _second_page(operator, _("That didn’t match. After five attempts, you have to wait half a minute."))


def _second_page(operator: Operator, problem: str = "") -> ResponseReturnValue:
    settle(operator.language)
    has_keys = passkey.is_possible() and passkey.passkeys_of(operator.id)
    page = render_template(
        "admin/people/second_step.html",
        form=FactorInput(formdata=None),
        problem=problem,
        halfway=keys().sign(TokenPurpose.HALFWAY, operator.uid),
        options=passkey.request_options(operator) if has_keys else None,
    )
    return page, UNPROCESSABLE if problem else HTTPStatus.OK


def _halfway(token: str) -> Operator | None:
    """Whose password was right within the last five minutes."""
    try:
        opened = keys().open(TokenPurpose.HALFWAY, token)
    except InvalidToken:
        return None
    if utcnow() - opened.signed_at > HALFWAY_TTL:
        return None
    return db.session.scalar(select(Operator).where(Operator.uid == opened.id, Operator.disabled_at.is_(None)))


def _new_session(operator: Operator, **detail: Any) -> Entered:
    audit.note(operator, "sign-in", **detail)
    if "operator_session" in g:  # a new id at every sign-in: a planted cookie is worth nothing
        session.end(g.operator_session.operator_id, g.operator_session.id)
    return Entered(operator, session.begin(operator.id, request.remote_addr, request.user_agent.string))


def _welcome(entered: Entered, path: str) -> Response:
    csrf_cookie.clear()
    answer = door.give_cookie(make_response(redirect(path, HTTPStatus.SEE_OTHER)), entered.secret)
    return known_browser.remember(answer, entered.operator)


def sign_out() -> ResponseReturnValue:
    with transaction():
        session.end(door.operator().id, door.own_session().id)
        audit.note(door.operator(), "sign-out")
    csrf_cookie.clear()
    return door.take_cookie(make_response(redirect(url_for("admin.sign_in"), HTTPStatus.SEE_OTHER)))


def ticket(token: str) -> ResponseReturnValue:
    """A one-time link: GET shows what it does, POST does it once."""
    found = tickets.look_up(token)
    if found is None:
        return render_template("admin/people/ticket_over.html"), HTTPStatus.GONE
    row, operator = found
    settle(operator.language)
    form = None if row.purpose == tickets.TicketUse.SIGN_IN else NewPasswordInput()
    if form is not None:
        form.known = words_about(operator)
    if request.method == "GET" or (form is not None and not form.validate()):
        status = HTTPStatus.OK if request.method == "GET" else UNPROCESSABLE
        return render_template("admin/people/ticket.html", form=form, ticket=row, invited=operator), status
    hashed = hash_password(form.password.data or "") if form is not None else ""
    with transaction():
        if not tickets.use(row):
            return render_template("admin/people/ticket_over.html"), HTTPStatus.GONE
        audit.note(operator, "ticket-used", row.purpose)
        if form is not None:
            operator.password_hash = hashed
            session.end(operator.id)
            tickets.spend_tickets(operator.id, tickets.TicketUse.INVITE, tickets.TicketUse.RESET)
        entered = None if form is not None and has_second_factor(operator) else _new_session(operator, way="link")
    # A mailbox alone must not beat the second factor: it is asked for at once, whatever strangers try at the password.
    return _welcome(entered, url_for("admin.overview")) if entered else _second_page(operator)


def prove() -> ResponseReturnValue:
    """Step-up: password or second factor again, before something that takes data out or changes who may come in."""
    form, operator, problem = ProofInput(), door.operator(), ""
    if request.method == "POST":
        proved = form.validate() and _proves(operator, form)
        with transaction():
            if proved:
                session.prove(door.own_session())
            else:
                audit.note(operator, "proof-failed")
        if proved:
            return redirect(_way_on(), HTTPStatus.SEE_OTHER)
        problem = _("That didn’t match. After five attempts, you have to wait half a minute.")
    has_keys = passkey.is_possible() and passkey.passkeys_of(operator.id)
    options = passkey.request_options(operator) if has_keys else None
    status = UNPROCESSABLE if problem else HTTPStatus.OK
    return render_template("admin/people/prove.html", form=form, problem=problem, options=options), status


def _proves(operator: Operator, form: ProofInput) -> bool:
    if answer := _answer():
        with transaction():
            return passkey.prove_passkey(answer, utcnow(), operator) is not None
    return is_proof_right(operator, form.password.data or "", form.code.data or "", utcnow(), door.own_session().id)
