"""An operator's own account: name, language, zone, password, second factor, and the browsers signed in."""

from http import HTTPStatus
from zoneinfo import available_timezones

import pyotp
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import update

from signup.admin import audit, guard, session
from signup.admin.inputs import AccountInput, ChangePasswordInput, CodeInput
from signup.admin.operator import Operator
from signup.admin.sign_in_attempt import proves, use_code
from signup.clock import utcnow
from signup.db import db, transaction
from signup.i18n import OPERATOR_LANGUAGES

ISSUER = "Signup"


def account() -> ResponseReturnValue:
    operator = guard.operator()
    form = AccountInput(
        data={"name": operator.name, "language": operator.language or "", "timezone": operator.timezone}
    )
    if request.method == "POST" and form.validate():
        with transaction():
            operator.name, operator.timezone = form.name.data or "", form.timezone.data or "UTC"
            operator.language = form.language.data or None
            audit.note(operator, "account-changed")
        flash(_("Your account is saved."))
        return _back()
    return _page(form, ChangePasswordInput(formdata=None))


def account_password() -> ResponseReturnValue:
    """Change the password; every other browser is signed out."""
    operator, form = guard.operator(), ChangePasswordInput()
    is_first = operator.password_hash is None  # came in by a link: the fresh sign-in is the proof
    if is_first:
        del form.present
        if not session.is_proved(guard.own_session()):
            return redirect(url_for("admin.prove"), HTTPStatus.SEE_OTHER)
    if form.validate():
        with transaction():
            proved = is_first or proves(operator, form.present.data or "", "", utcnow())
            if proved:
                operator.set_password(form.password.data or "")
                session.end(operator.id, keep=guard.own_session().id)
                session.prove(guard.own_session())
            audit.note(operator, "password-changed" if proved else "proof-failed")
        if proved:
            flash(_("Your password is changed. Other browsers are signed out."))
            return _back()
        form.present.errors = [_("This is not your present password.")]
    data = {"name": operator.name, "language": operator.language or "", "timezone": operator.timezone}
    return _page(AccountInput(formdata=None, data=data), form)


def _page(form: AccountInput, password: ChangePasswordInput) -> ResponseReturnValue:
    found = session.living(guard.operator().id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors or password.errors else HTTPStatus.OK
    zones = sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))
    )
    page = render_template(
        "admin/account.html",
        form=form,
        password=password,
        sessions=found,
        own=guard.own_session(),
        zones=["UTC", *zones],
    )
    return page, status


def account_language() -> ResponseReturnValue:
    """The switch at the foot of the side bar."""
    language = request.form.get("language", "")
    if language in OPERATOR_LANGUAGES:
        with transaction():
            db.session.execute(update(Operator).where(Operator.id == guard.operator().id).values(language=language))
            audit.note(guard.operator(), "account-changed", language=language)
    return redirect(guard.safe_path(request.form.get("next", "")), HTTPStatus.SEE_OTHER)


def second_factor() -> ResponseReturnValue:
    """Set up a second factor: the secret is shown, and kept once a code shows that the app has it."""
    operator, form = guard.operator(), CodeInput()
    secret = request.form.get("secret", "")
    if request.method == "POST" and form.validate() and _is_secret(secret):
        with transaction():
            operator.totp_step = 0
            db.session.flush()
            if use_code(operator, secret, form.code.data or "", utcnow()):
                operator.totp_secret = secret
                audit.note(operator, "second-factor-on")
                flash(_("The second factor is set up. You need its code from now on."))
                return _back()
        form.code.errors = [
            _("This code does not match. Check the time of your phone, then type the code it shows now.")
        ]
    if not _is_secret(secret):
        secret = pyotp.random_base32()
    link = pyotp.TOTP(secret).provisioning_uri(name=operator.address, issuer_name=ISSUER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("admin/second_factor.html", form=form, secret=secret, link=link), status


def _is_secret(secret: str) -> bool:
    return len(secret) == 32 and set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")  # noqa: PLR2004  # RFC 4648 base32


def second_factor_off() -> ResponseReturnValue:
    with transaction():
        guard.operator().totp_secret = None
        audit.note(guard.operator(), "second-factor-off")
    flash(_("The second factor is removed."))
    return _back()


def session_end(session_id: int) -> ResponseReturnValue:
    """Sign out another browser of one's own."""
    with transaction():
        session.end(guard.operator().id, session_id)
        audit.note(guard.operator(), "session-ended")
    flash(_("That browser is signed out."))
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.account"), HTTPStatus.SEE_OTHER)
