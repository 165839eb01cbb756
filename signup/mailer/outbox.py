"""The outbox: hand over, settle, try again. Every step is one guarded statement, fenced by owner and attempt.

Who holds which message is in `signup.mailer.lease`; what failed and goes again is in `signup.mailer.failed_mail`.
"""

import secrets
from collections import deque
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, case, false, func, literal, literal_column, not_, select, update

from signup.consent.consent_event import SALT_BYTES
from signup.consent.mailable import ConsentNeed, Recipient, as_sql, may_be_mailed, why_not
from signup.ground.db import db, is_outage, is_postgresql, transaction
from signup.ground.dialect import now
from signup.ground.driver_sql import driver_connection, portable, run, uuid_param
from signup.ground.jobs import stopping
from signup.ground.keep_time import is_due
from signup.mailer import kept_mail, lease
from signup.mailer.lease import WAITING, Claimed
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind, rules_of
from signup.mailer.outbox_sql import BOUNCED, COUNT, PROVE, STEP

FORGOTTEN_AT_ONCE = 1_000
RETRY_AFTER = [timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240)]

log = structlog.get_logger()

# The last look before the relay gets the mail: nobody on the stop list, nobody who has left or said no meanwhile.
_HAND_OVER = """
    UPDATE message SET state = 'handed', handed_at = NOW(), crashes = crashes + CASE WHEN suspect THEN 1 ELSE 0 END
    WHERE id = :id AND owner = :owner AND attempt = :attempt AND state = 'claimed'
"""
_CAMPAIGN_RUNS = """
    AND EXISTS (SELECT 1 FROM campaign WHERE campaign.id = message.campaign_id
                AND campaign.state IN ('building', 'sending'))
"""
RECIPIENT = Recipient(Message.recipient_hash, Message.signup_id, Message.subscription_id)
_IN_SQL = Recipient(*(literal_column(f"message.{column.key}") for column in RECIPIENT))
_SENT = """
    UPDATE message SET state = 'sent', sent_at = NOW(), reply = :reply, mail_hash = :hash,
        owner = NULL, lease_until = NULL, crashes = 0, suspect = FALSE
    WHERE id = :sent_id AND owner = :sent_owner AND attempt = :sent_attempt AND state = 'handed'
    RETURNING id, kind, recipient, contact_id, list_id, signup_id, subscription_id, template_hash, dedupe_key
"""


class Settled(NamedTuple):
    """A claimed message that the relay took, to be marked as sent."""

    claimed: Claimed
    mail_hash: str
    message_id: str
    reply: str
    event_id: UUID
    """Of its proof: the same when the mark has to be tried again, so there is one."""


_owed: deque[tuple[Settled | None, list[Claimed]]] = deque()  # what threads of this process could not write down yet


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
        rules = rules_of(settled.claimed.draft.kind)
        if rules.is_proof:
            parts["proof"] = PROVE
            values |= {"event_id": uuid_param(settled.event_id), "message_id": settled.message_id}
            values |= {"kept": kept_mail.written(settled.claimed.draft), "salt": secrets.token_bytes(SALT_BYTES)}
        if rules.measure:
            parts |= {"tally_row": COUNT, "step_row": STEP}
            values["measure"] = rules.measure.value
    if hand_over:
        rules = rules_of(hand_over.draft.kind)
        parts["handed"] = _hand_over(rules.needs, rules.is_of_campaign, is_postgresql=is_postgresql())
        values |= {"id": hand_over.id, "attempt": hand_over.attempt, "owner": hand_over.owner}
    if not parts:
        return False
    was_sent, may_go = _run(parts, values)
    if settled and not was_sent:
        log.warning("outbox.fenced", message=settled.claimed.id)  # our lease ran out, and another sender took it
    return may_go


def end(batch: list[Claimed], settled: Settled | None, rest: list[Claimed]) -> None:
    """End a thread's work on `batch`: mark the last mail that was taken as sent, and release `rest`.

    While the database is away that is owed; `catch_up` writes it down as soon as it is back.
    """
    lease.let_go(batch)
    try:
        _write_down(settled, rest)
    except Exception:
        _owed.append((settled, rest))
        raise


def catch_up() -> None:
    """Write down what was owed. Each is fenced: what another sender took meanwhile stays theirs."""
    for _each in range(len(_owed)):
        settled, rest = _owed.popleft()
        try:
            _write_down(settled, rest)
        except Exception as error:
            if is_outage(error):
                _owed.append((settled, rest))
                raise
            log.exception("outbox.not_written")


def _write_down(settled: Settled | None, rest: list[Claimed]) -> None:
    step(settled, None)
    lease.put_back(rest)


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
        return was_sent, "handed" in parts and bool(run(connection, parts["handed"], values).fetchall())


@cache
def _hand_over(need: ConsentNeed | None, is_of_campaign: bool, *, is_postgresql: bool) -> str:  # noqa: FBT001  # private
    may_go = as_sql(may_be_mailed(need, _IN_SQL), "postgresql" if is_postgresql else "sqlite")
    return f"{_HAND_OVER} AND {may_go} {_CAMPAIGN_RUNS if is_of_campaign else ''} RETURNING id"


