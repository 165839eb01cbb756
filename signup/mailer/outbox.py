"""The outbox: claim, hand over, settle, try again. Every step is one guarded statement, fenced by owner and attempt."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import structlog
from sqlalchemy import and_, case, select, update

from signup.activity.step import APPEND, OF_SIGNUP
from signup.activity.tally import Measure
from signup.db import db, is_postgresql, transaction
from signup.dialect import now
from signup.driver import driver_connection, portable, run, uuid_param
from signup.mailer.compose import Draft
from signup.mailer.message import GIVE_UP, GIVE_UP_OTHERS, Kind, Message, State

LEASE = timedelta(seconds=60)
BATCH = 50
MAX_CRASHES = 3
KEEP_VALUES = timedelta(hours=24)
RETRY_AFTER = [timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240)]
WAITING = (State.READY, State.RETRY)

log = structlog.get_logger()
_at_work: set[str] = set()  # owners of the batches that threads of this process are sending

# The last look before the relay gets the mail: nobody on the stop list, nobody who has left or said no meanwhile.
_HAND_OVER = """
    UPDATE message SET state = 'handed', handed_at = NOW()
    WHERE id = :id AND owner = :owner AND attempt = :attempt AND state = 'claimed'
      AND NOT EXISTS (SELECT 1 FROM suppression WHERE address_hash = message.recipient_hash)
      AND (kind NOT IN ('confirm', 'reminder') OR EXISTS (
          SELECT 1 FROM signup WHERE id = message.signup_id AND state = 'pending'))
      AND (kind <> 'reminder' OR EXISTS (
          SELECT 1 FROM signup g JOIN subscription s ON s.id = g.subscription_id
          WHERE g.id = message.signup_id AND g.expires_at > NOW() AND s.state NOT IN ('confirmed', 'complained')
            AND (s.state = 'pending' OR s.state_at <= g.created_at)))
      AND (kind NOT IN ('welcome', 'already', 'magnet', 'campaign') OR EXISTS (
          SELECT 1 FROM subscription WHERE id = message.subscription_id AND state = 'confirmed'))
    RETURNING id
"""
_SENT = """
    UPDATE message SET state = 'sent', sent_at = NOW(), reply = :reply, mail_hash = :hash,
        owner = NULL, lease_until = NULL, crashes = 0
    WHERE id = :sent_id AND owner = :sent_owner AND attempt = :sent_attempt AND state = 'handed'
    RETURNING id, contact_id, list_id, signup_id, template_hash, dedupe_key
"""
# `{sent}` is the message just marked: what `_SENT` returns within one statement, or the row itself after it.
_PROVE = """
    INSERT INTO consent_event (id, type, at, contact_id, list_id, signup_id, form_version_id, purpose, controller,
        locale, method, mail_template_hash, mail_hash, mail_message_id, relay_reply)
    SELECT :event_id, 'mail_accepted', NOW(), m.contact_id, m.list_id, m.signup_id, s.form_version_id, 'list', '',
        s.language, 'smtp', m.template_hash, :hash, :message_id, :reply
    FROM {sent} m JOIN signup s ON s.id = m.signup_id WHERE m.id = :sent_id
    ON CONFLICT (id) DO NOTHING
"""
_COUNT = """
    INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
    SELECT TODAY(), m.list_id, s.form_id, '', :measure, 1, FALSE
    FROM {sent} m JOIN signup s ON s.id = m.signup_id JOIN contact c ON c.id = m.contact_id
    WHERE m.id = :sent_id AND c.nature <> 'test'
"""
# The first mail of a sign-up is its step; one that was asked for again, or a reminder, is none.
_STEP = f"""
    {APPEND}
    SELECT {OF_SIGNUP}, 'mailed', 1, FALSE
    FROM {{sent}} m JOIN signup g ON g.id = m.signup_id JOIN contact c ON c.id = m.contact_id
    WHERE m.id = :sent_id AND c.nature <> 'test' AND m.dedupe_key = 'confirm:' || g.id || ':1'
"""  # noqa: S608  # our own constants
_BOUNCED = f"""
    {APPEND}
    SELECT {OF_SIGNUP}, 'bounced', :n, FALSE
    FROM message m JOIN signup g ON g.id = m.signup_id JOIN contact c ON c.id = m.contact_id
    WHERE m.id = :id AND c.nature <> 'test' AND substr(m.reply, 1, 1) = '5'
      AND m.dedupe_key = 'confirm:' || g.id || ':1'
"""  # noqa: S608  # our own constants
MEASURES = {Kind.CONFIRM: Measure.MAILED, Kind.REMINDER: Measure.REMINDED}


class Claimed(NamedTuple):
    """A message in one thread's hands: what rendering needs, and the fence for every later update."""

    id: int
    attempt: int
    owner: str
    draft: Draft


