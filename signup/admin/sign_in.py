"""Coming in and going out: sign-in, one-time links, the step-up proof, sign-out."""

from http import HTTPStatus

from flask import Response, g, make_response, redirect, render_template, request, url_for
from flask import session as csrf_cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.admin import audit, guard, session
from signup.admin import ticket as tickets
from signup.admin.inputs import NewPasswordInput, ProofInput, SignInInput
from signup.admin.operator import Operator, find_operator
from signup.admin.sign_in_attempt import network_rule, passes, proves
from signup.clock import utcnow
from signup.db import transaction
from signup.errors import TooMany
from signup.i18n import settle
from signup.limits import governor


def sign_in() -> ResponseReturnValue:
    """The way in. Unknown address, wrong password and wrong code get one and the same answer."""
    form, problem = SignInInput(), ""
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            governor().admit([network_rule(request.remote_addr)])
        except TooMany as error:
            text = _("Too many tries came from your network. Please wait %(n)s minutes.", n=error.retry_after // 60 + 1)
            page = render_template("admin/sign_in.html", form=form, problem=text)
            return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(error.retry_after)}
        if form.validate() and (secret := _try(form)):
            return _welcome(secret, guard.safe_path(request.args.get("next", "")))
        problem = _(
            "This did not match. Please check the address, the password and the code."
            " After five tries, wait half a minute."
        )
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif "operator" in g:
        return redirect(url_for("admin.overview"))
    return render_template("admin/sign_in.html", form=form, problem=problem), status


def _try(form: SignInInput) -> str | None:
    with transaction():
        operator = find_operator(form.address.data or "")
        if not passes(operator, form.password.data or "", form.code.data or "", utcnow()):
            audit.note(operator, "sign-in-failed")
            return None
        assert operator is not None  # noqa: S101  # nobody passes without an account
        audit.note(operator, "sign-in")
        return _new_session(operator)


def _new_session(operator: Operator) -> str:
    if "operator_session" in g:  # a new id at every sign-in: a planted cookie is worth nothing
        session.end(g.operator_session.operator_id, g.operator_session.id)
    return session.begin(operator.id, request.remote_addr, request.user_agent.string)


def _welcome(secret: str, path: str) -> Response:
    csrf_cookie.clear()
    return guard.give_cookie(make_response(redirect(path, HTTPStatus.SEE_OTHER)), secret)


def sign_out() -> ResponseReturnValue:
    with transaction():
        session.end(guard.operator().id, guard.own_session().id)
        audit.note(guard.operator(), "sign-out")
    csrf_cookie.clear()
    return guard.take_cookie(make_response(redirect(url_for("admin.sign_in"), HTTPStatus.SEE_OTHER)))


def ticket(token: str) -> ResponseReturnValue:
    """A one-time link: GET shows what it does, POST does it once."""
    found = tickets.look_up(token)
    if found is None:
        return render_template("admin/ticket_over.html"), HTTPStatus.GONE
    row, operator = found
    settle(operator.language)
    form = None if row.purpose == tickets.Use.SIGN_IN else NewPasswordInput()
    if request.method == "GET" or (form is not None and not form.validate()):
        status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
        return render_template("admin/ticket.html", form=form, ticket=row, invited=operator), status
    with transaction():
        if not tickets.use(row):
            return render_template("admin/ticket_over.html"), HTTPStatus.GONE
        audit.note(operator, "ticket-used", row.purpose)
        if form is not None:
            operator.set_password(form.password.data or "")
            session.end(operator.id)
            if operator.totp_secret:  # a mailbox alone must not beat the second factor
                return redirect(url_for("admin.sign_in"), HTTPStatus.SEE_OTHER)
        secret = _new_session(operator)
    return _welcome(secret, url_for("admin.overview"))


def prove() -> ResponseReturnValue:
    """Step-up: password or second factor again, before something that takes data out or changes who may come in."""
    form, problem = ProofInput(), ""
    if request.method == "POST":
        operator = guard.operator()
        with transaction():
            proved = form.validate() and proves(operator, form.password.data or "", form.code.data or "", utcnow())
            if proved:
                session.prove(guard.own_session())
            else:
                audit.note(operator, "proof-failed")
        if proved:
            return redirect(guard.safe_path(request.args.get("next", "")), HTTPStatus.SEE_OTHER)
        problem = _("This did not match. After five tries, wait half a minute.")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render_template("admin/prove.html", form=form, problem=problem), status
