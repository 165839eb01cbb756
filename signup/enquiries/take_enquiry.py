"""Takes a message or a registration: keeps it and mails it to the form's owner, with or without a sign-up.

The message arrives whatever becomes of the sign-up, and the answer is the same for every address.
"""

from dataclasses import replace

from signup.enquiries import enquiry
from signup.ground.broker import ring
from signup.ground.driver_sql import driver_connection, together
from signup.ground.errors import TooMany
from signup.limits.limit_rule import CountedAttempt, is_silent, message_rules
from signup.mailer import deliver
from signup.signups import admission, store_signup
from signup.signups.check_submission import CheckedSubmission
from signup.signups.store_signup import StoredSignup


def take(
    sent: CheckedSubmission, attempt: CountedAttempt, *, wants_list: bool, held_by: str = ""
) -> StoredSignup | None:
    """Keep a message and, when its writer ticked the list's box, their sign-up; that, or None where none was stored.

    Raises `TooMany` for a network or form that sent too many, and `NeedsProof`.
    """
    stored = _with_signup(sent, attempt) if wants_list else None
    if stored is None:
        _alone(sent, attempt, held_by, is_counted=wants_list)
    return stored


def _with_signup(sent: CheckedSubmission, attempt: CountedAttempt) -> StoredSignup | None:
    """Store both in one transaction; nothing, and None, when that address may have no further mail just now."""
    kept = replace(sent, answers=enquiry.without_message(sent.form.definition, sent.answers))
    values = store_signup.gather(kept)
    try:
        with admission.admitted(sent, attempt) as turn, together(turn.connection):
            stored = store_signup.store(turn, kept, values)
            message_id = enquiry.keep(turn.connection, sent, signup_id=stored.signup_id)
    except TooMany as error:
        if not is_silent(error.rule):
            raise
        return None
    _ring(message_id)
    return stored


def _alone(sent: CheckedSubmission, attempt: CountedAttempt, held_by: str, *, is_counted: bool) -> None:
    if is_counted:  # its network has paid already, as a refused sign-up
        with driver_connection() as connection, together(connection):
            message_id = enquiry.keep(connection, sent, held_by=held_by)
    else:
        rules = message_rules(attempt, sent.form.id)
        with admission.admitted(sent, attempt, rules) as turn, together(turn.connection):
            turn.count()
            message_id = enquiry.keep(turn.connection, sent, held_by=held_by)
    _ring(message_id)


def _ring(message_id: int | None) -> None:
    if message_id is not None:
        ring(deliver.ACTOR, message_id)
