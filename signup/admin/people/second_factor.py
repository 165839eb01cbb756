"""An operator's second factors: codes of an app, passkeys, and the recovery codes for the day they are lost."""

from http import HTTPStatus
from uuid import UUID

import pyotp
import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from signup.access import audit, passkey
from signup.access.app_code import SEED_LENGTH, is_seed, sealed_seed, use_app_code
from signup.access.operator import Operator
from signup.access.recovery_code import codes_left, forget_codes, new_codes
from signup.access.sign_in_attempt import has_second_factor
from signup.admin.frame import door
from signup.admin.people.account_input import CodeInput, PasskeyInput
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound

ISSUER = "Signup"


def second_factor() -> ResponseReturnValue:
    """Set up an app's codes: the secret is shown, and kept once a code shows that the app has it."""
    operator, form = door.operator(), CodeInput()
    secret = request.form.get("secret", "")
    if request.method == "POST" and form.validate() and is_seed(secret):
        codes = None
        with transaction():
            operator.totp_step = 0
            db.session.flush()
            if is_right := use_app_code(operator, secret, form.code.data or "", utcnow()):
                operator.totp_secret = sealed_seed(operator, secret)
                audit.note(operator, "second-factor-on")
                codes = _first_codes(operator)
        if is_right:
            flash(_("Two-factor authentication is on. You need a code each time you sign in."))
            return _codes_page(codes) if codes else _back()
        form.code.errors = [
            _("That code didn’t match. Check the time on your phone, then enter the code it shows now.")
        ]
    if not is_seed(secret):
        secret = pyotp.random_base32(SEED_LENGTH)
    link = pyotp.TOTP(secret).provisioning_uri(name=operator.address, issuer_name=ISSUER)
    code = segno.make(link, error="m").svg_inline(scale=1, omitsize=True, border=4)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    qr = Markup(code)  # noqa: S704  # drawn by segno from a link of ours
    return render_template("admin/people/second_factor.html", form=form, secret=secret, link=link, qr=qr), status


def second_factor_off() -> ResponseReturnValue:
    operator = door.operator()
    with transaction():
        operator.totp_secret = None
        db.session.flush()
        _tidy(operator)
        audit.note(operator, "second-factor-off")
    flash(_("You no longer need codes from your app."))
    return _back()


def passkey_new() -> ResponseReturnValue:
    """GET: what the browser needs to make a key. POST: keep the one that it made."""
    if not passkey.is_possible():
        raise NotFound("passkeys: PUBLIC_URL is a number or plain http")
    operator, form, problem = door.operator(), PasskeyInput(), ""
    if request.method == "POST" and form.validate():
        answer, codes = request.form.get("answer", ""), None
        with transaction():
            added = passkey.add_passkey(operator, form.name.data or "", answer, utcnow())
            if added is not None:
                audit.note(operator, "passkey-added", str(added.uid))
                codes = _first_codes(operator)
        if added is not None:
            flash(_("The passkey has been added. You can now sign in with it."))
            return _codes_page(codes) if codes else _back()
        problem = _("The browser created no passkey, or it took too long. Please try again.")
    page = render_template(
        "admin/people/passkey_new.html", form=form, problem=problem, options=passkey.creation_options(operator)
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problem or form.errors else HTTPStatus.OK


def passkey_remove(uid: UUID) -> ResponseReturnValue:
    operator = door.operator()
    with transaction():
        if not passkey.remove_passkey(operator.id, uid):
            raise NotFound(f"passkey {uid}")
        _tidy(operator)
        audit.note(operator, "passkey-removed", str(uid))
    flash(_("The passkey has been removed. It can no longer be used to sign in."))
    return _back()


def recovery_codes() -> ResponseReturnValue:
    """Ten new codes, shown once; the earlier ones end."""
    operator = door.operator()
    if not has_second_factor(operator):
        raise NotFound("recovery codes without a second factor")
    with transaction():
        codes = new_codes(operator.id)
        audit.note(operator, "recovery-codes-made")
    return _codes_page(codes)


def _first_codes(operator: Operator) -> list[str] | None:
    """With the first factor come the codes for the day it is lost. Needs an open transaction."""
    return None if codes_left(operator.id) else new_codes(operator.id)


def _tidy(operator: Operator) -> None:
    """Recovery codes stand in for a second factor: with the last one they go. Needs an open transaction."""
    if not has_second_factor(operator):
        forget_codes(operator.id)


def _codes_page(codes: list[str]) -> ResponseReturnValue:
    return render_template("admin/people/recovery_codes.html", codes=codes)


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.account"), HTTPStatus.SEE_OTHER)
