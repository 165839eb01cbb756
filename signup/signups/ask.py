"""Asks somebody by email whether they want to be on a list, because they told an operator so.

It is a sign-up like any other: the same governor, the same email, and nothing but the person's own click confirms it.
"""

from typing import Any

from flask_babel import gettext as _

from signup.addresses import address as addresses
from signup.consent.visit import Visit
from signup.contacts.source import Source
from signup.forms.form import Definition
from signup.forms.live_form import LiveForm
from signup.ground.errors import InvalidAddress, InvalidAnswers, TooMany
from signup.limits.limit_rule import is_silent
from signup.signups import admission, check_submission, store_signup
from signup.signups.check_submission import CheckedSubmission
from signup.signups.follow_up import follow_up
from signup.signups.store_signup import StoredSignup

METHOD = "operator"
PLACEMENT = "by-hand"


def may_ask_by(definition: Definition) -> bool:
    """Whether a form asks its people by email: with single opt-in, whoever types an address would confirm it."""
    return definition.opt_in == "double" and not definition.takes_messages


def ask(form: LiveForm, typed: str, answers: dict[str, Any]) -> StoredSignup | None:
    """Store the sign-up and send its email; None where the address may have no further one just now.

    Raises `InvalidAnswers` for no address, and `TooMany` where the list or the service has had its share.
    """
    if not may_ask_by(form.definition):
        raise InvalidAnswers({"form": _("Choose a form that asks people to confirm.")})
    try:
        address = addresses.parse(typed)
    except InvalidAddress:
        raise InvalidAnswers({"email": _("This email address looks incomplete. Please check it.")}) from None
    if reason := check_submission.refuse_mailbox(form, address):
        raise InvalidAnswers({"email": reason})
    sent = CheckedSubmission(form, address, answers, Source(placement=PLACEMENT), Visit(None, None, METHOD))
    values = store_signup.gather(sent)
    try:
        with admission.admitted(sent, admission.attempt(form.list_id, address, None)) as turn:
            stored = store_signup.store(turn, sent, values)
    except TooMany as error:
        if not is_silent(error.rule):
            raise
        return None
    follow_up(form, stored, sent.visit)
    return stored
