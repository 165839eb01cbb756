"""Waits for the mail of a self-test, and reads it where it can."""

import re
import time
from email.message import EmailMessage

from sqlalchemy import select

from signup.demo import catcher
from signup.ground.db import db
from signup.ground.tokens import TokenPurpose, keys
from signup.ground.urls import public_url, settings
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from signup.selftest.trial import RECENT, StepFailed, Trial, stored

WITHIN_SECONDS = 60.0
LOOK_EVERY = 0.2
LINK = re.compile(r"https?://\S+/confirm/[^\s>\"]+")


def wait_for_mail(trial: Trial) -> str:
    reply = wait_until_sent(trial, MessageKind.CONFIRM)
    signup = stored(trial)
    if not trial.reads_mail:
        trial.link = public_url("forms.confirm", token=keys().sign(TokenPurpose.CONFIRM, signup.uid))
        return (
            f"the mail server accepted it for {trial.to}: {reply}. The mailbox cannot be read from here: check whether"
            " it arrived"
        )
    found = [LINK.search(catcher.part(mail, "plain") or "") for mail in _caught(trial)]
    links = [match[0] for match in found if match]
    if not links:
        raise StepFailed(f"no email to {trial.to} with a link in {settings().signup_var / 'mail'}")
    trial.link = links[0]
    if not trial.link.startswith(settings().public_url):
        raise StepFailed(f"its link leads to {trial.link.partition('/confirm/')[0]}, not to {settings().public_url}")
    return f"to {trial.to}, with its link"


def _caught(trial: Trial) -> list[EmailMessage]:
    mails = [catcher.parse(path) for path in catcher.newest_first(settings().signup_var / "mail")[:RECENT]]
    return [mail for mail in mails if trial.to in str(mail["Delivered-To"])]


def wait_until_sent(trial: Trial, kind: MessageKind) -> str:
    """Wait until the relay took the mail; return its reply."""
    ends = time.monotonic() + WITHIN_SECONDS
    query = select(Message.state, Message.reply).where(Message.signup_id == stored(trial).id, Message.kind == kind)
    while True:
        db.session.rollback()
        row = db.session.execute(query).first()
        state, reply = row or ("missing", "")
        if state == MessageState.SENT:
            return reply or ""
        if state in {"missing", MessageState.FAILED, MessageState.CANCELLED, MessageState.UNCLEAR}:
            raise StepFailed(
                f"the email is {state}: {reply or 'it was never written: is the address on the suppression list?'}"
            )
        if time.monotonic() > ends:
            raise StepFailed(
                f"the email is still {state} after {WITHIN_SECONDS:.0f} s{': ' if reply else ''}{reply or ''}"
            )
        time.sleep(LOOK_EVERY)
