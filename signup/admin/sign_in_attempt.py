"""Whether somebody is who they say: password and second factor, counted before they are looked at.

A wrong address costs the same work as a wrong password, and a code of the second factor works once.
"""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum

import pyotp
from sqlalchemy import case, or_, update

from signup.admin.operator import Operator
from signup.admin.passkey import passkeys_of, prove_passkey
from signup.admin.recovery_code import use_recovery_code
from signup.db import db
from signup.dialect import now
from signup.limits import MINUTE, Rule

FREE_TRIES = 5
DELAY = timedelta(seconds=30)
LONG_DELAY = timedelta(minutes=5)
LONG_AFTER = 10
STEP_SECONDS = 30
PER_IP = 20


def network_rule(ip: str | None) -> Rule:
    """At most 20 tries in 10 minutes from one address."""
    return Rule("sign-in", f"si:{ip or '-'}", 10 * MINUTE, PER_IP)


class Attempt(StrEnum):
    """What came of an address and a password."""

    WRONG = "wrong"
    HALFWAY = "halfway"
    """Right, and the account has a second factor: that is asked for next."""
    RIGHT = "right"


def attempt(operator: Operator | None, password: str) -> Attempt:
    """Judge a password. Needs an open transaction, kept either way."""
    admitted = operator is not None and operator.disabled_at is None and _count(operator)
    right = (operator or Operator()).has_password(password)
    if operator is None or not (admitted and right):
        return Attempt.WRONG
    if has_second_factor(operator):
        return Attempt.HALFWAY
    _forget_failures(operator)
    return Attempt.RIGHT


def has_second_factor(operator: Operator) -> bool:
    return operator.totp_secret is not None or bool(passkeys_of(operator.id))


def finishes(operator: Operator, code: str, answer: str, at: datetime) -> bool:
    """Whether the second factor is right: a key's answer, an app's code or one from paper. Transaction as above."""
    if operator.disabled_at is not None or not _count(operator):
        return False
    right = prove_passkey(answer, at, operator) is not None if answer else _use_any_code(operator, code, at)
    if right:
        _forget_failures(operator)
    return right


def _use_any_code(operator: Operator, code: str, at: datetime) -> bool:
    if operator.totp_secret and use_code(operator, operator.totp_secret, code, at):
        return True
    return use_recovery_code(operator.id, code)


def proves(operator: Operator, password: str, code: str, at: datetime) -> bool:
    """Step-up: whether the password is right, or the code where no password was typed. Transaction as above."""
    if not _count(operator):
        return False
    right = operator.has_password(password) if password or not code else _use_any_code(operator, code, at)
    if right:
        _forget_failures(operator)
    return right


def _forget_failures(operator: Operator) -> None:
    db.session.execute(update(Operator).where(Operator.id == operator.id).values(failures=0, wait_until=None))


def _count(operator: Operator) -> bool:
    # Counted before the password is checked, so that parallel guesses cannot slip past the delay.
    failures = Operator.failures + 1
    wait = case((failures >= LONG_AFTER, now(LONG_DELAY)), (failures >= FREE_TRIES, now(DELAY)), else_=None)
    query = update(Operator).where(
        Operator.id == operator.id, or_(Operator.wait_until.is_(None), Operator.wait_until <= now())
    )
    counted = query.values(failures=failures, wait_until=wait).returning(Operator.id)
    return db.session.execute(counted).first() is not None


def use_code(operator: Operator, secret: str, code: str, at: datetime) -> bool:
    """Spend a code of `secret` (RFC 6238, one step of drift); False: wrong or used. Needs an open transaction."""
    given = "".join(code.split())
    generator = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(at.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(generator.generate_otp(step).encode(), given.encode()):
            spent = update(Operator).where(Operator.id == operator.id, Operator.totp_step < step).values(totp_step=step)
            return db.session.execute(spent.returning(Operator.id)).first() is not None
    return False