def defer(claimed: Claimed, reason: str, *, in_doubt: bool = False) -> None:
    """Try again later, at growing distances, until it is too late for this kind of mail.

    A campaign's mail that may have gone out (`in_doubt`) is not tried again.
    """
    rules = rules_of(claimed.draft.kind)
    if in_doubt and not rules.may_go_twice:
        _settle(claimed, state=MessageState.UNCLEAR, reply=reason)
        return
    after = RETRY_AFTER[min(claimed.attempt, len(RETRY_AFTER)) - 1]
    too_late = Message.created_at <= now(-rules.give_up)
    state = case((too_late, MessageState.FAILED), else_=MessageState.RETRY)
    _settle(claimed, state=state, reply=reason, not_before=now(after))


def hurry() -> None:
    """Let confirmations that met no relay go now, because it is back. Needs a transaction.

    What the relay itself put off (a 4yz reply other than 421) keeps its time.
    """
    was_put_off = and_(Message.reply.like("4%"), Message.reply.not_like("421%"))
    waits = and_(Message.state == MessageState.RETRY, Message.kind == MessageKind.CONFIRM, Message.not_before > now())
    db.session.execute(update(Message).where(waits, not_(func.coalesce(was_put_off, false()))).values(not_before=now()))


def fail(claimed: Claimed, reason: str) -> None:
    """Never try again: it cannot be built."""
    _settle(claimed, state=MessageState.FAILED, reply=reason)


def bounce(claimed: Claimed, reason: str) -> None:
    """Never try again: the relay refused it for good (RFC 5321, a 5yz reply)."""
    with transaction():
        state = _mark(claimed, state=MessageState.FAILED, reply=reason)
        if state:
            count_bounces([claimed.id], 1)
    _tell(claimed, state, reason)


def count_bounces(message_ids: list[int], n: int) -> None:
    """Count first mails that were refused, or with -1 take that back. Needs an open transaction."""
    if message_ids:
        values = [{"id": message_id, "n": n} for message_id in message_ids]
        db.session.connection().exec_driver_sql(portable(BOUNCED), values)


def withhold(claimed: Claimed) -> None:
    """Cancel a mail that must not go: its person left, said no, or is suppressed. The row says which.

    If it is its campaign that does not run, it waits for it.
    """
    rules = rules_of(claimed.draft.kind)
    reason = why_not(rules.needs, RECIPIENT)
    if not rules.is_of_campaign:
        _settle(claimed, state=MessageState.CANCELLED, reply=literal("withheld: ") + reason)
        return
    waits = reason == ""  # SQL
    state = case((waits, MessageState.HELD), else_=MessageState.CANCELLED)
    _settle(claimed, state=state, reply=case((waits, None), else_=literal("withheld: ") + reason))


def _settle(claimed: Claimed, **values: Any) -> None:
    with transaction():
        state = _mark(claimed, **values)
    _tell(claimed, state, values["reply"])


def _tell(claimed: Claimed, state: str | None, reason: str) -> None:
    """Once it is committed, the log has each failure once; where a mail went stays in the database."""
    if state == MessageState.FAILED:
        log.error("mail.failed", message=claimed.id, kind=claimed.draft.kind, reason=reason)


def _mark(claimed: Claimed, **values: Any) -> str | None:
    """The state it has now; None when it was another sender's already."""
    marking = (
        update(Message)
        .where(
            Message.id == claimed.id,
            Message.owner == claimed.owner,
            Message.attempt == claimed.attempt,
            Message.state.in_((MessageState.CLAIMED, MessageState.HANDED)),
        )
        .values(owner=None, lease_until=None, crashes=0, suspect=False, **values)
        .returning(Message.state)
    )
    state: str | None = db.session.scalar(marking)
    return state


def is_waiting(since: timedelta) -> bool:
    """Whether something has been due for longer than `since`: its bell was lost, or everybody is busy."""
    late = select(Message.id).where(Message.state.in_(WAITING), Message.not_before <= now(-since)).limit(1)
    found = db.session.scalar(late) is not None
    db.session.rollback()
    return found


def forget_values() -> None:
    """The chore: some time after sending, a mail's values (its links and code) go; the hash of the mail stays."""
    some = select(Message.id).where(has_old_values()).order_by(Message.id).limit(FORGOTTEN_AT_ONCE)
    while not stopping().is_set():
        with transaction():
            emptied = update(Message).where(Message.id.in_(some)).values(data=None).returning(Message.id)
            if len(db.session.execute(emptied).all()) < FORGOTTEN_AT_ONCE:
                return


def has_old_values() -> ColumnElement[bool]:
    """Of a message: whether its values were kept for long enough."""
    is_sent = and_(Message.state == MessageState.SENT, Message.data.is_not(None))
    return and_(is_sent, is_due(Message.sent_at, "keep_mail_values_days"))
