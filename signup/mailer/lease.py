"""Keeps which worker holds which message, and until when. What a dead worker held goes back to the others.

A claim costs a message nothing. When a sender dies, at most two messages of its batch can have killed it: the one that
was handed over, and the first that was not. Those two become suspects: each goes alone from then on, and only what
happens while it alone is at work is counted as its crash.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from sqlalchemy import and_, case, not_, select, update

from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.compose import Draft
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import GO_ONCE

LEASE = timedelta(seconds=60)
LONGEST = timedelta(minutes=30)
"""No renewal lasts longer: above what one batch can take (`deliver.LONG_BATCH` and every time-out of one dialogue)."""
BATCH = 50
MAX_CRASHES = 3
CRASHED = "crashed sender: the process that sent it ended each time it was sent alone"
WAITING = (MessageState.READY, MessageState.RETRY)
HELD = (MessageState.CLAIMED, MessageState.HANDED)

log = structlog.get_logger()
_at_work: set[str] = set()  # owners of the batches that threads of this process are sending


class Claimed(NamedTuple):
    """A message in one thread's hands: what rendering needs, and the fence for every later update."""

    id: int
    attempt: int
    owner: str
    draft: Draft
    crashes: int = 0
    """How many senders died while this message alone was at work."""
    is_suspect: bool = False


def claim(limit: int = BATCH, *, suspects_first: bool = False) -> list[Claimed]:
    """Take up to `limit` due messages for this thread, the most urgent first; or one suspect, which goes alone.

    Give them to `let_go` at the end.
    """
    if suspects_first:
        return _take(1, are_suspects=True) or _take(limit, are_suspects=False)
    return _take(limit, are_suspects=False) or _take(1, are_suspects=True)


def _take(limit: int, *, are_suspects: bool) -> list[Claimed]:
    owner = uuid4().hex[:16]
    suspected: Any = Message.suspect if are_suspects else not_(Message.suspect)  # as the index says it
    # As a CTE it is asked once: joined to the rows, PostgreSQL may ask it again and lock some more each time.
    due = (
        select(Message.id)
        .where(Message.state.in_(WAITING), Message.not_before <= now(), suspected)
        .order_by(Message.priority, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    held = {"state": MessageState.CLAIMED, "owner": owner, "lease_until": now(LEASE), "claimed_at": now()}
    taking = (
        update(Message)
        .where(Message.id.in_(select(due.c.id)))
        .values(attempt=Message.attempt + 1, **held)
        .returning(Message.priority, Message.crashes, Message.id, Message.attempt)
        .returning(*(getattr(Message, name) for name in Draft._fields))
        .execution_options(synchronize_session=False)
    )
    with transaction():
        rows = sorted(db.session.execute(taking).all(), key=lambda row: (row.priority, row.id))
    if rows:
        _at_work.add(owner)
    return [
        Claimed(row.id, row.attempt, owner, Draft._make(row[4:]), crashes=row.crashes, is_suspect=are_suspects)
        for row in rows
    ]


@contextmanager
def at_work(claimed: Claimed) -> Iterator[None]:
    """Mark a suspect's row while its mail is built: if that kills the process, we know which message did it."""
    if claimed.is_suspect:
        _note_crashes(claimed, claimed.crashes + 1)
    yield
    if claimed.is_suspect:
        _note_crashes(claimed, claimed.crashes)


def _note_crashes(claimed: Claimed, crashes: int) -> None:
    ours = (Message.id == claimed.id, Message.owner == claimed.owner, Message.attempt == claimed.attempt)
    with transaction():
        db.session.execute(update(Message).where(*ours, Message.state == MessageState.CLAIMED).values(crashes=crashes))


def let_go(batch: list[Claimed]) -> None:
    """Stop renewing the leases of `batch`: its thread is done with it."""
    _at_work.difference_update({claimed.owner for claimed in batch})


def put_back(batch: list[Claimed]) -> None:
    """Release messages that this process claimed and did not hand over, as if nobody had claimed them.

    What was handed over stays so until its lease ends. A sender that lives to say this has not crashed.
    """
    if not batch:
        return
    is_free = Message.state == MessageState.CLAIMED
    mine = (Message.id.in_([claimed.id for claimed in batch]), Message.owner == batch[0].owner)
    values: dict[str, Any] = {
        "state": case((is_free, MessageState.READY), else_=Message.state),
        "attempt": case((is_free, Message.attempt - 1), else_=Message.attempt),
        "owner": case((is_free, None), else_=Message.owner),
        "lease_until": case((is_free, None), else_=Message.lease_until),
        "crashes": batch[0].crashes,  # 0, but for a suspect, which is alone
    }
    with transaction():
        db.session.execute(update(Message).where(*mine, Message.state.in_(HELD)).values(**values))


def renew_leases() -> None:
    """The chore of every process: renew the leases of what its threads are sending, but not for ever."""
    if not (owners := list(_at_work)):
        return
    held = and_(Message.owner.in_(owners), Message.state.in_(HELD), Message.claimed_at > now(-LONGEST))
    # A sender locks two rows at once, the one that went and the next: to wait for the one with the other in hand is a
    # deadlock. Whoever is at a row just now is alive, and has its turn at the next beat.
    free = (
        select(Message.id).where(held, Message.lease_until.is_not(None)).with_for_update(skip_locked=True).cte("free")
    )
    with transaction():
        renewed = update(Message).where(Message.id.in_(select(free.c.id)))
        db.session.execute(renewed.values(lease_until=now(LEASE)), execution_options={"synchronize_session": False})


def sweep() -> None:
    """The chore: take back what dead senders held.

    A mail that was being handed over may have gone out (RFC 1047). One that its person waits for goes again, with the
    same Message-ID; a campaign's is left for a person to judge.
    """
    over = select(Message.id, Message.owner, Message.state).where(Message.lease_until < now(), Message.state.in_(HELD))
    over = over.order_by(Message.priority, Message.id).with_for_update(skip_locked=True)
    has_crashed = Message.crashes >= MAX_CRASHES
    in_doubt = and_(Message.state == MessageState.HANDED, Message.kind.in_(GO_ONCE))
    end = case((in_doubt, MessageState.UNCLEAR), (has_crashed, MessageState.FAILED), else_=MessageState.READY)
    values: dict[str, Any] = {"state": end, "reply": case((has_crashed, CRASHED), else_=Message.reply)}
    values |= {"owner": None, "lease_until": None}
    with transaction():
        rows = db.session.execute(over).all()
        if not rows:
            return
        suspects = _suspects([tuple(row) for row in rows])
        values["suspect"] = case((Message.id.in_(suspects), True), else_=Message.suspect)
        taken = update(Message).where(Message.id.in_([row.id for row in rows])).values(**values)
        ended = db.session.execute(taken.returning(Message.id, Message.kind, Message.state)).all()
    for row in ended:
        if row.state == MessageState.FAILED:
            log.error("mail.failed", message=row.id, kind=row.kind, reason=CRASHED)


def _suspects(held: list[tuple[Any, ...]]) -> list[int]:
    """Of what dead senders held, in the order of their work: what was handed over, and the first that was not."""
    first: dict[str, int] = {}
    for message_id, owner, state in held:
        if state == MessageState.CLAIMED:
            first.setdefault(owner, message_id)
    return [message_id for message_id, _owner, state in held if state == MessageState.HANDED] + list(first.values())
