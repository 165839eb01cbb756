"""How long a person must wait before the next sign-in try. Tries are counted by account and source.

A stranger's wrong tries delay that stranger's network, not the operator. What one account takes from all networks
together has a generous ceiling; a browser that signed in before, and a passkey, pass below it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, String, and_, case, delete, or_, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, transaction, upsert
from signup.ground.dialect import now
from signup.ground.tokens import keys
from signup.limits.limit_rule import network_of

FREE_TRIES = 5
DELAY = timedelta(seconds=30)
LONG_AFTER = 10
LONG_DELAY = timedelta(minutes=5)
REMEMBERED = timedelta(days=1)
CEILING_SPAN = timedelta(hours=1)
EVERYWHERE = "everywhere"


class WaitStep(StrEnum):
    """What is tried. Each step is counted apart."""

    PASSWORD = "password"  # noqa: S105  # the name of a step
    FACTOR = "factor"
    """The second factor, after the right password."""
    PROOF = "proof"
    """The password or second factor of an operator who is signed in."""


CEILING = {WaitStep.PASSWORD: 100, WaitStep.FACTOR: 20}
"""Tries an hour at one account, from everywhere together. A code has only six digits, so its limit is lower."""


class SignInSource(NamedTuple):
    """The source of a try: a network, a browser that signed in to this account before, or a session."""

    name: str
    is_known: bool = False


class Admission(StrEnum):
    """Whether a try is checked."""

    YES = "yes"
    WAIT = "wait"
    """Too many tries from the same source."""
    CLOSED = "closed"
    """Too many tries from everywhere."""


class SignInWait(Base):
    """Tries at one account from one source. The account is the typed address: unknown ones are counted alike."""

    __tablename__ = "sign_in_wait"
    account: Mapped[str] = mapped_column(String(32), primary_key=True, comment="keyed hash of step and address")
    source: Mapped[str] = mapped_column(String(32), primary_key=True, comment="keyed hash")
    tries: Mapped[int]
    began_at: Mapped[datetime] = mapped_column(index=True, comment="of the first of these tries")
    wait_until: Mapped[datetime | None]


def from_network(ip: str | None) -> SignInSource:
    """The visitor's address; of IPv6, the /64 of one host."""
    return SignInSource(f"network:{network_of(ip) or 'own machine'}")


def admit(step: WaitStep, address: str, source: SignInSource) -> Admission:
    """Count a try durably before it is checked, so that parallel guesses and a crash do not avoid the count."""
    account = _account(step, address)
    with transaction():
        if not _count(account, _source(source)):
            return Admission.WAIT
        if step in CEILING and not source.is_known and not _count_everywhere(account, CEILING[step]):
            return Admission.CLOSED
    return Admission.YES


def forgive(step: WaitStep, address: str, source: SignInSource) -> None:
    """The try was right: forget the source's tries. Needs an open transaction."""
    account = _account(step, address)
    db.session.execute(
        delete(SignInWait).where(SignInWait.account == account, SignInWait.source == _source(source)),
        execution_options={"synchronize_session": False},
    )
    if step in CEILING and not source.is_known:
        mine = (
            SignInWait.account == account,
            SignInWait.source == _source(SignInSource(EVERYWHERE)),
            SignInWait.tries > 0,
        )
        db.session.execute(
            update(SignInWait).where(*mine).values(tries=SignInWait.tries - 1),
            execution_options={"synchronize_session": False},
        )


def forget_waits() -> None:
    """The chore that deletes tries that no longer count."""
    with transaction():
        db.session.execute(delete(SignInWait).where(is_forgotten()))


def is_forgotten() -> ColumnElement[bool]:
    """Of tries: whether they no longer count."""
    is_over = or_(SignInWait.wait_until.is_(None), SignInWait.wait_until < now())
    return and_(SignInWait.began_at < now(-REMEMBERED), is_over)


def _count(account: str, source: str) -> bool:
    is_old = SignInWait.began_at < now(-REMEMBERED)
    tries = case((is_old, 1), else_=SignInWait.tries + 1)
    wait = case((tries >= LONG_AFTER, now(LONG_DELAY)), (tries >= FREE_TRIES, now(DELAY)), else_=None)
    counted = _first(account, source).on_conflict_do_update(
        index_elements=["account", "source"],
        set_={"tries": tries, "began_at": case((is_old, now()), else_=SignInWait.began_at), "wait_until": wait},
        where=or_(SignInWait.wait_until.is_(None), SignInWait.wait_until <= now()),
    )
    return db.session.execute(counted.returning(SignInWait.tries)).first() is not None


def _count_everywhere(account: str, ceiling: int) -> bool:
    is_over = SignInWait.began_at < now(-CEILING_SPAN)
    counted = _first(account, _source(SignInSource(EVERYWHERE))).on_conflict_do_update(
        index_elements=["account", "source"],
        set_={
            "tries": case((is_over, 1), else_=SignInWait.tries + 1),
            "began_at": case((is_over, now()), else_=SignInWait.began_at),
        },
        where=or_(SignInWait.tries < ceiling, is_over),
    )
    return db.session.execute(counted.returning(SignInWait.tries)).first() is not None


def _first(account: str, source: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # either engine's insert
    return upsert(SignInWait).values(account=account, source=source, tries=1, began_at=now())


def _account(step: WaitStep, address: str) -> str:
    return keys().hash(f"sign-in:{step}:{address.strip().lower()}")


def _source(source: SignInSource) -> str:
    return keys().hash(f"sign-in-from:{source.name}")
