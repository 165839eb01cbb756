"""Sends a link for a new password. The answer is the same, whether there is an account or not."""

from http import HTTPStatus

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit
from signup.access.operator import Operator, find_operator
from signup.access.sign_in_attempt import network_rules
from signup.access.ticket import TicketUse
from signup.admin.people import operator_mail
from signup.admin.people.account_input import ForgotInput
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.errors import TooMany
from signup.ground.i18n import OPERATOR_LANGUAGES
from signup.ground.tokens import keys
from signup.limits.governor import governor
from signup.limits.limit_rule import DAY, HOUR, Rule
from signup.mailer import deliver

AN_HOUR, A_DAY = 3, 10
"""Mails to one address: nobody's mailbox is flooded from here."""


def forgot() -> ResponseReturnValue:
    form, sent = ForgotInput(), False
    if request.method == "POST" and form.validate():
        try:
            governor().admit(network_rules(request.remote_addr))
            _ask(form.address.data or "")
            sent = True
        except TooMany as error:
            wait = error.retry_after // 60 + 1
            form.address.errors = [_("Too many attempts from your network. Please wait %(n)s minutes.", n=wait)]
            return render_template("admin/people/forgot.html", form=form, sent=False), HTTPStatus.TOO_MANY_REQUESTS
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("admin/people/forgot.html", form=form, sent=sent), status


def _ask(address: str) -> None:
    """Send a link to an account that has a password. Where there is none, the same is done for another and taken back:
    else the time it takes would tell.
    """
    operator = find_operator(address)
    if operator is not None and (operator.disabled_at is not None or operator.password_hash is None):
        operator = None
    language = operator.language if operator and operator.language else get_locale().language
    template = operator_mail.template_for(TicketUse.RESET, language if language in OPERATOR_LANGUAGES else None)
    key = keys().hash(f"forgot:{address.strip().lower()}")
    try:
        governor().admit([Rule("forgot", f"fo:{key}", HOUR, AN_HOUR), Rule("forgot", f"fd:{key}", DAY, A_DAY)])
    except TooMany:
        operator = None
    with transaction():
        audit.note(operator, "password-forgotten")
        anybody = db.session.scalar(select(Operator).order_by(Operator.id).limit(1))
        ids = []
        if someone := operator or anybody:
            with db.session.begin_nested() as attempt:
                sent = operator_mail.send(someone, TicketUse.RESET, template)
                if operator is None:
                    attempt.rollback()
                else:
                    ids.append(sent.message_id)
    ring(deliver.ACTOR, *ids)