class Settled(NamedTuple):
    """A claimed message that the relay took, to be marked as sent."""

    claimed: Claimed
    mail_hash: str
    message_id: str
    reply: str
    event_id: UUID
    """Of its proof: the same when the mark has to be tried again, so there is one."""


def claim(limit: int = BATCH) -> list[Claimed]:
    """Take up to `limit` due messages for this thread, the most urgent first. Give them to `let_go` at the end.

    One that was in a dead sender's hands goes alone: three crashes must be its own, not its neighbours' in a batch.
    """
    owner = uuid4().hex[:16]
    due = (
        select(Message.id)
        .where(Message.state.in_(WAITING), Message.not_before <= now())
        .order_by(Message.priority, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taking = (
        update(Message)
        .where(Message.id.in_(due))
        .values(
            state=State.CLAIMED,
            owner=owner,
            attempt=Message.attempt + 1,
            crashes=Message.crashes + 1,
            lease_until=now(LEASE),
        )
        .returning(Message.crashes, Message.id, Message.attempt, *(getattr(Message, name) for name in Draft._fields))
        .returning(Message.priority)
        .execution_options(synchronize_session=False)
    )
    with transaction():
        rows = sorted(db.session.execute(taking).all(), key=lambda row: (row.priority, row.id))
    _at_work.add(owner)
    batch = [Claimed(row.id, row.attempt, owner, Draft._make(row[3:-1])) for row in rows]
    alone = next((position for position, row in enumerate(rows) if row.crashes > 1), None)
    if alone is None:
        return batch
    release(batch[:alone] + batch[alone + 1 :])
    return [batch[alone]]


def let_go(batch: Iterable[Claimed]) -> None:
    """Its thread is done with `batch`. What an error left claimed is renewed no more: the sweeper will find it."""
    _at_work.difference_update({claimed.owner for claimed in batch})


def step(settled: Settled | None, hand_over: Claimed | None) -> bool:
    """One commit a mail: mark the last one as sent and the next one as handed over, if it still may go.

    Returns whether `hand_over` may go now.
    """
    parts: dict[str, str] = {}
    values: dict[str, Any] = {}
    if settled:
        parts["sent"] = _SENT
        values |= {"sent_id": settled.claimed.id, "sent_attempt": settled.claimed.attempt}
        values |= {"sent_owner": settled.claimed.owner, "reply": settled.reply, "hash": settled.mail_hash}
        if measure := MEASURES.get(Kind(settled.claimed.draft.kind)):
            parts |= {"proof": _PROVE, "tally_row": _COUNT, "step_row": _STEP}
            values |= {"event_id": uuid_param(settled.event_id), "message_id": settled.message_id}
            values["measure"] = measure.value
    if hand_over:
        parts["handed"] = _HAND_OVER
        values |= {"id": hand_over.id, "attempt": hand_over.attempt, "owner": hand_over.owner}
    if not parts:
        return False
    was_sent, may_go = _run(parts, values)
    if settled and not was_sent:
        log.warning("outbox.fenced", message=settled.claimed.id)  # our lease ran out, and another sender took it
    return may_go


def _run(parts: dict[str, str], values: dict[str, Any]) -> tuple[bool, bool]:
    """The parts as one statement on PostgreSQL, one after the other on SQLite: one transaction either way."""
    with driver_connection() as connection:
        if is_postgresql():
            named = ", ".join(f"{name} AS ({sql.format(sent='sent')})" for name, sql in parts.items())
            sent, handed = (f"EXISTS (TABLE {name})" if name in parts else "false" for name in ("sent", "handed"))
            together = f"WITH {named} SELECT {sent}, {handed}"
            was_sent, may_go = run(connection, together, values).fetchone()
            return was_sent, may_go
        was_sent = "sent" in parts and bool(run(connection, _SENT, values).fetchall())
        for name in ("proof", "tally_row", "step_row"):
            if was_sent and name in parts:
                run(connection, parts[name].format(sent="message"), values)
        return was_sent, "handed" in parts and bool(run(connection, _HAND_OVER, values).fetchall())


def defer(claimed: Claimed, reason: str, *, in_doubt: bool = False) -> None:
    """Try again later, at growing distances, until it is too late for this kind of mail.

    A campaign's mail that may have gone out (`in_doubt`) is not tried again.
    """
    if in_doubt and claimed.draft.kind == Kind.CAMPAIGN:
        _settle(claimed, state=State.UNCLEAR, reply=reason)
        return
    after = RETRY_AFTER[min(claimed.attempt, len(RETRY_AFTER)) - 1]
    too_late = Message.created_at <= now(-GIVE_UP.get(Kind(claimed.draft.kind), GIVE_UP_OTHERS))
    state = case((too_late, State.FAILED), else_=State.RETRY)
    _settle(claimed, state=state, reply=reason, not_before=now(after))


def hurry() -> None:
    """The relay is back: a confirmation need not wait for its own next try. Needs an open transaction."""
    waits = and_(Message.state == State.RETRY, Message.kind == Kind.CONFIRM, Message.not_before > now())
    db.session.execute(update(Message).where(waits).values(not_before=now()))


def fail(claimed: Claimed, reason: str) -> None:
    """Never try again: it cannot be built."""
    _settle(claimed, state=State.FAILED, reply=reason)


def bounce(claimed: Claimed, reason: str) -> None:
    """Never try again: the relay refused it for good (RFC 5321, a 5yz reply)."""
    with transaction():
        if _mark(claimed, state=State.FAILED, reply=reason):
            _count_bounce(claimed.id, 1)


def _count_bounce(message_id: int, n: int) -> None:
    db.session.connection().exec_driver_sql(portable(_BOUNCED), {"id": message_id, "n": n})


def withhold(claimed: Claimed) -> None:
    """It was not handed over: its person left, said no, or is on the stop list."""
    _settle(claimed, state=State.CANCELLED, reply="withheld: no longer wanted")


def release(batch: list[Claimed]) -> None:
    """Put back what was claimed and not begun."""
    if ids := [claimed.id for claimed in batch]:
        with transaction():
            db.session.execute(
                update(Message)
                .where(Message.id.in_(ids), Message.owner == batch[0].owner, Message.state == State.CLAIMED)
                .values(
                    state=State.READY,
                    owner=None,
                    lease_until=None,
                    crashes=Message.crashes - 1,
                    attempt=Message.attempt - 1,
                )
            )


def _settle(claimed: Claimed, **values: Any) -> None:
    with transaction():
        _mark(claimed, **values)


def _mark(claimed: Claimed, **values: Any) -> bool:
    marking = (
        update(Message)
        .where(
            Message.id == claimed.id,
            Message.owner == claimed.owner,
            Message.attempt == claimed.attempt,
            Message.state.in_((State.CLAIMED, State.HANDED)),
        )
        .values(owner=None, lease_until=None, crashes=0, **values)
        .returning(Message.id)
    )
    return db.session.execute(marking).first() is not None


def is_waiting(since: timedelta) -> bool:
    """Whether something has been due for longer than `since`: its bell was lost, or everybody is busy."""
    late = select(Message.id).where(Message.state.in_(WAITING), Message.not_before <= now(-since)).limit(1)
    found = db.session.scalar(late) is not None
    db.session.rollback()
    return found


def sweep() -> None:
    """The chore: take back what dead senders held.

    A mail that was being handed over may have gone out (RFC 1047). One that its person waits for goes again, with the
    same Message-ID; a campaign's is left for a person to judge.
    """
    over = and_(Message.lease_until < now(), Message.state.in_((State.CLAIMED, State.HANDED)))
    end = case(
        (and_(Message.state == State.HANDED, Message.kind == Kind.CAMPAIGN), State.UNCLEAR),
        (Message.crashes >= MAX_CRASHES, State.FAILED),
        else_=State.READY,
    )
    reply = case((Message.crashes >= MAX_CRASHES, "crashed sender"), else_=Message.reply)
    with transaction():
        db.session.execute(update(Message).where(over).values(state=end, reply=reply, owner=None, lease_until=None))


def renew_leases() -> None:
    """The chore of every process: what its threads are sending stays theirs."""
    if not (owners := list(_at_work)):
        return
    held = and_(Message.owner.in_(owners), Message.state.in_((State.CLAIMED, State.HANDED)))
    with transaction():
        db.session.execute(update(Message).where(held, Message.lease_until.is_not(None)).values(lease_until=now(LEASE)))


def forget_values() -> None:
    """The chore: a day after sending, a mail's values (its links and code) go; the hash of the mail stays."""
    old = and_(Message.state == State.SENT, Message.data.is_not(None), Message.sent_at < now(-KEEP_VALUES))
    with transaction():
        db.session.execute(update(Message).where(old).values(data=None))


def retry(message_id: int) -> bool:
    """Send a failed or unclear message again. Needs an open transaction; returns whether there was one."""
    again = (
        update(Message)
        .where(
            Message.id == message_id,
            Message.state.in_((State.FAILED, State.UNCLEAR)),
            Message.data.is_not(None),
        )
        .values(state=State.READY, not_before=now(), crashes=0, attempt=0)
        .returning(Message.id)
    )
    if db.session.execute(again).first() is None:
        return False
    _count_bounce(message_id, -1)
    return True
