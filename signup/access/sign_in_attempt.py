"""Checks a password and a second factor. Each try is counted before it is checked.

A wrong address costs the same work as a wrong password, and a code of the second factor works once. Each function
opens its own transactions: on SQLite nobody could write while a password is hashed within one.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update

from signup.access.app_code import seed_of, use_app_code
from signup.access.operator import Operator
from signup.access.passkey import passkeys_of, prove_passkey
from signup.access.password import fits, hash_password, is_outdated
from signup.access.recovery_code import use_recovery_code
from signup.access.sign_in_wait import Admission, SignInSource, WaitStep, admit, forgive
from signup.ground.db import db, transaction
from signup.limits.limit_rule import MINUTE, Rule, network_of

SPAN = 10 * MINUTE
PER_NETWORK, PER_WIDE_NETWORK = 20, 100


def network_rules(ip: str | None, source: SignInSource | None = None) -> list[Rule]:
    """At most 20 tries in 10 minutes from one address (IPv6: /64), and 100 from the /24 (/48) around it, over all
    accounts.

    A `source` that is known counts by itself: whoever else is in its network does not keep it out.
    """
    if source and source.is_known:
        return [Rule("sign-in", f"sb:{source.name}", SPAN, PER_NETWORK)]
    own, wide = (network_of(ip, wide=is_wide) or "own machine" for is_wide in (False, True))
    return [Rule("sign-in", f"si:{own}", SPAN, PER_NETWORK), Rule("sign-in", f"sw:{wide}", SPAN, PER_WIDE_NETWORK)]


def passkey_rules(ip: str | None) -> list[Rule]:
    """Passkeys have rules of their own: nobody can guess their answers, and guessed passwords must not block them."""
    return [Rule("sign-in", f"sk:{network_of(ip) or 'own machine'}", SPAN, PER_WIDE_NETWORK)]


class SignInOutcome(StrEnum):
    """The result of checking an address and a password."""

    WRONG = "wrong"
    CLOSED = "closed"
    """The try is not checked: there were too many at this account, from everywhere together."""
    HALFWAY = "halfway"
    """The password is right. The account's second factor is asked for next."""
    RIGHT = "right"


def attempt(address: str, operator: Operator | None, password: str, source: SignInSource) -> SignInOutcome:
    """Check a password for the account at `address`; `operator` is None where there is none."""
    if (admission := admit(WaitStep.PASSWORD, address, source)) != Admission.YES:
        return SignInOutcome.CLOSED if admission == Admission.CLOSED else SignInOutcome.WRONG
    hashed = operator.password_hash if operator is not None and operator.disabled_at is None else None
    if not fits(hashed, password) or operator is None or hashed is None:
        return SignInOutcome.WRONG
    better = hash_password(password) if is_outdated(hashed) else hashed
    with transaction():
        if not _replace_hash(operator.id, hashed, better):
            return SignInOutcome.WRONG
        forgive(WaitStep.PASSWORD, address, source)
    return SignInOutcome.HALFWAY if has_second_factor(operator) else SignInOutcome.RIGHT


def _replace_hash(operator_id: int, compared: str, hashed: str) -> bool:
    """Whether the hash that was compared is still the account's. It is then replaced by `hashed`."""
    mine = (Operator.id == operator_id, Operator.password_hash == compared, Operator.disabled_at.is_(None))
    kept = update(Operator).where(*mine).values(password_hash=hashed).returning(Operator.id)
    return db.session.execute(kept).first() is not None


def has_second_factor(operator: Operator) -> bool:
    return operator.totp_secret is not None or bool(passkeys_of(operator.id))


def is_second_factor_right(operator: Operator, code: str, answer: str, at: datetime, source: SignInSource) -> bool:
    """Whether the second factor is right: a passkey, an app's code or a recovery code."""
    if answer:
        with transaction():
            return _is_active(operator) and prove_passkey(answer, at, operator) is not None
    return _tries_code(WaitStep.FACTOR, operator, code, at, source)


def is_proof_right(operator: Operator, password: str, code: str, at: datetime, session_id: int) -> bool:
    """Whether the operator proves again who they are: by the password, or by a code where no password was typed.

    Counted by the session: what strangers try elsewhere does not delay who is signed in.
    """
    source = SignInSource(f"session:{session_id}")
    if code and not password:
        return _tries_code(WaitStep.PROOF, operator, code, at, source)
    if admit(WaitStep.PROOF, operator.address_key, source) != Admission.YES or not fits(
        operator.password_hash, password
    ):
        return False
    with transaction():
        forgive(WaitStep.PROOF, operator.address_key, source)
    return True


def _tries_code(step: WaitStep, operator: Operator, code: str, at: datetime, source: SignInSource) -> bool:
    if admit(step, operator.address_key, source) != Admission.YES:
        return False
    with transaction():
        right = _is_active(operator) and _use_any_code(operator, code, at)
        if right:
            forgive(step, operator.address_key, source)
    return right


def _is_active(operator: Operator) -> bool:
    active = select(Operator.id).where(Operator.id == operator.id, Operator.disabled_at.is_(None))
    return db.session.scalar(active) is not None


def _use_any_code(operator: Operator, code: str, at: datetime) -> bool:
    if (seed := seed_of(operator)) and use_app_code(operator, seed, code, at):
        return True
    return use_recovery_code(operator.id, code)
