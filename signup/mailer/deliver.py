"""Sends what is in the outbox, one mail after the other, over one kept-open connection a thread.

"Why was this mail not sent?" – the answer is the outcome that `_settle` writes on its row.
"""

import threading
import time
from datetime import timedelta

import structlog

from signup.ground.clock import uuid7
from signup.ground.db import is_of_database, transaction
from signup.ground.jobs import stopping
from signup.ground.urls import settings
from signup.mailer import compose, dkim_sign, lease, mail_domain, outbox, relay
from signup.mailer.lease import Claimed
from signup.mailer.message_kind import MessageKind
from signup.mailer.outbox import Settled
from signup.mailer.smtp import Accepted, Deferred, Outcome, Refused, Sender

ACTOR = "deliver"
UNHEARD_AFTER = timedelta(seconds=2)
LONG_BATCH = 120.0
"""Seconds after which a thread gives back what it has not begun."""

log = structlog.get_logger()
_threads = threading.local()


def drain(_ids: object = None) -> None:
    """The actor: send whatever is due, whoever rang, until nothing is left or the relay is away."""
    more_waits = False
    while not stopping().is_set():
        condition = relay.condition()
        if not condition.may_try:
            return
        # Suspects come after the others, but a queue that never ends must not keep them waiting for ever.
        batch = lease.claim(suspects_first=more_waits)
        if not batch or not _Run(_sender(), troubled=condition.is_troubled).send(batch):
            return
        more_waits = len(batch) == lease.BATCH


def collect() -> None:
    """The chore of every process: send mails that waited because the broker lost their call or is away."""
    outbox.catch_up()
    if outbox.is_waiting(UNHEARD_AFTER):
        drain()


def hang_up() -> None:
    """Close this thread's connection to the relay."""
    if sender := getattr(_threads, "sender", None):
        sender.close()


def _sender() -> Sender:
    url = settings().smtp_target
    if getattr(_threads, "url", None) != url:
        _threads.url, _threads.sender = url, Sender(url)
    found: Sender = _threads.sender
    return found


def _without_mail(batch: list[Claimed]) -> dict[str, str]:
    """The domains of unconfirmed addresses in `batch` that take no mail. In doubt, the relay finds out."""
    if not mail_domain.is_asked(settings()):
        return {}
    return mail_domain.problems(settings(), {_domain(one) for one in batch if one.draft.kind == MessageKind.CONFIRM})


def _domain(claimed: Claimed) -> str:
    return claimed.draft.recipient.rpartition("@")[2].lower()


class _Run:
    """One batch through one connection. A sent mail's mark is committed together with the hand-over of the next."""

    def __init__(self, sender: Sender, *, troubled: bool) -> None:
        self._sender = sender
        self._troubled = troubled
        self._answered = False
        self._settled: Settled | None = None
        self._no_mail: dict[str, str] = {}

    def send(self, batch: list[Claimed]) -> bool:
        """Send a batch. Returns False when there is no point in going on: the relay is away, or we are to stop.

        A relay that answered and then hung up is not away: the next batch finds out by a new connection.
        """
        rest, began = batch, time.monotonic()
        try:
            self._no_mail = _without_mail(batch)
            for position, claimed in enumerate(batch):
                rest = batch[position:]
                if stopping().is_set():
                    return False
                if not self._send_one(claimed):
                    return self._answered
                rest = batch[position + 1 :]
                if time.monotonic() - began > LONG_BATCH:
                    break  # a slow relay: others may have the rest
        finally:
            outbox.end(batch, self._settled, rest)
        return True

    def _send_one(self, claimed: Claimed) -> bool:
        if problem := self._no_mail.get(_domain(claimed)):
            outbox.fail(claimed, problem)
            return True
        with lease.at_work(claimed):
            mail = self._build(claimed)
        if mail is None:
            return True
        outcome = self._hand_over(mail, claimed)
        match outcome:
            case Accepted(reply):
                self._settled = Settled(claimed, mail.hash, mail.message_id, reply, uuid7())
            case Deferred(reason, is_connection, in_doubt):
                outbox.defer(claimed, reason, in_doubt=in_doubt)
                if is_connection:
                    log.warning("relay.away", error=reason)
                    with transaction():
                        relay.note_failure(reason)
                    return False
            case Refused(reason):
                outbox.bounce(claimed, reason)
            case _:
                outbox.withhold(claimed)
        self._answered = True  # whatever it said, the relay is there
        self._recover()
        return True

    def _build(self, claimed: Claimed) -> compose.ComposedMail | None:
        """The mail; None when it cannot be built, which is written down. A database that is away is no fault of it."""
        try:
            return dkim_sign.signed(compose.render(claimed.draft))
        except Exception as error:
            if is_of_database(error):
                raise
            # Whatever an operator's text or a value brought about: left claimed, it would hold up its batch for ever.
            log.exception("mail.not_built", message=claimed.id)
            outbox.fail(claimed, f"cannot be built: {type(error).__name__}")
            return None

    def _hand_over(self, mail: compose.ComposedMail, claimed: Claimed) -> Outcome:
        try:
            return self._sender.send(mail, lambda: self._commit(claimed))
        except Exception as error:
            if is_of_database(error):
                raise
            log.exception("mail.not_handed_over", message=claimed.id)
            return Deferred(f"could not be handed over: {type(error).__name__}", in_doubt=True)

    def _commit(self, claimed: Claimed | None) -> bool:
        may_go = outbox.step(self._settled, claimed)
        self._settled = None  # only now: a mark that could not be committed is tried once more at the end
        return may_go

    def _recover(self) -> None:
        if self._troubled:
            self._troubled = False
            with transaction():
                relay.note_success()
                outbox.hurry()
