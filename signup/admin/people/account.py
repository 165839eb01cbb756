"""An operator's own account: name, language, zone, password, and the browsers signed in."""

from http import HTTPStatus
from typing import Any
from zoneinfo import available_timezones

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import update

from signup.access import audit, passkey, session
from signup.access.operator import Operator
from signup.access.password import hash_password
from signup.access.password_strength import words_about
from signup.access.recovery_code import COUNT, codes_left
from signup.access.sign_in_attempt import is_proof_right
from signup.access.ticket import TicketUse, spend_tickets
from signup.admin.frame import door
from signup.admin.people.account_input import AccountInput, ChangePasswordInput
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.i18n import OPERATOR_LANGUAGES


def account() -> ResponseReturnValue:
    operator = door.operator()
    form = AccountInput(data=_values(operator))
    if request.method == "POST" and form.validate():
        with transaction():
            operator.name, operator.timezone = form.name.data or "", form.timezone.data or "UTC"
            operator.language = form.language.data or None
            operator.weekly_summary = form.weekly_summary.data
            audit.note(operator, "account-changed")
        flash(_("Your account has been saved."))
        return _back()
    return _page(form, ChangePasswordInput(formdata=None))


def account_password() -> ResponseReturnValue:
    """Change the password; every other browser is signed out."""
    operator, form = door.operator(), ChangePasswordInput()
    form.known = words_about(operator)
    is_first = operator.password_hash is None  # came in by a link: the fresh sign-in is the proof
    if is_first:
        del form.present
        if not session.is_proved(door.own_session()):
            return redirect(url_for("admin.prove"), HTTPStatus.SEE_OTHER)
    if form.validate():
        own = door.own_session()
        proved = is_first or is_proof_right(operator, form.present.data or "", "", utcnow(), own.id)
        hashed = hash_password(form.password.data or "") if proved else None
        with transaction():
            if proved:
                operator.password_hash = hashed
                session.end(operator.id, keep=own.id)
                spend_tickets(operator.id, TicketUse.INVITE, TicketUse.RESET)
                session.prove(own)
            audit.note(operator, "password-changed" if proved else "proof-failed")
        if proved:
            flash(_("Your password has been changed. Other browsers have been signed out."))
            return _back()
        form.present.errors = [_("This is not your current password.")]
    return _page(AccountInput(formdata=None, data=_values(operator)), form)


def _values(operator: Operator) -> dict[str, Any]:
    values = {name: getattr(operator, name) for name in ("name", "timezone", "weekly_summary")}
    return values | {"language": operator.language or ""}


def _page(form: AccountInput, password: ChangePasswordInput) -> ResponseReturnValue:
    found = session.open_sessions(door.operator().id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors or password.errors else HTTPStatus.OK
    zones = sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))
    )
    page = render_template(
        "admin/people/account.html",
        form=form,
        password=password,
        sessions=found,
        own=door.own_session(),
        passkeys=passkey.passkeys_of(door.operator().id),
        may_have_passkeys=passkey.is_possible(),
        codes_left=codes_left(door.operator().id),
        codes_in_all=COUNT,
        zones=["UTC", *zones],
    )
    return page, status


def account_language() -> ResponseReturnValue:
    """The switch at the foot of the side bar."""
    language = request.form.get("language", "")
    if language in OPERATOR_LANGUAGES:
        with transaction():
            db.session.execute(update(Operator).where(Operator.id == door.operator().id).values(language=language))
            audit.note(door.operator(), "account-changed", language=language)
    return redirect(door.safe_path(request.form.get("next", "")), HTTPStatus.SEE_OTHER)


def sessions_end() -> ResponseReturnValue:
    """Sign out every other browser of one's own."""
    with transaction():
        ended = session.end(door.operator().id, keep=door.own_session().id)
        audit.note(door.operator(), "session-ended", sessions=ended)
    flash(_("All other browsers have been signed out."))
    return _back()


def session_end(session_id: int) -> ResponseReturnValue:
    """Sign out another browser of one's own."""
    with transaction():
        session.end(door.operator().id, session_id)
        audit.note(door.operator(), "session-ended")
    flash(_("That browser has been signed out."))
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.account"), HTTPStatus.SEE_OTHER)
